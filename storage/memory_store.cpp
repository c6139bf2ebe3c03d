#include "storage/memory_store.hpp"

#include <algorithm>
#include <tuple>

#include "storage/row_codec.hpp"

namespace skald::storage {
namespace {

using namespace ports;

bool has_text(const StoredExecution& e, const std::string& text) {
  const std::string part = to_lower(text);
  const auto has = [&](const std::string& searched) { return to_lower(searched).contains(part); };
  return has(to_string(e.id)) || has(e.created.idempotency_key.value_or("")) || has(e.summary.status) ||
         std::ranges::any_of(e.created.labels, [&](const auto& label) { return has(label.second); });
}

bool matches(const StoredExecution& e, const ExecutionQuery& q) {
  const auto is = [](const auto& wanted, const auto& value) { return !wanted || *wanted == value; };
  for (const auto& [key, value] : q.labels) {
    const auto it = e.created.labels.find(key);
    if (it == e.created.labels.end() || it->second != value) return false;
  }
  return is(q.namespace_name, e.created.namespace_name) && is(q.workflow, e.created.workflow) &&
         is(q.version, e.created.version) && is(q.phase, e.summary.phase) && is(q.outcome, e.summary.outcome) &&
         is(q.status, e.summary.status) && (!q.idempotency_key || q.idempotency_key == e.created.idempotency_key) &&
         (!q.started_after || e.created.started_at > *q.started_after) &&
         (!q.started_before || e.created.started_at < *q.started_before) &&
         (!q.replay_of || q.replay_of == e.created.replay_of) && (!q.parent || q.parent == e.created.parent) &&
         (!q.text || has_text(e, *q.text)) && (!q.with_open_incidents || e.summary.open_incidents > 0) &&
         (!q.before || e.id < *q.before);
}

std::unexpected<Error> unknown_execution(const ExecutionId& id) {
  return failure("execution.unknown", "there is no such execution", to_string(id));
}

}  // namespace

MemoryStore::~MemoryStore() {
  thread_ = {};
}

std::size_t MemoryStore::deliver() {
  const std::lock_guard delivery(delivery_);
  std::deque<Queued> taken;
  std::vector<std::pair<AppendSink*, std::vector<AppendResult>>> results;  // in the order of their first append
  {
    const std::lock_guard lock(mutex_);
    taken.swap(queue_);
    for (const auto& [group, sink, refused] : taken) {
      auto it = std::find_if(results.begin(), results.end(), [&](const auto& entry) { return entry.first == sink; });
      if (it == results.end()) it = results.insert(it, {sink, {}});
      it->second.push_back(refused
                               ? AppendResult{.ticket = group.ticket,
                                              .verdict = Verdict::kRejected,
                                              .error = Error{.code = "store.closed", .message = "the store is closing"}}
                               : commit(group));
    }
  }
  for (auto& [sink, list] : results) sink->appended(std::move(list));
  return taken.size();
}

void MemoryStore::start_thread() {
  thread_ = std::jthread([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      {
        std::unique_lock lock(mutex_);
        queued_.wait(lock, stop, [&] { return !queue_.empty(); });
      }
      deliver();
    }
  });
}

void MemoryStore::close() {
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  deliver();
}

std::size_t MemoryStore::queued() const {
  const std::lock_guard lock(mutex_);
  return queue_.size();
}

void MemoryStore::fail_next(Verdict verdict, bool written) {
  const std::lock_guard lock(mutex_);
  faults_.emplace_back(verdict, written);
}

void MemoryStore::crash() {
  const std::lock_guard lock(mutex_);
  queue_.clear();
}

void MemoryStore::append(AppendGroup group, AppendSink& sink) {
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back({std::move(group), &sink, closed_});
  }
  queued_.notify_one();
}

Result<StoredExecution> MemoryStore::read_execution(const ExecutionId& id) {
  ++reads;
  const std::lock_guard lock(mutex_);
  const auto it = executions_.find(id);
  if (it == executions_.end()) return unknown_execution(id);
  return it->second.execution;
}

Result<std::vector<HistoryRow>> MemoryStore::read_history(const ExecutionId& id, std::uint64_t after_position,
                                                          std::size_t limit) {
  const std::lock_guard lock(mutex_);
  const auto it = executions_.find(id);
  if (it == executions_.end()) return unknown_execution(id);
  const auto& rows = it->second.rows;
  const auto first = std::min<std::size_t>(after_position, rows.size());
  const auto last = std::min(rows.size(), first + limit);
  return std::vector<HistoryRow>(rows.begin() + static_cast<std::ptrdiff_t>(first),
                                 rows.begin() + static_cast<std::ptrdiff_t>(last));
}

Result<std::optional<StoredExecution>> MemoryStore::find_by_key(const std::string& namespace_name,
                                                                const std::string& workflow, const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto it = by_key_.find({namespace_name, workflow, key});
  if (it == by_key_.end()) return std::optional<StoredExecution>();
  return executions_.at(it->second).execution;
}

