// The ports of the store in memory, for tests: the same rules, no durability, and faults on demand.
//
// Appends wait until deliver() is called, so that a test decides when a commit happens; or start_thread() delivers
// them as a store does. Any thread.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "storage/memory_collections.hpp"
#include "storage/memory_events.hpp"
#include "storage/memory_outbox.hpp"
#include "storage/memory_schedules.hpp"
#include "storage/store.hpp"

namespace skald::storage {

class MemoryStore : public Store {
 public:
  ~MemoryStore() override;

  // Commits and answers what is queued, in order. Returns how many groups that were.
  std::size_t deliver();
  std::size_t queued() const;
  // From here on a thread of the store's own delivers.
  void start_thread();
  // The next group gets this verdict. kUnknown: `written` says whether it happened.
  void fail_next(ports::Verdict verdict, bool written = false);
  std::atomic<std::size_t> reads = 0;  // of rows of `executions`, by id
  // Forgets what is queued, as a crash does.
  void crash();

  void append(ports::AppendGroup group, ports::AppendSink& sink) override;
  Result<ports::StoredExecution> read_execution(const ExecutionId& id) override;
  Result<std::vector<ports::HistoryRow>> read_history(const ExecutionId& id, std::uint64_t after_position,
                                                      std::size_t limit) override;
  Result<std::optional<ports::StoredExecution>> find_by_key(const std::string& namespace_name,
                                                            const std::string& workflow,
                                                            const std::string& key) override;
  Result<std::vector<ports::WakeUp>> list_wake_ups(const ports::ShardSet& shards, Timestamp until,
                                                   const std::optional<ports::WakeUp>& after,
                                                   std::size_t limit) override;
  Result<std::vector<ports::WakeUp>> list_restless(const ports::ShardSet& shards,
                                                   const std::optional<ports::WakeUp>& after,
                                                   std::size_t limit) override;
  Result<ports::Removal> remove_ended(const ports::ShardSet& shards, Timestamp ended_before,
                                      const std::optional<ExecutionId>& after, std::size_t limit) override;

  Result<std::vector<ports::StoredExecution>> search(const ports::ExecutionQuery& query) override;
  Result<std::vector<ports::LiveCount>> count_live(const ports::ShardSet& shards) override;

  Result<ports::StoredRevision> put_definition(const ports::StoredDefinition& definition) override;
  Result<std::optional<ports::StoredDefinition>> get_definition(const std::string& digest) override;
  Result<std::optional<ports::StoredDefinition>> find_source(const std::string& source) override;
  Result<std::vector<ports::StoredRevision>> list_current_definitions(
      const std::optional<ports::WorkflowName>& workflow) override;
  Result<std::vector<ports::StoredRevision>> list_revisions(const std::string& namespace_name, const std::string& name,
                                                            const std::string& version) override;
  Result<std::vector<std::string>> list_filters(const std::string& type) override;
  Result<std::optional<std::uint64_t>> put_event(const ports::NewEvent& event) override;
  Result<void> settle_event(std::uint64_t number, ports::EventFate fate) override;
  Result<std::vector<ports::StoredEvent>> list_new_events(Timestamp received_before, std::uint64_t after,
                                                          std::size_t limit) override;
  Result<std::vector<ports::StoredEvent>> find_events(const std::vector<ports::EventWish>& wishes, std::uint64_t after,
                                                      std::size_t limit) override;
  Result<std::vector<ports::Listener>> list_listeners(const ports::EventKey& key,
                                                      const std::optional<ports::Listener>& after,
                                                      std::size_t limit) override;
  Result<std::uint64_t> count_kept_events() override;
  Result<std::uint64_t> remove_events(Timestamp received_before, std::size_t limit) override;
  Result<ports::StoredCollection> read_collection(const ports::CollectionKey& key, std::uint64_t event) override;
  Result<bool> write_collection(const ports::CollectionKey& key, const ports::CollectionWrite& write) override;
  Result<std::uint64_t> count_collections() override;
  Result<std::uint64_t> remove_collections(Timestamp written_before, std::size_t limit) override;

  Result<std::vector<ports::Delivery>> list_due_deliveries(const std::string& sink, const ports::ShardSet& shards,
                                                           Timestamp now, const std::vector<ExecutionId>& left_out,
                                                           std::size_t limit) override;
  Result<void> settle_deliveries(const std::vector<std::uint64_t>& delivered,
                                 const std::vector<ports::Postponement>& postponed) override;
  Result<std::vector<ports::OutboxLevel>> measure_outbox(const ports::ShardSet& shards) override;

  Result<std::vector<ports::StoredSchedule>> list_schedules(const ports::ShardSet& shards) override;
  Result<bool> put_schedule(const ports::StoredSchedule& schedule) override;

  bool is_shared() const override { return false; }
  void notify_definitions(std::function<void()>) override {}

  std::uint64_t epoch() const override { return 1; }
  StoreHealth health() const override { return {}; }
  void close() override;

 private:
  struct Kept {
    ports::StoredExecution execution;
    std::vector<ports::HistoryRow> rows;
  };
  struct Queued {
    ports::AppendGroup group;
    ports::AppendSink* sink;
    bool refused;  // it came after close()
  };
  using Key = std::array<std::string, 3>;

  template <class Wanted>
  std::vector<ports::WakeUp> live(const ports::ShardSet& shards, const std::optional<ports::WakeUp>& after,
                                  std::size_t limit, Wanted wanted);
  // memory_store_commit.cpp
  ports::AppendResult commit(const ports::AppendGroup& group);
  bool fits(const ports::Append& append) const;
  std::optional<ports::AppendResult> meet_another(const ports::Append& append) const;
  void create(ports::StoredExecution& execution, const ports::Append& append);
  void give_key_up(ports::StoredExecution& execution);

  mutable std::mutex mutex_;
  std::mutex delivery_;  // one delivery at a time, so that verdicts keep their order
  std::condition_variable_any queued_;
  bool closed_ = false;
  std::deque<Queued> queue_;
  std::deque<std::pair<ports::Verdict, bool>> faults_;
  std::map<ExecutionId, Kept> executions_;
  std::map<Key, ExecutionId> by_key_;
  std::map<Key, ExecutionId> holders_;  // of unique keys
  MemoryEvents events_;
  MemoryCollections collections_;
  MemoryOutbox outbox_;
  MemorySchedules schedules_;
  std::vector<ports::StoredDefinition> definitions_;  // by revision within a version; the last one is current
  std::jthread thread_;
};

}  // namespace skald::storage
