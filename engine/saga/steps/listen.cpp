#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "engine/base/limits.hpp"
#include "engine/saga/data_flow.hpp"
#include "engine/saga/end_scope.hpp"
#include "engine/saga/problem.hpp"
#include "engine/saga/received_events.hpp"
#include "engine/saga/steps/deadline.hpp"
#include "engine/saga/steps/listening.hpp"
#include "engine/saga/steps/step_kinds.hpp"
#include "engine/saga/subscriptions.hpp"

namespace skald::saga {
namespace {

using definition::ListenStep;
using definition::Step;

Result<Listen> listen_to(const Planner& planner, const Step& step, const definition::EventPattern& pattern,
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

Payload too_much(const Step& step) {
  const auto title = fmt::format("The step has received more than {} events, or {} KiB of them",
                                 limits::kListenEventsMax, limits::kResponseBytesMax / 1024);
  return make_problem("runtime", 0, title, {}, step.pointer);
}

// What the list of the step's output has grown to.
std::size_t result_bytes(const StepState& loop) {
  std::size_t bytes = 0;
  for (const auto& result : loop.results) bytes += result ? result->text().size() : 0;
  return bytes;
}

// What an iteration that has ended leaves in the output and in the context, or why it cannot.
std::expected<IterationCompleted, Payload> result_of(const Planner& planner, const Step& step, const ListenStep& kind,
                                                     std::string_view path, std::uint32_t round) {
  const StepState& loop = planner.step(path);
  const auto& data = kind.each->data;
  Payload result = Payload::from_json(item_of(kind, loop, round));
  const Payload left = kind.each->steps.empty() ? result : data_left_by(loop, round);
  IterationCompleted completed{.step = std::string(path), .round = round, .output = {}, .context = {}};
  Scope scope = scope_of(planner, step, path, &loop.input, &left);
  scope.inside = round;
  if (data.output_as) {
    auto rendered = render(planner, *data.output_as, left, scope);
    if (!rendered) return std::unexpected(expression_problem(rendered.error(), step));
    completed.output = result = std::move(*rendered);
    if (result_bytes(loop) + result.text().size() > limits::kResponseBytesMax) {
      const auto title =
          fmt::format("The iterations of the step have left more than {} KiB", limits::kResponseBytesMax / 1024);
      return std::unexpected(make_problem("runtime", 0, title, {}, step.pointer));
    }
  }
  if (auto problem = check_schema(data.output_schema, result, "The output of an iteration", step.pointer)) {
    return std::unexpected(std::move(*problem));
  }
  if (data.export_as) {
    scope.output = &result;
    auto rendered = render(planner, *data.export_as, result, scope);
    if (!rendered) return std::unexpected(expression_problem(rendered.error(), step));
    completed.context = std::move(*rendered);
    if (auto problem =
            check_schema(data.export_schema, *completed.context, "The step's exported context", step.pointer)) {
      return std::unexpected(std::move(*problem));
    }
  }
  return completed;
}

Payload results_of(const ListenStep& kind, const StepState& loop) {
  if (!kind.each) return items_of(kind, loop);
  Json list = Json::array();
  for (std::size_t i = 0; i < loop.results.size(); ++i) {
    const auto& result = loop.results[i];
    list.push_back(result ? result->json() : item_of(kind, loop, static_cast<std::uint32_t>(i) + 1));
  }
  return Payload::from_json(std::move(list));
}

bool complete(Planner& planner, const Step& step, const ListenStep& kind, std::string_view path) {
  complete_step(planner, step, path, results_of(kind, planner.step(path)));
  // One that is parked has what it listened for all the same.
  const StepState& instance = planner.step(path);
  if (instance.status == StepStatus::kRunning && !instance.listening_ended) {
    planner.record(ListeningEnded{.step = std::string(path)});
  }
  return true;
}

// Whether an iteration has led out of the whole step.
bool leaves(const StepState& loop, std::uint32_t round) {
  const StepState* last = round == 0 ? nullptr : last_entry(loop, round);
  return last && (last->then == definition::kThenExit || last->then == definition::kThenEnd);
}

// How far the steps of an iteration have come.
Progress advance_iteration(Planner& planner, const ListenStep& kind, std::string_view path, std::uint32_t round) {
  if (kind.each->steps.empty()) return Progress::kCompleted;
  return advance_list(planner, kind.each->steps, path, round);
}

// Nobody has come in time. Behind the pivot too: there it is an incident.
bool give_up_when_late(Planner& planner, const Step& step, std::string_view path) {
  if (!has_passed(planner, path)) return false;
  fail_step(planner, step, path, lateness(step), false);
  return true;
}

// `foreach`: goes through what was received, one event after the other, until nothing more can come.
bool advance_each(Planner& planner, const Step& step, const ListenStep& kind, std::string_view path) {
  if (has_passed(planner, path) && !planner.state().pivoted) return end_inside(planner, step, path, lateness(step));
  while (true) {
    const auto done = static_cast<std::uint32_t>(planner.step(path).results.size());
    if (leaves(planner.step(path), done)) return complete(planner, step, kind, path);
    if (is_between_iterations(planner.step(path))) {
      const auto ends = has_all(planner, step, kind, path);
      if (!ends) return end_inside(planner, step, path, expression_problem(ends.error(), step));
      if (*ends && !planner.step(path).listening_ended) planner.record(ListeningEnded{.step = std::string(path)});
    }
    if (done == count_items(kind, planner.step(path))) {
      const bool ends = planner.step(path).listening_ended;
      return ends ? complete(planner, step, kind, path) : give_up_when_late(planner, step, path);
    }
    if (!planner.may_start()) return false;
    const std::uint32_t round = done + 1;
    const Progress progress = advance_iteration(planner, kind, path, round);
    if (progress == Progress::kWaiting) return false;
    if (progress == Progress::kFailed) {
      return end_inside(planner, step, path, Payload(last_entry(planner.step(path), round)->error));
    }
    auto completed = result_of(planner, step, kind, path, round);
    if (!completed) return end_inside(planner, step, path, completed.error());
    planner.record(std::move(*completed));
  }
}

}  // namespace

void start(Planner& planner, const Step& step, const ListenStep& kind, std::string_view path, const StepInput& input) {
  StepStarted opening = opening_of(planner, step, path, input);
  for (const auto& pattern : kind.patterns) {
    auto listen = listen_to(planner, step, pattern, path, input.value);
    if (!listen) return fail_step(planner, step, path, expression_problem(listen.error(), step), false);
    opening.listens.push_back(std::move(*listen));
  }
  opening.apart = kind.each.has_value();
  planner.record(std::move(opening));
}

bool advance(Planner& planner, const Step& step, const ListenStep& kind, std::string_view path) {
  if (has_too_much(planner.step(path))) return end_inside(planner, step, path, too_much(step));
  if (kind.each) return advance_each(planner, step, kind, path);
  const auto ends = has_all(planner, step, kind, path);
  if (!ends) {
    fail_step(planner, step, path, expression_problem(ends.error(), step), false);
    return true;
  }
  return *ends ? complete(planner, step, kind, path) : give_up_when_late(planner, step, path);
}

}  // namespace skald::saga
