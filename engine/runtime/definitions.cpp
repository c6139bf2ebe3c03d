#include "engine/runtime/definitions.hpp"

#include <fmt/format.h>

#include <array>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <unordered_set>

#include "engine/runtime/definition_shelf.hpp"

namespace skald::runtime {
namespace {

using definition::DefinitionPtr;

// Older revisions that executions were loaded with lately are kept compiled.
constexpr std::size_t kRecentMax = 64;

// Of definitions that the operator put into the workflows folder.
constexpr std::string_view kFileOrigin = "file:";

bool is_error(const definition::Diagnostic& diagnostic) {
  return diagnostic.severity == definition::Severity::kError;
}

Error unreadable(const std::string& digest, const std::vector<definition::Diagnostic>& diagnostics) {
  std::string detail;
  for (const auto& diagnostic : diagnostics) {
    if (is_error(diagnostic)) detail += definition::to_text(digest.substr(0, 12), diagnostic) + "\n";
  }
  return Error{.code = "definition.unreadable",
               .message = "the stored definition does not load with this version of the engine",
               .subject = digest,
               .detail = std::move(detail)};
}

// What was accepted once is not judged by the adapters and allow-lists of today.
definition::LoadResult load_accepted(const std::string& source) {
  return definition::load(source, definition::LoadOptions{});
}

void log_registered(ports::Log& log, const RegisterOutcome& outcome) {
  const auto& d = *outcome.registered->definition;
  const bool is_new = outcome.kind == RegisterOutcome::Kind::kCreated;
  const auto revision = std::to_string(outcome.registered->revision);
  log.write(ports::LogLevel::kInfo, is_new ? "definition registered" : "definition replaced",
            {{"namespace", d.namespace_name},
             {"workflow", d.name},
             {"version", d.version},
             {"revision", revision},
             {"origin", outcome.registered->origin},
             {"digest", d.digest}});
}

}  // namespace

struct Definitions::Impl {
  ports::DefinitionStore& store;
  ports::Clock& clock;
  ports::Log& log;
  ports::Telemetry& telemetry;

  std::mutex writing;  // one change of the shelf at a time; an add's calls of the store included
  std::unordered_set<std::string> not_loading;  // digests that the log knows of; under `writing`
  mutable std::shared_mutex mutex;
  std::shared_ptr<const definition::OperationCatalog> operations =
      std::make_shared<const definition::OperationCatalog>();
  std::vector<std::string> allowed_hosts;
  DefinitionShelf shelf;
  struct Known {
    std::weak_ptr<const definition::Definition> definition;
    bool trusted = false;
  };
  std::unordered_map<std::string, Known> by_digest;
  std::array<DefinitionPtr, kRecentMax> recent;
  std::size_t recent_next = 0;

  void remember(const DefinitionPtr& definition, const std::string& origin) {
    if (by_digest.size() > 4 * kRecentMax) {
      std::erase_if(by_digest, [](const auto& entry) { return entry.second.definition.expired(); });
    }
    by_digest.insert_or_assign(definition->digest,
                               Known{.definition = definition, .trusted = origin.starts_with(kFileOrigin)});
  }

  void shelve(RegisteredDefinition registered) {
    std::size_t count = 0;
    {
      const std::unique_lock lock(mutex);
      remember(registered.definition, registered.origin);
      shelf.put(std::move(registered));
      count = shelf.size();
    }
    telemetry.definitions_loaded(count);
  }

  std::optional<RegisteredDefinition> current(const std::string& namespace_name, const std::string& name,
                                              const std::string& version) const {
    const std::shared_lock lock(mutex);
    const auto* found = shelf.find(namespace_name, name, version);
    return found ? std::optional(*found) : std::nullopt;
  }

  std::optional<RegisteredDefinition> current(const definition::Definition& d) const {
    return current(d.namespace_name, d.name, d.version);
  }

