#include "engine/saga/planner.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

#include "engine/base/invariant.hpp"
#include "engine/base/limits.hpp"
#include "engine/saga/apply.hpp"
#include "engine/saga/credentials.hpp"
#include "engine/saga/path.hpp"

namespace skald::saga {

namespace {

const definition::RetryPolicy& forward_retry() {
  static const definition::RetryPolicy kPolicy = [] {
    definition::RetryPolicy policy;
    policy.delay = std::chrono::seconds(1);
    policy.backoff = definition::RetryPolicy::Backoff::kExponential;
    policy.delay_max = std::chrono::minutes(1);
    return policy;
  }();
  return kPolicy;
}

}  // namespace

Planner::Planner(const Context& context, Decision& decision, std::string actor, std::size_t events_max)
    : context_(context),
      decision_(decision),
      state_(decision.next),
      actor_(std::move(actor)),
      events_max_(events_max) {}

const StepState& Planner::step(std::string_view path) const {
  const StepState* found = find_step(state_, path);
  SKALD_INVARIANT(found != nullptr);
  return *found;
}

const definition::Step& Planner::step_definition(std::string_view path) const {
  const auto* found = definition().find(static_path(path));
  if (!found) {
    throw std::logic_error(fmt::format("the history has a step '{}' that the definition {}/{} {} has not", path,
                                       state_.namespace_name, state_.name, state_.version));
  }
  return *found;
}

void Planner::record(EventData event) {
  decision_.events.push_back(
      Event{.at = context_.now, .epoch = context_.epoch, .actor = actor_, .data = std::move(event)});
  apply(state_, decision_.events.back());
}

std::uint32_t Planner::round_of(std::string_view path) const {
  if (entered_.first == path) return entered_.second;
  const StepState* instance = find_step(state_, path);
  return instance ? instance->round : 0;
}

void Planner::refuse(std::string code, std::string message, std::string remedy) {
  decision_.refusal = Error{.code = std::move(code),
                            .message = std::move(message),
                            .subject = to_string(state_.id),
                            .remedy = std::move(remedy)};
}

// Of the same shard, so that whoever owns the one owns the other.
std::optional<ExecutionId> Planner::execution_for(const Request& request) {
  if (!request.run) return std::nullopt;
  while (true) {
    const auto high = mix(next_seed());
    const auto id = make_execution_id(now(), high, mix(next_seed()));
    if (shard_of(id) == shard_of(state_.id)) return id;
  }
}

void Planner::start_attempt(std::string_view path) {
  const StepState& instance = step(path);
  // What it ran has left effects, or its output was of no use: it is asked once more, and says the same. Another one
  // would make those nobody's.
  const bool asks_again = instance.request->run && (instance.unknown || instance.answered);
  record(AttemptStarted{.step = std::string(path),
                        .attempt = instance.attempts.number + 1,
                        .execution = asks_again ? instance.execution : execution_for(*instance.request)});
  send(path, false);
}

void Planner::start_settling(std::string_view path) {
  const StepState& instance = step(path);
  const std::uint32_t attempt = std::max(instance.attempts.number, instance.settling.number) + 1;
  record(SettleStarted{.step = std::string(path), .attempt = attempt});
  send(path, true);
}

void Planner::send(std::string_view path, bool settling) {
  const StepState& instance = step(path);
  const definition::Step& defined = step_definition(path);
  const auto told = instance.request->timeout;
  Millis timeout = told ? *told : definition::constant(defined.timeout).value_or(limits::kAttemptTimeout);
  if (const auto limit = attempt_limit(defined, path)) timeout = std::min(timeout, *limit);
  decision_.effects.push_back(SendRequest{.step = std::string(path),
                                          .attempt = settling ? instance.settling.number : instance.attempts.number,
                                          .settling = settling,
                                          .action = is_in_undo(path) ? Action::kCompensate : Action::kExecute,
                                          .key = idempotency_key(state_, instance),
                                          .request = instance.request,
                                          .authentication = authentication_for(*this, defined, path),
                                          .secret_headers = secret_headers_for(defined),
                                          .timeout = timeout});
}

void Planner::raise_incident(std::string_view path, IncidentKind kind, Payload error) {
  record(IncidentRaised{.number = static_cast<std::uint32_t>(state_.incidents.size()) + 1,
                        .step = std::string(path),
                        .round = round_of(path),
                        .kind = kind,
                        .error = std::move(error)});
}

bool Planner::pivot_is_open() const {
  const auto is_open = [this](const auto& self, const StepState& scope) -> bool {
    return std::any_of(scope.children.begin(), scope.children.end(), [&](const StepState& step) {
      if (step.status != StepStatus::kRunning) return false;
      const bool open = step.attempts.in_flight || step.settling.in_flight || (step.unknown && !step.answered);
      return (open && step_definition(step.path).pivot) || self(self, step);
    });
  };
  return is_open(is_open, state_.root);
}

std::string Planner::directive_after(const definition::Step& step) const {
  return step.then == definition::kThenCompensate && state_.pivoted ? std::string() : step.then;
}

bool Planner::may_start() {
  cut_short_ = cut_short_ || decision_.events.size() >= events_max_;
  return !cut_short_;
}

const definition::RetryPolicy* Planner::retry_policy(const definition::Step& step, std::string_view path) const {
  if (step.retry) return &*step.retry;
  if (is_in_undo(path)) return &definition().saga.retry;
  // Behind the pivot there is no way back: a step is retried until it succeeds or is refused, unless a `try` says what
  // follows its error.
  return state_.pivoted && !is_being_tried(path) ? &forward_retry() : nullptr;
}

std::optional<Millis> Planner::attempt_limit(const definition::Step& step, std::string_view path) const {
  const auto* policy = retry_policy(step, path);
  return policy ? definition::constant(policy->attempt_duration) : std::nullopt;
}

bool Planner::is_being_tried(std::string_view path) const {
  std::uint32_t round = round_of(path);
  for (std::string_view around = parent_of(path); !around.empty(); around = parent_of(around)) {
    const StepState& outer = step(around);
    const bool is_try = std::holds_alternative<definition::TryStep>(step_definition(around).kind);
    if (is_try && round != outer.handler_round) return true;
    round = outer.round;
  }
  return false;
}

}  // namespace skald::saga
