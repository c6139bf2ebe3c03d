// What an append does to the store in memory, or why it does nothing.
#include "storage/memory_store.hpp"

namespace skald::storage {
namespace {

using namespace ports;

// The rules of the tables.
std::optional<Error> refusal(const Append& append) {
  const auto refused = [&](const char* message) {
    return Error{.code = "store.rejected", .message = message, .subject = to_string(append.execution)};
  };
  std::uint64_t position = append.expected_position;
  for (const auto& row : append.rows) {
    if (row.position != ++position) return refused("the rows do not count on from the expected position");
  }
  if (!append.summary) return std::nullopt;
  const auto& phase = append.summary->phase;
  const bool ended = phase == "completed" || phase == "faulted" || phase == "cancelled";
  if (ended == append.summary->wake_at.has_value()) return refused("only what has ended needs no wake-up");
  return std::nullopt;
}

}  // namespace

bool MemoryStore::fits(const Append& append) const {
  const auto it = executions_.find(append.execution);
  if (append.create) return it == executions_.end() && append.expected_position == 0;
  return it != executions_.end() && it->second.rows.size() == append.expected_position;
}

// A key that what is to be created would share with another one.
std::optional<AppendResult> MemoryStore::meet_another(const Append& append) const {
  const auto& execution = *append.create;
  const auto& [name, workflow] = std::tie(execution.namespace_name, execution.workflow);
  if (execution.idempotency_key) {
    const auto it = by_key_.find({name, workflow, *execution.idempotency_key});
    if (it != by_key_.end()) {
      return AppendResult{.verdict = Verdict::kDuplicate,
                          .existing = it->second,
                          .existing_fingerprint = executions_.at(it->second).execution.created.idempotency_fingerprint};
    }
  }
  if (!execution.unique || executions_.contains(append.execution)) return std::nullopt;
  const auto it = holders_.find({name, workflow, execution.unique->key});
  if (it == holders_.end()) return std::nullopt;
  const bool is_over = executions_.at(it->second).execution.created.unique->until <= execution.started_at;
  if (is_over) return std::nullopt;
  return AppendResult{.verdict = Verdict::kTaken, .existing = it->second};
}

void MemoryStore::give_key_up(StoredExecution& execution) {
  auto& created = execution.created;
  if (!created.unique) return;
  holders_.erase({created.namespace_name, created.workflow, created.unique->key});
  created.unique.reset();
}

void MemoryStore::create(StoredExecution& execution, const Append& append) {
  auto& created = execution.created = *append.create;
  if (created.idempotency_key) {
    by_key_[{created.namespace_name, created.workflow, *created.idempotency_key}] = append.execution;
  }
  if (!created.unique) return;
  const Key key{created.namespace_name, created.workflow, created.unique->key};
  if (const auto before = holders_.find(key); before != holders_.end()) {
    give_key_up(executions_.at(before->second).execution);
  }
  holders_[key] = append.execution;
}

AppendResult MemoryStore::commit(const AppendGroup& group) {
  AppendResult result{.ticket = group.ticket, .verdict = Verdict::kWritten};
  if (!faults_.empty()) {
    const auto [verdict, written] = faults_.front();
    faults_.pop_front();
    result.verdict = verdict;
    if (verdict == Verdict::kRejected) result.error = Error{.code = "store.full", .message = "the disk is full"};
    if (!written) return result;
  }
  for (const auto& append : group.appends) {
    if (const auto error = refusal(append)) {
      return {.ticket = group.ticket, .verdict = Verdict::kRejected, .error = error};
    }
    if (auto met = append.create ? meet_another(append) : std::nullopt) {
      met->ticket = group.ticket;
      return *met;
    }
    if (!fits(append)) return {.ticket = group.ticket, .verdict = Verdict::kConflict};
  }
  for (const auto& append : group.appends) {
    Kept& kept = executions_[append.execution];
    kept.execution.id = append.execution;
    if (append.create) create(kept.execution, append);
    if (append.summary) kept.execution.summary = *append.summary;
    if (append.summary && gives_key_up(*append.summary)) give_key_up(kept.execution);
    if (append.subscriptions) events_.subscribe(append.execution, *append.subscriptions);
    for (const auto& delivery : append.deliveries) outbox_.add(append.execution, delivery);
    kept.rows.insert(kept.rows.end(), append.rows.begin(), append.rows.end());
    kept.execution.position = kept.rows.size();
  }
  return result;
}

}  // namespace skald::storage
