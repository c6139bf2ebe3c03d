// The driver's way into the history: append, verdict, and what each verdict means.
#include <algorithm>
#include <utility>

#include "engine/base/invariant.hpp"
#include "engine/runtime/command_codec.hpp"
#include "engine/runtime/deliveries.hpp"
#include "engine/runtime/event_telemetry.hpp"
#include "engine/runtime/execution_driver_parts.hpp"
#include "engine/runtime/execution_host.hpp"
#include "engine/runtime/execution_summary.hpp"
#include "engine/runtime/history_rows.hpp"
#include "engine/runtime/incident_log.hpp"
#include "engine/saga/path.hpp"

namespace skald::runtime {
namespace {

constexpr Millis kAppendPauseFirst{100};
constexpr Millis kAppendPauseMax{5'000};
// Appends that lost against another writer, in a row, before a command is told so.
constexpr std::uint16_t kConflictsMax = 3;

Error unavailable(const ports::AppendResult& result, std::string message, std::string remedy) {
  return Error{.code = "store.unavailable",
               .message = std::move(message),
               .remedy = std::move(remedy),
               .detail = result.error ? to_text(*result.error) : std::string()};
}

// Everything it has from here on, where that changes.
std::optional<std::vector<ports::Subscription>> subscription_change(const std::vector<ports::Subscription>& before,
                                                                    const saga::State& next) {
  if (!next.has_listens && before.empty()) return std::nullopt;
  auto after = stored_subscriptions(next);
  return after == before ? std::nullopt : std::optional(std::move(after));
}

}  // namespace

ports::ParticipantCall participant_call(const saga::State& state, saga::SendRequest request, std::uint64_t epoch) {
  std::string workflow;
  workflow.reserve(state.namespace_name.size() + state.name.size() + state.version.size() + 2);
  workflow.append(state.namespace_name).append(1, '/').append(state.name).append(1, ':').append(state.version);
  return ports::ParticipantCall{.execution = state.id,
                                .workflow = std::move(workflow),
                                .step = std::string(saga::step_of(request.step)),
                                .action = request.action,
                                .attempt = request.attempt,
                                .epoch = epoch,
                                .key = std::move(request.key),
                                .timeout = request.timeout,
                                .request = std::move(request.request),
                                .authentication = std::move(request.authentication),
                                .secret_headers = std::move(request.secret_headers)};
}

void ExecutionDriver::commit(Mail&& mail, std::unique_ptr<saga::Decision> decision, std::unique_ptr<saga::State> before,
                             Timestamp at) {
  auto summary = summary_change(stored_, decision->next, at);
  auto subscriptions = subscription_change(subscriptions_, decision->next);
  // Who begins to listen has to look for what came before, and to take what was found: a crash until then is to be
  // noticed.
  const bool listens = !(subscriptions ? *subscriptions : subscriptions_).empty();
  if (listens && (subscriptions || looks_ > 0 || !mailbox_.empty())) {
    if (!summary && stored_.resting) summary = stored_;
    if (summary) summary->resting = false;
  }
  auto deliveries =
      deliveries_of(decision->events, decision->next, definition_.get(), *host_.shared().definitions.operations());
  pending_ = std::make_unique<Pending>(Pending{.mail = std::move(mail),
                                               .decision = std::move(decision),
                                               .before = std::move(before),
                                               .summary = std::move(summary),
                                               .subscriptions = std::move(subscriptions),
                                               .deliveries = std::move(deliveries),
                                               .phase_before = phase_});
  append();
}

void ExecutionDriver::write_summary(ports::ExecutionSummary summary) {
  auto unchanged = std::make_unique<saga::Decision>();
  unchanged->next = std::move(state_);
  pending_ = std::make_unique<Pending>(
      Pending{.decision = std::move(unchanged), .summary = std::move(summary), .phase_before = phase_});
  append();
}

void ExecutionDriver::append() {
  stage_ = Stage::kAppending;
  const auto& decision = *pending_->decision;
  ports::AppendGroup group;
  if (start_ && start_->companion) group.appends.push_back(*start_->companion);
  auto& own = group.appends.emplace_back();
  own.execution = id_;
  own.epoch = epoch_;
  own.expected_position = decision.next.position - decision.events.size();
  if (start_) own.create = start_->row;
  own.rows = to_rows(decision.events, own.expected_position);
  own.summary = pending_->summary;
  own.subscriptions = pending_->subscriptions;
  own.deliveries = pending_->deliveries;
  if (const auto number = pending_->mail.command; number != 0) {
    own.applied = ports::CommandApplied{.number = number, .answer = encode_answer(std::nullopt)};
  }
  host_.append(std::move(group), *this);
}

void ExecutionDriver::append_ended(ports::AppendResult result) {
  if (aside_) return aside_ended(result);
  SKALD_INVARIANT(stage_ == Stage::kAppending);
  auto& shared = host_.shared();
  const bool met_another = result.verdict == ports::Verdict::kDuplicate || result.verdict == ports::Verdict::kTaken;
  if (lost_ && result.verdict != ports::Verdict::kWritten && !met_another) {
    return let_go(unavailable(result, "another node goes on with this execution", "ask again"));
  }
  switch (result.verdict) {
    case ports::Verdict::kWritten:
      return written();
    case ports::Verdict::kRejected:
      shared.telemetry.store_error("rejected");
      return rejected(unavailable(result, "the store does not take writes", "try again later"));
    case ports::Verdict::kDuplicate:
    case ports::Verdict::kTaken:
      return duplicate(std::move(result));
    case ports::Verdict::kFenced:
      shared.telemetry.store_error("fenced");
      shared.fenced();
      return let_go(unavailable(result, "another node owns this execution", "ask again"));
    case ports::Verdict::kConflict:
      shared.telemetry.store_error("conflict");
      return reload_after(result);
    case ports::Verdict::kUnknown:
      shared.telemetry.store_error("unknown");
      return reload_after(result);
  }
}

void ExecutionDriver::written() {
  const auto pending = std::move(pending_);
  auto& decision = *pending->decision;
  state_ = std::move(decision.next);
  phase_ = state_.phase;
  if (pending->summary) stored_ = std::move(*pending->summary);
  failures_ = 0;
  pauses_ = 0;
  conflicts_ = 0;
  stage_ = Stage::kReady;
  if (!decision.events.empty()) {
    count_events(host_.shared().telemetry, decision.events, state_);
    if (!lost_) {
      count_phase(host_.shared().live, pending->phase_before, state_);
      tell_standing(host_.shared().telemetry, state_);
    }
    log_raised_incidents(host_.shared().log, decision.events, state_);
  }
  if (!pending->deliveries.empty()) host_.shared().emitted();
  if (pending->subscriptions) begin_to_listen(std::move(*pending->subscriptions));
  if (pending->mail.event != 0 && !decision.events.empty()) settle_event(pending->mail.event);
  perform(std::move(decision.effects));
  if (calls_ > 0 && saga::is_ending(state_)) withdraw_calls(state_.root);
  if (start_) {
    const auto start = std::move(start_);
    start->answer(snapshot(), std::nullopt);
  }
  if (pending->mail.reply) pending->mail.reply(snapshot());
  if (lost_ && stage_ == Stage::kReady) return leave_behind();
  pump();
}

void ExecutionDriver::duplicate(ports::AppendResult result) {
  SKALD_INVARIANT(start_ && result.existing);
  const auto start = std::move(start_);
  pending_.reset();
  leave();
  start->answer(nullptr, NewStart::Existing{.id = *result.existing,
                                            .fingerprint = std::move(result.existing_fingerprint),
                                            .has_unique_key = result.verdict == ports::Verdict::kTaken});
}

void ExecutionDriver::rejected(const Error& error) {
  host_.warn("the store does not take writes; what is to be written is kept", error);
  if (start_) return let_go(error);
  if (pending_->mail.reply) {
    const auto pending = std::move(pending_);
    state_ = std::move(*pending->before);
    stage_ = Stage::kReady;
    pending->mail.reply(std::unexpected(error));
    return pump();
  }
  stage_ = Stage::kBackingOff;
  host_.backed_off(1);
  armed_wake_ = Timestamp::max();
  host_.timers().set(*this, host_.shared().time.steady() + next_pause(kAppendPauseFirst, kAppendPauseMax));
}

// Somebody else wrote first, or nobody knows whether this was written: only the history can tell.
void ExecutionDriver::reload_after(const ports::AppendResult& result) {
  const bool unknown = result.verdict == ports::Verdict::kUnknown;
  const auto error = unavailable(result, unknown ? "it is not known whether this was written" : "others write as well",
                                 "look at the execution, then try again");
  host_.warn(unknown ? "an append ended without a verdict; the execution is loaded again"
                     : "an append met another writer; the execution is loaded again",
             error);
  if (start_) {
    // An unknown start may stand: it is answered when the history has been asked.
    pending_.reset();
    if (unknown) return load();
    Error conflict = error;
    conflict.code = kConflictCode;
    return let_go(conflict);
  }
  const auto pending = std::move(pending_);
  const bool give_up = unknown || ++conflicts_ > kConflictsMax;
  if (pending->mail.reply && give_up) {
    pending->mail.reply(std::unexpected(error));
  } else if (pending->mail.input && !unknown) {
    mailbox_.insert(mailbox_.begin(), std::move(pending->mail));
  }
  load();
}

// Out of memory with it: whoever waits is told why.
void ExecutionDriver::let_go(const Error& error) {
  leave();
  if (const auto pending = std::move(pending_); pending && pending->mail.reply) {
    pending->mail.reply(std::unexpected(error));
  }
  refuse_all(error);
}

Millis ExecutionDriver::next_pause(Millis first, Millis most) {
  const auto doubled = first * (std::int64_t{1} << std::min<std::uint16_t>(pauses_, 16));
  ++pauses_;
  return std::min(doubled, most);
}

}  // namespace skald::runtime
