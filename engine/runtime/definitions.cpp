#include "engine/runtime/definitions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <shared_mutex>
#include <unordered_map>
#include <utility>

#include "engine/runtime/definition_loader.hpp"
#include "engine/runtime/definition_shelf.hpp"
#include "engine/runtime/event_filters.hpp"

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

Error does_not_load(const std::string& digest, const std::vector<definition::Diagnostic>& diagnostics) {
  std::string detail;
  for (const auto& diagnostic : diagnostics) {
    if (is_error(diagnostic)) detail += definition::to_text(digest.substr(0, 12), diagnostic) + "\n";
  }
  return Error{.code = "definition.unreadable",
               .message = "the stored definition does not load with this version of the engine",
               .subject = digest,
               .detail = std::move(detail)};
}

Error unreadable(const std::string& namespace_name, const std::string& name, const std::string& version) {
  return Error{.code = "definition.unreadable",
               .message = "its current content does not load with this version of Skald",
               .subject = fmt::format("{}/{}:{}", namespace_name, name, version),
               .remedy = "ask a node of a newer version, or replace the content; the log says what does not load"};
}

RegisteredDefinition registered_as(const DefinitionPtr& definition, const ports::StoredRevision& row) {
  return {.definition = definition, .revision = row.revision, .origin = row.origin, .registered_at = row.registered_at};
}

// `older`: the revision of a content that was superseded.
RegisterOutcome::Kind kind_of(const std::vector<ports::StoredRevision>& revisions, const std::string& digest,
                              Replace replace, std::uint64_t& older) {
  if (revisions.empty()) return RegisterOutcome::Kind::kCreated;
  if (revisions.back().digest == digest) return RegisterOutcome::Kind::kUnchanged;
  if (replace == Replace::kNo) return RegisterOutcome::Kind::kConflict;
  const auto same = std::ranges::find(revisions, digest, &ports::StoredRevision::digest);
  if (replace == Replace::kYes || same == revisions.end()) return RegisterOutcome::Kind::kReplaced;
  older = same->revision;
  return RegisterOutcome::Kind::kSuperseded;
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
  using Version = std::array<std::string, 3>;  // namespace, name, version

  ports::DefinitionStore& store;
  ports::Clock& clock;
  ports::Log& log;
  ports::Telemetry& telemetry;

  DefinitionLoader loader{clock};
  mutable std::shared_mutex mutex;
  std::function<void(const std::vector<std::string>&)> need_secrets;
  DefinitionShelf shelf;
  Scheduled scheduled = std::make_shared<const std::vector<DefinitionPtr>>();
  bool is_scheduled_stale = false;
  struct Known {
    std::weak_ptr<const definition::Definition> definition;
    bool trusted = false;
  };
  std::unordered_map<std::string, Known> by_digest;
  std::map<Version, std::uint64_t> unreadable;  // version -> its current revision, which does not load here
  std::array<DefinitionPtr, kRecentMax> recent;
  std::size_t recent_next = 0;

  void remember(const DefinitionPtr& definition, const std::string& origin) {
    if (by_digest.size() > 4 * kRecentMax) {
      std::erase_if(by_digest, [](const auto& entry) { return entry.second.definition.expired(); });
    }
    by_digest.insert_or_assign(definition->digest,
                               Known{.definition = definition, .trusted = origin.starts_with(kFileOrigin)});
  }

  void need_secrets_of(const definition::Definition& definition) const {
    if (need_secrets && !definition.secrets.empty()) need_secrets(definition.secrets);
  }

  // Where it is newer than what stands there.
  void shelve(RegisteredDefinition registered) {
    need_secrets_of(*registered.definition);
    std::size_t count = 0;
    {
      const std::unique_lock lock(mutex);
      const auto& d = *registered.definition;
      if (newest_known({d.namespace_name, d.name, d.version}) >= registered.revision) return;
      remember(registered.definition, registered.origin);
      unreadable.erase({d.namespace_name, d.name, d.version});
      shelf.put(std::move(registered));
      is_scheduled_stale = true;
      count = shelf.size();
    }
    telemetry.definitions_loaded(count);
  }

  // The version is without a current revision here, and whoever asks for it is told why.
  void set_unreadable(const ports::StoredDefinition& row, const std::vector<definition::Diagnostic>& diagnostics) {
    std::size_t count = 0;
    {
      const std::unique_lock lock(mutex);
      const Version version{row.namespace_name, row.name, row.version};
      if (newest_known(version) >= row.revision) return;
      unreadable[version] = row.revision;
      shelf.remove(row.namespace_name, row.name, row.version);
      is_scheduled_stale = true;
      count = shelf.size();
    }
    telemetry.definitions_loaded(count);
    const auto error = to_text(does_not_load(row.digest, diagnostics));
    log.write(ports::LogLevel::kError, "a stored definition does not load; it takes no starts",
              {{"namespace", row.namespace_name}, {"workflow", row.name}, {"version", row.version}, {"error", error}});
  }

  std::optional<RegisteredDefinition> current(const definition::Definition& d) const {
    const std::shared_lock lock(mutex);
    const auto* found = shelf.find(d.namespace_name, d.name, d.version);
    return found ? std::optional(*found) : std::nullopt;
  }

  // The revision of a version that is on the shelf, or known not to load; 0: none. Under the lock.
  std::uint64_t newest_known(const Version& version) const {
    const auto* found = shelf.find(version[0], version[1], version[2]);
    const auto it = unreadable.find(version);
    return std::max(found ? found->revision : 0, it == unreadable.end() ? 0 : it->second);
  }

  bool knows(const ports::StoredRevision& row) const {
    const std::shared_lock lock(mutex);
    return newest_known({row.namespace_name, row.name, row.version}) >= row.revision;
  }

  // Under the lock: whether a start without a version would take this one.
  const Version* unreadable_before(const std::string& namespace_name, const std::string& name,
                                   const RegisteredDefinition* highest) const {
    for (const auto& [version, revision] : unreadable) {
      if (version[0] != namespace_name || version[1] != name) continue;
      if (!highest || DefinitionShelf::is_chosen_before(version[2], highest->definition->version)) return &version;
    }
    return nullptr;
  }

  // Under the lock.
  void look_for_schedules() {
    std::vector<DefinitionPtr> found;
    for (const auto* highest : shelf.list_highest()) {
      const auto& d = *highest->definition;
      if (d.schedule && !unreadable_before(d.namespace_name, d.name, highest)) found.push_back(highest->definition);
    }
    if (found != *scheduled) scheduled = std::make_shared<const std::vector<DefinitionPtr>>(std::move(found));
    is_scheduled_stale = false;
  }

  // The current revision of its version, as the store has it. Its content is read where memory does not have it.
  Result<void> take(const ports::StoredRevision& revision) {
    if (knows(revision)) return {};
    const auto row = store.get_definition(revision.digest);
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    auto loaded = load_accepted(**row);
    if (loaded.ok()) {
      shelve(registered_as(loaded.definition, ports::revision_of(**row)));
    } else {
      set_unreadable(**row, loaded.diagnostics);
    }
    return {};
  }

  Result<void> take_current(const std::optional<ports::WorkflowName>& workflow) {
    auto stored = store.list_current_definitions(workflow);
    if (!stored) return std::unexpected(std::move(stored.error()));
    for (const auto& revision : *stored) {
      if (auto taken = take(revision); !taken) return taken;
    }
    return {};
  }
};