template <class Wanted>
std::vector<WakeUp> MemoryStore::live(const ShardSet& shards, const std::optional<WakeUp>& after, std::size_t limit,
                                      Wanted wanted) {
  const std::lock_guard lock(mutex_);
  std::vector<WakeUp> found;
  for (const auto& [id, kept] : executions_) {
    const auto& summary = kept.execution.summary;
    if (!summary.wake_at || !wanted(summary) || !shards[kept.execution.created.shard]) continue;
    const WakeUp wake_up{*summary.wake_at, id};
    if (!after || wake_up > *after) found.push_back(wake_up);
  }
  std::sort(found.begin(), found.end());
  if (found.size() > limit) found.resize(limit);
  return found;
}

Result<std::vector<WakeUp>> MemoryStore::list_wake_ups(const ShardSet& shards, Timestamp until,
                                                       const std::optional<WakeUp>& after, std::size_t limit) {
  return live(shards, after, limit, [&](const ExecutionSummary& summary) { return *summary.wake_at <= until; });
}

Result<std::vector<WakeUp>> MemoryStore::list_restless(const ShardSet& shards, const std::optional<WakeUp>& after,
                                                       std::size_t limit) {
  return live(shards, after, limit, [](const ExecutionSummary& summary) { return !summary.resting; });
}

Result<Removal> MemoryStore::remove_ended(const ShardSet& shards, Timestamp ended_before,
                                          const std::optional<ExecutionId>& after, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  const ExecutionId end = make_execution_id(ended_before, 0, 0);
  Removal removal;
  auto it = after ? executions_.upper_bound(*after) : executions_.begin();
  for (std::size_t seen = 0; seen < limit && it != executions_.end() && it->first < end; ++seen) {
    removal.last = it->first;
    const auto& [id, created, summary, position] = it->second.execution;
    const bool is_held = created.unique && created.unique->until >= ended_before;
    const bool old = summary.ended_at && *summary.ended_at < ended_before && !is_held && summary.open_incidents == 0;
    const bool is_kept = created.parent && executions_.contains(*created.parent);
    if (!old || is_kept || !shards[created.shard]) {
      ++it;
      continue;
    }
    if (created.idempotency_key) by_key_.erase({created.namespace_name, created.workflow, *created.idempotency_key});
    give_key_up(it->second.execution);
    events_.subscribe(id, {});
    it = executions_.erase(it);
    ++removal.executions;
  }
  return removal;
}

Result<std::vector<StoredExecution>> MemoryStore::search(const ExecutionQuery& query) {
  const std::lock_guard lock(mutex_);
  std::vector<StoredExecution> found;
  for (auto it = executions_.rbegin(); it != executions_.rend() && found.size() < query.limit; ++it) {
    if (matches(it->second.execution, query)) found.push_back(it->second.execution);
  }
  return found;
}

Result<std::vector<LiveCount>> MemoryStore::count_live(const ShardSet& shards) {
  const std::lock_guard lock(mutex_);
  std::map<std::tuple<std::uint32_t, std::string, std::string, std::string>, std::uint64_t> counts;
  for (const auto& [id, kept] : executions_) {
    const auto& [created, summary] = std::tie(kept.execution.created, kept.execution.summary);
    if (!summary.wake_at || !shards[created.shard]) continue;
    ++counts[{created.shard, created.namespace_name, created.workflow, summary.phase}];
  }
  std::vector<LiveCount> list;
  for (const auto& [key, count] : counts) {
    list.push_back({std::get<0>(key), std::get<1>(key), std::get<2>(key), std::get<3>(key), count});
  }
  return list;
}

Result<StoredRevision> MemoryStore::put_definition(const StoredDefinition& definition) {
  const std::lock_guard lock(mutex_);
  const auto same_version = [&](const StoredDefinition& d) {
    return d.namespace_name == definition.namespace_name && d.name == definition.name &&
           d.version == definition.version;
  };
  const StoredDefinition* current = nullptr;
  for (const auto& d : definitions_) {
    if (same_version(d)) current = &d;
  }
  if (current && (current->digest == definition.digest || current->revision + 1 != definition.revision))
    return ports::revision_of(*current);
  std::erase_if(definitions_, [&](const StoredDefinition& d) { return d.digest == definition.digest; });
  definitions_.push_back(definition);
  events_.add_filters(definition.filters);
  return ports::revision_of(definition);
}

Result<std::optional<StoredDefinition>> MemoryStore::get_definition(const std::string& digest) {
  const std::lock_guard lock(mutex_);
  for (const auto& d : definitions_) {
    if (d.digest == digest) return std::optional(d);
  }
  return std::optional<StoredDefinition>();
}

