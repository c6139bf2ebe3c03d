#include "storage/batch_writer.hpp"

#include "storage/append_statements.hpp"
#include "storage/dialect.hpp"
#include "storage/guarded_transaction.hpp"

namespace skald::storage {

using namespace ports;

namespace {

// Each try has waited for the busy timeout already.
constexpr int kBusyTriesMax = 2;

// A group that began to write does not fit: the transaction has to be undone and the batch split.
struct DoesNotFit {
  AppendResult result;
};

struct Fenced {};

Error error_of(Failure failure, const std::exception& error) {
  switch (failure) {
    case Failure::kBusy:
      return {.code = "store.busy",
              .message = "the database is locked by somebody else",
              .remedy = "end the other process that writes to it",
              .detail = message_of(error)};
    case Failure::kFull:
      return {.code = "store.full",
              .message = "the disk of the database is full",
              .remedy = "make room on it; nothing is lost",
              .detail = message_of(error)};
    case Failure::kStorage:
      return {.code = "store.unavailable",
              .message = "the database cannot be written",
              .remedy = "check its disk and its permissions",
              .detail = message_of(error)};
    case Failure::kExists:
    case Failure::kRefused:
      break;
  }
  return {.code = "store.rejected", .message = "the database refuses these rows", .detail = message_of(error)};
}

bool positions_follow(const Append& append) {
  std::uint64_t position = append.expected_position;
  for (const auto& row : append.rows) {
    if (row.position != ++position) return false;
  }
  return true;
}

}  // namespace

BatchWriter::BatchWriter(soci::session& session, const Dialect& dialect, std::uint64_t epoch)
    : session_(session), dialect_(dialect), epoch_(epoch), statements_(std::make_unique<AppendStatements>(session)) {}

BatchWriter::~BatchWriter() = default;

std::vector<AppendResult> BatchWriter::write(Groups groups) {
  Results results;
  results.reserve(groups.size());
  trouble_.reset();
  write_together(groups, results);
  return results;
}

void BatchWriter::write_together(Groups groups, Results& results) {
  if (broken_) {
    // Not even tried.
    const bool fenced = broken_->code == "store.fenced";
    return refuse(groups, results, fenced ? Verdict::kFenced : Verdict::kRejected, *broken_);
  }
  for (int tries = 1;; ++tries) {
    switch (attempt(groups, results)) {
      case Fate::kCommitted:
      case Fate::kEnded:
        return;
      case Fate::kAgain:
        if (tries == kBusyTriesMax) return refuse(groups, results, Verdict::kRejected, *trouble_);
        continue;
      case Fate::kSplit: {
        const std::size_t half = groups.size() / 2;
        write_together(groups.first(half), results);
        return write_together(groups.subspan(half), results);
      }
    }
  }
}

BatchWriter::Fate BatchWriter::attempt(Groups groups, Results& results) {
  const std::size_t before = results.size();
  try {
    GuardedTransaction transaction(session_, dialect_);
    transaction.run([&] {
      if (statements_->owner_epoch() != epoch_) throw Fenced{};
      for (const auto& group : groups) write_group(group, results.emplace_back());
    });
    transaction.commit();
    return Fate::kCommitted;
  } catch (const Fenced&) {
    results.resize(before);
    broken_ = Error{.code = "store.fenced",
                    .message = "another process has taken the database over",
                    .remedy = "run one Skald on it; several nodes need PostgreSQL"};
    refuse(groups, results, Verdict::kFenced, *broken_);
    return Fate::kEnded;
  } catch (const DoesNotFit& misfit) {
    results.resize(before);
    if (groups.size() > 1) return Fate::kSplit;
    results.push_back(misfit.result);
    return Fate::kEnded;
  } catch (const std::exception& error) {
    results.resize(before);
    return after_error(error, groups, results);
  }
}

void BatchWriter::distrust(const std::exception& error) {
  broken_ = Error{.code = "store.unknown",
                  .message = "a commit may or may not have happened",
                  .remedy = "the process ends; the next one reads what is there",
                  .detail = message_of(error)};
}

BatchWriter::Fate BatchWriter::after_error(const std::exception& error, Groups groups, Results& results) {
  if (dynamic_cast<const UnknownCommit*>(&error) || !dialect_.is_idle(session_)) {
    distrust(error);
    refuse(groups, results, Verdict::kUnknown, *broken_);
    return Fate::kEnded;
  }
  const Failure failure = dialect_.classify(error);
  const Error told = error_of(failure, error);
  switch (failure) {
    case Failure::kBusy:
      trouble_ = told;
      return Fate::kAgain;
    case Failure::kFull:
    case Failure::kStorage:
      trouble_ = told;
      refuse(groups, results, Verdict::kRejected, told);
      return Fate::kEnded;
    case Failure::kExists:
    case Failure::kRefused:
      break;
  }
  if (groups.size() > 1) return Fate::kSplit;
  if (failure == Failure::kExists) {
    results.push_back({.ticket = groups[0].ticket, .verdict = Verdict::kConflict});
  } else {
    refuse(groups, results, Verdict::kRejected, told);
  }
  return Fate::kEnded;
}

void BatchWriter::refuse(Groups groups, Results& results, Verdict verdict, const Error& error) {
  for (const auto& group : groups) results.push_back({.ticket = group.ticket, .verdict = verdict, .error = error});
}

void BatchWriter::write_group(const AppendGroup& group, AppendResult& result) {
  result.ticket = group.ticket;
  result.verdict = Verdict::kWritten;
  bool touched = false;
  for (const auto& append : group.appends) {
    result.verdict = write_append(append, result);
    // A conflict or a repeated key is expected: where the group has written nothing yet, nothing has to be undone.
    if (result.verdict != Verdict::kWritten && touched) throw DoesNotFit{result};
    if (result.verdict != Verdict::kWritten) return;
    touched = true;
  }
}

// Written, or nothing of it is.
Verdict BatchWriter::write_append(const Append& append, AppendResult& result) {
  if (!positions_follow(append)) {
    result.error = Error{.code = "store.rejected",
                         .message = "the rows do not count on from the expected position",
                         .subject = to_string(append.execution)};
    return Verdict::kRejected;
  }
  AppendStatements& s = *statements_;
  s.name(append.execution);
  if (append.create) return write_creation(append, result);
  if (append.expected_position == 0) return Verdict::kConflict;
  // One writer owns the table while the transaction lasts, so what is read here still holds below.
  if (!s.ends_at(append.expected_position)) return Verdict::kConflict;
  for (const auto& row : append.rows) s.insert(row);
  if (append.summary && !s.update(*append.summary)) {
    throw DoesNotFit{{.ticket = result.ticket, .verdict = Verdict::kConflict}};
  }
  return Verdict::kWritten;
}

Verdict BatchWriter::write_creation(const Append& append, AppendResult& result) {
  AppendStatements& s = *statements_;
  if (append.expected_position != 0) return Verdict::kConflict;
  if (!s.create(*append.create, append.summary.value_or(ExecutionSummary{}))) {
    auto existing = s.find_key();
    if (!existing) return Verdict::kConflict;
    result.existing = existing->id;
    result.existing_fingerprint = std::move(existing->fingerprint);
    return Verdict::kDuplicate;
  }
  for (const auto& row : append.rows) s.insert(row);
  return Verdict::kWritten;
}

}  // namespace skald::storage