Definitions::Definitions(ports::DefinitionStore& store, ports::Clock& clock, ports::Log& log,
                         ports::Telemetry& telemetry)
    : impl_(new Impl{.store = store, .clock = clock, .log = log, .telemetry = telemetry}) {}

Definitions::~Definitions() = default;

void Definitions::set_operations(std::shared_ptr<const definition::OperationCatalog> operations) {
  impl_->loader.set_operations(std::move(operations));
}

std::shared_ptr<const definition::OperationCatalog> Definitions::operations() const {
  return impl_->loader.operations();
}

void Definitions::set_allowed(std::vector<std::string> hosts, std::vector<std::string> secrets) {
  impl_->loader.set_allowed(std::move(hosts), std::move(secrets));
}

void Definitions::set_fetch(FetchDocument fetch) {
  impl_->loader.set_fetch(std::move(fetch));
}

ReadDocument Definitions::fetches(UnreachableHosts& unreachable) const {
  return impl_->loader.fetches(unreachable);
}

Result<definition::Documents> Definitions::documents_of(const std::string& source) const {
  auto found = impl_->store.find_source(source);
  if (!found) return std::unexpected(std::move(found.error()));
  return *found ? std::move((*found)->documents) : definition::Documents();
}

void Definitions::on_secrets(std::function<void(const std::vector<std::string>&)> need) {
  impl_->need_secrets = std::move(need);
}

Result<void> Definitions::load_stored() {
  return impl_->take_current(std::nullopt);
}

