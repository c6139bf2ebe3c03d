#include "engine/runtime/event_telemetry.hpp"

#include <string_view>

#include "engine/saga/path.hpp"

namespace skald::runtime {
namespace {

class Counter {
 public:
  Counter(ports::Telemetry& telemetry, const saga::State& state) : telemetry_(telemetry), state_(state) {}

  void count(const saga::Event& event) {
    at_ = event.at;
    std::visit([this](const auto& data) { on(data); }, event.data);
  }

 private:
  ports::WorkflowLabel workflow() const { return {.namespace_name = state_.namespace_name, .workflow = state_.name}; }

  // Steps are labelled by the name in the definition: the step's own for its undo, without numbers of repetition.
  void attempt(const std::string& path, std::string_view result) {
    const auto* step = saga::find_step(state_, path);
    if (!step || !step->request) return;  // a `try` has attempts of its own, but calls nobody
    const bool settling = step->settling.number != 0;
    const Millis took = at_ - (settling ? step->settling.last_at : step->attempts.last_at);
    const auto label = saga::static_path(saga::step_of(path));
    telemetry_.step_attempt(state_.name, label, saga::is_in_undo(path) ? "compensate" : "execute", result, took);
  }

  void on(const saga::ExecutionStarted&) { telemetry_.execution_started(workflow()); }
  void on(const saga::StepCompleted& e) {
    const auto* step = saga::find_step(state_, e.step);
    if (step && step->request) attempt(e.step, "done");
  }
  void on(const saga::UndoCompleted& e) {
    const auto* step = saga::find_step(state_, e.step);
    if (step && step->request) attempt(e.step, "done");
    telemetry_.compensation(state_.name, saga::static_path(saga::step_of(e.step)), "completed");
  }
  void on(const saga::UndoFailed& e) {
    telemetry_.compensation(state_.name, saga::static_path(saga::step_of(e.step)), "failed");
  }
  void on(const saga::StepSkipped& e) {
    if (!e.step.ends_with(saga::kUndoSuffix)) return;
    telemetry_.compensation(state_.name, saga::static_path(saga::step_of(e.step)), "skipped");
  }
  void on(const saga::SettleEnded& e) { attempt(e.step, e.done ? "done" : "refused"); }
  void on(const saga::AttemptFailed& e) {
    attempt(e.step, saga::to_string(e.outcome));
    if (e.error.text().find("errors/expression\"") != std::string_view::npos) expression_error();
  }
  void on(const saga::StepFailed& e) {
    if (e.error.text().find("errors/expression\"") != std::string_view::npos) expression_error();
  }
  void on(const saga::AttemptCompleted& e) { attempt(e.step, "done"); }
  void on(const saga::AttemptLost& e) { attempt(e.step, "lost"); }
  void on(const saga::RetryScheduled& e) {
    const auto* step = saga::find_step(state_, e.step);
    const bool lost = step && step->attempts.lost_in_a_row > 0;
    telemetry_.step_retry(state_.name, saga::static_path(saga::step_of(e.step)), lost ? "lost" : "failed");
  }
  void on(const saga::ExecutionEnded& e) {
    telemetry_.execution_finished(workflow(), saga::to_string(e.outcome), state_.ended_at - state_.started_at);
  }
  template <class Other>
  void on(const Other&) {}

  void expression_error() { telemetry_.expression_error(state_.name); }

  ports::Telemetry& telemetry_;
  const saga::State& state_;
  Timestamp at_{};
};

bool has_stood(const saga::State& state) {
  return !state.incidents.empty() || state.compensation.state != saga::CompensationState::kNone;
}

bool is_active(saga::Phase phase) {
  return phase != saga::Phase::kPending && !saga::is_terminal(phase);
}

}  // namespace

void tell_standing(ports::Telemetry& telemetry, const saga::State& state) {
  if (!has_stood(state)) return;
  ports::Standing standing{.workflow = state.name, .compensating_since = {}, .incidents = {}};
  if (!saga::is_terminal(state.phase)) {
    if (state.compensation.state != saga::CompensationState::kNone) {
      standing.compensating_since = state.compensation.started_at;
    }
    for (const auto& incident : state.incidents) {
      if (incident.open) standing.incidents.push_back(saga::to_string(incident.kind));
    }
  }
  telemetry.execution_standing(state.id, standing);
}

void count_events(ports::Telemetry& telemetry, const std::vector<saga::Event>& events, const saga::State& state) {
  Counter counter(telemetry, state);
  for (const auto& event : events) counter.count(event);
}

void count_phase(LiveCounts& live, saga::Phase before, const saga::State& state) {
  if (before == state.phase) return;
  const ports::WorkflowLabel workflow{.namespace_name = state.namespace_name, .workflow = state.name};
  const auto shard = shard_of(state.id);
  if (is_active(before)) live.count(shard, workflow, saga::to_string(before), -1);
  if (is_active(state.phase)) live.count(shard, workflow, saga::to_string(state.phase), 1);
}

}  // namespace skald::runtime
