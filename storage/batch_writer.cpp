#include "storage/batch_writer.hpp"

#include <soci/soci.h>

#include "storage/dialect.hpp"
#include "storage/guarded_transaction.hpp"
#include "storage/row_codec.hpp"

namespace skald::storage {

using namespace ports;

namespace {

constexpr int kBusyRetriesMax = 3;

// Some append of the batch does not fit: the transaction has to be undone and the batch split.
struct DoesNotFit {
  AppendResult verdict;
};

Error store_error(Failure failure, const std::exception& error) {
  switch (failure) {
    case Failure::kBusy:
      return {.code = "store.busy",
              .message = "the database is locked by somebody else",
              .remedy = "end the other process that writes to it",
              .detail = error.what()};
    case Failure::kFull:
      return {.code = "store.full",
              .message = "the disk of the database is full",
              .remedy = "make room on it; nothing is lost",
              .detail = error.what()};
    case Failure::kConstraint:
    case Failure::kOther:
      break;
  }
  return {.code = "store.rejected", .message = "the database refused the write", .detail = error.what()};
}

}  // namespace

// The values that the statements are bound to. SOCI binds by address, so they live as long as the statements do.
struct BatchWriter::Statements {
  explicit Statements(soci::session& session)
      : first_row(
            (session.prepare
                 << "INSERT INTO history (execution, position, epoch, at, kind, version, step, attempt, actor, data)"
                    " SELECT :execution, :position, :epoch, :at, :kind, :version, :step, :attempt, :actor, :data"
                    " WHERE EXISTS (SELECT 1 FROM history WHERE execution = :same AND position = :previous)",
             soci::use(id), soci::use(position), soci::use(epoch), soci::use(at), soci::use(kind), soci::use(version),
             soci::use(step), soci::use(attempt), soci::use(actor), soci::use(data), soci::use(id),
             soci::use(previous))),
        row((session.prepare
                 << "INSERT INTO history (execution, position, epoch, at, kind, version, step, attempt, actor, data)"
                    " VALUES (:execution, :position, :epoch, :at, :kind, :version, :step, :attempt, :actor, :data)",
             soci::use(id), soci::use(position), soci::use(epoch), soci::use(at), soci::use(kind), soci::use(version),
             soci::use(step), soci::use(attempt), soci::use(actor), soci::use(data))),
        create(
            (session.prepare
                 << "INSERT INTO executions (id, shard, namespace, workflow, version, digest, phase, outcome, status,"
                    " labels, started_at, ended_at, wake_at, open_incidents, idempotency_key,"
                    " idempotency_fingerprint, replay_of)"
                    " VALUES (:id, :shard, :namespace, :workflow, :version, :digest, :phase, :outcome, :status,"
                    " :labels, :started_at, :ended_at, :wake_at, :open_incidents, :key, :fingerprint, :replay_of)"
                    " ON CONFLICT DO NOTHING",
             soci::use(id), soci::use(shard), soci::use(namespace_name), soci::use(workflow),
             soci::use(definition_version), soci::use(digest), soci::use(phase), soci::use(outcome), soci::use(status),
             soci::use(labels), soci::use(started_at), soci::use(ended_at, ended_set), soci::use(wake_at, wake_set),
             soci::use(open_incidents), soci::use(key, key_set), soci::use(fingerprint),
             soci::use(replay_of, replay_set))),
        update((session.prepare << "UPDATE executions SET phase = :phase, outcome = :outcome, status = :status,"
                                   " ended_at = :ended_at, wake_at = :wake_at, open_incidents = :open_incidents"
                                   " WHERE id = :id",
                soci::use(phase), soci::use(outcome), soci::use(status), soci::use(ended_at, ended_set),
                soci::use(wake_at, wake_set), soci::use(open_incidents), soci::use(id))),
        find((session.prepare << "SELECT id, idempotency_fingerprint FROM executions"
                                 " WHERE namespace = :namespace AND workflow = :workflow AND idempotency_key = :key",
              soci::into(found_id), soci::into(found_fingerprint), soci::use(namespace_name), soci::use(workflow),
              soci::use(key))) {}

  std::string id, kind, step, actor, data, namespace_name, workflow, definition_version, digest, phase, outcome, status,
      labels, key, fingerprint, replay_of, found_id, found_fingerprint;
  long long position = 0, previous = 0, epoch = 0, at = 0, attempt = 0, started_at = 0, ended_at = 0, wake_at = 0,
            open_incidents = 0;
  int version = 1, shard = 0;
  soci::indicator ended_set = soci::i_null, wake_set = soci::i_null, key_set = soci::i_null, replay_set = soci::i_null;
  soci::statement first_row, row, create, update, find;

  void bind(const HistoryRow& from) {
    position = static_cast<long long>(from.position);
    previous = position - 1;
    epoch = static_cast<long long>(from.epoch);
    at = to_millis(from.at);
    kind = from.kind;
    version = from.version;
    step = from.step;
    attempt = from.attempt;
    actor = from.actor;
    data = from.data;
  }

  void bind(const ExecutionSummary& from) {
    phase = from.phase;
    outcome = from.outcome;
    status = from.status;
    open_incidents = from.open_incidents;
    ended_set = from.ended_at ? soci::i_ok : soci::i_null;
    ended_at = from.ended_at ? to_millis(*from.ended_at) : 0;
    wake_set = from.wake_at ? soci::i_ok : soci::i_null;
    wake_at = from.wake_at ? to_millis(*from.wake_at) : 0;
  }

