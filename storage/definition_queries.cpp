#include "storage/definition_queries.hpp"

#include <soci/soci.h>

#include "storage/dialect.hpp"
#include "storage/event_queries.hpp"
#include "storage/guarded_transaction.hpp"
#include "storage/row_codec.hpp"

namespace skald::storage {

using ports::StoredDefinition;
using ports::StoredRevision;

namespace {

// `values` are bound by position to the named places of `clause`.
std::vector<StoredRevision> select(soci::session& session, const std::string& clause,
                                   const std::vector<std::string>& values) {
  StoredRevision row;
  long long revision = 0;
  long long registered_at = 0;
  soci::statement statement(session);
  statement.exchange(soci::into(row.digest));
  statement.exchange(soci::into(row.namespace_name));
  statement.exchange(soci::into(row.name));
  statement.exchange(soci::into(row.version));
  statement.exchange(soci::into(revision));
  statement.exchange(soci::into(row.origin));
  statement.exchange(soci::into(registered_at));
  for (const auto& value : values) statement.exchange(soci::use(value));
  statement.alloc();
  statement.prepare("SELECT digest, namespace, name, version, revision, origin, registered_at FROM definitions " +
                    clause);
  statement.define_and_bind();
  std::vector<StoredRevision> found;
  for (bool more = statement.execute(true); more; more = statement.fetch()) {
    row.revision = static_cast<std::uint64_t>(revision);
    row.registered_at = from_millis(registered_at);
    found.push_back(row);
  }
  return found;
}

// `value` is bound to the named place of `clause`.
std::optional<StoredDefinition> select_one(soci::session& session, const std::string& clause,
                                           const std::string& value) {
  StoredDefinition row;
  long long revision = 0;
  long long registered_at = 0;
  std::string documents;
  session << "SELECT digest, namespace, name, version, revision, source, documents, origin, registered_at"
             " FROM definitions " +
                 clause,
      soci::use(value), soci::into(row.digest), soci::into(row.namespace_name), soci::into(row.name),
      soci::into(row.version), soci::into(revision), soci::into(row.source), soci::into(documents),
      soci::into(row.origin), soci::into(registered_at);
  if (!session.got_data()) return std::nullopt;
  row.revision = static_cast<std::uint64_t>(revision);
  row.documents = texts_from_json(documents);
  row.registered_at = from_millis(registered_at);
  return row;
}

void insert(soci::session& session, const StoredDefinition& definition) {
  const long long revision = static_cast<long long>(definition.revision);
  const long long registered_at = to_millis(definition.registered_at);
  session << "DELETE FROM definitions WHERE digest = :digest", soci::use(definition.digest);
  const std::string documents = texts_to_json(definition.documents);
  session << "INSERT INTO definitions (digest, namespace, name, version, revision, source, documents, origin,"
             " registered_at)"
             " VALUES (:digest, :namespace, :name, :version, :revision, :source, :documents, :origin, :registered_at)",
      soci::use(definition.digest), soci::use(definition.namespace_name), soci::use(definition.name),
      soci::use(definition.version), soci::use(revision), soci::use(definition.source), soci::use(documents),
      soci::use(definition.origin), soci::use(registered_at);
}

}  // namespace

StoredRevision put_definition(soci::session& session, const Dialect& dialect, const StoredDefinition& definition) {
  GuardedTransaction transaction(session, dialect);
  const auto stored = transaction.run([&] {
    if (const auto lock = dialect.lock_definitions(); !lock.empty()) session << lock;
    const auto revisions = select_revisions(session, definition.namespace_name, definition.name, definition.version);
    if (!revisions.empty()) {
      const auto& current = revisions.back();
      if (current.digest == definition.digest || current.revision + 1 != definition.revision) return current;
    }
    // An older revision's content that comes back becomes the newest revision.
    insert(session, definition);
    insert_filters(session, definition.filters);
    if (const auto announce = dialect.announce_definitions(); !announce.empty()) session << announce;
    return ports::revision_of(definition);
  });
  transaction.commit();
  return stored;
}

std::optional<StoredDefinition> select_definition(soci::session& session, const std::string& digest) {
  return select_one(session, "WHERE digest = :digest", digest);
}

std::optional<StoredDefinition> select_source(soci::session& session, const std::string& source) {
  return select_one(session, "WHERE source = :source ORDER BY revision DESC LIMIT 1", source);
}

std::vector<StoredRevision> select_current_definitions(soci::session& session,
                                                       const std::optional<ports::WorkflowName>& workflow) {
  std::string clause =
      "AS d WHERE revision = (SELECT max(revision) FROM definitions AS o WHERE o.namespace = d.namespace"
      " AND o.name = d.name AND o.version = d.version)";
  std::vector<std::string> values;
  if (workflow) {
    clause += " AND namespace = :namespace AND name = :name";
    values = {workflow->namespace_name, workflow->name};
  }
  return select(session, clause + " ORDER BY namespace, name, version", values);
}

std::vector<StoredRevision> select_revisions(soci::session& session, const std::string& namespace_name,
                                             const std::string& name, const std::string& version) {
  return select(session, "WHERE namespace = :namespace AND name = :name AND version = :version ORDER BY revision",
                {namespace_name, name, version});
}

}  // namespace skald::storage
