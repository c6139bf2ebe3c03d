// Searching executions: what lists in the API and the command line need. Blocking; any thread but a loop.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/ports/history_store.hpp"

namespace skald::ports {

// Every field that is present must match. Newest first.
struct ExecutionQuery {
  std::optional<std::string> namespace_name;
  std::optional<std::string> workflow;
  std::optional<std::string> version;
  std::optional<std::string> phase;
  std::optional<std::string> outcome;
  std::optional<std::string> status;
  std::map<std::string, std::string> labels;
  std::optional<std::string> idempotency_key;
  std::optional<Timestamp> started_after;   // exclusive
  std::optional<Timestamp> started_before;  // exclusive
  std::optional<ExecutionId> replay_of;
  std::optional<ExecutionId> parent;
  // A part of the id, the idempotency key, the status or a label's value; ASCII letters of any case.
  std::optional<std::string> text;
  bool with_open_incidents = false;
  std::optional<ExecutionId> before;  // cursor: ids older than this one
  std::size_t limit = 50;             // at most 500
};

class ExecutionIndex {
 public:
  virtual ~ExecutionIndex() = default;

  virtual Result<std::vector<StoredExecution>> search(const ExecutionQuery& query) = 0;
};

}  // namespace skald::ports