  void bind(const NewExecution& from) {
    shard = static_cast<int>(from.shard);
    namespace_name = from.namespace_name;
    workflow = from.workflow;
    definition_version = from.version;
    digest = from.digest;
    labels = labels_to_json(from.labels);
    started_at = to_millis(from.started_at);
    key_set = from.idempotency_key ? soci::i_ok : soci::i_null;
    key = from.idempotency_key.value_or("");
    fingerprint = from.idempotency_fingerprint;
    replay_set = from.replay_of ? soci::i_ok : soci::i_null;
    replay_of = from.replay_of ? to_string(*from.replay_of) : "";
  }
};

BatchWriter::BatchWriter(soci::session& session, const Dialect& dialect)
    : session_(session), dialect_(dialect), statements_(std::make_unique<Statements>(session)) {}

BatchWriter::~BatchWriter() = default;

std::vector<AppendResult> BatchWriter::write(std::span<const AppendGroup> groups) {
  std::vector<AppendResult> results;
  results.reserve(groups.size());
  write_together(groups, results);
  return results;
}

void BatchWriter::write_together(std::span<const AppendGroup> groups, std::vector<AppendResult>& results) {
  const std::size_t before = results.size();
  Error last_error;
  for (int tries = 0; tries < kBusyRetriesMax && !broken_; ++tries) {
    bool committing = false;
    try {
      GuardedTransaction transaction(session_, dialect_);
      transaction.run([&] {
        for (const auto& group : groups) write_group(group, results.emplace_back());
      });
      committing = true;
      transaction.commit();
      return;
    } catch (const DoesNotFit& misfit) {
      results.resize(before);
      if (groups.size() == 1) return results.push_back(misfit.verdict);
      break;
    } catch (const std::exception& error) {
      results.resize(before);
      const Failure failure = dialect_.classify(error);
      last_error = store_error(failure, error);
      if (committing && !dialect_.commit_failure_is_definite(error)) {
        broken_ = Error{.code = "store.unknown",
                        .message = "a commit may or may not have happened",
                        .remedy = "the process ends; the next one reads what is there",
                        .detail = error.what()};
        break;
      }
      if (failure == Failure::kBusy) continue;
      if (failure == Failure::kConstraint && groups.size() == 1) {
        return results.push_back({.ticket = groups[0].ticket, .verdict = Verdict::kConflict});
      }
      if (failure == Failure::kFull || groups.size() == 1)
        return refuse(groups, results, Verdict::kRejected, last_error);
      break;
    }
  }
  if (broken_) return refuse(groups, results, Verdict::kUnknown, *broken_);
  if (last_error.code == "store.busy") return refuse(groups, results, Verdict::kRejected, last_error);
  const std::size_t half = groups.size() / 2;
  write_together(groups.first(half), results);
  write_together(groups.subspan(half), results);
}

void BatchWriter::refuse(std::span<const AppendGroup> groups, std::vector<AppendResult>& results, Verdict verdict,
                         const Error& error) {
  for (const auto& group : groups) results.push_back({.ticket = group.ticket, .verdict = verdict, .error = error});
}

void BatchWriter::write_group(const AppendGroup& group, AppendResult& result) {
  result.ticket = group.ticket;
  result.verdict = Verdict::kWritten;
  bool touched = false;
  for (const auto& append : group.appends) {
    statements_->id = to_string(append.execution);
    if (append.create && !insert_execution(append, result)) {
      // A repeated start key is expected; it ends its own group, and where that has written nothing yet, nothing else.
      if (result.verdict != Verdict::kDuplicate || touched) throw DoesNotFit{result};
      return;
    }
    touched = true;
    if (!insert_rows(append)) throw DoesNotFit{{.ticket = group.ticket, .verdict = Verdict::kConflict}};
    if (append.summary && !append.create) update_execution(append);
  }
}

bool BatchWriter::insert_execution(const Append& append, AppendResult& result) {
  Statements& s = *statements_;
  s.bind(*append.create);
  s.bind(append.summary.value_or(ExecutionSummary{}));
  s.create.execute(true);
  if (s.create.get_affected_rows() == 1) return true;
  result.verdict = Verdict::kConflict;
  if (s.key_set == soci::i_ok && s.find.execute(true)) {
    result.verdict = Verdict::kDuplicate;
    result.existing = parse_execution_id(s.found_id);
    result.existing_fingerprint = s.found_fingerprint;
    s.find.fetch();  // past its only row, so that no read stays open
  }
  return false;
}

bool BatchWriter::insert_rows(const Append& append) {
  Statements& s = *statements_;
  bool first = append.expected_position > 0;
  if (!first && !append.create) return false;
  std::uint64_t position = append.expected_position;
  for (const auto& row : append.rows) {
    s.bind(row);
    if (row.position != ++position) return false;
    if (first) {
      // Only behind the row before it: a gap would lose what somebody else wrote, or nobody.
      s.first_row.execute(true);
      if (s.first_row.get_affected_rows() != 1) return false;
      first = false;
    } else {
      s.row.execute(true);
    }
  }
  return true;
}

void BatchWriter::update_execution(const Append& append) {
  statements_->bind(*append.summary);
  statements_->update.execute(true);
}

}  // namespace skald::storage
