// Commands for executions that another node has: written by whoever receives them, applied by the owner of the shard.
//
// A command is applied exactly once: the append that applies it carries its number and answers it in the same
// transaction. Thread rule: blocking; any thread but a loop.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/ids.hpp"
#include "engine/ports/shard_leases.hpp"

namespace skald::ports {

struct InboxCommand {
  std::uint64_t number = 0;
  ExecutionId execution;
  std::string command;  // JSON object
};

class Inbox {
 public:
  virtual ~Inbox() = default;

  // Durable when it returns; the owner is told. Errors of all: "store.unavailable".
  virtual Result<std::uint64_t> post(const ExecutionId& execution, const std::string& command) = 0;
  // Those of these shards that have no answer yet, the oldest first.
  virtual Result<std::vector<InboxCommand>> list(const ShardSet& shards, std::size_t limit) = 0;
  // Unless there is an answer already. JSON object.
  virtual Result<void> answer(std::uint64_t number, const std::string& answer) = 0;
  // The answer, which is taken away, or nothing as long as there is none.
  virtual Result<std::optional<std::string>> take_answer(std::uint64_t number) = 0;

  // `posted` is called on a thread of the store's when there may be something to list; null: nobody is told any more.
  virtual void notify(std::function<void()> posted) = 0;
};

}  // namespace skald::ports