Result<RegisterOutcome> Definitions::add(const std::string& source, const std::string& origin, Replace replace,
                                         bool trusted, const ReadDocument& read) {
  auto loaded = impl_->loader.load(source, trusted, read);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  RegisterOutcome outcome{.diagnostics = std::move(loaded->diagnostics)};
  if (!loaded->definition) return outcome;
  const auto& d = *loaded->definition;
  while (true) {
    const auto revisions = impl_->store.list_revisions(d.namespace_name, d.name, d.version);
    if (!revisions) return std::unexpected(revisions.error());
    outcome.kind = kind_of(*revisions, d.digest, replace, outcome.superseded_revision);
    if (!revisions->empty()) {
      if (auto taken = impl_->take(revisions->back()); !taken) return std::unexpected(std::move(taken.error()));
    }
    if (outcome.kind == RegisterOutcome::Kind::kUnchanged) {
      outcome.registered = registered_as(loaded->definition, revisions->back());
      return outcome;
    }
    if (outcome.kind == RegisterOutcome::Kind::kConflict || outcome.kind == RegisterOutcome::Kind::kSuperseded) {
      outcome.registered = impl_->current(d);
      const bool is_shown = outcome.kind == RegisterOutcome::Kind::kConflict;
      if (is_shown && !outcome.registered) return std::unexpected(unreadable(d.namespace_name, d.name, d.version));
      return outcome;
    }
    auto stored = impl_->store.put_definition({.digest = d.digest,
                                               .namespace_name = d.namespace_name,
                                               .name = d.name,
                                               .version = d.version,
                                               .revision = revisions->empty() ? 1 : revisions->back().revision + 1,
                                               .source = source,
                                               .documents = d.documents,
                                               .origin = origin,
                                               .registered_at = impl_->clock.now(),
                                               .filters = filters_of(d)});
    if (!stored) return std::unexpected(std::move(stored.error()));
    // Another node was first: what it put is judged like what was there before.
    if (stored->digest != d.digest) continue;
    outcome.registered = registered_as(loaded->definition, *stored);
    impl_->shelve(*outcome.registered);
    log_registered(impl_->log, outcome);
    return outcome;
  }
}

Result<RegisterOutcome> Definitions::check(const std::string& source, bool trusted, const ReadDocument& read) const {
  auto loaded = impl_->loader.load(source, trusted, read);
  if (!loaded) return std::unexpected(std::move(loaded.error()));
  RegisterOutcome outcome{.diagnostics = std::move(loaded->diagnostics)};
  if (!loaded->definition) return outcome;
  auto current = impl_->current(*loaded->definition);
  if (!current) {
    outcome.kind = RegisterOutcome::Kind::kCreated;
  } else {
    const bool same = current->definition->digest == loaded->definition->digest;
    outcome.kind = same ? RegisterOutcome::Kind::kUnchanged : RegisterOutcome::Kind::kConflict;
  }
  outcome.registered =
      current ? std::move(current) : std::optional(RegisteredDefinition{.definition = std::move(loaded->definition)});
  return outcome;
}

Result<RegisteredDefinition> Definitions::find(const std::string& namespace_name, const std::string& name,
                                               const std::optional<std::string>& version) const {
  const std::shared_lock lock(impl_->mutex);
  if (version && impl_->unreadable.contains({namespace_name, name, *version})) {
    return std::unexpected(unreadable(namespace_name, name, *version));
  }
  const auto* highest = impl_->shelf.highest(namespace_name, name);
  if (const auto* higher = version ? nullptr : impl_->unreadable_before(namespace_name, name, highest)) {
    return std::unexpected(unreadable(namespace_name, name, higher->back()));
  }
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
  auto found = find(namespace_name, name, version);
  if (found || !impl_->store.is_shared()) return found;
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
  auto loaded = load_accepted(**stored);
  if (!loaded.ok()) return std::unexpected(does_not_load(digest, loaded.diagnostics));
  impl_->need_secrets_of(*loaded.definition);
  const std::unique_lock lock(impl_->mutex);
  impl_->remember(loaded.definition, (*stored)->origin);
  impl_->recent[impl_->recent_next++ % kRecentMax] = loaded.definition;
  return loaded.definition;
}

std::vector<RegisteredDefinition> Definitions::list() const {
  const std::shared_lock lock(impl_->mutex);
  return impl_->shelf.list();
}

Definitions::Scheduled Definitions::scheduled() const {
  {
    const std::shared_lock lock(impl_->mutex);
    if (!impl_->is_scheduled_stale) return impl_->scheduled;
  }
  const std::unique_lock lock(impl_->mutex);
  impl_->look_for_schedules();
  return impl_->scheduled;
}

}  // namespace skald::runtime