  // Of the store, under `writing`: put on the shelf where it is newer than what stands there.
  void take(ports::StoredDefinition row) {
    if (not_loading.contains(row.digest)) return;
    const auto known = current(row.namespace_name, row.name, row.version);
    if (known && known->revision >= row.revision) return;
    auto loaded = load_accepted(row.source);
    if (!loaded.ok()) {
      const auto error = to_text(unreadable(row.digest, loaded.diagnostics));
      log.write(
          ports::LogLevel::kError, "a stored definition does not load; it takes no starts",
          {{"namespace", row.namespace_name}, {"workflow", row.name}, {"version", row.version}, {"error", error}});
      not_loading.insert(row.digest);
      return;
    }
    shelve(RegisteredDefinition{.definition = std::move(loaded.definition),
                                .revision = row.revision,
                                .origin = std::move(row.origin),
                                .registered_at = row.registered_at});
  }

  Result<void> take_current(const std::optional<ports::WorkflowName>& workflow) {
    auto stored = store.list_current_definitions(workflow);
    if (!stored) return std::unexpected(std::move(stored.error()));
    const std::lock_guard lock(writing);
    for (auto& row : *stored) take(std::move(row));
    return {};
  }

  definition::LoadResult load(const std::string& source, bool trusted) const {
    std::shared_ptr<const definition::OperationCatalog> catalog;
    definition::LoadOptions options{.trusted = trusted};
    {
      const std::shared_lock lock(mutex);
      catalog = operations;
      options.allowed_hosts = allowed_hosts;
    }
    options.operations = catalog.get();
    return definition::load(source, options);
  }
};

Definitions::Definitions(ports::DefinitionStore& store, ports::Clock& clock, ports::Log& log,
                         ports::Telemetry& telemetry)
    : impl_(new Impl{.store = store, .clock = clock, .log = log, .telemetry = telemetry}) {}

Definitions::~Definitions() = default;

void Definitions::set_operations(std::shared_ptr<const definition::OperationCatalog> operations) {
  const std::unique_lock lock(impl_->mutex);
  impl_->operations = std::move(operations);
}

std::shared_ptr<const definition::OperationCatalog> Definitions::operations() const {
  const std::shared_lock lock(impl_->mutex);
  return impl_->operations;
}

void Definitions::set_allowed_hosts(std::vector<std::string> hosts) {
  const std::unique_lock lock(impl_->mutex);
  impl_->allowed_hosts = std::move(hosts);
}

Result<void> Definitions::load_stored() {
  return impl_->take_current(std::nullopt);
}

Result<RegisterOutcome> Definitions::add(const std::string& source, const std::string& origin, bool replace,
                                         bool trusted) {
  auto loaded = impl_->load(source, trusted);
  RegisterOutcome outcome{.diagnostics = std::move(loaded.diagnostics)};
  if (!loaded.definition) return outcome;
  const auto& d = *loaded.definition;

  const std::lock_guard writing(impl_->writing);
  while (true) {
    const auto revisions = impl_->store.list_revisions(d.namespace_name, d.name, d.version);
    if (!revisions) return std::unexpected(revisions.error());
    if (!revisions->empty()) impl_->take(revisions->back());
    auto current = impl_->current(d);
    if (current && (current->definition->digest == d.digest || !replace)) {
      const bool is_same = current->definition->digest == d.digest;
      outcome.kind = is_same ? RegisterOutcome::Kind::kUnchanged : RegisterOutcome::Kind::kConflict;
      outcome.registered = std::move(current);
      return outcome;
    }
    auto stored = impl_->store.put_definition({.digest = d.digest,
                                               .namespace_name = d.namespace_name,
                                               .name = d.name,
                                               .version = d.version,
                                               .revision = revisions->empty() ? 1 : revisions->back().revision + 1,
                                               .source = source,
                                               .origin = origin,
                                               .registered_at = impl_->clock.now()});
    if (!stored) return std::unexpected(std::move(stored.error()));
    // Another node was first: what it put is judged like what was there before.
    if (stored->digest != d.digest) continue;
    outcome.kind = current ? RegisterOutcome::Kind::kReplaced : RegisterOutcome::Kind::kCreated;
    outcome.registered = RegisteredDefinition{.definition = loaded.definition,
                                              .revision = stored->revision,
                                              .origin = std::move(stored->origin),
                                              .registered_at = stored->registered_at};
    impl_->shelve(*outcome.registered);
    log_registered(impl_->log, outcome);
    return outcome;
  }
}

RegisterOutcome Definitions::check(const std::string& source, bool trusted) const {
  auto loaded = impl_->load(source, trusted);
  RegisterOutcome outcome{.diagnostics = std::move(loaded.diagnostics)};
  if (!loaded.definition) return outcome;
  auto current = impl_->current(*loaded.definition);
  if (!current) {
    outcome.kind = RegisterOutcome::Kind::kCreated;
  } else {
    const bool same = current->definition->digest == loaded.definition->digest;
    outcome.kind = same ? RegisterOutcome::Kind::kUnchanged : RegisterOutcome::Kind::kConflict;
  }
  outcome.registered =
      current ? std::move(current) : std::optional(RegisteredDefinition{.definition = std::move(loaded.definition)});
  return outcome;
}

Result<RegisteredDefinition> Definitions::find(const std::string& namespace_name, const std::string& name,
                                               const std::optional<std::string>& version) const {
  const std::shared_lock lock(impl_->mutex);
  const auto* highest = impl_->shelf.highest(namespace_name, name);
  if (!highest) {
    return failure("workflow.unknown", fmt::format("there is no workflow {}/{}", namespace_name, name),
                   namespace_name + "/" + name, "register its definition, or look at the list of workflows");
  }
  if (!version) return *highest;
  if (const auto* found = impl_->shelf.find(namespace_name, name, *version)) return *found;
  return failure("workflow.unknown_version",
                 fmt::format("workflow {}/{} has no version {}", namespace_name, name, *version),
                 namespace_name + "/" + name, fmt::format("its highest one is {}", highest->definition->version));
}

Result<RegisteredDefinition> Definitions::find_stored(const std::string& namespace_name, const std::string& name,
                                                      const std::optional<std::string>& version) {
  if (auto found = find(namespace_name, name, version)) return found;
  auto taken = impl_->take_current(ports::WorkflowName{.namespace_name = namespace_name, .name = name});
  if (!taken) return std::unexpected(std::move(taken.error()));
  return find(namespace_name, name, version);
}

DefinitionPtr Definitions::cached(const std::string& digest) const {
  const std::shared_lock lock(impl_->mutex);
  const auto it = impl_->by_digest.find(digest);
  return it == impl_->by_digest.end() ? nullptr : it->second.definition.lock();
}

bool Definitions::is_trusted(const std::string& digest) const {
  const std::shared_lock lock(impl_->mutex);
  const auto it = impl_->by_digest.find(digest);
  return it != impl_->by_digest.end() && it->second.trusted;
}

Result<DefinitionPtr> Definitions::by_digest(const std::string& digest) {
  if (auto found = cached(digest)) return found;
  auto stored = impl_->store.get_definition(digest);
  if (!stored) return std::unexpected(std::move(stored.error()));
  if (!*stored) return failure("definition.unknown", "no definition with this digest is stored", digest);
  auto loaded = load_accepted((*stored)->source);
  if (!loaded.ok()) return std::unexpected(unreadable(digest, loaded.diagnostics));
  const std::unique_lock lock(impl_->mutex);
  impl_->remember(loaded.definition, (*stored)->origin);
  impl_->recent[impl_->recent_next++ % kRecentMax] = loaded.definition;
  return loaded.definition;
}

Result<std::optional<ports::StoredDefinition>> Definitions::superseded_revision(const std::string& source) {
  const auto loaded = load_accepted(source);
  if (!loaded.ok()) return std::nullopt;
  const auto& d = *loaded.definition;
  const auto current = impl_->current(d);
  if (!current || current->definition->digest == d.digest) return std::nullopt;
  auto revisions = impl_->store.list_revisions(d.namespace_name, d.name, d.version);
  if (!revisions) return std::unexpected(std::move(revisions.error()));
  for (auto& revision : *revisions) {
    if (revision.digest == d.digest) return std::move(revision);
  }
  return std::nullopt;
}

std::vector<RegisteredDefinition> Definitions::list() const {
  const std::shared_lock lock(impl_->mutex);
  return impl_->shelf.list();
}

}  // namespace skald::runtime
