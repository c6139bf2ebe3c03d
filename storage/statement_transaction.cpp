#include <soci/soci.h>

#include <algorithm>
#include <set>

#include "engine/base/invariant.hpp"
#include "engine/base/json_object.hpp"
#include "storage/batch_transaction.hpp"
#include "storage/dialect.hpp"
#include "storage/guarded_transaction.hpp"
#include "storage/row_codec.hpp"

namespace skald::storage {

using namespace ports;

namespace {

// All parts of the statement see the database as it was before it; the unique keys catch whoever writes beside it, and
// the lock on the node's row keeps whoever would evict it waiting until this has ended.
// `n` is the place of an append in the batch. Every join is a look-up by key or within one append, so that the cost
// grows with the batch and not with its square; what was created is looked up in one JSON object for the same reason.
// Executions are created in the order of their idempotency keys: two batches with the same two would else wait for each
// other.
constexpr const char* kWriteBatch = R"(
WITH batch AS (SELECT CAST(:batch AS jsonb) AS b),
member AS MATERIALIZED (
  SELECT nodes.id FROM nodes, batch WHERE nodes.id = (b->>'node')::bigint FOR KEY SHARE OF nodes),
appends AS MATERIALIZED (
  SELECT a.n, a.execution, a.expected, a.creation, a.summary, a.rows, a.listening, a.outgoing, EXISTS (SELECT 1 FROM member)
    AND EXISTS (SELECT 1 FROM shards AS s WHERE s.id = a.shard AND s.epoch = a.epoch) AS held
  FROM batch, jsonb_to_recordset(b->'appends') AS a(n int, execution text, shard int, epoch bigint, expected bigint,
    creation jsonb, summary jsonb, rows jsonb, listening jsonb, outgoing jsonb)),
applied AS MATERIALIZED (
  SELECT c.n, c.command, c.answer FROM batch, jsonb_to_recordset(b->'applied') AS c(n int, command bigint, answer text)),
created AS (
  INSERT INTO executions (id, shard, namespace, workflow, version, digest, phase, outcome, status, labels, started_at,
    ended_at, wake_at, open_incidents, resting, idempotency_key, idempotency_fingerprint, replay_of, parent)
  SELECT a.execution, c.shard, c.namespace, c.workflow, c.version, c.digest, c.phase, c.outcome, c.status, c.labels,
    c.started_at, c.ended_at, c.wake_at, c.open_incidents, c.resting, c.key, c.fingerprint, c.replay_of,
    c.parent
  FROM appends AS a CROSS JOIN LATERAL jsonb_to_record(a.creation) AS c(shard int, namespace text, workflow text,
    version text, digest text, phase text, outcome text, status text, labels text, started_at bigint, ended_at bigint,
    wake_at bigint, open_incidents bigint, resting int, key text, fingerprint text, replay_of text, parent text)
  WHERE a.held AND a.creation IS NOT NULL ORDER BY c.namespace, c.workflow, c.key
  ON CONFLICT DO NOTHING RETURNING id),
made AS MATERIALIZED (SELECT coalesce(jsonb_object_agg(id, true), '{}') AS ids FROM created),
fits AS MATERIALIZED (
  SELECT a.n, a.execution, a.summary, a.rows, a.listening, a.outgoing FROM appends AS a CROSS JOIN made
  WHERE a.creation IS NOT NULL AND jsonb_exists(made.ids, a.execution)
  UNION ALL
  SELECT a.n, a.execution, a.summary, a.rows, a.listening, a.outgoing FROM appends AS a
  WHERE a.creation IS NULL AND a.held AND a.expected =
    (SELECT max(position) FROM history AS h WHERE h.execution = a.execution)
    AND NOT EXISTS (SELECT 1 FROM applied AS c LEFT JOIN inbox AS i ON i.id = c.command AND i.answer IS NULL
      WHERE c.n = a.n AND i.id IS NULL)),
written AS (
  INSERT INTO history (execution, position, epoch, at, kind, version, step, attempt, actor, data)
  SELECT f.execution, r.position, r.epoch, r.at, r.kind, r.version, r.step, r.attempt, r.actor, r.data
  FROM fits AS f CROSS JOIN LATERAL jsonb_to_recordset(f.rows) AS r(position bigint, epoch bigint, at bigint,
    kind text, version int, step text, attempt bigint, actor text, data text)),
changed AS (
  UPDATE executions AS e SET phase = u.phase, outcome = u.outcome, status = u.status, ended_at = u.ended_at,
    wake_at = u.wake_at, open_incidents = u.open_incidents, resting = u.resting
  FROM fits AS f CROSS JOIN LATERAL jsonb_to_record(f.summary) AS u(phase text, outcome text, status text,
    ended_at bigint, wake_at bigint, open_incidents bigint, resting int)
  WHERE f.summary IS NOT NULL AND e.id = f.execution),
answered AS (
  UPDATE inbox AS i SET answer = c.answer FROM applied AS c, fits AS f
  WHERE i.id = c.command AND f.n = c.n AND i.answer IS NULL),
unsubscribed AS (
  DELETE FROM subscriptions AS s USING fits AS f
  WHERE f.listening IS NOT NULL AND s.execution = f.execution AND NOT EXISTS (
    SELECT 1 FROM jsonb_to_recordset(f.listening) AS l(step text, shape text, key text)
    WHERE l.step = s.step AND l.shape = s.shape AND l.key = s.key)),
subscribed AS (
  INSERT INTO subscriptions (shape, key, execution, step)
  SELECT l.shape, l.key, f.execution, l.step
  FROM fits AS f CROSS JOIN LATERAL jsonb_to_recordset(f.listening) AS l(step text, shape text, key text)
  ON CONFLICT DO NOTHING),
emitted AS (
  INSERT INTO outbox (execution, shard, workflow, step, sink, envelope, emitted_at, due_at, attempts, error)
  SELECT f.execution, o.shard, o.workflow, o.step, o.sink, o.envelope, o.emitted_at, 0, 0, ''
  FROM fits AS f CROSS JOIN LATERAL jsonb_to_recordset(f.outgoing) AS o(shard int, workflow text, step text, sink text,
    envelope text, emitted_at bigint))
SELECT n, 1 FROM fits UNION ALL SELECT n, 2 FROM appends WHERE NOT held)";

// Beyond it the parameter's size costs more than the round trips.
constexpr std::size_t kGroupsMax = 256;

enum class Answer : int { kDoesNotFit = 0, kWritten = 1, kNotHeld = 2 };

void add_time(JsonObject& object, std::string_view name, const std::optional<Timestamp>& at) {
  if (at) object.number(name, to_millis(*at));
}

void add_summary(JsonObject& object, const ExecutionSummary& summary) {
  object.text("phase", summary.phase);
  object.text("outcome", summary.outcome);
  object.text("status", summary.status);
  add_time(object, "ended_at", summary.ended_at);
  add_time(object, "wake_at", summary.wake_at);
  object.number("open_incidents", summary.open_incidents);
  object.number("resting", summary.resting ? 1 : 0);
}

// The statement's only parameter.
class Batch {
 public:
  void add(const Append& append) {
    separate(appends_);
    JsonObject object(appends_);
    object.number("n", count_++);
    object.id("execution", append.execution);
    object.number("shard", append.create ? append.create->shard : shard_of(append.execution));
    object.number("epoch", append.epoch);
    object.number("expected", append.expected_position);
    if (append.create) {
      JsonObject creation(object.key("creation"));
      add_creation(creation, *append.create);
      add_summary(creation, append.summary.value_or(ExecutionSummary{}));
    } else if (append.summary) {
      JsonObject summary(object.key("summary"));
      add_summary(summary, *append.summary);
    }
    if (append.applied) add_applied(*append.applied);
    if (append.subscriptions) add_listening(object.key("listening"), *append.subscriptions);
    if (!append.deliveries.empty()) add_outgoing(object.key("outgoing"), append);
    std::string& rows = object.key("rows");
    rows += '[';
    for (const auto& row : append.rows) add_row(rows, row);
    rows += ']';
  }

