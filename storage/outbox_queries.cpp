#include "storage/outbox_queries.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <soci/soci.h>

#include "storage/dialect.hpp"
#include "storage/guarded_transaction.hpp"
#include "storage/row_codec.hpp"

namespace skald::storage {

using namespace ports;

namespace {

std::string among(const ShardSet& shards) {
  return shards.all() ? "" : " AND o.shard IN (" + sql_list_of(shards) + ")";
}

std::string without(const std::vector<ExecutionId>& left_out) {
  return left_out.empty() ? "" : " AND o.execution NOT IN (" + sql_list_of(left_out) + ")";
}

}  // namespace

std::vector<Delivery> select_due_deliveries(soci::session& session, const std::string& sink, const ShardSet& shards,
                                            Timestamp now, const std::vector<ExecutionId>& left_out,
                                            std::size_t limit) {
  const long long until = to_millis(now);
  std::string execution;
  Delivery delivery;
  delivery.what.sink = sink;
  long long number = 0, emitted_at = 0;
  int attempts = 0;
  soci::statement statement =
      (session.prepare << "SELECT o.id, o.execution, o.workflow, o.step, o.envelope, o.emitted_at, o.attempts"
                          " FROM outbox AS o WHERE o.sink = :sink AND o.due_at <= :until"
                       << among(shards) << without(left_out)
                       << " AND NOT EXISTS (SELECT 1 FROM outbox AS e WHERE e.sink = o.sink AND e.execution = "
                          "o.execution AND e.id < o.id AND e.due_at > o.due_at) ORDER BY o.due_at, o.id LIMIT "
                       << limit,
       soci::into(number), soci::into(execution), soci::into(delivery.what.workflow), soci::into(delivery.what.step),
       soci::into(delivery.what.envelope), soci::into(emitted_at), soci::into(attempts), soci::use(sink),
       soci::use(until));
  std::vector<Delivery> found;
  for (bool more = statement.execute(true); more; more = statement.fetch()) {
    delivery.number = static_cast<std::uint64_t>(number);
    delivery.execution = id_from_text(execution);
    delivery.what.emitted_at = from_millis(emitted_at);
    delivery.attempts = static_cast<std::uint32_t>(attempts);
    found.push_back(delivery);
  }
  return found;
}

void settle_deliveries(soci::session& session, const Dialect& dialect, const std::vector<std::uint64_t>& delivered,
                       const std::vector<Postponement>& postponed) {
  if (delivered.empty() && postponed.empty()) return;
  GuardedTransaction transaction(session, dialect);
  transaction.run([&] {
    if (!delivered.empty()) {
      session << fmt::format("DELETE FROM outbox WHERE id IN ({})", fmt::join(delivered, ", "));
    }
    for (const auto& [number, due_at, error] : postponed) {
      const auto id = static_cast<long long>(number);
      const long long due = to_millis(due_at);
      session << "UPDATE outbox SET attempts = attempts + 1, error = :error WHERE id = :id", soci::use(error),
          soci::use(id);
      session << "UPDATE outbox SET due_at = :due_at WHERE id >= :first AND sink = (SELECT sink FROM outbox WHERE id = "
                 ":same) AND execution = (SELECT execution FROM outbox WHERE id = :again)",
          soci::use(due), soci::use(id), soci::use(id), soci::use(id);
    }
  });
  transaction.commit();
}

std::vector<OutboxLevel> select_outbox_levels(soci::session& session, const ShardSet& shards) {
  OutboxLevel level;
  long long count = 0, oldest = 0;
  soci::statement statement =
      (session.prepare << "SELECT o.sink, count(*), min(o.emitted_at) FROM outbox AS o WHERE 1 = 1" << among(shards)
                       << " GROUP BY o.sink ORDER BY o.sink",
       soci::into(level.sink), soci::into(count), soci::into(oldest));
  std::vector<OutboxLevel> found;
  for (bool more = statement.execute(true); more; more = statement.fetch()) {
    level.count = static_cast<std::uint64_t>(count);
    level.oldest = from_millis(oldest);
    found.push_back(level);
  }
  return found;
}

}  // namespace skald::storage
