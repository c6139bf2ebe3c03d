// Judges a run: while it goes on, whatever the engine says or sends against what the database holds at that moment; at
// its end, every history against the services' journal (verdict.hpp).
//
// It stops at nothing and remembers what it finds. One thread.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "engine/ports/participant.hpp"
#include "engine/runtime/engine.hpp"
#include "tests/simulation/clocks.hpp"
#include "tests/simulation/database.hpp"
#include "tests/simulation/services.hpp"

namespace skald::simulation {

class Oracle {
 public:
  Oracle(World& world, Database& database, const Clocks& clocks)
      : world_(world), database_(database), clocks_(clocks) {}

  // The engine hands a call to its participant: its intent must be durable, and in flight by the history.
  void call_sent(const ports::ParticipantCall& call, const Life& life);
  // The call leaves its queue: nobody else may have the execution by then.
  void call_written(const ports::ParticipantCall& call);
  // The engine acknowledges a start.
  void start_acknowledged(const runtime::Started& started, const Payload& input);
  // The engine acknowledges a replay, or refuses one.
  void replay_acknowledged(const runtime::Started& started, const runtime::ReplayCommand& command);
  void replay_refused(const Error& error, const runtime::ReplayCommand& command);
  // What the engine holds an execution's state to be is the fold of its history up to there.
  void state_seen(const saga::State& state);
  void problem(std::string text);

  // Several nodes share the database.
  void expect_leases() { leases_ = true; }

  const std::vector<std::string>& problems() const { return problems_; }
  std::uint64_t calls_sent() const { return calls_.size(); }
  std::uint64_t states_compared() const { return states_compared_; }

 private:
  // The engine sends what an execution emitted: its step must have completed by the history.
  void event_sent(const ports::ParticipantCall& call, const Life& life);
  void check_request(const ports::ParticipantCall& call, const std::vector<ports::HistoryRow>& rows);

  World& world_;
  Database& database_;
  const Clocks& clocks_;
  std::set<std::tuple<std::string, std::uint32_t, std::uint64_t>> calls_;  // key, attempt, epoch
  std::map<std::string, saga::RequestPtr, std::less<>> requests_;          // by key: the stored ones
  bool leases_ = false;
  std::vector<std::string> problems_;
  std::uint64_t states_compared_ = 0;
};

}  // namespace skald::simulation
