#include "storage/schedule_queries.hpp"

#include <soci/soci.h>

#include <string>

#include "storage/dialect.hpp"
#include "storage/guarded_transaction.hpp"
#include "storage/row_codec.hpp"

namespace skald::storage {

using namespace ports;

namespace {

// A time that may be absent, as a statement takes and gives it.
struct TimeColumn {
  long long millis = 0;
  soci::indicator indicator = soci::i_null;

  TimeColumn() = default;
  explicit TimeColumn(const std::optional<Timestamp>& at)
      : millis(at ? to_millis(*at) : 0), indicator(at ? soci::i_ok : soci::i_null) {}

  std::optional<Timestamp> value() const {
    return indicator == soci::i_ok ? std::optional(from_millis(millis)) : std::nullopt;
  }
};

struct TextColumn {
  std::string text;
  soci::indicator indicator = soci::i_null;
};

TextColumn column_of(const std::optional<ExecutionId>& id) {
  return {.text = id ? to_string(*id) : std::string(), .indicator = id ? soci::i_ok : soci::i_null};
}

}  // namespace

std::vector<StoredSchedule> select_schedules(soci::session& session, const ShardSet& shards) {
  StoredSchedule row;
  long long revision = 0;
  TimeColumn next_at, last_at;
  TextColumn execution;
  soci::statement statement =
      (session.prepare << "SELECT namespace, name, revision, rule, next_at, last_at, last_execution, error FROM "
                          "schedules"
                       << (shards.all() ? std::string() : " WHERE shard IN (" + sql_list_of(shards) + ")")
                       << " ORDER BY namespace, name",
       soci::into(row.workflow.namespace_name), soci::into(row.workflow.name), soci::into(revision),
       soci::into(row.rule), soci::into(next_at.millis, next_at.indicator),
       soci::into(last_at.millis, last_at.indicator), soci::into(execution.text, execution.indicator),
       soci::into(row.error));
  std::vector<StoredSchedule> found;
  for (bool more = statement.execute(true); more; more = statement.fetch()) {
    row.revision = static_cast<std::uint64_t>(revision);
    row.next_at = next_at.value();
    row.last_at = last_at.value();
    row.last_execution.reset();
    if (execution.indicator == soci::i_ok) row.last_execution = id_from_text(execution.text);
    found.push_back(row);
  }
  return found;
}

bool write_schedule(soci::session& session, const Dialect& dialect, const StoredSchedule& schedule) {
  const std::string& namespace_name = schedule.workflow.namespace_name;
  const std::string& name = schedule.workflow.name;
  const int shard = static_cast<int>(shard_of_workflow(namespace_name, name));
  const auto before = static_cast<long long>(schedule.revision);
  const long long revision = before + 1;
  TimeColumn next_at(schedule.next_at), last_at(schedule.last_at);
  TextColumn execution = column_of(schedule.last_execution);
  GuardedTransaction transaction(session, dialect);
  const bool is_written = transaction.run([&] {
    soci::statement statement =
        before == 0
            ? (session.prepare << "INSERT INTO schedules (revision, rule, next_at, last_at, last_execution, error, "
                                  "namespace, name, shard) VALUES (:revision, :rule, :next_at, :last_at, :execution, "
                                  ":error, :namespace, :name, :shard) ON CONFLICT DO NOTHING",
               soci::use(revision), soci::use(schedule.rule), soci::use(next_at.millis, next_at.indicator),
               soci::use(last_at.millis, last_at.indicator), soci::use(execution.text, execution.indicator),
               soci::use(schedule.error), soci::use(namespace_name), soci::use(name), soci::use(shard))
            : (session.prepare << "UPDATE schedules SET revision = :revision, rule = :rule, next_at = :next_at, "
                                  "last_at = :last_at, last_execution = :execution, error = :error WHERE namespace = "
                                  ":namespace AND name = :name AND revision = :before",
               soci::use(revision), soci::use(schedule.rule), soci::use(next_at.millis, next_at.indicator),
               soci::use(last_at.millis, last_at.indicator), soci::use(execution.text, execution.indicator),
               soci::use(schedule.error), soci::use(namespace_name), soci::use(name), soci::use(before));
    statement.execute(true);
    return statement.get_affected_rows() == 1;
  });
  transaction.commit();
  return is_written;
}

}  // namespace skald::storage
