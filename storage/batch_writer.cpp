#include "storage/batch_writer.hpp"

#include <soci/soci.h>

#include <algorithm>

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
              .remedy = "see that it runs and may be written, and that its disk is sound",
              .detail = message_of(error)};
    case Failure::kExists:
    case Failure::kRefused:
      break;
  }
  return {.code = "store.rejected", .message = "the database refuses these rows", .detail = message_of(error)};
}

Error fenced() {
  return {.code = "store.fenced",
          .message = "another process has taken the database over",
          .remedy = "run one Skald on it"};
}

}  // namespace

BatchWriter::BatchWriter(soci::session& session, const Dialect& dialect, const Owner& owner)
    : session_(session),
      dialect_(dialect),
      owner_(owner),
      name_(dialect.name_writer(session, {})),
      transaction_(dialect.make_batch(session, owner)) {}

BatchWriter::~BatchWriter() = default;

std::vector<AppendResult> BatchWriter::write(Groups groups) {
  Results results;
  results.reserve(groups.size());
  trouble_.reset();
  do {
    const std::size_t count = transaction_ ? std::min(groups.size(), transaction_->groups_max()) : groups.size();
    write_together(groups.first(count), results);
    groups = groups.subspan(count);
  } while (!groups.empty());
  return results;
}

bool BatchWriter::is_ready() {
  if (broken_) return false;
  if (transaction_) return true;
  try {
    session_.close();
    dialect_.open(session_, true);
    const auto guard = dialect_.watch(session_);
    name_ = dialect_.name_writer(session_, name_);
    transaction_ = dialect_.make_batch(session_, owner_);
    trouble_.reset();
    return true;
  } catch (const std::exception& error) {
    trouble_ = error_of(Failure::kStorage, error);
    return false;
  }
}

void BatchWriter::write_together(Groups groups, Results& results) {
  if (!is_ready()) {
    // Not even tried.
    const Error& why = broken_ ? *broken_ : *trouble_;
    return refuse(groups, results, why.code == "store.fenced" ? Verdict::kFenced : Verdict::kRejected, why);
  }
  if (groups.empty()) return;
  const auto earlier = trouble_;
  for (int tries = 1;; ++tries) {
    switch (attempt(groups, results)) {
      case Fate::kCommitted:
        if (tries > 1) trouble_ = earlier;  // trying again was enough
        return;
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
    const auto guard = dialect_.watch(session_);
    transaction_->write(groups, results);
    return Fate::kCommitted;
  } catch (const Fenced&) {
    results.resize(before);
    broken_ = fenced();
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
  const bool replaced = dialect_.replaces_sessions();
  Error doubt{.code = "store.unknown",
              .message = "a commit may or may not have happened",
              .remedy = replaced ? "the histories are read again over a new connection"
                                 : "the process ends; the next one reads what is there",
              .detail = message_of(error)};
  if (replaced) transaction_.reset();
  (replaced ? trouble_ : broken_) = std::move(doubt);
}

BatchWriter::Fate BatchWriter::after_error(const std::exception& error, Groups groups, Results& results) {
  if (dynamic_cast<const UnknownCommit*>(&error) || !dialect_.is_idle(session_)) {
    distrust(error);
    refuse(groups, results, Verdict::kUnknown, broken_ ? *broken_ : *trouble_);
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
