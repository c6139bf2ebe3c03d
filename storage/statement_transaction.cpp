#include <soci/soci.h>

#include <algorithm>
#include <set>

#include "engine/base/invariant.hpp"
#include "engine/base/json.hpp"
#include "storage/batch_transaction.hpp"
#include "storage/dialect.hpp"
#include "storage/guarded_transaction.hpp"
#include "storage/row_codec.hpp"

namespace skald::storage {

using namespace ports;

namespace {

// All parts of the statement see the database as it was before it; the unique keys catch whoever writes beside it.
// `n` is the place of an append in the batch.
constexpr const char* kWriteBatch = R"(
WITH batch AS (SELECT CAST(:batch AS jsonb) AS b),
held AS (
  SELECT s.id FROM batch CROSS JOIN jsonb_array_elements(b->'shards') AS p
    JOIN shards AS s ON s.id = CAST(p AS int) AND s.epoch = (b->>'epoch')::bigint),
appends AS MATERIALIZED (
  SELECT a.n, a.execution, a.creates, a.expected, a.shard IN (SELECT id FROM held) AS held
  FROM batch, jsonb_to_recordset(b->'appends')
    AS a(n int, execution text, shard int, expected bigint, creates boolean)),
created AS (
  INSERT INTO executions (id, shard, namespace, workflow, version, digest, phase, outcome, status, labels, started_at,
    ended_at, wake_at, open_incidents, idempotency_key, idempotency_fingerprint, replay_of)
  SELECT a.execution, c.shard, c.namespace, c.workflow, c.version, c.digest, c.phase, c.outcome, c.status, c.labels,
    c.started_at, c.ended_at, c.wake_at, c.open_incidents, c.key, c.fingerprint, c.replay_of
  FROM batch, jsonb_to_recordset(b->'creates') AS c(n int, shard int, namespace text, workflow text, version text,
    digest text, phase text, outcome text, status text, labels text, started_at bigint, ended_at bigint,
    wake_at bigint, open_incidents bigint, key text, fingerprint text, replay_of text)
    JOIN appends AS a ON a.n = c.n AND a.held
  ON CONFLICT DO NOTHING RETURNING id),
fits AS MATERIALIZED (
  SELECT n, execution FROM appends WHERE creates AND execution IN (SELECT id FROM created)
  UNION ALL
  SELECT n, execution FROM appends WHERE NOT creates AND held AND expected =
    (SELECT max(position) FROM history AS h WHERE h.execution = appends.execution)),
written AS (
  INSERT INTO history (execution, position, epoch, at, kind, version, step, attempt, actor, data)
  SELECT f.execution, r.position, r.epoch, r.at, r.kind, r.version, r.step, r.attempt, r.actor, r.data
  FROM batch, jsonb_to_recordset(b->'rows') AS r(n int, position bigint, epoch bigint, at bigint, kind text,
    version int, step text, attempt bigint, actor text, data text)
    JOIN fits AS f ON f.n = r.n),
changed AS (
  UPDATE executions AS e SET phase = u.phase, outcome = u.outcome, status = u.status, ended_at = u.ended_at,
    wake_at = u.wake_at, open_incidents = u.open_incidents
  FROM batch, jsonb_to_recordset(b->'updates') AS u(n int, phase text, outcome text, status text, ended_at bigint,
    wake_at bigint, open_incidents bigint)
    JOIN fits AS f ON f.n = u.n
  WHERE e.id = f.execution)
SELECT a.n, CASE WHEN f.n IS NOT NULL THEN 1 WHEN NOT a.held THEN 2 ELSE 0 END
FROM appends AS a LEFT JOIN fits AS f ON f.n = a.n ORDER BY a.n)";

// Nested loops join the lists of the parameter, so that its cost grows with the square of its length.
const std::size_t kGroupsMax = std::getenv("GMAX") ? std::stoul(std::getenv("GMAX")) : 64;

enum class Answer : int { kDoesNotFit = 0, kWritten = 1, kNotHeld = 2 };

// Fields of one JSON object; the commas are its own.
class Object {
 public:
  explicit Object(std::string& out) : out_(out) { out_ += '{'; }
  ~Object() { out_ += '}'; }
  Object(const Object&) = delete;
  Object& operator=(const Object&) = delete;

