#include "engine/saga/step_tree.hpp"

#include "engine/saga/path.hpp"

namespace skald::saga {
namespace {

StepState& append_step(std::vector<StepState>& list, std::string path, std::string_view name, Timestamp at) {
  StepState& step = list.emplace_back();
  step.name = name;
  step.path = std::move(path);
  step.started_at = at;
  return step;
}

void forgive_attempts(StepState& step) {
  for (Attempts* attempts : {&step.attempts, &step.settling}) {
    attempts->counted = 0;
    attempts->lost_in_a_row = 0;
    attempts->first_at = Timestamp{};
    attempts->retry_at.reset();
  }
}

}  // namespace

StepState& ensure_step(State& state, std::string_view path, Timestamp at) {
  if (StepState* found = find_step(state, path)) return *found;
  const auto parent_path = parent_of(path);
  StepState& parent = ensure_step(state, parent_path, at);
  const bool is_undo = path.substr(parent_path.size()).starts_with('/');
  const auto name = path.substr(parent_path.empty() ? 0 : parent_path.size() + 1);
  const auto origin = parent.origin;
  StepState& step = append_step(is_undo ? parent.undo : parent.children, std::string(path), name, at);
  step.origin = origin;
  return step;
}

StepState& open_step(State& state, const std::string& path, std::uint32_t round, const std::optional<Payload>& input,
                     Timestamp at) {
  if (StepState* existing = find_step(state, path)) return *existing;
  Payload own = input ? *input : flowing_input(state, path, round);
  StepState& step = ensure_step(state, path, at);
  step.input = std::move(own);
  step.round = round;
  // A round that has begun is not waited for any more.
  if (round != 0) find_step(state, parent_of(path))->attempts.retry_at.reset();
  return step;
}

void begin_attempt(Attempts& attempts, std::uint32_t number, Timestamp at) {
  if (attempts.number == 0 || attempts.first_at == Timestamp{}) attempts.first_at = at;
  attempts.number = number;
  attempts.in_flight = true;
  attempts.last_at = at;
  attempts.retry_at.reset();
}

Attempts& current_attempts(StepState& step) {
  return step.settling.number != 0 ? step.settling : step.attempts;
}

void answer_attempt(Attempts& attempts) {
  attempts.in_flight = false;
  attempts.lost_in_a_row = 0;
}

void limit_attempt(StepState& step, Millis length, Timestamp begins) {
  step.limit = std::make_shared<const AttemptLimit>(AttemptLimit{.length = length, .deadline = begins + length});
}

void pass_limit(StepState& step) {
  AttemptLimit limit = *step.limit;
  limit.passed = true;
  step.limit = std::make_shared<const AttemptLimit>(limit);
}

void forgive(StepState& step, Timestamp at) {
  forgive_attempts(step);
  if (step.limit) limit_attempt(step, step.limit->length, at);
  if (is_waiting_kind(step)) {
    step.deadline.reset();
    step.timed_out = false;
  }
}

void forgive_all(StepState& step) {
  if (step.status == StepStatus::kRunning || step.undo_status == UndoStatus::kSettling) forgive_attempts(step);
  for (auto* list : {&step.children, &step.undo}) {
    for (auto& inner : *list) forgive_all(inner);
  }
}

void end_step(State& state, StepState& step, StepStatus status, Timestamp at) {
  if (state.phase == Phase::kWaiting && is_waiting_kind(step)) state.phase = Phase::kRunning;
  step.status = status;
  step.ended_at = at;
  step.ended_position = state.position;
  answer_attempt(step.attempts);
  step.attempts.retry_at.reset();
  step.settling.in_flight = false;
  step.settling.retry_at.reset();
}

}  // namespace skald::saga
