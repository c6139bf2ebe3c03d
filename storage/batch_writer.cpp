#include "storage/batch_writer.hpp"

#include "storage/batch_transaction.hpp"
#include "storage/dialect.hpp"
#include "storage/guarded_transaction.hpp"

namespace skald::storage {

using namespace ports;

namespace {

// Each try has waited for the busy timeout already.
constexpr int kBusyTriesMax = 2;

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

}  // namespace

BatchWriter::BatchWriter(soci::session& session, const Dialect& dialect, std::uint64_t epoch)
    : session_(session), dialect_(dialect), transaction_(dialect.make_batch(session, epoch)) {}

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
    transaction_->write(groups, results);
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

}  // namespace skald::storage
