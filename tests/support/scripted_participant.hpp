// Participants that answer as a test says, and remember every call. One thread.
//
// A Script outlives the process under test: its calls are what the services saw. A ScriptedParticipant is one process's
// way to them; calls in flight die with it.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/ports/participant.hpp"

namespace skald::test {

inline saga::Answer done(std::string body = "{}") {
  return {.outcome = saga::AttemptOutcome::kDone, .status = 200, .body = Payload::from_trusted_text(std::move(body))};
}
inline saga::Answer refused(int status = 409) {
  return {.outcome = saga::AttemptOutcome::kRefused,
          .status = status,
          .body = {},
          .error_type = "communication",
          .title = "refused"};
}
inline saga::Answer unknown(bool retryable = true) {
  return {.outcome = saga::AttemptOutcome::kUnknown,
          .retryable = retryable,
          .status = 503,
          .body = {},
          .error_type = "communication",
          .title = "unavailable"};
}

class Script {
 public:
  // nullopt: no answer; the call stays in flight until release().
  using Rule = std::function<std::optional<saga::Answer>(const ports::ParticipantCall&)>;

  void set_rule(Rule rule) { rule_ = std::move(rule); }
  std::optional<saga::Answer> answer(const ports::ParticipantCall& call) const { return rule_(call); }

  // Whether calls without an answer wait for their turn, so that they can be taken back, instead of being in flight.
  void set_queueing(bool queueing) { queueing_ = queueing; }
  bool is_queueing() const { return queueing_; }

  void note(const ports::ParticipantCall& call) { calls_.push_back(call); }
  const std::vector<ports::ParticipantCall>& calls() const { return calls_; }
  // "charge", "charge/compensate", in the order of the calls.
  std::vector<std::string> steps() const {
    std::vector<std::string> steps;
    for (const auto& call : calls_) {
      steps.push_back(call.step + (call.action == saga::Action::kCompensate ? "/compensate" : ""));
    }
    return steps;
  }

 private:
  Rule rule_ = [](const ports::ParticipantCall&) { return done(); };
  std::vector<ports::ParticipantCall> calls_;
  bool queueing_ = false;
};

class ScriptedParticipant final : public ports::Participant {
 public:
  explicit ScriptedParticipant(Script& script) : script_(script) {}

  void send(ports::ParticipantCall call, Done done) override {
    script_.note(call);
    in_flight_.push_back({std::move(call), std::move(done)});
  }

  bool withdraw(const ExecutionId& execution, std::string_view key) override {
    if (!script_.is_queueing()) return false;
    return std::erase_if(in_flight_, [&](const Call& call) {
             return call.call.execution == execution && call.call.key == key;
           }) > 0;
  }

  void abandon_all() override { in_flight_.clear(); }

  // Answers what was in flight when this was called and has an answer now. Returns how many that were.
  std::size_t deliver() {
    std::size_t answered = 0;
    std::deque<Call> taken;
    taken.swap(in_flight_);
    while (!taken.empty()) {
      Call call = std::move(taken.front());
      taken.pop_front();
      if (auto answer = script_.answer(call.call)) {
        ++answered;
        call.done(std::move(*answer));
      } else {
        in_flight_.push_back(std::move(call));
      }
    }
    return answered;
  }

  std::size_t in_flight() const { return in_flight_.size(); }

 private:
  struct Call {
    ports::ParticipantCall call;
    Done done;
  };

  Script& script_;
  std::deque<Call> in_flight_;
};

}  // namespace skald::test
