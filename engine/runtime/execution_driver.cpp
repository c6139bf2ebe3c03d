#include "engine/runtime/execution_driver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <exception>
#include <utility>

#include "engine/runtime/execution_driver_parts.hpp"
#include "engine/runtime/execution_host.hpp"
#include "engine/runtime/execution_summary.hpp"
#include "engine/runtime/refusals.hpp"

namespace skald::runtime {
namespace {

// At an append that is still under way when it is time to load again.
constexpr Millis kLookAgain{1'000};

}  // namespace

ExecutionDriver::ExecutionDriver(ExecutionHost& host, const ExecutionId& id, std::uint64_t number)
    : host_(host), id_(id), number_(number), epoch_(host.shared().shards.epoch_of(id)) {
  state_.id = id;
}

ExecutionDriver::~ExecutionDriver() = default;

Timestamp ExecutionDriver::now() const {
  // An execution's own time does not go back, whatever the process before this one took the time to be.
  return std::max({host_.shared().time.now(), state_.updated_at, fired_for_});
}

Snapshot ExecutionDriver::snapshot() const {
  return std::make_shared<const saga::State>(state_);
}

void ExecutionDriver::begin(std::unique_ptr<NewStart> start) {
  stage_ = Stage::kReady;
  definition_ = start->definition;
  if (definition_->uses_callbacks) {
    auto& input = std::get<saga::StartExecution>(start->input.what);
    auto& shared = host_.shared();
    input.callback_url = shared.callback_url;
    input.callback_secret = fmt::format("{:016x}{:016x}", shared.entropy.next(), shared.entropy.next());
  }
  Mail mail{.input = std::move(start->input), .reply = {}};
  start_ = std::move(start);
  put(std::move(mail));
}

void ExecutionDriver::submit(saga::Input input, Reply reply, std::uint64_t command) {
  put(Mail{.input = std::move(input), .reply = std::move(reply), .command = command});
}

void ExecutionDriver::view(Reply reply) {
  if (stage_ == Stage::kBackingOff || stage_ == Stage::kSetAside) {
    // The store may be readable where it takes no appends, a history where its definition is not.
    return host_.offload_on(
        id_, [&history = host_.shared().history, id = id_] { return read_state(history, id); },
        [reply = std::move(reply)](Result<saga::State> state) mutable {
          if (!state) return reply(std::unexpected(std::move(state.error())));
          reply(std::make_shared<const saga::State>(std::move(*state)));
        });
  }
  put(Mail{.input = std::nullopt, .reply = std::move(reply)});
}

void ExecutionDriver::call_ended(saga::AttemptEnded ended) {
  if (calls_ > 0) --calls_;
  put(Mail{.input = saga::Input{.actor = {}, .what = std::move(ended)}, .reply = {}});
}

void ExecutionDriver::fired() {
  switch (stage_) {
    case Stage::kBackingOff:
      if (host_.is_abandoned()) return;
      host_.backed_off(-1);
      return append();
    case Stage::kSetAside:
      if (!aside_->appending) return load();
      return host_.timers().set(*this, host_.shared().time.steady() + kLookAgain);
    case Stage::kReady:
    case Stage::kAppending:
    case Stage::kLoading:
      if (host_.shared().draining.load(std::memory_order_relaxed)) return;
      fired_for_ = std::max(fired_for_, armed_wake_);
      return put(Mail{.input = saga::Input{.actor = {}, .what = saga::TimerFired{}}, .reply = {}});
    case Stage::kReleased:
      return;
  }
}

void ExecutionDriver::put(Mail mail) {
  if (stage_ == Stage::kSetAside && mail.reply) {
    const bool ends = mail.input && std::holds_alternative<saga::TerminateExecution>(mail.input->what);
    if (ends && aside_->appending && !aside_->end) return mailbox_.push_back(std::move(mail));
    if (ends && !aside_->appending && !retries_soon_) return terminate_aside(std::move(mail));
    return mail.reply(std::unexpected(aside_->error));
  }
  mailbox_.push_back(std::move(mail));
  pump();
}

void ExecutionDriver::pump() {
  while (stage_ == Stage::kReady && !mailbox_.empty()) {
    Mail mail = std::move(mailbox_.front());
    mailbox_.erase(mailbox_.begin());
    process(std::move(mail));
  }
  if (stage_ == Stage::kReady) rest();
}

void ExecutionDriver::process(Mail mail) {
  if (!mail.input) return mail.reply(snapshot());
  const Timestamp at = now();
  // A command is refused where its append is: then the state from before it is needed.
  std::unique_ptr<saga::State> before;
  if (mail.reply) before = std::make_unique<saga::State>(state_);
  auto decision = decide(*mail.input, at);
  if (!decision) {
    if (mail.reply) mail.reply(failure("engine.internal", "the execution could not be advanced", to_string(id_)));
    return;
  }
  fired_for_ = Timestamp{};
  if (!decision->refusal && !decision->events.empty()) {
    return commit(std::move(mail), std::move(decision), std::move(before), at);
  }
  state_ = std::move(decision->next);
  if (!std::holds_alternative<saga::RecoverExecution>(mail.input->what)) failures_ = 0;
  if (!mail.reply) return;
  if (decision->refusal) return mail.reply(std::unexpected(std::move(*decision->refusal)));
  mail.reply(snapshot());
}

// Null: it threw. The state is gone with it, so the execution is loading again: to be tried once more, then to be put
// in quarantine. Where not even that can be decided it is set aside.
std::unique_ptr<saga::Decision> ExecutionDriver::decide(const saga::Input& input, Timestamp at) {
  auto& shared = host_.shared();
  std::string why;
  const ports::Holding holding(shared.in_hand, id_);
  try {
    const auto operations = shared.definitions.operations();
    const saga::Context context{.definition = *definition_,
                                .operations = *operations,
                                .now = at,
                                .seed = shared.entropy.next(),
                                .epoch = epoch_};
    // Made where it stays: a state is large to move.
    return std::unique_ptr<saga::Decision>(new saga::Decision(saga::decide(context, std::move(state_), input)));
  } catch (const std::exception& error) {
    why = error.what();
  } catch (...) {
    why = "an unknown exception";
  }
  Error error{.code = "engine.internal",
              .message = "the execution could not be advanced",
              .subject = to_string(id_),
              .detail = why};
  shared.log.write(ports::LogLevel::kError, "an execution could not be advanced",
                   {{"execution", error.subject}, {"error", error.detail}});
  shared.telemetry.store_error("advance");
  if (start_) {
    let_go(error);
  } else if (++failures_ > kFailuresMax) {
    set_aside(error, false);
  } else {
    failed_with_ = std::move(why);
    load();
  }
  return nullptr;
}

void ExecutionDriver::perform(std::vector<saga::Effect> effects) {
  // What is not begun here is found lost by the next process, or by this one when its lease is certain again.
  if (lost_ || !host_.shared().may_begin(id_)) return;
  for (auto& effect : effects) {
    std::visit([this](auto& what) { send(std::move(what)); }, effect);
  }
}

void ExecutionDriver::send(saga::SendRequest request) {
  if (request.request->is_to_engine()) return;  // it was written with its event
  saga::AttemptEnded attempt{
      .step = request.step, .attempt = request.attempt, .settling = request.settling, .answer = {}};
  try {
    const auto& shared = host_.shared();
    auto call = participant_call(state_, std::move(request), epoch_);
    // Adapters are the operator's own; a literal endpoint is judged by who wrote it.
    if (call.request->adapter.empty()) call.trusted = shared.definitions.is_trusted(state_.digest);
    host_.send(std::move(call), attempt, *this);
    ++calls_;
  } catch (const std::exception& error) {
    // Nobody knows what became of it: an unknown outcome, as from a lost connection.
    const auto id = to_string(id_);
    host_.shared().log.write(ports::LogLevel::kError, "a call could not be handed to its participant",
                             {{"execution", id}, {"step", attempt.step}, {"error", error.what()}});
    attempt.answer = saga::Answer{.outcome = saga::AttemptOutcome::kUnknown,
                                  .retryable = true,
                                  .error_type = "communication",
                                  .title = "The call could not be handed on"};
    mailbox_.push_back(Mail{.input = saga::Input{.actor = {}, .what = std::move(attempt)}, .reply = {}});
  }
}

// A call that still waits for its turn (behind an open circuit, perhaps) is not waited for by an execution that ends.
void ExecutionDriver::withdraw_calls(const saga::StepState& step) {
  const bool settling = step.settling.in_flight;
  if ((settling || step.attempts.in_flight) && host_.withdraw(id_, saga::idempotency_key(state_, step))) {
    if (calls_ > 0) --calls_;
    saga::AttemptEnded ended{.step = step.path,
                             .attempt = settling ? step.settling.number : step.attempts.number,
                             .settling = settling,
                             .answer = {.outcome = saga::AttemptOutcome::kRefused,
                                        .sent = false,
                                        .error_type = "communication",
                                        .title = "The call was taken back before it was sent"}};
    mailbox_.push_back(Mail{.input = saga::Input{.actor = {}, .what = std::move(ended)}, .reply = {}});
  }
  for (const auto& child : step.children) withdraw_calls(child);
}

void ExecutionDriver::rest() {
  const Timestamp at = now();
  if (saga::is_terminal(state_.phase)) {
    leave();
    if (!waiters_.empty()) answer_waiters(std::make_shared<const saga::State>(std::move(state_)));
    return;
  }
  if (is_settled(state_) && !waiters_.empty()) answer_waiters(snapshot());
  const auto& shared = host_.shared();
  if (!shared.shards.serves(id_)) {
    if (calls_ == 0 && looks_ == 0) leave_behind();
    return;
  }
  if (shared.draining.load(std::memory_order_relaxed)) return;
  const Timestamp wake = *saga::next_wake(state_, at);
  if (calls_ == 0 && looks_ == 0) {
    if (auto summary = summary_change(stored_, state_, at)) return write_summary(std::move(*summary));
    if (waiters_.empty() && wake > at + shared.options.passivate_after) return leave();
  }
  arm_wake(wake, at);
}

bool ExecutionDriver::is_busy() const {
  return calls_ > 0 || looks_ > 0 || stage_ == Stage::kLoading || stage_ == Stage::kAppending ||
         stage_ == Stage::kBackingOff || (aside_ && aside_->appending);
}

void ExecutionDriver::vacate() {
  if (stage_ == Stage::kReady) return rest();
  if (stage_ == Stage::kBackingOff || stage_ == Stage::kSetAside) lose();
}

void ExecutionDriver::lose() {
  if (stage_ == Stage::kReleased) return;
  withdraw_calls(pending_ ? pending_->decision->next.root : state_.root);
  if (stage_ == Stage::kAppending || (aside_ && aside_->appending)) {
    lost_ = true;
    return;
  }
  if (stage_ == Stage::kBackingOff) host_.backed_off(-1);
  let_go(moved(id_));
}

// Somebody else goes on with it: those who wait for its end are told how far it has come here, inputs that came
// meanwhile are refused.
void ExecutionDriver::leave_behind() {
  leave();
  if (!waiters_.empty()) answer_waiters(snapshot());
  refuse_all(moved(id_));
}

void ExecutionDriver::leave() {
  stage_ = Stage::kReleased;
  host_.release(*this);
  // The shard went and came back, under another epoch or the same: it is this process's again, and a recovery has found
  // it in memory.
  const auto& shards = host_.shared().shards;
  if ((lost_ || shards.epoch_of(id_) != epoch_) && shards.serves(id_)) host_.activate_later({id_});
}

void ExecutionDriver::arm_wake(Timestamp wake, Timestamp at) {
  // One that is due earlier finds nothing to do and looks again: cheaper than moving it after every step.
  if (pending() && armed_wake_ <= wake) return;
  armed_wake_ = wake;
  host_.timers().set(*this, host_.shared().time.steady() + std::max(wake - at, Millis(0)));
}

}  // namespace skald::runtime
