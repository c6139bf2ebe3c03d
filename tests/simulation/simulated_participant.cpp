#include "tests/simulation/simulated_participant.hpp"

#include <algorithm>
#include <utility>

#include "tests/simulation/database.hpp"

namespace skald::simulation {
namespace {

saga::Answer unknown(bool retryable, int status, std::string type, std::string title) {
  return {.outcome = saga::AttemptOutcome::kUnknown,
          .retryable = retryable,
          .status = status,
          .body = {},
          .error_type = std::move(type),
          .title = std::move(title)};
}

saga::Answer reset() {
  return unknown(true, 0, "communication", "the connection was reset");
}

saga::Answer not_sent() {
  return {.outcome = saga::AttemptOutcome::kRefused,
          .retryable = true,
          .sent = false,
          .body = {},
          .error_type = "communication",
          .title = "no connection"};
}

}  // namespace

// A call between send() and its answer.
struct SimulatedParticipant::Flight {
  ports::ParticipantCall call;
  Done done;  // empty once it was answered, taken back or abandoned
  bool waiting = true;
  bool answered = false;
};

void SimulatedParticipant::send(ports::ParticipantCall call, Done done) {
  oracle_.call_sent(call, *life_);
  auto flight = std::make_shared<Flight>(Flight{std::move(call), std::move(done)});
  flights_.push_back(flight);
  const Nanos turn = faults_.happens(Fault::kQueue) ? world_.between(10ms, 20s) : world_.between(1us, 50us);
  world_.after(life_, turn, [this, flight] { depart(flight); });
}

bool SimulatedParticipant::withdraw(const ExecutionId& execution, std::string_view key) {
  return std::erase_if(flights_, [&](const FlightPtr& flight) {
           const bool wanted = flight->waiting && flight->call.execution == execution && flight->call.key == key;
           if (wanted) flight->done = nullptr;
           return wanted;
         }) > 0;
}

void SimulatedParticipant::abandon_all() {
  for (const auto& flight : flights_) flight->done = nullptr;
  flights_.clear();
}

void SimulatedParticipant::depart(const FlightPtr& flight) {
  if (!flight->done) return;
  flight->waiting = false;
  const auto& call = flight->call;
  if (call.ownership && !call.ownership->is_ours(call.execution, call.epoch)) {
    return answer(flight, world_.latency(), not_sent());
  }
  oracle_.call_written(call);
  if (faults_.happens(Fault::kNotSent)) return answer(flight, world_.latency(), not_sent());
  answer(flight, flight->call.timeout, unknown(true, 0, "timeout", "no answer in time"));
  if (const auto way = way_there()) {
    services_.departed();
    world_.after(*way, [this, &services = services_, flight, life = life_] {
      services.arrived();
      if (life->over) return static_cast<void>(services.receive(flight->call));
      arrive(flight);
    });
  } else {
    world_.note("network", "{} {} #{} is lost", short_id(flight->call.execution), path_of_key(flight->call.key),
                flight->call.attempt);
    if (world_.chance(50)) answer(flight, world_.latency(), reset());
  }
}

bool SimulatedParticipant::is_cut() const {
  return life_->services_cut_until > world_.now();
}

std::optional<Nanos> SimulatedParticipant::way_there() {
  if (is_cut() || faults_.happens(Fault::kRequestLost)) return std::nullopt;
  if (faults_.happens(Fault::kRequestLate)) return world_.between(100ms, 60s);
  return world_.latency();
}

// At the services, from a process that lives.
void SimulatedParticipant::arrive(const FlightPtr& flight) {
  if (faults_.happens(Fault::kErrorBefore)) {
    auto busy = unknown(true, 503, "communication", "unavailable");
    if (world_.chance(30)) busy.retry_after = Millis(world_.below(5'000));
    return answer(flight, world_.latency(), std::move(busy));
  }
  auto reply = services_.receive(flight->call);
  if (faults_.happens(Fault::kRequestTwice)) repeat_later(flight->call);
  if (is_cut() || faults_.happens(Fault::kReplyLost)) {
    if (world_.chance(50)) answer(flight, world_.latency(), reset());
    return;
  }
  if (faults_.happens(Fault::kErrorAfter)) reply = unknown(true, 500, "communication", "internal error");
  if (faults_.happens(Fault::kGarbage)) reply = unknown(false, 200, "communication", "not a complete answer");
  answer(flight, faults_.happens(Fault::kReplyLate) ? world_.between(100ms, 40s) : world_.latency(), std::move(reply));
}

void SimulatedParticipant::repeat_later(const ports::ParticipantCall& call) {
  services_.departed();
  world_.after(world_.between(1ms, 50s), [&services = services_, call] {
    services.arrived();
    services.receive(call);
  });
}

void SimulatedParticipant::answer(const FlightPtr& flight, Nanos delay, saga::Answer answer) {
  world_.after(life_, delay,
               [this, flight, answer = std::move(answer)]() mutable { finish(flight, std::move(answer)); });
}

// The loop hears of it when it comes round; until then the call may still be abandoned.
void SimulatedParticipant::finish(const FlightPtr& flight, saga::Answer answer) {
  if (!flight->done || std::exchange(flight->answered, true)) return;
  world_.note(fmt::format("n{}", life_->node), "{} {} #{} is answered {} {}", short_id(flight->call.execution),
              path_of_key(flight->call.key), flight->call.attempt, answer.status, answer.title);
  loop_.post([this, flight, answer = std::move(answer)]() mutable {
    auto done = std::exchange(flight->done, nullptr);
    if (!done) return;
    std::erase(flights_, flight);
    done(std::move(answer));
  });
}

}  // namespace skald::simulation