  std::size_t count() const { return count_; }

  std::string to_json(const Owner& owner) const {
    return "{\"node\":" + std::to_string(owner.number()) + ",\"appends\":[" + appends_ + "],\"applied\":[" + applied_ +
           "]}";
  }

 private:
  static void separate(std::string& list) {
    if (!list.empty() && list.back() != '[') list += ',';
  }

  // Few appends have one.
  void add_applied(const CommandApplied& applied) {
    separate(applied_);
    JsonObject object(applied_);
    object.number("n", count_ - 1);
    object.number("command", applied.number);
    object.text("answer", applied.answer);
  }

  static void add_listening(std::string& list, const std::vector<Subscription>& subscriptions) {
    list += '[';
    for (const auto& subscription : subscriptions) {
      separate(list);
      JsonObject object(list);
      object.text("step", subscription.step);
      object.text("shape", subscription.key.shape);
      object.text("key", subscription.key.key);
    }
    list += ']';
  }

  static void add_outgoing(std::string& list, const Append& append) {
    list += '[';
    for (const auto& delivery : append.deliveries) {
      separate(list);
      JsonObject object(list);
      object.number("shard", shard_of(append.execution));
      object.text("workflow", delivery.workflow);
      object.text("step", delivery.step);
      object.text("sink", delivery.sink);
      object.text("envelope", delivery.envelope);
      object.number("emitted_at", to_millis(delivery.emitted_at));
    }
    list += ']';
  }

  static void add_creation(JsonObject& object, const NewExecution& execution) {
    object.number("shard", execution.shard);
    object.text("namespace", execution.namespace_name);
    object.text("workflow", execution.workflow);
    object.text("version", execution.version);
    object.text("digest", execution.digest);
    object.text("labels", texts_to_json(execution.labels));
    object.number("started_at", to_millis(execution.started_at));
    if (execution.idempotency_key) object.text("key", *execution.idempotency_key);
    object.text("fingerprint", execution.idempotency_fingerprint);
    if (execution.replay_of) object.id("replay_of", *execution.replay_of);
    if (execution.parent) object.id("parent", *execution.parent);
  }

