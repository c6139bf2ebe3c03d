#include "storage/postgres_leases.hpp"

#include <fmt/format.h>
#include <soci/soci.h>

#include <optional>
#include <utility>

#include "storage/batch_transaction.hpp"
#include "storage/dialect.hpp"
#include "storage/guarded_transaction.hpp"
#include "storage/postgres_clock.hpp"
#include "storage/postgres_notices.hpp"
#include "storage/reopened_session.hpp"
#include "storage/row_codec.hpp"

namespace skald::storage {

using namespace ports;

namespace {

// Whether a node drains: it leaves, or is outdated and a newer version serves. What follows the three numbers of a
// version does not count.
constexpr const char* kDrains =
    "(:leaving = 1 OR (:outdated = 1 AND EXISTS (SELECT 1 FROM nodes AS other WHERE NOT other.draining"
    " AND CAST(string_to_array(substring(other.version FROM '^[0-9]+[.][0-9]+[.][0-9]+'), '.') AS integer[])"
    " > CAST(string_to_array(substring(:version FROM '^[0-9]+[.][0-9]+[.][0-9]+'), '.') AS integer[]))))";
// Of the one who shares the shards out, for its transaction: "skaldlea" in ASCII.
constexpr long long kBalanceLock = 0x736b616c646c6561;

constexpr long long kAnswersKeptMillis = 3'600'000;

class PostgresLeases final : public ShardLeases {
 public:
  PostgresLeases(const Dialect& dialect, PostgresNotices& notices, NodeOptions options, Owner& owner)
      : dialect_(dialect),
        notices_(notices),
        options_(std::move(options)),
        owner_(owner),
        session_(dialect, "the leases") {}

  Result<Membership> renew(MemberMode mode) override {
    return session_.run([&](soci::session& session) -> Result<Membership> {
      leaving_ = mode == MemberMode::kLeaving;
      if (left_) return failure("node.left", "this node has given everything up", options_.name);
      if (!extend(session, mode)) {
        if (auto joined = join(session, mode); !joined) return std::unexpected(std::move(joined.error()));
      }
      balance(session);
      return membership(session);
    });
  }

  Millis lease() const override { return options_.lease; }

  Result<void> release(const ShardSet& shards) override {
    return session_.run([&](soci::session& session) -> Result<void> {
      session << "UPDATE shards SET owner = NULL, epoch = epoch + 1 WHERE owner = :me AND id IN ("
              << sql_list_of(shards) << ")",
          soci::use(me_);
      tell(session);
      return {};
    });
  }

  Result<void> leave() override {
    return session_.run([&](soci::session& session) -> Result<void> {
      left_ = true;
      GuardedTransaction transaction(session, dialect_);
      transaction.run([&] {
        session << "DELETE FROM nodes WHERE id = :me", soci::use(me_);
        free_orphans(session);
        tell(session);
      });
      transaction.commit();
      return {};
    });
  }

  void notify(std::function<void()> changed) override { notices_.tell(kShardsChannel, std::move(changed)); }

 private:
  // Whether this process is still a member. On its own, so that nothing but the row keeps a renewal waiting.
  bool extend(soci::session& session, MemberMode mode) {
    if (me_ == 0) return false;
    const int leaving = mode == MemberMode::kLeaving, outdated = mode == MemberMode::kOutdated;
    int draining = 0;
    session << "UPDATE nodes SET lease_until = " << kPostgresNow << " + :lease, draining = " << kDrains
            << " WHERE id = :me RETURNING CAST(draining AS integer)",
        soci::use(options_.lease.count(), "lease"), soci::use(leaving, "leaving"), soci::use(outdated, "outdated"),
        soci::use(options_.version, "version"), soci::use(me_, "me"), soci::into(draining);
    draining_ = draining != 0;
    return session.got_data();
  }

  Result<void> join(soci::session& session, MemberMode mode) {
    const int leaving = mode == MemberMode::kLeaving, outdated = mode == MemberMode::kOutdated;
    int draining = 0;
    std::optional<long long> replaced_by;
    GuardedTransaction transaction(session, dialect_);
    transaction.run([&] {
      if (me_ != 0) {
        long long other = 0;
        session << "SELECT id FROM nodes WHERE name = :name", soci::use(options_.name), soci::into(other);
        if (session.got_data()) {
          replaced_by = other;
          return;
        }
      }
      // Whoever had the name is this process before its restart, or will find itself replaced.
      session << "DELETE FROM nodes WHERE name = :name", soci::use(options_.name);
      session
          << "INSERT INTO nodes (name, address, version, started_at, lease_until, draining) VALUES (:name, :address,"
             " :version, "
          << kPostgresNow << ", " << kPostgresNow << " + :lease, " << kDrains
          << ") RETURNING id, CAST(draining AS integer)",
          soci::use(options_.name, "name"), soci::use(options_.address, "address"),
          soci::use(options_.version, "version"), soci::use(options_.lease.count(), "lease"),
          soci::use(leaving, "leaving"), soci::use(outdated, "outdated"), soci::into(me_), soci::into(draining);
    });
    draining_ = draining != 0;
    if (replaced_by) {
      return failure("node.replaced", fmt::format("another process has joined as '{}'", options_.name), options_.name,
                     "give every node a node.name of its own");
    }
    tell(session);  // the others have more than their share now
    transaction.commit();
    owner_.set(static_cast<std::uint64_t>(me_));
    return {};
  }