Result<std::optional<StoredDefinition>> MemoryStore::find_source(const std::string& source) {
  const std::lock_guard lock(mutex_);
  std::optional<StoredDefinition> newest;
  for (const auto& d : definitions_) {
    if (d.source == source && (!newest || d.revision > newest->revision)) newest = d;
  }
  return newest;
}

Result<std::vector<StoredRevision>> MemoryStore::list_current_definitions(
    const std::optional<ports::WorkflowName>& workflow) {
  const std::lock_guard lock(mutex_);
  std::map<std::array<std::string, 3>, StoredRevision> current;
  for (const auto& d : definitions_) {
    if (workflow && (d.namespace_name != workflow->namespace_name || d.name != workflow->name)) continue;
    current[{d.namespace_name, d.name, d.version}] = ports::revision_of(d);
  }
  std::vector<StoredRevision> list;
  for (auto& [key, d] : current) list.push_back(d);
  return list;
}

Result<std::vector<StoredRevision>> MemoryStore::list_revisions(const std::string& namespace_name,
                                                                const std::string& name, const std::string& version) {
  const std::lock_guard lock(mutex_);
  std::vector<StoredRevision> list;
  for (const auto& d : definitions_) {
    if (d.namespace_name == namespace_name && d.name == name && d.version == version)
      list.push_back(ports::revision_of(d));
  }
  return list;
}

Result<std::vector<std::string>> MemoryStore::list_filters(const std::string& type) {
  const std::lock_guard lock(mutex_);
  return events_.list_filters(type);
}

Result<std::optional<std::uint64_t>> MemoryStore::put_event(const NewEvent& event) {
  const std::lock_guard lock(mutex_);
  return events_.put(event);
}

Result<void> MemoryStore::settle_event(std::uint64_t number, EventFate fate) {
  const std::lock_guard lock(mutex_);
  if (fate == EventFate::kDropped && collections_.has_event(number)) return {};
  events_.settle(number, fate);
  return {};
}

Result<std::vector<StoredEvent>> MemoryStore::list_new_events(Timestamp received_before, std::uint64_t after,
                                                              std::size_t limit) {
  const std::lock_guard lock(mutex_);
  return events_.list_new(received_before, after, limit);
}

Result<std::vector<StoredEvent>> MemoryStore::find_events(const std::vector<EventWish>& wishes, std::uint64_t after,
                                                          std::size_t limit) {
  const std::lock_guard lock(mutex_);
  return events_.find(wishes, after, limit);
}

Result<std::vector<Listener>> MemoryStore::list_listeners(const EventKey& key, const std::optional<Listener>& after,
                                                          std::size_t limit) {
  const std::lock_guard lock(mutex_);
  return events_.list_listeners(key, after, limit);
}

Result<std::uint64_t> MemoryStore::count_kept_events() {
  const std::lock_guard lock(mutex_);
  return events_.count_kept();
}

Result<std::uint64_t> MemoryStore::remove_events(Timestamp received_before, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  const auto removed = events_.remove(received_before, limit);
  for (const std::uint64_t number : removed) collections_.forget_event(number);
  return removed.size();
}

Result<StoredCollection> MemoryStore::read_collection(const CollectionKey& key, std::uint64_t event) {
  const std::lock_guard lock(mutex_);
  return collections_.read(key, event);
}

Result<bool> MemoryStore::write_collection(const CollectionKey& key, const CollectionWrite& write) {
  const std::lock_guard lock(mutex_);
  return collections_.write(key, write);
}

Result<std::uint64_t> MemoryStore::count_collections() {
  const std::lock_guard lock(mutex_);
  return collections_.count();
}

Result<std::uint64_t> MemoryStore::remove_collections(Timestamp written_before, std::size_t limit) {
  const std::lock_guard lock(mutex_);
  return collections_.remove(written_before, limit);
}

Result<std::vector<Delivery>> MemoryStore::list_due_deliveries(const std::string& sink, const ShardSet& shards,
                                                               Timestamp now, const std::vector<ExecutionId>& left_out,
                                                               std::size_t limit) {
  const std::lock_guard lock(mutex_);
  return outbox_.list_due(sink, shards, now, left_out, limit);
}

Result<void> MemoryStore::settle_deliveries(const std::vector<std::uint64_t>& delivered,
                                            const std::vector<Postponement>& postponed) {
  const std::lock_guard lock(mutex_);
  outbox_.settle(delivered, postponed);
  return {};
}

Result<std::vector<OutboxLevel>> MemoryStore::measure_outbox(const ShardSet& shards) {
  const std::lock_guard lock(mutex_);
  return outbox_.measure(shards);
}

Result<std::vector<StoredSchedule>> MemoryStore::list_schedules(const ShardSet& shards) {
  const std::lock_guard lock(mutex_);
  return schedules_.list(shards);
}

Result<bool> MemoryStore::put_schedule(const StoredSchedule& schedule) {
  const std::lock_guard lock(mutex_);
  return schedules_.put(schedule);
}

}  // namespace skald::storage
