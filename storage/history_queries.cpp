#include "storage/history_queries.hpp"

#include <soci/soci.h>

#include <algorithm>
#include <deque>
#include <functional>
#include <iterator>

#include "storage/dialect.hpp"
#include "storage/row_codec.hpp"

namespace skald::storage {

using namespace ports;

namespace {

constexpr const char* kColumns =
    "SELECT id, shard, namespace, workflow, version, digest, phase, outcome, status, labels, started_at, ended_at,"
    " wake_at, open_incidents, resting, idempotency_key, idempotency_fingerprint, replay_of, parent, unique_key,"
    " unique_until, ";

// The last position of a history: worth its look-up only for one execution at a time.
constexpr const char* kLastPosition =
    "(SELECT coalesce(max(position), 0) FROM history WHERE execution = id) FROM executions";
constexpr const char* kNoPosition = "0 FROM executions";

// One row of `executions`, bound to a statement.
struct ExecutionColumns {
  std::string id, namespace_name, workflow, version, digest, phase, outcome, status, labels, key, fingerprint,
      replay_of, parent, unique_key;
  long long started_at = 0, ended_at = 0, wake_at = 0, open_incidents = 0, position = 0, unique_until = 0;
  int shard = 0, resting = 0;
  soci::indicator ended_set{}, wake_set{}, key_set{}, replay_set{}, parent_set{}, unique_set{}, until_set{};

  void exchange(soci::statement& statement) {
    using soci::into;
    statement.exchange(into(id));
    statement.exchange(into(shard));
    statement.exchange(into(namespace_name));
    statement.exchange(into(workflow));
    statement.exchange(into(version));
    statement.exchange(into(digest));
    statement.exchange(into(phase));
    statement.exchange(into(outcome));
    statement.exchange(into(status));
    statement.exchange(into(labels));
    statement.exchange(into(started_at));
    statement.exchange(into(ended_at, ended_set));
    statement.exchange(into(wake_at, wake_set));
    statement.exchange(into(open_incidents));
    statement.exchange(into(resting));
    statement.exchange(into(key, key_set));
    statement.exchange(into(fingerprint));
    statement.exchange(into(replay_of, replay_set));
    statement.exchange(into(parent, parent_set));
    statement.exchange(into(unique_key, unique_set));
    statement.exchange(into(unique_until, until_set));
    statement.exchange(into(position));
  }

  StoredExecution value() const {
    StoredExecution e;
    e.id = id_from_text(id);
    e.created = {.namespace_name = namespace_name,
                 .workflow = workflow,
                 .version = version,
                 .digest = digest,
                 .shard = static_cast<std::uint32_t>(shard),
                 .started_at = from_millis(started_at),
                 .labels = texts_from_json(labels),
                 .idempotency_key = key_set == soci::i_ok ? std::optional(key) : std::nullopt,
                 .idempotency_fingerprint = fingerprint,
                 .replay_of = replay_set == soci::i_ok ? std::optional(id_from_text(replay_of)) : std::nullopt,
                 .parent = parent_set == soci::i_ok ? std::optional(id_from_text(parent)) : std::nullopt};
    if (unique_set == soci::i_ok) e.created.unique = {.key = unique_key, .until = from_millis(unique_until)};
    e.summary = {.phase = phase,
                 .outcome = outcome,
                 .status = status,
                 .wake_at = wake_set == soci::i_ok ? std::optional(from_millis(wake_at)) : std::nullopt,
                 .ended_at = ended_set == soci::i_ok ? std::optional(from_millis(ended_at)) : std::nullopt,
                 .open_incidents = static_cast<std::uint32_t>(open_incidents),
                 .resting = resting != 0};
    e.position = static_cast<std::uint64_t>(position);
    return e;
  }
};

// A WHERE clause with its values, which SOCI binds by address.
class Conditions {
 public:
  template <class... Values>
  void add(const std::string& condition, const Values&... values) {
    clause_ += (clause_.empty() ? " WHERE " : " AND ") + condition;
    (keep(values), ...);
  }

