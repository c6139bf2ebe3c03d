// Commands for executions of other nodes, on their way through the inbox.
//
// Thread rule: everything on the loop of its host. Life cycle: end_all() when the engine begins to drain.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "engine/ports/inbox.hpp"
#include "engine/runtime/execution_host.hpp"

namespace skald::runtime {

class RemoteCommands {
 public:
  // What the owner says: the execution that a replay has started, or nothing. "command.pending": no answer yet; the
  // command is durable and will be applied.
  using Answered = std::move_only_function<void(Result<std::optional<ExecutionId>>)>;

  RemoteCommands(ExecutionHost& host, ports::Inbox& inbox);
  ~RemoteCommands();

  void send(const ExecutionId& execution, std::string command, Answered answered);
  // Waits for no answers any more.
  void end_all();

 private:
  class Waiting;
  void end(Waiting& waiting, Result<std::optional<ExecutionId>> answer);

  ExecutionHost& host_;
  ports::Inbox& inbox_;
  std::list<std::shared_ptr<Waiting>> waiting_;
};

}  // namespace skald::runtime
