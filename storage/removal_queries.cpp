#include "storage/removal_queries.hpp"

#include <soci/soci.h>

#include <string>

#include "storage/dialect.hpp"
#include "storage/guarded_transaction.hpp"
#include "storage/row_codec.hpp"

namespace skald::storage {

EndedPage select_ended(soci::session& session, const ports::ShardSet& shards, Timestamp ended_before,
                       const std::optional<ExecutionId>& after, std::size_t limit) {
  // Nothing ends before it starts.
  const std::string end = to_string(make_execution_id(ended_before, 0, 0));
  const std::string begin = after ? to_string(*after) : std::string();
  const long long rows = static_cast<long long>(limit);
  std::string id;
  int shard = 0;
  long long ended_at = 0, open_incidents = 0, unique_until = 0;
  soci::indicator ended_set{}, until_set{};
  soci::statement statement =
      (session.prepare << "SELECT id, shard, ended_at, open_incidents, unique_until FROM executions"
                          " WHERE id > :begin AND id < :end ORDER BY id LIMIT :rows",
       soci::into(id), soci::into(shard), soci::into(ended_at, ended_set), soci::into(open_incidents),
       soci::into(unique_until, until_set), soci::use(begin), soci::use(end), soci::use(rows));
  EndedPage page;
  for (bool more = statement.execute(true); more; more = statement.fetch()) {
    page.last = id_from_text(id);
    const bool is_held = until_set == soci::i_ok && from_millis(unique_until) >= ended_before;
    const bool ended = ended_set == soci::i_ok && from_millis(ended_at) < ended_before && !is_held;
    if (ended && open_incidents == 0 && shards[static_cast<std::size_t>(shard)]) page.ids.push_back(*page.last);
  }
  return page;
}

std::uint64_t delete_ended(soci::session& session, const Dialect& dialect, const Owner& owner,
                           const std::vector<ExecutionId>& ids, Timestamp ended_before) {
  std::vector<ExecutionId> gone;
  GuardedTransaction transaction(session, dialect);
  transaction.run([&] {
    const long long before = to_millis(ended_before);
    std::string id;
    {
      soci::statement statement =
          (session.prepare << "DELETE FROM executions WHERE id IN (" << sql_list_of(ids)
                           << ") AND ended_at < :before AND open_incidents = 0 AND NOT EXISTS (SELECT 1"
                              " FROM executions AS p WHERE p.id = executions.parent) AND "
                           << dialect.ownership_condition(owner) << " RETURNING id",
           soci::use(before), soci::into(id));
      for (bool more = statement.execute(true); more; more = statement.fetch()) gone.push_back(id_from_text(id));
    }
    if (gone.empty()) return;
    session << "DELETE FROM history WHERE execution IN (" << sql_list_of(gone) << ")";
    session << "DELETE FROM subscriptions WHERE execution IN (" << sql_list_of(gone) << ")";
  });
  transaction.commit();
  return gone.size();
}

}  // namespace skald::storage
