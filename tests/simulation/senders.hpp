// The world's senders of events: each execution gets every event that it may ever wait for, early or late, by whatever
// node, again and again until one of them says that it has it.
//
// One thread. Life cycle: outlives the nodes.
#pragma once

#include <deque>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "tests/simulation/node.hpp"
#include "tests/simulation/workflows.hpp"

namespace skald::simulation {

class Senders {
 public:
  Senders(Surroundings& around, std::vector<std::unique_ptr<Node>>& nodes) : around_(around), nodes_(nodes) {}

  // Looks for new executions from time to time.
  void begin(const std::vector<Workflow>& workflows);

  // Everything has been taken over.
  bool are_quiet() const;
  std::size_t sent() const { return events_.size(); }
  // Of each kind of events that start an execution together.
  std::size_t pairs() const { return pairs_; }

 private:
  struct Event {
    std::string envelope;
    bool acknowledged = false;
  };

  void look();
  void make(const ExecutionId& execution, const std::string& type);
  void send(Event& event);
  void answered(Event& event, const Result<runtime::EventAnswer>& receipt);

  Surroundings& around_;
  std::vector<std::unique_ptr<Node>>& nodes_;
  std::vector<std::string> types_;
  std::size_t pairs_ = 0;
  std::set<ExecutionId> known_;
  std::deque<Event> events_;
};

}  // namespace skald::simulation