  // One node at a time, and nobody waits for another: who comes later looks again soon. One that leaves takes nothing
  // and stands in nobody's way.
  void balance(soci::session& session) {
    was_busy_ = false;
    if (leaving_) return;
    GuardedTransaction transaction(session, dialect_);
    transaction.run([&] {
      int mine = 0;
      session << "SELECT CAST(pg_try_advisory_xact_lock(" << kBalanceLock << ") AS integer)", soci::into(mine);
      was_busy_ = mine == 0;
      if (was_busy_) return;
      // A batch of the evicted node that is under way holds its row: then it is left for the next time.
      session << "DELETE FROM nodes WHERE id IN (SELECT id FROM nodes WHERE lease_until < " << kPostgresNow
              << " AND id <> :me FOR UPDATE SKIP LOCKED)",
          soci::use(me_);
      if (free_orphans(session)) tell(session);
      // Answers that nobody has taken: who asked is gone.
      session << "DELETE FROM inbox WHERE answer IS NOT NULL AND at < " << kPostgresNow << " - " << kAnswersKeptMillis;
      if (draining_) return;
      const long long most = share(session);
      session << "UPDATE shards SET owner = :me, epoch = epoch + 1 WHERE id IN (SELECT id FROM shards"
                 " WHERE owner IS NULL ORDER BY id LIMIT greatest(0, :share - (SELECT count(*) FROM shards"
                 " WHERE owner = :me)))",
          soci::use(me_, "me"), soci::use(most, "share");
    });
    transaction.commit();
  }

  // What nodes had that are members no more. Whether there was any.
  static bool free_orphans(soci::session& session) {
    soci::statement statement =
        (session.prepare << "UPDATE shards SET owner = NULL, epoch = epoch + 1 WHERE owner IS NOT NULL"
                            " AND owner NOT IN (SELECT id FROM nodes)");
    statement.execute(true);
    return statement.get_affected_rows() > 0;
  }

  static long long share(soci::session& session) {
    long long nodes = 0;
    session << "SELECT count(*) FROM nodes WHERE NOT draining", soci::into(nodes);
    return nodes == 0 ? limits::kShardCount : (limits::kShardCount + nodes - 1) / nodes;
  }

  Result<Membership> membership(soci::session& session) {
    Membership found;
    found.share = draining_ ? 0 : static_cast<std::size_t>(share(session));
    long long left = 0;
    soci::indicator alone = soci::i_null;
    session << "SELECT min(lease_until) - " << kPostgresNow << " FROM nodes WHERE id <> :me", soci::use(me_),
        soci::into(left, alone);
    if (alone == soci::i_ok) found.next_change = Millis(left);
    if (was_busy_) found.next_change = Millis(0);
    int shard = 0;
    long long epoch = 0;
    soci::statement statement = (session.prepare << "SELECT id, epoch FROM shards WHERE owner = :me ORDER BY id",
                                 soci::use(me_), soci::into(shard), soci::into(epoch));
    for (bool more = statement.execute(true); more; more = statement.fetch()) {
      found.held.push_back({static_cast<std::uint32_t>(shard), static_cast<std::uint64_t>(epoch)});
    }
    return found;
  }

  static void tell(soci::session& session) { session << "NOTIFY " << kShardsChannel; }

  const Dialect& dialect_;
  PostgresNotices& notices_;
  const NodeOptions options_;
  Owner& owner_;
  ReopenedSession session_;
  long long me_ = 0;
  bool draining_ = false;  // as it stands in the table
  bool leaving_ = false;
  bool was_busy_ = false;  // another node was sharing the shards out
  bool left_ = false;
};

}  // namespace

std::vector<ClusterNode> select_nodes(soci::session& session) {
  ClusterNode node;
  long long started_at = 0, lease_until = 0, shards = 0;
  int draining = 0;
  soci::statement statement =
      (session.prepare << "SELECT name, address, version, started_at, lease_until, CAST(draining AS integer),"
                          " (SELECT count(*) FROM shards WHERE owner = nodes.id) FROM nodes ORDER BY name",
       soci::into(node.name), soci::into(node.address), soci::into(node.version), soci::into(started_at),
       soci::into(lease_until), soci::into(draining), soci::into(shards));
  std::vector<ClusterNode> nodes;
  for (bool more = statement.execute(true); more; more = statement.fetch()) {
    node.started_at = from_millis(started_at);
    node.lease_until = from_millis(lease_until);
    node.draining = draining != 0;
    node.shards = static_cast<std::uint32_t>(shards);
    nodes.push_back(node);
  }
  return nodes;
}

std::unique_ptr<ShardLeases> make_postgres_leases(const Dialect& dialect, PostgresNotices& notices, NodeOptions options,
                                                  Owner& owner) {
  return std::make_unique<PostgresLeases>(dialect, notices, std::move(options), owner);
}

}  // namespace skald::storage