  void text(std::string_view name, std::string_view value) {
    key(name);
    append_json_string(out_, value);
  }
  void number(std::string_view name, long long value) { raw(name, std::to_string(value)); }
  void time(std::string_view name, const std::optional<Timestamp>& at) {
    if (at) number(name, to_millis(*at));
  }
  void raw(std::string_view name, std::string_view value) {
    key(name);
    out_ += value;
  }

 private:
  void key(std::string_view name) {
    if (!first_) out_ += ',';
    first_ = false;
    out_ += '"';
    out_ += name;
    out_ += "\":";
  }

  std::string& out_;
  bool first_ = true;
};

void add_summary(Object& object, const ExecutionSummary& summary) {
  object.text("phase", summary.phase);
  object.text("outcome", summary.outcome);
  object.text("status", summary.status);
  object.time("ended_at", summary.ended_at);
  object.time("wake_at", summary.wake_at);
  object.number("open_incidents", summary.open_incidents);
}

// The lists of the statement's only parameter.
struct Lists {
  std::string appends, creates, rows, updates;
  std::set<std::uint32_t> shards;

  static void separate(std::string& list) {
    if (!list.empty()) list += ',';
  }

  void add(const Append& append, std::size_t n) {
    const auto number = static_cast<long long>(n);
    const std::uint32_t shard = append.create ? append.create->shard : shard_of(append.execution);
    shards.insert(shard);
    separate(appends);
    {
      Object object(appends);
      object.number("n", number);
      object.text("execution", to_string(append.execution));
      object.number("shard", shard);
      object.number("expected", static_cast<long long>(append.expected_position));
      object.raw("creates", append.create ? "true" : "false");
    }
    if (append.create) {
      add_creation(*append.create, append.summary.value_or(ExecutionSummary{}), number);
    } else if (append.summary) {
      separate(updates);
      Object object(updates);
      object.number("n", number);
      add_summary(object, *append.summary);
    }
    for (const auto& row : append.rows) add_row(row, number);
  }

  void add_creation(const NewExecution& execution, const ExecutionSummary& summary, long long n) {
    separate(creates);
    Object object(creates);
    object.number("n", n);
    object.number("shard", execution.shard);
    object.text("namespace", execution.namespace_name);
    object.text("workflow", execution.workflow);
    object.text("version", execution.version);
    object.text("digest", execution.digest);
    object.text("labels", labels_to_json(execution.labels));
    object.time("started_at", execution.started_at);
    if (execution.idempotency_key) object.text("key", *execution.idempotency_key);
    object.text("fingerprint", execution.idempotency_fingerprint);
    if (execution.replay_of) object.text("replay_of", to_string(*execution.replay_of));
    add_summary(object, summary);
  }

  void add_row(const HistoryRow& row, long long n) {
    separate(rows);
    Object object(rows);
    object.number("n", n);
    object.number("position", static_cast<long long>(row.position));
    object.number("epoch", static_cast<long long>(row.epoch));
    object.number("at", to_millis(row.at));
    object.text("kind", row.kind);
    object.number("version", row.version);
    object.text("step", row.step);
    object.number("attempt", row.attempt);
    object.text("actor", row.actor);
    object.text("data", row.data);
  }

  std::string to_json(std::uint64_t epoch) const {
    std::string held;
    for (const auto shard : shards) {
      separate(held);
      held += std::to_string(shard);
    }
    return "{\"epoch\":" + std::to_string(epoch) + ",\"shards\":[" + held + "],\"appends\":[" + appends +
           "],\"creates\":[" + creates + "],\"rows\":[" + rows + "],\"updates\":[" + updates + "]}";
  }
};

class StatementTransaction final : public BatchTransaction {
 public:
  StatementTransaction(soci::session& session, const Dialect& dialect, std::uint64_t epoch)
      : session_(session),
        dialect_(dialect),
        epoch_(epoch),
        write_((session.prepare << kWriteBatch, soci::into(n_), soci::into(answer_), soci::use(batch_))),
        find_key_((session.prepare << "SELECT id, idempotency_fingerprint FROM executions"
                                      " WHERE namespace = :namespace AND workflow = :workflow"
                                      " AND idempotency_key = :key",
                   soci::into(found_id_), soci::into(found_fingerprint_), soci::use(namespace_), soci::use(workflow_),
                   soci::use(key_))) {}