  const std::string& clause() const { return clause_; }
  void bind(soci::statement& statement) {
    for (const auto& bind : binds_) bind(statement);
  }
  // A name for the next value, or for one further on.
  std::string next(std::size_t ahead = 0) const { return ":v" + std::to_string(binds_.size() + ahead); }

 private:
  void keep(const std::string& text) {
    binds_.push_back([&kept = texts_.emplace_back(text)](soci::statement& s) { s.exchange(soci::use(kept)); });
  }
  void keep(long long number) {
    binds_.push_back([&kept = numbers_.emplace_back(number)](soci::statement& s) { s.exchange(soci::use(kept)); });
  }

  std::string clause_;
  std::deque<std::string> texts_;
  std::deque<long long> numbers_;
  std::vector<std::function<void(soci::statement&)>> binds_;
};

std::vector<StoredExecution> select_executions(soci::session& session, Conditions& conditions, const std::string& tail,
                                               const char* position = kNoPosition) {
  ExecutionColumns columns;
  soci::statement statement(session);
  columns.exchange(statement);
  conditions.bind(statement);
  statement.alloc();
  statement.prepare(std::string(kColumns) + position + conditions.clause() + tail);
  statement.define_and_bind();
  std::vector<StoredExecution> found;
  for (bool more = statement.execute(true); more; more = statement.fetch()) found.push_back(columns.value());
  return found;
}

std::string limit_of(std::size_t limit) {
  return " LIMIT " + std::to_string(limit);
}

void add_conditions(Conditions& where, const Dialect& dialect, const ExecutionQuery& query) {
  const auto equal = [&](const char* column, const std::optional<std::string>& value) {
    if (value) where.add(std::string(column) + " = " + where.next(), *value);
  };
  equal("namespace", query.namespace_name);
  equal("workflow", query.workflow);
  equal("version", query.version);
  equal("phase", query.phase);
  equal("outcome", query.outcome);
  equal("status", query.status);
  equal("idempotency_key", query.idempotency_key);
  if (query.replay_of) where.add("replay_of = " + where.next(), to_string(*query.replay_of));
  if (query.parent) where.add("parent = " + where.next(), to_string(*query.parent));
  if (query.before) where.add("id < " + where.next(), to_string(*query.before));
  if (query.started_after) where.add("started_at > " + where.next(), to_millis(*query.started_after));
  if (query.started_before) where.add("started_at < " + where.next(), to_millis(*query.started_before));
  if (query.with_open_incidents) where.add("open_incidents > 0");
  if (query.text) {
    const std::string part = to_lower(*query.text);
    where.add(dialect.text_condition(where.next(0), where.next(1)), part, part);
  }
  for (const auto& [key, value] : query.labels) {
    where.add(dialect.label_condition(where.next(0), where.next(1)), key, value);
  }
}

std::vector<WakeUp> select_live(soci::session& session, bool resting, const ShardSet& shards, Timestamp until,
                                const std::optional<WakeUp>& after, std::size_t limit) {
  long long wake_at = 0;
  std::string id;
  Conditions where;
  where.add(resting ? "resting = 1" : "resting = 0");
  if (!shards.all()) where.add("shard IN (" + sql_list_of(shards) + ")");
  where.add("wake_at <= " + where.next(), to_millis(until));
  if (after) {
    where.add("(wake_at, id) > (" + where.next(0) + ", " + where.next(1) + ")", to_millis(after->at),
              to_string(after->execution));
  }
  soci::statement statement(session);
  statement.exchange(soci::into(wake_at));
  statement.exchange(soci::into(id));
  where.bind(statement);
  statement.alloc();
  statement.prepare("SELECT wake_at, id FROM executions" + where.clause() + " ORDER BY wake_at, id" + limit_of(limit));
  statement.define_and_bind();
  std::vector<WakeUp> found;
  for (bool more = statement.execute(true); more; more = statement.fetch()) {
    found.push_back({from_millis(wake_at), id_from_text(id)});
  }
  return found;
}

}  // namespace

std::optional<StoredExecution> select_execution(soci::session& session, const ExecutionId& id) {
  Conditions where;
  where.add("id = :id", to_string(id));
  auto found = select_executions(session, where, "", kLastPosition);
  return found.empty() ? std::nullopt : std::optional(std::move(found[0]));
}

std::optional<StoredExecution> select_by_key(soci::session& session, const std::string& namespace_name,
                                             const std::string& workflow, const std::string& key) {
  Conditions where;
  where.add("namespace = :namespace", namespace_name);
  where.add("workflow = :workflow", workflow);
  where.add("idempotency_key = :key", key);
  auto found = select_executions(session, where, "");
  return found.empty() ? std::nullopt : std::optional(std::move(found[0]));
}

std::vector<HistoryRow> select_history(soci::session& session, const ExecutionId& id, std::uint64_t after_position,
                                       std::size_t limit) {
  const std::string execution = to_string(id);
  const long long after = static_cast<long long>(after_position);
  const long long limit_rows = static_cast<long long>(limit);
  std::string kind, step, actor, data;
  long long position = 0, epoch = 0, at = 0, attempt = 0;
  int version = 0;
  soci::statement statement =
      (session.prepare << "SELECT position, epoch, at, kind, version, step, attempt, actor, data FROM history"
                          " WHERE execution = :execution AND position > :after ORDER BY position LIMIT :rows",
       soci::into(position), soci::into(epoch), soci::into(at), soci::into(kind), soci::into(version), soci::into(step),
       soci::into(attempt), soci::into(actor), soci::into(data), soci::use(execution), soci::use(after),
       soci::use(limit_rows));
  std::vector<HistoryRow> rows;
  for (bool more = statement.execute(true); more; more = statement.fetch()) {
    rows.push_back({.position = static_cast<std::uint64_t>(position),
                    .epoch = static_cast<std::uint64_t>(epoch),
                    .at = from_millis(at),
                    .kind = kind,
                    .version = static_cast<std::uint16_t>(version),
                    .step = step,
                    .attempt = static_cast<std::uint32_t>(attempt),
                    .actor = actor,
                    .data = data});
  }
  return rows;
}

std::vector<WakeUp> select_wake_ups(soci::session& session, const ShardSet& shards, Timestamp until,
                                    const std::optional<WakeUp>& after, std::size_t limit) {
  // Each kind has its own range of the index.
  const auto restless = select_live(session, false, shards, until, after, limit);
  const auto resting = select_live(session, true, shards, until, after, limit);
  std::vector<WakeUp> found;
  found.reserve(restless.size() + resting.size());
  std::ranges::merge(restless, resting, std::back_inserter(found));
  if (found.size() > limit) found.resize(limit);
  return found;
}

std::vector<WakeUp> select_restless(soci::session& session, const ShardSet& shards, const std::optional<WakeUp>& after,
                                    std::size_t limit) {
  return select_live(session, false, shards, Timestamp::max(), after, limit);
}

std::vector<StoredExecution> select_matching(soci::session& session, const Dialect& dialect,
                                             const ExecutionQuery& query) {
  Conditions where;
  add_conditions(where, dialect, query);
  return select_executions(session, where, " ORDER BY id DESC" + limit_of(query.limit));
}

std::vector<LiveCount> count_live(soci::session& session, const ShardSet& shards) {
  LiveCount row;
  int shard = 0;
  long long count = 0;
  const std::string only = shards.all() ? "" : " AND shard IN (" + sql_list_of(shards) + ")";
  soci::statement statement =
      (session.prepare << "SELECT shard, namespace, workflow, phase, count(*) FROM executions WHERE wake_at IS NOT NULL"
                       << only << " GROUP BY shard, namespace, workflow, phase",
       soci::into(shard), soci::into(row.namespace_name), soci::into(row.workflow), soci::into(row.phase),
       soci::into(count));
  std::vector<LiveCount> counts;
  for (bool more = statement.execute(true); more; more = statement.fetch()) {
    row.shard = static_cast<std::uint32_t>(shard);
    row.count = static_cast<std::uint64_t>(count);
    counts.push_back(row);
  }
  return counts;
}

}  // namespace skald::storage
