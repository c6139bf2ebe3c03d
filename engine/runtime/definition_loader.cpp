#include "engine/runtime/definition_loader.hpp"

#include <mutex>
#include <utility>

namespace skald::runtime {

void DefinitionLoader::set_operations(Operations operations) {
  const std::unique_lock lock(mutex_);
  operations_ = std::move(operations);
}

DefinitionLoader::Operations DefinitionLoader::operations() const {
  const std::shared_lock lock(mutex_);
  return operations_;
}

void DefinitionLoader::set_allowed(std::vector<std::string> hosts, std::vector<std::string> secrets) {
  const std::unique_lock lock(mutex_);
  allowed_hosts_ = std::move(hosts);
  allowed_secrets_ = std::move(secrets);
}

Result<definition::LoadResult> DefinitionLoader::load(const std::string& source, bool trusted,
                                                      const ReadDocument& read) const {
  Operations catalog;
  definition::LoadOptions options{.trusted = trusted};
  {
    const std::shared_lock lock(mutex_);
    catalog = operations_;
    options.allowed_hosts = allowed_hosts_;
    options.allowed_secrets = allowed_secrets_;
  }
  options.operations = catalog.get();
  if (read) return load_with_documents(source, std::move(options), read);
  return load_and_fetch(source, std::move(options));
}

// One at a time, so that hosts which are slow do not occupy every thread that serves requests.
Result<definition::LoadResult> DefinitionLoader::load_and_fetch(const std::string& source,
                                                                definition::LoadOptions options) const {
  UnreachableHosts unreachable;
  const ReadDocument fetch = fetches(unreachable);
  std::unique_lock turn(fetching_, std::defer_lock);
  bool is_busy = false;
  const auto fetch_in_turn = [&](const definition::WantedDocument& wanted) -> Result<std::string> {
    is_busy = is_busy || (!turn.owns_lock() && !turn.try_lock());
    if (is_busy) return failure("definition.busy", "the documents of another definition are being fetched");
    return fetch(wanted);
  };
  auto loaded = load_with_documents(source, std::move(options), fetch_in_turn);
  if (!is_busy) return loaded;
  return failure("definition.busy", "the documents of another definition are being fetched", {},
                 "repeat it in a few seconds");
}

definition::LoadResult load_accepted(const ports::StoredDefinition& row) {
  definition::LoadOptions options{.is_stored = true};
  options.documents = {row.documents.begin(), row.documents.end()};
  return definition::load(row.source, options);
}

}  // namespace skald::runtime
