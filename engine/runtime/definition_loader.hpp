// Loads definitions as this server does: against its adapters, its allow-lists, and the documents that it can read.
//
// Thread rule: any thread. Loading is blocking: never on a loop.
#pragma once

#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "engine/definition/load.hpp"
#include "engine/ports/definition_store.hpp"
#include "engine/runtime/document_fetches.hpp"
#include "engine/runtime/documents.hpp"

namespace skald::runtime {

class DefinitionLoader {
 public:
  explicit DefinitionLoader(ports::Clock& clock) : clock_(clock) {}

  using Operations = std::shared_ptr<const definition::OperationCatalog>;

  void set_operations(Operations operations);
  Operations operations() const;
  void set_allowed(std::vector<std::string> hosts, std::vector<std::string> secrets);
  // Before anything is loaded.
  void set_fetch(FetchDocument fetch) { fetch_ = std::move(fetch); }

  // Without `read`, remote documents are fetched and there are no others. Errors: "definition.busy": those of another
  // definition are being fetched.
  Result<definition::LoadResult> load(const std::string& source, bool trusted, const ReadDocument& read) const;

  // As fetch_for_a_load.
  ReadDocument fetches(UnreachableHosts& unreachable) const { return fetch_for_a_load(fetch_, clock_, unreachable); }

 private:
  Result<definition::LoadResult> load_and_fetch(const std::string& source, definition::LoadOptions options) const;

  ports::Clock& clock_;
  mutable std::shared_mutex mutex_;
  Operations operations_ = std::make_shared<const definition::OperationCatalog>();
  std::vector<std::string> allowed_hosts_;
  std::vector<std::string> allowed_secrets_;
  FetchDocument fetch_;
  mutable std::mutex fetching_;  // by whom loads without `read`
};

// What was accepted once is not judged by the adapters and allow-lists of today, and has its documents with it.
definition::LoadResult load_accepted(const ports::StoredDefinition& row);

}  // namespace skald::runtime
