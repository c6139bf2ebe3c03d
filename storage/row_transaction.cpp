#include <limits>
#include <unordered_map>

#include "storage/append_statements.hpp"
#include "storage/batch_transaction.hpp"
#include "storage/dialect.hpp"
#include "storage/guarded_transaction.hpp"
#include "storage/history_insert.hpp"

namespace skald::storage {

using namespace ports;

namespace {

// Of more executions than these it is not remembered where they end.
constexpr std::size_t kEndsMax = 65'536;

class RowTransaction final : public BatchTransaction {
 public:
  RowTransaction(soci::session& session, const Dialect& dialect, const Owner& owner)
      : session_(session), dialect_(dialect), owner_(owner), statements_(session), rows_(session) {}

  std::size_t groups_max() const override { return std::numeric_limits<std::size_t>::max(); }

  void write(Groups groups, Results& results) override {
    try {
      GuardedTransaction transaction(session_, dialect_);
      transaction.run([&] {
        if (statements_.owner_epoch() != owner_.number()) throw Fenced{};
        for (const auto& group : groups) write_group(group, results.emplace_back());
        rows_.write();
      });
      transaction.commit();
    } catch (...) {
      rows_.discard();
      ends_.clear();
      throw;
    }
  }

 private:
  void write_group(const AppendGroup& group, AppendResult& result);
  Verdict write_append(const Append& append, AppendResult& result);
  Verdict write_creation(const Append& append, AppendResult& result);
  bool fits(const Append& append);
  void remember_end(const Append& append);

  soci::session& session_;
  const Dialect& dialect_;
  const Owner& owner_;
  AppendStatements statements_;
  HistoryInsert rows_;
  // The last positions of histories that were written here, so that they need not be asked for. Every transaction sees
  // to it that nobody else has become their owner; a row that somebody writes all the same is met by its key.
  std::unordered_map<ExecutionId, std::uint64_t> ends_;
};

void RowTransaction::write_group(const AppendGroup& group, AppendResult& result) {
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
Verdict RowTransaction::write_append(const Append& append, AppendResult& result) {
  if (auto objection = objection_to(append)) {
    result.error = std::move(objection);
    return Verdict::kRejected;
  }
  AppendStatements& s = statements_;
  s.name(append.execution);
  if (append.create) return write_creation(append, result);
  if (append.expected_position == 0) return Verdict::kConflict;
  // One writer owns the table while the transaction lasts, so what is read here still holds below.
  if (!fits(append)) return Verdict::kConflict;
  rows_.add(s.named(), append.rows);
  if (append.summary && !s.update(*append.summary)) {
    throw DoesNotFit{{.ticket = result.ticket, .verdict = Verdict::kConflict}};
  }
  if (append.subscriptions) s.subscribe(*append.subscriptions);
  for (const auto& delivery : append.deliveries) s.deliver(append.execution, delivery);
  remember_end(append);
  return Verdict::kWritten;
}

Verdict RowTransaction::write_creation(const Append& append, AppendResult& result) {
  AppendStatements& s = statements_;
  if (append.expected_position != 0) return Verdict::kConflict;
  if (!s.create(*append.create, append.summary.value_or(ExecutionSummary{}))) {
    if (auto existing = s.find_key()) {
      result.existing = existing->id;
      result.existing_fingerprint = std::move(existing->fingerprint);
      return Verdict::kDuplicate;
    }
    result.existing = s.find_holder();
    return result.existing ? Verdict::kTaken : Verdict::kConflict;
  }
  rows_.add(s.named(), append.rows);
  if (append.subscriptions) s.subscribe(*append.subscriptions);
  for (const auto& delivery : append.deliveries) s.deliver(append.execution, delivery);
  remember_end(append);
  return Verdict::kWritten;
}

bool RowTransaction::fits(const Append& append) {
  const auto known = ends_.find(append.execution);
  if (known != ends_.end() && known->second == append.expected_position) return true;
  rows_.write();
  return statements_.ends_at(append.expected_position);
}

// Of those that go on. What has ended may be removed, and is asked for once more where something is added to it.
void RowTransaction::remember_end(const Append& append) {
  const auto known = ends_.find(append.execution);
  const bool goes_on = append.summary ? !append.summary->ended_at : known != ends_.end();
  if (!goes_on) {
    if (known != ends_.end()) ends_.erase(known);
    return;
  }
  const std::uint64_t end = append.expected_position + append.rows.size();
  if (known != ends_.end()) {
    known->second = end;
    return;
  }
  if (ends_.size() >= kEndsMax) ends_.clear();
  ends_.emplace(append.execution, end);
}

}  // namespace

std::unique_ptr<BatchTransaction> make_row_transaction(soci::session& session, const Dialect& dialect,
                                                       const Owner& owner) {
  return std::make_unique<RowTransaction>(session, dialect, owner);
}

}  // namespace skald::storage
