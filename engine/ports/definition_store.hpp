// Definitions by digest, so that every restart and every node finds the ones its executions started with.
// Blocking; any thread but a loop.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/time.hpp"

namespace skald::ports {

// What a definition listens for, so that events are held against it without loading it.
struct StoredFilter {
  std::string shape;
  std::string type;    // empty: of several types
  std::string filter;  // as definition::EventFilter stores it
};

// One of the contents that stood under a version, without the content.
struct StoredRevision {
  std::string digest;
  std::string namespace_name;
  std::string name;
  std::string version;
  std::uint64_t revision = 1;  // counts them
  std::string origin;          // "file:checkout.yaml" or "api"
  Timestamp registered_at{};
};

struct StoredDefinition {
  std::string digest;
  std::string namespace_name;
  std::string name;
  std::string version;
  std::uint64_t revision = 1;
  std::string source;
  std::map<std::string, std::string> documents = {};  // that it names, by URI
  std::string origin;
  Timestamp registered_at{};
  std::vector<StoredFilter> filters = {};  // written with it, not read
};

inline StoredRevision revision_of(const StoredDefinition& d) {
  return {.digest = d.digest,
          .namespace_name = d.namespace_name,
          .name = d.name,
          .version = d.version,
          .revision = d.revision,
          .origin = d.origin,
          .registered_at = d.registered_at};
}

struct WorkflowName {
  std::string namespace_name;
  std::string name;

  auto operator<=>(const WorkflowName&) const = default;
};

class DefinitionStore {
 public:
  virtual ~DefinitionStore() = default;

  // Makes it the current revision of its version where `revision` is the one that comes next. Answers the current one:
  // another where that has the same digest, or where somebody else was first.
  virtual Result<StoredRevision> put_definition(const StoredDefinition& definition) = 0;
  virtual Result<std::optional<StoredDefinition>> get_definition(const std::string& digest) = 0;
  // The newest revision that has this very source, be it current or not. Looks through all of them.
  virtual Result<std::optional<StoredDefinition>> find_source(const std::string& source) = 0;
  // The newest revision of every version; with `workflow`, of this one alone.
  virtual Result<std::vector<StoredRevision>> list_current_definitions(const std::optional<WorkflowName>& workflow) = 0;
  // Every revision of one version, oldest first.
  virtual Result<std::vector<StoredRevision>> list_revisions(const std::string& namespace_name, const std::string& name,
                                                             const std::string& version) = 0;

  // Whether other processes put definitions too.
  virtual bool is_shared() const = 0;
  // `changed` is called on a thread of the store's when another process may have put one; null: nobody is told any
  // more.
  virtual void notify_definitions(std::function<void()> changed) = 0;
};

}  // namespace skald::ports
