// Events from outside: whether a step takes them.
#include <nlohmann/json.hpp>

#include <algorithm>

#include "engine/saga/callback_token.hpp"
#include "engine/saga/decide_inputs.hpp"
#include "engine/saga/path.hpp"
#include "engine/saga/steps/listening.hpp"
#include "engine/saga/subscriptions.hpp"

namespace skald::saga {
namespace {

using definition::ListenStep;

bool listens(const Planner& planner, const StepState* step) {
  const State& state = planner.state();
  if (!step || step->listens.empty() || step->status != StepStatus::kRunning || step->listening_ended) return false;
  if (state.compensation.state != CompensationState::kNone || is_ending(state) || is_terminal(state.phase))
    return false;
  const bool in_time = !step->deadline || planner.now() < *step->deadline;
  return in_time || has_blocking_incident(state, step->path);
}

bool has_event(const StepState& step, const Json& event) {
  return std::ranges::any_of(step.events, [&](const auto& had) {
    const Json& other = had.event.json();
    return other.at("id") == event.at("id") && other.at("source") == event.at("source");
  });
}

// What a step that is over has taken is not there for the next one.
bool was_used(const StepState& step, const Json& event) {
  if (step.status != StepStatus::kRunning && has_event(step, event)) return true;
  return std::ranges::any_of(step.children, [&](const auto& child) { return was_used(child, event); });
}

std::optional<Json> value_of(const definition::OpenCorrelation& correlation, const Json& event) {
  auto value = correlation.from.evaluate(event, expression::EmptyEnvironment());
  if (!value || value->is_null()) return std::nullopt;
  return std::move(*value);
}

// What the events of a correlation without `expect` must have: what the first one had. null: there is none yet.
Json settled_value(const ListenStep& kind, const StepState& step, const std::string& name) {
  for (const auto& had : step.events) {
    if (had.pattern == 0) continue;
    for (const auto& correlation : kind.patterns[had.pattern - 1].open) {
      if (correlation.name != name) continue;
      if (auto value = value_of(correlation, had.event.json())) return std::move(*value);
    }
  }
  return nullptr;
}

// Whether the event has what those before it had, in the correlations without `expect`.
bool belongs(const ListenStep& kind, const StepState& step, std::uint32_t pattern, const Json& event) {
  return std::ranges::all_of(kind.patterns[pattern - 1].open, [&](const auto& correlation) {
    const auto value = value_of(correlation, event);
    if (!value) return false;
    const Json settled = settled_value(kind, step, correlation.name);
    return settled.is_null() || *value == settled;
  });
}

// Which of the step's patterns takes the event, from 1; 0: none.
std::uint32_t pattern_for(const ListenStep& kind, const StepState& step, const Json& event) {
  const auto takes = [&](std::uint32_t pattern, ListenStep::Strategy strategy) {
    const bool has_one = std::ranges::any_of(step.events, [&](const auto& e) { return e.pattern == pattern; });
    if (has_one && strategy == ListenStep::Strategy::kAll) return false;
    const auto& filter = kind.patterns[pattern - 1].filter;
    return filter.matches(event) && filter.key_of(event) == step.listens[pattern - 1].key &&
           belongs(kind, step, pattern, event);
  };
  // What ends the listening does so, whatever else it is.
  for (std::uint32_t pattern = kind.wanted + 1; pattern <= kind.patterns.size(); ++pattern) {
    if (takes(pattern, kind.until_strategy)) return pattern;
  }
  for (std::uint32_t pattern = 1; pattern <= kind.wanted; ++pattern) {
    if (takes(pattern, kind.strategy)) return pattern;
  }
  return 0;
}

// The entry of a step that started last; null where none has.
const StepState* newest_entry(const State& state, const std::string& path) {
  const StepState* around = find_step(state, parent_of(path));
  if (!around) return nullptr;
  const StepState* newest = nullptr;
  for (const auto& child : around->children) {
    if (static_path(child.path) == path) newest = &child;
  }
  return newest;
}

Payload event_of_callback(const Planner& planner, const CallbackArrived& input) {
  return Payload::from_json({{"specversion", "1.0"},
                             {"id", to_string(planner.state().id) + "/" + input.step},
                             {"source", "/v1/callbacks"},
                             {"type", "skald.callback"},
                             {"time", format_rfc3339(planner.now())},
                             {"datacontenttype", "application/json"},
                             {"data", input.data.json()}});
}

}  // namespace

// Delivered twice it has no effect the second time.
void handle(Planner& planner, const EventArrived& input) {
  const StepState* step = find_step(planner.state(), input.step);
  const auto not_awaited = [&] { planner.refuse("event.not_awaited", "the step does not wait for this event"); };
  const Json& event = input.event.json();
  if (was_used(planner.state().root, event)) {
    return planner.refuse("event.taken", "a step of this execution has taken this event");
  }
  if (!listens(planner, step)) return not_awaited();
  if (has_event(*step, event)) return;
  if (!takes_more(planner.state(), *step)) return not_awaited();
  const auto& defined = planner.step_definition(input.step);
  const auto* kind = std::get_if<ListenStep>(&defined.kind);
  if (!kind || kind->patterns.size() != step->listens.size()) return not_awaited();
  const std::uint32_t pattern = pattern_for(*kind, *step, event);
  if (pattern == 0) return not_awaited();
  planner.record(EventReceived{.step = input.step, .pattern = pattern, .event = input.event});
  heard(planner, defined, *kind, input.step);
}

void handle(Planner& planner, const CallbackArrived& input) {
  const State& state = planner.state();
  if (!is_callback_of(state, input.step, input.mac)) {
    return planner.refuse("callback.unknown", "there is no such callback address");
  }
  const bool used = std::ranges::find(state.called_back, input.step) != state.called_back.end();
  const StepState* newest = newest_entry(state, input.step);
  const bool over = is_terminal(state.phase) || is_ending(state) ||
                    state.compensation.state != CompensationState::kNone || (newest && !listens(planner, newest));
  if (used || over) {
    return planner.refuse("callback.used",
                          used ? "this callback address has been used" : "nobody waits for this callback any more");
  }
  const std::string path = newest ? newest->path : input.step;
  const bool is_there = newest != nullptr;
  planner.record(EventReceived{.step = path, .pattern = 0, .event = event_of_callback(planner, input)});
  if (!is_there) return;
  const auto& step = planner.step_definition(path);
  if (const auto* kind = std::get_if<ListenStep>(&step.kind)) heard(planner, step, *kind, path);
}

}  // namespace skald::saga
