// Applies the commands that other nodes have received for executions of this one.
//
// A command stays in the inbox until it is answered: with the append that applies it, or because it is refused. What
// could not be decided (the store was away, the shard is moving) is listed again. Thread rule: everything on the loop
// of the first host, except look(). Life cycle: begin() once; close() before the ports go away.
#pragma once

#include <functional>
#include <set>

#include "engine/ports/inbox.hpp"
#include "engine/runtime/command_codec.hpp"
#include "engine/runtime/execution_host.hpp"
#include "engine/runtime/timer_queue.hpp"

namespace skald::runtime {

class InboxReader final : public TimerNode {
 public:
  // The answer of a command: the execution that a replay has started, or nothing.
  using Applied = std::move_only_function<void(Result<std::optional<ExecutionId>>)>;
  using Apply = std::function<void(const ExecutionId&, AnyCommand, std::uint64_t number, Applied)>;

  InboxReader(ExecutionHost& host, ports::Inbox& inbox, Apply apply);

  void begin();
  // Lists soon. Any thread.
  void look();
  // Any thread but the loop.
  void close();

 private:
  void fired() override;
  void list();
  void take(const ports::InboxCommand& command);
  void applied(std::uint64_t number, Result<std::optional<ExecutionId>> result);

  ExecutionHost& host_;
  ports::Inbox& inbox_;
  Apply apply_;
  bool listing_ = false;
  bool again_ = false;
  std::set<std::uint64_t> under_way_;
};

}  // namespace skald::runtime
