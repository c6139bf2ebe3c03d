// The definitions that starts choose from and executions keep: a registry in front of the definition store.
//
// Thread rule: any thread. The functions marked blocking load, compile or ask the database: never call them on a loop.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/definition/load.hpp"
#include "engine/ports/clock.hpp"
#include "engine/ports/definition_store.hpp"
#include "engine/ports/log.hpp"
#include "engine/ports/telemetry.hpp"
#include "engine/runtime/document_fetches.hpp"
#include "engine/runtime/documents.hpp"

namespace skald::runtime {

struct RegisteredDefinition {
  definition::DefinitionPtr definition;
  std::uint64_t revision = 1;
  std::string origin;
  Timestamp registered_at{};
};

struct RegisterOutcome {
  enum class Kind { kCreated, kUnchanged, kReplaced, kSuperseded, kConflict, kInvalid };

  Kind kind = Kind::kInvalid;
  std::uint64_t superseded_revision = 0;            // of kSuperseded: the one that it equals
  std::optional<RegisteredDefinition> registered;   // of kConflict and kSuperseded the current one, where it loads
  std::vector<definition::Diagnostic> diagnostics;  // errors of kInvalid; warnings otherwise
};

// What becomes of other content under a known version.
enum class Replace {
  kNo,           // a conflict
  kUnlessOlder,  // its new revision, unless it was one before
  kYes,          // its new revision
};

class Definitions {
 public:
  Definitions(ports::DefinitionStore& store, ports::Clock& clock, ports::Log& log, ports::Telemetry& telemetry);
  ~Definitions();

  // The adapters' operations that definitions are checked against and requests are frozen from. Not blocking.
  void set_operations(std::shared_ptr<const definition::OperationCatalog> operations);
  std::shared_ptr<const definition::OperationCatalog> operations() const;
  // Hosts that uploaded definitions may name in literal endpoints, and secrets that they may use.
  void set_allowed(std::vector<std::string> hosts, std::vector<std::string> secrets);
  // How documents of http:// and https:// are fetched. Set it before anything is added.
  void set_fetch(FetchDocument fetch);
  // Called with the secrets of each definition before anything of it may be sent, from the thread that loads it. Set it
  // before anything is loaded.
  void on_secrets(std::function<void(const std::vector<std::string>&)> need);

  // Blocking: takes what the store holds and memory does not: at the start, and what other nodes register later.
  // Errors: "store.unavailable".
  Result<void> load_stored();

  // Blocking; what is current is asked of the store. `trusted` is false for uploads. Errors: "store.unavailable",
  // "definition.unreadable": the version has content that this binary does not load, and it is not to be replaced.
  // `read` gives the documents that the definition names; without it, remote ones are fetched, for one definition at a
  // time. Errors also: "definition.busy".
  Result<RegisterOutcome> add(const std::string& source, const std::string& origin, Replace replace, bool trusted,
                              const ReadDocument& read = {});
  // Blocking; checks only. Errors: "definition.busy".
  Result<RegisterOutcome> check(const std::string& source, bool trusted, const ReadDocument& read = {}) const;
  // What fetches for one load, blocking; see fetch_for_a_load.
  ReadDocument fetches(UnreachableHosts& unreachable) const;
  // Blocking: those that this very source was stored with last, be it current or not; none where it never was. Errors:
  // "store.unavailable".
  Result<definition::Documents> documents_of(const std::string& source) const;

  // For starts. Absent version: the highest release by semantic versioning (a pre-release only if there is nothing
  // else). Errors: "workflow.unknown", "workflow.unknown_version", "definition.unreadable". Not blocking.
  Result<RegisteredDefinition> find(const std::string& namespace_name, const std::string& name,
                                    const std::optional<std::string>& version) const;
  // The same, but what memory does not have is looked up in the store: another node may have registered it just now.
  // Blocking. Errors also: "store.unavailable".
  Result<RegisteredDefinition> find_stored(const std::string& namespace_name, const std::string& name,
                                           const std::optional<std::string>& version);
  // In memory only; null when it has to be loaded. Not blocking.
  definition::DefinitionPtr cached(const std::string& digest) const;
  // Whether a definition in memory came from the operator (a file) and not over HTTP. Not blocking.
  bool is_trusted(const std::string& digest) const;
  // Blocking. Errors: "definition.unknown", "definition.unreadable", "store.unavailable".
  Result<definition::DefinitionPtr> by_digest(const std::string& digest);

  // The current revision of every version, by namespace, name and version descending.
  std::vector<RegisteredDefinition> list() const;
  // What a start without a version takes of each workflow that has a schedule, by namespace and name. The same pointer
  // as long as it is the same. Not blocking.
  using Scheduled = std::shared_ptr<const std::vector<definition::DefinitionPtr>>;
  Scheduled scheduled() const;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace skald::runtime
