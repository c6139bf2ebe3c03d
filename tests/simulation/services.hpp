// The services that do the work of all steps, and what they keep: a journal of what arrived, and which effects stand.
//
// They keep the participant contract: a repeated key gets the first answer, and an undo of something never done
// succeeds. Those with tombstones refuse a request that comes after its undo. One thread.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "engine/ports/participant.hpp"
#include "engine/saga/answer.hpp"
#include "tests/simulation/faults.hpp"

namespace skald::simulation {

// "order.charge", "order.charge/compensate": the instance path that a key names.
std::string_view path_of_key(std::string_view key);
// The execution that it names: of a step that was taken over, the one that did it.
ExecutionId owner_of_key(std::string_view key);

struct Effect {
  int times = 0;  // that it came to stand
  bool stands = false;
  bool undone = false;
  std::uint64_t undo_order = 0;  // place of its undo in the journal; 0: none
};

// Sent to the service that takes what executions emit.
bool is_event(const ports::ParticipantCall& call);

class Services {
 public:
  Services(World& world, Faults& faults) : world_(world), faults_(faults) {}

  void do_without_tombstones() { tombstones_ = false; }

  // A request arrives.
  saga::Answer receive(const ports::ParticipantCall& call);

  using Step = std::pair<ExecutionId, std::string>;
  const std::map<Step, Effect>& effects() const { return effects_; }
  // Whether the request with this key had its effect and was answered `done`.
  bool applied(const std::string& key) const;
  // Where in the journal the key first took effect; 0: never.
  std::uint64_t applied_order(const std::string& key) const;
  std::uint64_t received() const { return order_; }
  // The steps whose events have arrived, each when it did first.
  const std::vector<std::string>& heard(const ExecutionId& execution) const;

  // Requests that the network has.
  void departed() { ++on_the_way_; }
  void arrived() { --on_the_way_; }
  bool is_quiet() const { return on_the_way_ == 0; }

 private:
  struct Known {
    saga::Answer answer;
    std::uint64_t order = 0;
  };
  saga::Answer execute(const ports::ParticipantCall& call);
  saga::Answer undo(const ports::ParticipantCall& call);
  saga::Answer hear(const ports::ParticipantCall& call);

  World& world_;
  Faults& faults_;
  bool tombstones_ = true;
  std::uint64_t order_ = 0;  // of the last entry of the journal
  std::size_t on_the_way_ = 0;
  std::map<Step, Effect> effects_;
  std::map<std::string, Known, std::less<>> known_;
  std::map<ExecutionId, std::vector<std::string>> heard_;
};

}  // namespace skald::simulation
