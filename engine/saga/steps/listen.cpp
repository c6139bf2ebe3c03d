#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/base/limits.hpp"
#include "engine/saga/problem.hpp"
#include "engine/saga/steps/deadline.hpp"
#include "engine/saga/steps/step_kinds.hpp"

namespace skald::saga {
namespace {

using definition::ListenStep;

Result<Listen> listen_to(const Planner& planner, const definition::Step& step, const definition::EventPattern& pattern,
                         std::string_view path, const Payload& input) {
  Json expected = Json::array();
  for (const auto& expect : pattern.expects) {
    auto value = render(planner, expect, input, scope_of(planner, step, path, &input, nullptr));
    if (!value) return std::unexpected(std::move(value.error()));
    if (value->is_null()) return failure("expression", "'expect' must not be null: no event would match");
    expected.push_back(value->json());
  }
  return Listen{.shape = pattern.filter.shape(), .key = definition::EventFilter::make_key(std::move(expected))};
}

Json read_event(ListenStep::Read how, const Json& event) {
  if (how == ListenStep::Read::kEnvelope) return event;
  if (const auto encoded = event.find("data_base64"); encoded != event.end()) return *encoded;
  const auto data = event.find("data");
  if (data == event.end()) return nullptr;
  return how == ListenStep::Read::kRaw && !data->is_string() ? Json(dump_json(*data)) : *data;
}

// What was taken, in the order of its arrival.
Payload read_events(const ListenStep& kind, const StepState& step) {
  Json list = Json::array();
  for (const auto& taken : step.events) list.push_back(read_event(kind.read, taken.event.json()));
  return Payload::from_json(std::move(list));
}

// Whether a step has what it listens for, or why that cannot be told.
Result<bool> has_all(const Planner& planner, const definition::Step& step, const ListenStep& kind,
                     std::string_view path) {
  const StepState& instance = planner.step(path);
  if (instance.events.empty()) return false;
  const auto has = [&](std::uint32_t pattern) {
    return std::ranges::any_of(instance.events, [&](const auto& event) { return event.pattern == pattern; });
  };
  if (has(0)) return true;  // a callback answers for all of them
  if (kind.strategy == ListenStep::Strategy::kAll) {
    for (std::uint32_t pattern = 1; pattern <= kind.patterns.size(); ++pattern) {
      if (!has(pattern)) return false;
    }
  }
  if (!kind.until) return true;
  const Payload taken = read_events(kind, instance);
  const Scope scope = scope_of(planner, step, path, &instance.input, nullptr);
  const Variables variables(planner.definition(), planner.state(), scope);
  return kind.until->evaluate_condition(taken.json(), variables);
}

bool has_too_much(const StepState& step) {
  std::size_t bytes = 0;
  for (const auto& taken : step.events) bytes += taken.event.text().size();
  return step.events.size() > limits::kListenEventsMax || bytes > limits::kResponseBytesMax;
}

Payload problem_of(const Error& error, const definition::Step& step) {
  return make_problem("expression", 0, error.message, error.detail, step.pointer);
}

}  // namespace

void start(Planner& planner, const definition::Step& step, const ListenStep& kind, std::string_view path,
           const StepInput& input) {
  StepStarted opening = opening_of(planner, step, path, input);
  for (const auto& pattern : kind.patterns) {
    auto listen = listen_to(planner, step, pattern, path, input.value);
    if (!listen) return fail_step(planner, step, path, problem_of(listen.error(), step), false);
    opening.listens.push_back(std::move(*listen));
  }
  planner.record(std::move(opening));
}

bool advance(Planner& planner, const definition::Step& step, const ListenStep& kind, std::string_view path) {
  if (has_too_much(planner.step(path))) {
    const auto title = fmt::format("The step has received more than {} events, or {} KiB of them",
                                   limits::kListenEventsMax, limits::kResponseBytesMax / 1024);
    fail_step(planner, step, path, make_problem("runtime", 0, title, {}, step.pointer), false);
    return true;
  }
  const auto ends = has_all(planner, step, kind, path);
  if (!ends) {
    fail_step(planner, step, path, problem_of(ends.error(), step), false);
    return true;
  }
  if (*ends) {
    complete_step(planner, step, path, read_events(kind, planner.step(path)));
    return true;
  }
  // Behind the pivot too: what nobody answers is an incident there.
  if (!has_passed(planner, path)) return false;
  fail_step(planner, step, path, lateness(step), false);
  return true;
}

}  // namespace skald::saga
