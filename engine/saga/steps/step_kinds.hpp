// The decisions of each step kind: how it starts, and how it goes on while it runs. One pair of functions a kind, one
// file each; start_kind and advance_kind are the table.
//
// start: records the event that opens or ends the step. advance: called while the step runs and nothing holds it;
// true when it recorded something, so that the flow looks again.
#pragma once

#include <string_view>

#include "engine/saga/decide_forward.hpp"

namespace skald::saga {

// `input` is the step's `.` after input.from; `changed` where that differs from what flowed in.
struct StepInput {
  const Payload& value;
  bool changed = false;
  std::optional<Millis> timeout = std::nullopt;  // of a step that has no attempts

  std::optional<Payload> if_changed() const { return changed ? std::optional(value) : std::nullopt; }
};

// The event that opens a step without a request: one with steps inside, a `wait`.
StepStarted opening_of(const Planner& planner, const definition::Step& step, std::string_view path,
                       const StepInput& input);

// Takes one list inside a step as far as it goes, and ends the step as the list ends. False while it waits.
bool advance_to_end(Planner& planner, const definition::Step& step, std::string_view path,
                    std::span<const definition::Step> steps, std::uint32_t round);

// What the rounds of a step have left, as a list: those from 1 to `count`.
Payload outputs_of(const StepState& step, std::uint32_t count);

void start(Planner& planner, const definition::Step& step, const definition::DoStep& kind, std::string_view path,
           const StepInput& input);
void start(Planner& planner, const definition::Step& step, const definition::CallStep& kind, std::string_view path,
           const StepInput& input);
void start(Planner& planner, const definition::Step& step, const definition::SetStep& kind, std::string_view path,
           const StepInput& input);
void start(Planner& planner, const definition::Step& step, const definition::RaiseStep& kind, std::string_view path,
           const StepInput& input);
void start(Planner& planner, const definition::Step& step, const definition::WaitStep& kind, std::string_view path,
           const StepInput& input);
void start(Planner& planner, const definition::Step& step, const definition::SwitchStep& kind, std::string_view path,
           const StepInput& input);
void start(Planner& planner, const definition::Step& step, const definition::ForStep& kind, std::string_view path,
           const StepInput& input);
void start(Planner& planner, const definition::Step& step, const definition::TryStep& kind, std::string_view path,
           const StepInput& input);
void start(Planner& planner, const definition::Step& step, const definition::ForkStep& kind, std::string_view path,
           const StepInput& input);
void start(Planner& planner, const definition::Step& step, const definition::EmitStep& kind, std::string_view path,
           const StepInput& input);
void start(Planner& planner, const definition::Step& step, const definition::ListenStep& kind, std::string_view path,
           const StepInput& input);

bool advance(Planner& planner, const definition::Step& step, const definition::ListenStep& kind, std::string_view path);
bool advance(Planner& planner, const definition::Step& step, const definition::DoStep& kind, std::string_view path);
bool advance(Planner& planner, const definition::Step& step, const definition::CallStep& kind, std::string_view path);
bool advance(Planner& planner, const definition::Step& step, const definition::WaitStep& kind, std::string_view path);
bool advance(Planner& planner, const definition::Step& step, const definition::ForStep& kind, std::string_view path);
bool advance(Planner& planner, const definition::Step& step, const definition::TryStep& kind, std::string_view path);
bool advance(Planner& planner, const definition::Step& step, const definition::ForkStep& kind, std::string_view path);

// Steps that end where they start never run.
template <class Kind>
bool advance(Planner&, const definition::Step&, const Kind&, std::string_view) {
  return false;
}

inline void start_kind(Planner& planner, const definition::Step& step, std::string_view path, const StepInput& input) {
  std::visit([&](const auto& kind) { start(planner, step, kind, path, input); }, step.kind);
}

inline bool advance_kind(Planner& planner, const definition::Step& step, std::string_view path) {
  return std::visit([&](const auto& kind) { return advance(planner, step, kind, path); }, step.kind);
}

}  // namespace skald::saga