  static void add_row(std::string& rows, const HistoryRow& row) {
    separate(rows);
    JsonObject object(rows);
    object.number("position", row.position);
    object.number("epoch", row.epoch);
    object.number("at", to_millis(row.at));
    object.text("kind", row.kind);
    object.number("version", row.version);
    object.text("step", row.step);
    object.number("attempt", row.attempt);
    object.text("actor", row.actor);
    object.text("data", row.data);
  }

  std::string appends_, applied_;
  std::size_t count_ = 0;
};

class StatementTransaction final : public BatchTransaction {
 public:
  StatementTransaction(soci::session& session, const Dialect& dialect, const Owner& owner)
      : session_(session), dialect_(dialect), owner_(owner) {
    prepare();
  }

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
    Batch batch;
    for (std::size_t i = 0; i < groups.size(); ++i) {
      const auto& appends = groups[i].appends;
      const bool fits =
          appends.size() == 1 && executions.insert(appends[0].execution).second && !objection_to(appends[0]);
      if (!fits) throw DoesNotFit{{.ticket = groups[i].ticket}};
      batch.add(appends[0]);
    }
    const auto answers = run_alone(batch);
    for (std::size_t i = 0; i < groups.size(); ++i) {
      AppendResult& result = results.emplace_back();
      result.ticket = groups[i].ticket;
      result.verdict = verdict_of(answers[i], groups[i].appends[0], result);
    }
  }

  void write_one(const AppendGroup& group, AppendResult& result) {
    Batch batch;
    for (const auto& append : group.appends) batch.add(append);
    if (group.appends.size() == 1) {
      result.verdict = verdict_of(run_alone(batch)[0], group.appends[0], result);
      return;
    }
    GuardedTransaction transaction(session_, dialect_);
    const auto answers = transaction.run([&] { return run(batch); });
    const auto bad = std::ranges::find_if(answers, [](Answer a) { return a != Answer::kWritten; });
    if (bad == answers.end()) {
      transaction.commit();
      result.verdict = Verdict::kWritten;
      return;
    }
    transaction.rollback();
    result.verdict = verdict_of(*bad, group.appends[static_cast<std::size_t>(bad - answers.begin())], result);
  }

  void prepare() {
    write_ = std::make_unique<soci::statement>(
        (session_.prepare << kWriteBatch, soci::into(n_), soci::into(answer_), soci::use(batch_)));
    find_key_ = std::make_unique<soci::statement>(
        (session_.prepare << "SELECT id, idempotency_fingerprint FROM executions"
                             " WHERE namespace = :namespace AND workflow = :workflow AND idempotency_key = :key",
         soci::into(found_id_), soci::into(found_fingerprint_), soci::use(namespace_), soci::use(workflow_),
         soci::use(key_)));
  }

  // The statement is a transaction, and its error like one of COMMIT.
  std::vector<Answer> run_alone(const Batch& batch) {
    try {
      return run(batch);
    } catch (const std::exception& error) {
      if (dialect_.commit_failure_is_definite(error)) throw;
      throw UnknownCommit(message_of(error));
    }
  }

  std::vector<Answer> run(const Batch& batch) {
    batch_ = batch.to_json(owner_);
    std::vector<Answer> answers(batch.count(), Answer::kDoesNotFit);
    if (!write_) prepare();
    try {
      for (bool more = write_->execute(true); more; more = write_->fetch()) {
        answers[static_cast<std::size_t>(n_)] = static_cast<Answer>(answer_);
      }
    } catch (const std::exception&) {
      // SOCI 4.0.3 forgets the parameters of a statement that failed, should it be executed again.
      write_.reset();
      throw;
    }
    return answers;
  }

  Verdict verdict_of(Answer answer, const Append& append, AppendResult& result) {
    switch (answer) {
      case Answer::kWritten:
        return Verdict::kWritten;
      case Answer::kNotHeld:
        result.error = Error{.code = "store.fenced", .message = "another node has the shard of this execution"};
        return Verdict::kFenced;
      case Answer::kDoesNotFit:
        break;
    }
    if (!append.create || !append.create->idempotency_key) return Verdict::kConflict;
    namespace_ = append.create->namespace_name;
    workflow_ = append.create->workflow;
    key_ = *append.create->idempotency_key;
    try {
      if (!find_key_->execute(true)) return Verdict::kConflict;
    } catch (const std::exception& error) {
      // Others of the batch are written by now.
      throw UnknownCommit(message_of(error));
    }
    result.existing = id_from_text(found_id_);
    result.existing_fingerprint = found_fingerprint_;
    return Verdict::kDuplicate;
  }

  soci::session& session_;
  const Dialect& dialect_;
  const Owner& owner_;
  std::string batch_, namespace_, workflow_, key_, found_id_, found_fingerprint_;
  int n_ = 0, answer_ = 0;
  std::unique_ptr<soci::statement> write_, find_key_;
};

}  // namespace

std::unique_ptr<BatchTransaction> make_statement_transaction(soci::session& session, const Dialect& dialect,
                                                             const Owner& owner) {
  return std::make_unique<StatementTransaction>(session, dialect, owner);
}

}  // namespace skald::storage