  std::size_t groups_max() const override { return kGroupsMax; }

  void write(Groups groups, Results& results) override {
    if (groups.size() > 1) return write_many(groups, results);
    const AppendGroup& group = groups[0];
    AppendResult result{.ticket = group.ticket};
    for (const auto& append : group.appends) {
      if (auto objection = objection_to(append)) {
        result.verdict = Verdict::kRejected;
        result.error = std::move(objection);
        results.push_back(std::move(result));
        return;
      }
    }
    write_one(group, result);
    results.push_back(std::move(result));
  }

 private:
  // Groups of one append each, of different executions: the others go alone.
  void write_many(Groups groups, Results& results) {
    std::set<ExecutionId> executions;
    Lists lists;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const auto& appends = groups[i].appends;
      const bool fits =
          appends.size() == 1 && executions.insert(appends[0].execution).second && !objection_to(appends[0]);
      if (!fits) throw DoesNotFit{{.ticket = groups[i].ticket}};
      lists.add(appends[0], i);
    }
    const auto answers = run_alone(lists);
    for (std::size_t i = 0; i < groups.size(); ++i) {
      AppendResult& result = results.emplace_back();
      result.ticket = groups[i].ticket;
      result.verdict = verdict_of(answers[i], groups[i].appends[0], result);
    }
  }

  void write_one(const AppendGroup& group, AppendResult& result) {
    Lists lists;
    for (std::size_t i = 0; i < group.appends.size(); ++i) lists.add(group.appends[i], i);
    if (group.appends.size() == 1) {
      result.verdict = verdict_of(run_alone(lists)[0], group.appends[0], result);
      return;
    }
    GuardedTransaction transaction(session_, dialect_);
    const auto answers = transaction.run([&] { return run(lists); });
    const auto bad = std::ranges::find_if(answers, [](Answer a) { return a != Answer::kWritten; });
    if (bad == answers.end()) {
      transaction.commit();
      result.verdict = Verdict::kWritten;
      return;
    }
    transaction.rollback();
    result.verdict = verdict_of(*bad, group.appends[static_cast<std::size_t>(bad - answers.begin())], result);
  }

  // The statement is a transaction, and its error like one of COMMIT.
  std::vector<Answer> run_alone(const Lists& lists) {
    try {
      return run(lists);
    } catch (const std::exception& error) {
      if (dialect_.commit_failure_is_definite(error)) throw;
      throw UnknownCommit(message_of(error));
    }
  }

  std::vector<Answer> run(const Lists& lists) {
    batch_ = lists.to_json(epoch_);
    std::vector<Answer> answers;
    for (bool more = write_.execute(true); more; more = write_.fetch()) answers.push_back(static_cast<Answer>(answer_));
    // A process takes over all shards or none.
    if (std::ranges::find(answers, Answer::kNotHeld) != answers.end()) throw Fenced{};
    return answers;
  }

  Verdict verdict_of(Answer answer, const Append& append, AppendResult& result) {
    switch (answer) {
      case Answer::kWritten:
        return Verdict::kWritten;
      case Answer::kNotHeld:
      case Answer::kDoesNotFit:
        break;
    }
    if (!append.create || !append.create->idempotency_key) return Verdict::kConflict;
    namespace_ = append.create->namespace_name;
    workflow_ = append.create->workflow;
    key_ = *append.create->idempotency_key;
    if (!find_key_.execute(true)) return Verdict::kConflict;
    result.existing = id_from_text(found_id_);
    result.existing_fingerprint = found_fingerprint_;
    return Verdict::kDuplicate;
  }

  soci::session& session_;
  const Dialect& dialect_;
  const std::uint64_t epoch_;
  std::string batch_, namespace_, workflow_, key_, found_id_, found_fingerprint_;
  int n_ = 0, answer_ = 0;
  soci::statement write_, find_key_;
};

}  // namespace

std::unique_ptr<BatchTransaction> make_statement_transaction(soci::session& session, const Dialect& dialect,
                                                             std::uint64_t epoch) {
  return std::make_unique<StatementTransaction>(session, dialect, epoch);
}

}  // namespace skald::storage
