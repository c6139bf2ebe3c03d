#include "storage/collection_queries.hpp"

#include <soci/soci.h>

#include <string>

#include "storage/dialect.hpp"
#include "storage/guarded_transaction.hpp"

namespace skald::storage {

using namespace ports;

namespace {

// False: the workflow has had it.
bool insert_collected(soci::session& session, const WorkflowName& workflow, std::uint64_t number) {
  const auto event = static_cast<long long>(number);
  soci::statement statement =
      (session.prepare << "INSERT INTO collected (event, namespace, name) VALUES (:event, :namespace, :name)"
                          " ON CONFLICT DO NOTHING",
       soci::use(event), soci::use(workflow.namespace_name), soci::use(workflow.name));
  statement.execute(true);
  return statement.get_affected_rows() == 1;
}

// Of these false: another revision is stored.

bool begin_collection(soci::session& session, const CollectionKey& key, const CollectionWrite& write) {
  const auto revision = static_cast<long long>(first_revision(write));
  const long long written_at = to_millis(write.at);
  soci::statement statement =
      (session.prepare << "INSERT INTO collections (revision, state, written_at, namespace, name, key)"
                          " VALUES (:revision, :state, :written_at, :namespace, :name, :key) ON CONFLICT DO NOTHING",
       soci::use(revision), soci::use(write.state), soci::use(written_at), soci::use(key.workflow.namespace_name),
       soci::use(key.workflow.name), soci::use(key.key));
  statement.execute(true);
  return statement.get_affected_rows() == 1;
}

bool change_collection(soci::session& session, const CollectionKey& key, const CollectionWrite& write) {
  const auto before = static_cast<long long>(write.revision);
  const long long written_at = to_millis(write.at);
  soci::statement statement =
      (session.prepare << "UPDATE collections SET revision = revision + 1, state = :state, written_at = :written_at"
                          " WHERE namespace = :namespace AND name = :name AND key = :key AND revision = :before",
       soci::use(write.state), soci::use(written_at), soci::use(key.workflow.namespace_name),
       soci::use(key.workflow.name), soci::use(key.key), soci::use(before));
  statement.execute(true);
  return statement.get_affected_rows() == 1;
}

bool end_collection(soci::session& session, const CollectionKey& key, std::uint64_t revision) {
  const auto before = static_cast<long long>(revision);
  soci::statement statement =
      (session.prepare << "DELETE FROM collections WHERE namespace = :namespace AND name = :name AND key = :key"
                          " AND revision = :before",
       soci::use(key.workflow.namespace_name), soci::use(key.workflow.name), soci::use(key.key), soci::use(before));
  statement.execute(true);
  return statement.get_affected_rows() == 1;
}

bool write_state(soci::session& session, const CollectionKey& key, const CollectionWrite& write) {
  if (write.revision == 0) return begin_collection(session, key, write);
  return write.state.empty() ? end_collection(session, key, write.revision) : change_collection(session, key, write);
}

}  // namespace

// One statement, so that the state is not from before the event came in.
StoredCollection select_collection(soci::session& session, const CollectionKey& key, std::uint64_t event) {
  const std::string& namespace_name = key.workflow.namespace_name;
  const std::string& name = key.workflow.name;
  const auto number = static_cast<long long>(event);
  long long revision = 0, times = 0;
  StoredCollection found;
  session << "SELECT coalesce(max(revision), 0), coalesce(max(state), ''), (SELECT count(*) FROM collected"
             " WHERE event = :event AND namespace = :its_namespace AND name = :its_name) FROM collections"
             " WHERE namespace = :namespace AND name = :name AND key = :key",
      soci::into(revision), soci::into(found.state), soci::into(times), soci::use(number), soci::use(namespace_name),
      soci::use(name), soci::use(namespace_name), soci::use(name), soci::use(key.key);
  found.revision = static_cast<std::uint64_t>(revision);
  found.has_event = times > 0;
  return found;
}

bool write_collection(soci::session& session, const Dialect& dialect, const CollectionKey& key,
                      const CollectionWrite& write) {
  GuardedTransaction transaction(session, dialect);
  const bool is_written = transaction.run([&] {
    if (write.event && !insert_collected(session, key.workflow, *write.event)) return false;
    return write_state(session, key, write);
  });
  if (is_written) {
    transaction.commit();
  } else {
    transaction.rollback();
  }
  return is_written;
}

std::uint64_t count_collections(soci::session& session) {
  long long count = 0;
  session << "SELECT count(*) FROM collections", soci::into(count);
  return static_cast<std::uint64_t>(count);
}

std::uint64_t delete_collections(soci::session& session, const Dialect& dialect, Timestamp written_before,
                                 std::size_t limit) {
  const long long before = to_millis(written_before);
  GuardedTransaction transaction(session, dialect);
  const auto removed = transaction.run([&] {
    // Asked of the row once more: PostgreSQL may find it written since it was listed.
    soci::statement statement =
        (session.prepare << "DELETE FROM collections WHERE (namespace, name, key) IN (SELECT namespace, name, key"
                            " FROM collections WHERE written_at < :before ORDER BY written_at LIMIT "
                         << limit << ") AND written_at < :same",
         soci::use(before), soci::use(before));
    statement.execute(true);
    return statement.get_affected_rows();
  });
  transaction.commit();
  return static_cast<std::uint64_t>(removed);
}

void forget_collected(soci::session& session, std::uint64_t event) {
  const auto number = static_cast<long long>(event);
  session << "DELETE FROM collected WHERE event = :event", soci::use(number);
}

}  // namespace skald::storage
