// The way forward: which step starts, what its end means for the flow.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "engine/saga/planner.hpp"

namespace skald::saga {

enum class Progress { kWaiting, kCompleted, kFailed };

// Takes a list of steps as far as it goes: `parent` is the instance whose children they are (the root, a step that has
// steps inside, an undo that is a list). `round`: which of the parent's rounds; 0 where it has none.
Progress advance_list(Planner& planner, std::span<const definition::Step> steps, std::string_view parent,
                      std::uint32_t round = 0);

// What a step leaves besides its output.
struct Completion {
  std::optional<std::string> then = std::nullopt;  // where a `switch` sends the flow, in place of the step's own word
  std::optional<Payload> emitted = std::nullopt;   // of an `emit`
  std::optional<Payload> input = std::nullopt;     // of a step that ends where it starts
};

// Ends a step with its output, after output.as and export.as.
void complete_step(Planner& planner, const definition::Step& step, std::string_view path, const Payload& output,
                   Completion completion = {});

// Whether the history is full. No workflow catches that or passes it over: it would go on without end.
bool is_at_limit(const Planner& planner);

// Ends a step with an error, or parks it: onError, the pivot and the undo's own rules decide. `unknown`: this failure
// leaves open whether the step had its effect.
void fail_step(Planner& planner, const definition::Step& step, std::string_view path, Payload error, bool unknown);

// What the step at `path` and its expressions see; `input` and `output` are null where there is none.
Scope scope_of(const Planner& planner, const definition::Step& step, std::string_view path, const Payload* input,
               const Payload* output);

// The value of a template as a payload. Errors: "expression".
Result<Payload> render(const Planner& planner, const expression::ValueTemplate& value, const Payload& input,
                       const Scope& scope);

}  // namespace skald::saga
