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

definition::LoadResult DefinitionLoader::load(const std::string& source, bool trusted, const ReadDocument& read) const {
  Operations catalog;
  definition::LoadOptions options{.trusted = trusted};
  {
    const std::shared_lock lock(mutex_);
    catalog = operations_;
    options.allowed_hosts = allowed_hosts_;
    options.allowed_secrets = allowed_secrets_;
  }
  options.operations = catalog.get();
  const auto fetched = [this](const std::string& uri) { return fetch(uri); };
  return load_with_documents(source, std::move(options), read ? read : fetched);
}

Result<std::string> DefinitionLoader::fetch(const std::string& uri) const {
  if (!definition::is_remote_document(uri)) {
    return failure("document.unreadable", "the definition has no folder");
  }
  if (!fetch_) return failure("document.unreadable", "nothing is fetched here");
  return fetch_(uri);
}

definition::LoadResult load_accepted(const ports::StoredDefinition& row) {
  definition::LoadOptions options{.is_stored = true};
  options.documents = {row.documents.begin(), row.documents.end()};
  return definition::load(row.source, options);
}

}  // namespace skald::runtime
