// Those who use the engine: clients that start executions, give up waiting and ask again with the same key, or change
// their minds; operators who hold an execution, look after what is parked, and have replayed what has ended.
//
// One thread. Life cycle: outlives the nodes.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "engine/runtime/engine.hpp"
#include "tests/simulation/node.hpp"
#include "tests/simulation/workflows.hpp"

namespace skald::simulation {

// A start that somebody wants.
struct Order {
  int number = 0;
  Workflow workflow;
  Payload input;
  std::optional<std::string> key;
  std::optional<ExecutionId> id;  // acknowledged
  int asked = 0;
  bool given_up = false;  // without a key nobody may ask twice
};

// A replay that an operator wants, asked for once.
struct Replay {
  runtime::ReplayCommand command;
  std::optional<ExecutionId> id;  // acknowledged
  bool answered = false;          // or waited for long enough
};

// A start or replay that was refused for one that is about the same.
struct Refusal {
  Payload input;
  std::optional<std::string> key;
  ExecutionId holder;
  Timestamp asked_at{};  // by the world's time
};

// Of somebody with one request.
inline constexpr Nanos kPatience = 8s;
// What a client may be told any number of times.
bool is_temporary(const Error& error);
// While an execution is likely to run, or later.
Nanos soon(World& world);

class Clients {
 public:
  Clients(Surroundings& around, std::vector<std::unique_ptr<Node>>& nodes) : around_(around), nodes_(nodes) {}

  void place_orders(const std::vector<Workflow>& workflows);
  // Looks after the parked, from time to time.
  void operate();

  const std::deque<Order>& orders() const { return orders_; }
  const std::deque<Replay>& replays() const { return replays_; }
  const std::deque<Refusal>& refusals() const { return refusals_; }
  bool all_answered() const;
  // Nobody is going to say anything more, and everybody has been answered.
  bool are_quiet() const;
  // Parked with an incident that the operators leave alone. What is held by hand they always let go on.
  bool is_given_up(const ports::StoredExecution& row) const;

 private:
  Node* any_node();
  // A question to a process; it is to be closed by the answer, unless the process dies.
  std::uint64_t open(const Node& node);
  void close(std::uint64_t question) { questions_.erase(question); }
  // Another one for each word, so that a word that was taken twice is seen.
  std::string reason();
  void ask(Order& order);
  void answered(Order& order, Timestamp asked_at, Result<runtime::Started> started);
  // Whether it was refused for one that is about the same.
  bool note_refusal(const Error& error, const Payload& input, std::optional<std::string> key, Timestamp asked_at);
  void change_mind(const Order& order);
  void command(const ExecutionId& id, saga::Input input);
  void command_later(const ExecutionId& id, saga::Input input);
  void look_after(const ExecutionId& id);
  void look_at(const ExecutionId& id);

  // clients_replay.cpp
  void consider_replay(const ports::StoredExecution& row);
  void want_replay(runtime::ReplayCommand command);
  void ask(Replay& wanted);
  void answered(Replay& wanted, Timestamp asked_at, Result<runtime::Started> started);
  void ask_again(const Replay& wanted);

  Surroundings& around_;
  std::vector<std::unique_ptr<Node>>& nodes_;
  std::deque<Order> orders_;
  std::deque<Replay> replays_;
  std::deque<Refusal> refusals_;
  std::size_t commands_ = 0;  // that are still to be given
  std::uint64_t reasons_ = 0;
  std::uint64_t asked_ = 0;
  std::map<std::uint64_t, LifePtr> questions_;  // without an answer
  std::map<ExecutionId, int> words_;
  std::set<ExecutionId> given_up_;
};

}  // namespace skald::simulation
