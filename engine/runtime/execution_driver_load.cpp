// The driver's way into memory, and those who wait for the execution's end.
#include <algorithm>
#include <utility>

#include "engine/runtime/event_telemetry.hpp"
#include "engine/runtime/execution_driver_parts.hpp"
#include "engine/runtime/execution_host.hpp"
#include "engine/runtime/incident_log.hpp"
#include "engine/runtime/refusals.hpp"

namespace skald::runtime {

void ExecutionDriver::load() {
  stage_ = Stage::kLoading;
  // It says anew how it stands, or is set aside again.
  if (std::exchange(aside_, nullptr)) {
    host_.shared().telemetry.execution_standing(id_, {});
    host_.timers().cancel(*this);
  }
  host_.load(id_);
}

void ExecutionDriver::loaded(Result<LoadedExecution> result) {
  if (stage_ != Stage::kLoading) return;
  if (epoch_ == 0 || epoch_ != host_.shared().shards.epoch_of(id_)) return lose();
  if (!result) {
    const Error& error = result.error();
    if (error.code != "execution.unknown") return set_aside(error, error.code == "store.unavailable");
    if (!start_) return let_go(error);
    return let_go(Error{.code = "store.unavailable", .message = "the start was not written", .remedy = "try again"});
  }
  state_ = std::move(result->state);
  definition_ = std::move(result->definition);
  stored_ = std::move(result->summary);
  subscriptions_ = stored_subscriptions(state_);
  // Read again after an append of unknown fate, which may have moved it; one that comes into memory is counted already.
  if (phase_ != saga::Phase::kPending || start_) count_phase(host_.shared().live, phase_, state_);
  phase_ = state_.phase;
  tell_standing(host_.shared().telemetry, state_);
  log_open_incidents(host_.shared().log, state_);
  pauses_ = 0;
  stage_ = Stage::kReady;
  armed_wake_ = Timestamp::max();
  host_.timers().cancel(*this);
  if (start_) {
    const auto start = std::move(start_);
    start->answer(snapshot(), std::nullopt);
  }
  if (!saga::is_terminal(state_.phase)) {
    saga::Input first{.actor = {}, .what = saga::RecoverExecution{}};
    if (failures_ >= kFailuresMax) first.what = saga::QuarantineExecution{.detail = failed_with_};
    mailbox_.insert(mailbox_.begin(), Mail{.input = std::move(first), .reply = {}});
    look_for_events(subscriptions_);
  }
  pump();
}

// Answers everybody who waits; inputs that nobody waits for stay.
void ExecutionDriver::refuse_all(const Error& error) {
  if (const auto start = std::move(start_)) start->answer(std::unexpected(error), std::nullopt);
  std::vector<Mail> waiting;
  std::vector<Mail> kept;
  for (auto& mail : mailbox_) (mail.reply ? waiting : kept).push_back(std::move(mail));
  mailbox_ = std::move(kept);
  for (auto& mail : waiting) mail.reply(std::unexpected(error));
  for (auto& waiter : std::exchange(waiters_, {})) {
    host_.timers().cancel(*waiter);
    waiter->reply(std::unexpected(error));
  }
}

void ExecutionDriver::when_settled(Millis at_most, Reply reply) {
  if (stage_ == Stage::kSetAside) return reply(std::unexpected(aside_->error));
  if (stage_ == Stage::kReady && is_settled(state_)) return reply(snapshot());
  auto& waiter = waiters_.emplace_back(std::make_unique<Waiter>(*this, std::move(reply)));
  host_.timers().set(*waiter, host_.shared().time.steady() + at_most);
}

void ExecutionDriver::stop_waiting() {
  if (stage_ == Stage::kReady) return answer_waiters(snapshot());
  refuse_all(draining());
}

void ExecutionDriver::answer_waiters(const Snapshot& state) {
  for (auto& waiter : std::exchange(waiters_, {})) {
    host_.timers().cancel(*waiter);
    waiter->reply(state);
  }
}

void ExecutionDriver::expire(Waiter& waiter) {
  const auto it =
      std::find_if(waiters_.begin(), waiters_.end(), [&](const auto& known) { return known.get() == &waiter; });
  const auto taken = std::move(*it);
  waiters_.erase(it);
  view(std::move(taken->reply));
}

}  // namespace skald::runtime
