// A saga on the test bench: a definition, a state, virtual time, and the world played by the test.
//
// Every input goes through decide(); every event goes through the stored form and is folded a second time, and the two
// states must agree (replay equals live). Every event must be a transition of the table.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/definition/load.hpp"
#include "engine/saga/decide.hpp"

namespace skald::saga {

// Adapters that the tests' definitions call.
definition::OperationCatalog bench_operations();

// Every field of a state as text, for comparing and for messages.
std::string describe(const State& state);

class SagaBench {
 public:
  // Aborts the test where the definition does not load.
  explicit SagaBench(const std::string& yaml);

  // Feeds one input. Returns the refusal code, or "".
  std::string feed(Input input);
  std::string feed_as(const std::string& actor, decltype(Input::what) what) { return feed({actor, std::move(what)}); }

  // Forgets everything but the stored rows, folds them again and recovers.
  void crash();
  void advance(Millis by) { now_ += by; }

  const State& state() const { return state_; }
  Timestamp now() const { return now_; }
  std::optional<Timestamp> wake() const { return next_wake(state_, now_); }
  const definition::Definition& definition() const { return *definition_; }

  // Of the last input.
  const std::vector<Event>& events() const { return events_; }
  const std::vector<Effect>& effects() const { return effects_; }

  // Calls sent and not answered, by step path; a crash forgets those to participants.
  const std::map<std::string, SendRequest>& in_flight() const { return in_flight_; }
  void forget_call(const std::string& step) { in_flight_.erase(step); }
  std::uint64_t seed = 7;

  struct Row {
    Timestamp at;
    std::uint64_t epoch;
    std::string actor;
    std::string kind;
    std::uint16_t version;
    std::string step;
    std::uint32_t attempt;
    std::string data;
  };
  const std::vector<Row>& rows() const { return rows_; }

 private:
  State fold() const;
  void store(const Event& event);
  void check_transition(State& before, const Event& event);

  definition::DefinitionPtr definition_;
  definition::OperationCatalog operations_ = bench_operations();
  State state_;
  Timestamp now_;
  std::uint64_t epoch_ = 1;
  std::vector<Event> events_;
  std::vector<Effect> effects_;
  std::map<std::string, SendRequest> in_flight_;
  std::vector<Row> rows_;
};

// The transitions that any bench of this process has seen, as indices of step_transitions().
const std::set<std::size_t>& seen_transitions();

// Folds stored rows from nothing.
State fold(const ExecutionId& id, const std::vector<SagaBench::Row>& rows);

}  // namespace skald::saga
