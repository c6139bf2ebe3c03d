#include "storage/migrations.hpp"

#include <fmt/format.h>
#include <soci/soci.h>

#include "engine/base/limits.hpp"
#include "storage/dialect.hpp"
#include "storage/guarded_transaction.hpp"

namespace skald::storage {

namespace {

// Nothing of the session is left where it throws: whoever opened it closes it, and the lock goes with it.
Result<void> migrate_locked(soci::session& session, const Dialect& dialect) {
  session << "CREATE TABLE IF NOT EXISTS schema_version (version INTEGER NOT NULL)";
  int version = 0;
  soci::indicator empty = soci::i_null;
  session << "SELECT max(version) FROM schema_version", soci::into(version, empty);
  if (empty != soci::i_ok) version = 0;
  const auto& versions = dialect.migrations();
  const int known = static_cast<int>(versions.size());
  if (version > known) {
    return failure("store.newer",
                   fmt::format("the database has schema version {}, this Skald knows {}", version, known), {},
                   "run the Skald that wrote it, or a newer one");
  }
  for (int next = version + 1; next <= known; ++next) {
    GuardedTransaction transaction(session, dialect);
    transaction.run([&] {
      for (const auto& statement : versions[static_cast<std::size_t>(next - 1)]) session << statement;
      session << "INSERT INTO schema_version (version) VALUES (:v)", soci::use(next);
    });
    transaction.commit();
  }
  return {};
}

}  // namespace

Result<void> migrate(soci::session& session, const Dialect& dialect) {
  try {
    if (const auto lock = dialect.lock_schema(); !lock.empty()) session << lock;
    auto migrated = migrate_locked(session, dialect);
    if (const auto unlock = dialect.unlock_schema(); !unlock.empty()) session << unlock;
    return migrated;
  } catch (const std::exception& error) {
    return failure("store.unavailable", "the schema of the database cannot be brought up to date", {}, {},
                   message_of(error));
  }
}

std::uint64_t take_shards(soci::session& session, const Dialect& dialect) {
  long long epoch = 0;
  GuardedTransaction transaction(session, dialect);
  transaction.run([&] {
    session << "SELECT coalesce(max(epoch), 0) + 1 FROM shards", soci::into(epoch);
    session << "DELETE FROM shards";
    for (int id = 0; id < static_cast<int>(limits::kShardCount); ++id) {
      session << "INSERT INTO shards (id, owner, epoch, lease_until) VALUES (:id, 'local', :epoch, 0)", soci::use(id),
          soci::use(epoch);
    }
  });
  transaction.commit();
  return static_cast<std::uint64_t>(epoch);
}

}  // namespace skald::storage
