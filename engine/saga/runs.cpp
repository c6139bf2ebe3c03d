#include "engine/saga/runs.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "engine/saga/path.hpp"

namespace skald::saga {
namespace {

// As of the outcome table for HTTP.
constexpr std::array kRetryable = {408, 425, 429, 500, 502, 503, 504};

std::string name_of(const State& state) {
  return fmt::format("{} of {}/{}:{}", to_string(state.id), state.namespace_name, state.name, state.version);
}

// Whether effects stand behind an execution that has ended, whatever it was meant to leave.
bool leaves_effects(const State& state) {
  return state.outcome == Outcome::kCompleted || state.compensation.state == CompensationState::kIncomplete ||
         state.stands || state.pivoted;
}

Answer failure_of(const State& state) {
  const Json& error = state.error.json();
  Answer answer{.outcome = AttemptOutcome::kRefused,
                .error_type = "runtime",
                .title = "What the step ran has failed",
                .detail = fmt::format("Execution {} ended {}", name_of(state), to_string(*state.outcome)),
                .problem = state.error};
  const auto status = error.is_object() ? error.find("status") : error.end();
  if (status != error.end() && status->is_number_integer()) answer.status = status->get<int>();
  answer.retryable = std::ranges::find(kRetryable, answer.status) != kRetryable.end();
  return answer;
}

std::optional<Waiting> find_waiting(const ExecutionId& id, const StepState& step, const ExecutionId& execution) {
  if (is_running_another(step)) {
    const bool undoes = step.request->undoes == execution;
    if (undoes || (step.request->run && step.request->run->awaited && step.execution == execution)) {
      return Waiting{.by = {.execution = id, .step = step.path, .attempt = step.attempts.number},
                     .is_for_undo = undoes};
    }
  }
  for (const auto* list : {&step.children, &step.undo}) {
    for (const auto& inner : *list) {
      if (auto found = find_waiting(id, inner, execution)) return found;
    }
  }
  return std::nullopt;
}

Answer not_undone(const State& state, const std::string& why) {
  return {.outcome = AttemptOutcome::kRefused,
          .error_type = "runtime",
          .title = "What the step ran could not be undone",
          .detail = fmt::format("Execution {} {}", name_of(state), why)};
}

void collect_runs(const StepState& step, std::vector<std::string>& paths) {
  const bool runs = step.request && step.request->run && step.request->run->awaited;
  if (runs && step.attempts.in_flight && !step.run_cancelled) paths.push_back(step.path);
  for (const auto& child : step.children) collect_runs(child, paths);
}

}  // namespace

void cancel_runs(Planner& planner, std::string_view path) {
  std::vector<std::string> paths;
  collect_runs(planner.step(path), paths);
  for (auto& running : paths) planner.record(RunCancelRequested{.step = std::move(running)});
}

std::optional<Waiting> waiting_for(const State& state, const ExecutionId& execution) {
  return find_waiting(state.id, state.root, execution);
}

Answer answer_of_run(const State& state) {
  if (state.outcome == Outcome::kCompleted) return {.outcome = AttemptOutcome::kDone, .body = state.output};
  Answer answer = failure_of(state);
  if (leaves_effects(state)) {
    answer.outcome = AttemptOutcome::kUnknown;
    answer.retryable = false;
  }
  return answer;
}

Answer answer_of_undo(const State& state) {
  if (!leaves_effects(state)) return {.outcome = AttemptOutcome::kDone};
  return not_undone(state, fmt::format("ended {}, and its effects stand", to_string(*state.outcome)));
}

Answer answer_of_undo(const State& state, const UndoRequested& request) {
  if (request.verdict == UndoVerdict::kNothing) return {.outcome = AttemptOutcome::kDone};
  if (request.objection.empty()) return answer_of_undo(state);
  return not_undone(state, "cannot be undone: " + request.objection);
}

Answer refused_run(const Error& error) {
  std::string detail = error.subject;
  for (const auto& part : {error.remedy, error.detail}) {
    if (!part.empty()) detail += (detail.empty() ? "" : "; ") + part;
  }
  const bool is_input = error.code == "input.invalid" || error.code == "unique.invalid";
  const bool is_taken = error.code == "unique.taken";
  return {.outcome = AttemptOutcome::kRefused,
          .status = is_taken ? 409 : 0,
          .error_type = is_input   ? "validation"
                        : is_taken ? "runtime"
                                   : "configuration",
          .title = error.message,
          .detail = std::move(detail)};
}

}  // namespace skald::saga
