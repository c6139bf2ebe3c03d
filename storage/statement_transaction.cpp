#include <fmt/format.h>
#include <soci/soci.h>

#include <algorithm>
#include <set>

#include "engine/base/invariant.hpp"
#include "storage/batch_transaction.hpp"
#include "storage/dialect.hpp"
#include "storage/guarded_transaction.hpp"
#include "storage/row_codec.hpp"
#include "storage/statement_batch.hpp"

namespace skald::storage {

using namespace ports;

namespace {

// All parts of the statement see the database as it was before it; the unique keys catch whoever writes beside it, and
// the lock on the node's row keeps whoever would evict it waiting until this has ended.
// `n` is the place of an append in the batch. Every join is a look-up by key or within one append, so that the cost
// grows with the batch and not with its square; what was created is looked up in one JSON object for the same reason.
// Executions are created in the order of their keys: two batches with the same two would else wait for each other.
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
    ended_at, wake_at, open_incidents, resting, idempotency_key, idempotency_fingerprint, replay_of, parent,
    unique_key, unique_until)
  SELECT a.execution, c.shard, c.namespace, c.workflow, c.version, c.digest, c.phase, c.outcome, c.status, c.labels,
    c.started_at, c.ended_at, c.wake_at, c.open_incidents, c.resting, c.key, c.fingerprint, c.replay_of,
    c.parent, c.unique_key, c.unique_until
  FROM appends AS a CROSS JOIN LATERAL jsonb_to_record(a.creation) AS c(shard int, namespace text, workflow text,
    version text, digest text, phase text, outcome text, status text, labels text, started_at bigint, ended_at bigint,
    wake_at bigint, open_incidents bigint, resting int, key text, fingerprint text, replay_of text, parent text,
    unique_key text, unique_until bigint)
  WHERE a.held AND a.creation IS NOT NULL ORDER BY c.namespace, c.workflow, c.unique_key, c.key
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
    wake_at = u.wake_at, open_incidents = u.open_incidents, resting = u.resting,
    unique_key = CASE WHEN u.outcome IN ('', 'completed') THEN e.unique_key END,
    unique_until = CASE WHEN u.outcome IN ('', 'completed') THEN e.unique_until END
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

// Takes the unique keys that a batch's executions want from those who have had them for long enough. A statement before
// the batch's: there its rows must not be changed twice. Other batches change rows in their own order. So who wants
// several keys passes over what is being changed: nobody waits with a row in hand.
constexpr const char* kTakeOver = R"(
UPDATE executions AS e SET unique_key = NULL, unique_until = NULL
FROM (SELECT h.id FROM jsonb_to_recordset(CAST(:wanted AS jsonb)) AS w(namespace text, workflow text, key text,
    started_at bigint)
  JOIN executions AS h ON h.namespace = w.namespace AND h.workflow = w.workflow AND h.unique_key = w.key
    AND h.unique_until <= w.started_at ORDER BY h.id FOR UPDATE OF h {}) AS f
WHERE e.id = f.id)";

// Beyond it the parameter's size costs more than the round trips.
constexpr std::size_t kGroupsMax = 256;

enum class Answer : int { kDoesNotFit = 0, kWritten = 1, kNotHeld = 2 };

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
      result.verdict = verdict_alone(answers[i], groups[i].appends[0], result);
    }
  }

  void write_one(const AppendGroup& group, AppendResult& result) {
    Batch batch;
    for (const auto& append : group.appends) batch.add(append);
    if (group.appends.size() == 1) {
      result.verdict = verdict_alone(run_alone(batch)[0], group.appends[0], result);
      return;
    }
    take_over(batch);
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
    find_holder_ = std::make_unique<soci::statement>(
        (session_.prepare << "SELECT id FROM executions WHERE namespace = :namespace AND workflow = :workflow"
                             " AND unique_key = :key AND unique_until > :started_at"
                             " AND NOT EXISTS (SELECT 1 FROM executions WHERE id = :id)",
         soci::into(found_id_), soci::use(namespace_), soci::use(workflow_), soci::use(key_), soci::use(started_at_),
         soci::use(id_)));
  }

  void take_over(const Batch& batch) {
    const auto wanted = batch.wanted_keys();
    if (wanted.empty()) return;
    session_ << fmt::format(kTakeOver, batch.wanted_count() > 1 ? "SKIP LOCKED" : ""), soci::use(wanted);
  }

  // The statement is a transaction, and its error like one of COMMIT.
  std::vector<Answer> run_alone(const Batch& batch) {
    take_over(batch);
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

  // Of an append that was written, or was not, by itself.
  Verdict verdict_alone(Answer answer, const Append& append, AppendResult& result) {
    const Verdict verdict = verdict_of(answer, append, result);
    if (verdict != Verdict::kConflict || !append.create || !append.create->unique) return verdict;
    // Who had its unique key has given it up meanwhile, perhaps in the same statement, or was being changed when its
    // time was over.
    Batch again;
    again.add(append);
    try {
      return verdict_of(run_alone(again)[0], append, result);
    } catch (const std::exception& error) {
      // Others of the batch are written by now.
      if (dialect_.commit_failure_is_definite(error)) return verdict;
      throw UnknownCommit(message_of(error));
    }
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
    if (!append.create) return Verdict::kConflict;
    try {
      return why_not_created(append, result);
    } catch (const std::exception& error) {
      // Others of the batch are written by now.
      throw UnknownCommit(message_of(error));
    }
  }

  Verdict why_not_created(const Append& append, AppendResult& result) {
    namespace_ = append.create->namespace_name;
    workflow_ = append.create->workflow;
    if (append.create->idempotency_key) {
      key_ = *append.create->idempotency_key;
      if (find_key_->execute(true)) {
        result.existing = id_from_text(found_id_);
        result.existing_fingerprint = found_fingerprint_;
        return Verdict::kDuplicate;
      }
    }
    if (!append.create->unique) return Verdict::kConflict;
    key_ = append.create->unique->key;
    id_ = to_string(append.execution);
    started_at_ = to_millis(append.create->started_at);
    if (!find_holder_->execute(true)) return Verdict::kConflict;
    result.existing = id_from_text(found_id_);
    return Verdict::kTaken;
  }

  soci::session& session_;
  const Dialect& dialect_;
  const Owner& owner_;
  std::string batch_, namespace_, workflow_, key_, id_, found_id_, found_fingerprint_;
  long long started_at_ = 0;
  int n_ = 0, answer_ = 0;
  std::unique_ptr<soci::statement> write_, find_key_, find_holder_;
};

}  // namespace

std::unique_ptr<BatchTransaction> make_statement_transaction(soci::session& session, const Dialect& dialect,
                                                             const Owner& owner) {
  return std::make_unique<StatementTransaction>(session, dialect, owner);
}

}  // namespace skald::storage
