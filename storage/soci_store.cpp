#include "storage/soci_store.hpp"

#include <fmt/format.h>
#include <soci/soci.h>
#include <sys/statvfs.h>

#include <optional>
#include <utility>
#include <vector>

#include "storage/collection_queries.hpp"
#include "storage/definition_queries.hpp"
#include "storage/event_queries.hpp"
#include "storage/history_queries.hpp"
#include "storage/outbox_queries.hpp"
#include "storage/postgres_leases.hpp"
#include "storage/removal_queries.hpp"
#include "storage/reopened_session.hpp"
#include "storage/row_codec.hpp"
#include "storage/schedule_queries.hpp"
#include "storage/session_pool.hpp"
#include "storage/writer.hpp"

namespace skald::storage {

using namespace ports;

namespace {

class SociStore final : public Store {
 public:
  SociStore(std::unique_ptr<Dialect> dialect, std::unique_ptr<soci::session> first, Place place,
            std::unique_ptr<Cluster> cluster, const StoreOptions& options)
      : options_(options),
        place_(std::move(place)),
        dialect_(std::move(dialect)),
        cluster_(std::move(cluster)),
        readers_(*dialect_, options.readers) {
    add_writer(std::move(first));
    if (!dialect_->replaces_sessions()) return;
    upkeep_.emplace(*dialect_, "the upkeep");
    while (writers_.size() < options.writers) {
      auto next = std::make_unique<soci::session>();
      dialect_->open(*next, true);
      add_writer(std::move(next));
    }
  }

  ~SociStore() override { close(); }

  // A group goes where the shard of its first execution does, so that the appends of an execution stay in order; a
  // replay is begun with the mark on its original, and goes on where its own shard does.
  void append(AppendGroup group, AppendSink& sink) override {
    const std::size_t shard = group.appends.empty() ? 0 : shard_of(group.appends.front().execution);
    writers_[shard % writers_.size()]->append(std::move(group), sink);
  }

  Result<StoredExecution> read_execution(const ExecutionId& id) override {
    auto found = read([&](soci::session& session) { return select_execution(session, id); });
    if (!found) return std::unexpected(std::move(found.error()));
    if (!*found) return failure("execution.unknown", "there is no such execution", to_string(id));
    return std::move(**found);
  }

  Result<std::vector<HistoryRow>> read_history(const ExecutionId& id, std::uint64_t after_position,
                                               std::size_t limit) override {
    auto rows = read([&](soci::session& session) { return select_history(session, id, after_position, limit); });
    if (!rows || !rows->empty()) return rows;
    auto known = read_execution(id);
    if (!known) return std::unexpected(std::move(known.error()));
    return rows;
  }

  Result<std::optional<StoredExecution>> find_by_key(const std::string& namespace_name, const std::string& workflow,
                                                     const std::string& key) override {
    return read([&](soci::session& session) { return select_by_key(session, namespace_name, workflow, key); });
  }

  Result<std::vector<WakeUp>> list_wake_ups(const ShardSet& shards, Timestamp until, const std::optional<WakeUp>& after,
                                            std::size_t limit) override {
    return read([&](soci::session& session) { return select_wake_ups(session, shards, until, after, limit); });
  }

  Result<std::vector<WakeUp>> list_restless(const ShardSet& shards, const std::optional<WakeUp>& after,
                                            std::size_t limit) override {
    return read([&](soci::session& session) { return select_restless(session, shards, after, limit); });
  }

  Result<Removal> remove_ended(const ShardSet& shards, Timestamp ended_before, const std::optional<ExecutionId>& after,
                               std::size_t limit) override {
    auto page = read([&](soci::session& session) { return select_ended(session, shards, ended_before, after, limit); });
    if (!page) return std::unexpected(std::move(page.error()));
    Removal removal{.executions = 0, .last = page->last};
    if (page->ids.empty()) return removal;
    const auto remove = [&](soci::session& session) -> Result<std::uint64_t> {
      return delete_ended(session, *dialect_, cluster_->owner, page->ids, ended_before);
    };
    auto removed = keep_up(remove);
    if (!removed) return std::unexpected(std::move(removed.error()));
    removal.executions = *removed;
    return removal;
  }

  Result<std::vector<StoredExecution>> search(const ExecutionQuery& query) override {
    return read([&](soci::session& session) { return select_matching(session, *dialect_, query); });
  }

  Result<std::vector<LiveCount>> count_live(const ShardSet& shards) override {
    return read([&](soci::session& session) { return storage::count_live(session, shards); });
  }

  Result<StoredRevision> put_definition(const StoredDefinition& definition) override {
    return keep_up([&](soci::session& session) -> Result<StoredRevision> {
      return storage::put_definition(session, *dialect_, definition);
    });
  }

  Result<std::optional<StoredDefinition>> get_definition(const std::string& digest) override {
    return read([&](soci::session& session) { return select_definition(session, digest); });
  }

  Result<std::optional<StoredDefinition>> find_source(const std::string& source) override {
    return read([&](soci::session& session) { return select_source(session, source); });
  }

  Result<std::vector<StoredRevision>> list_current_definitions(
      const std::optional<ports::WorkflowName>& workflow) override {
    return read([&](soci::session& session) { return select_current_definitions(session, workflow); });
  }

  Result<std::vector<StoredRevision>> list_revisions(const std::string& namespace_name, const std::string& name,
                                                     const std::string& version) override {
    return read([&](soci::session& session) { return select_revisions(session, namespace_name, name, version); });
  }

  Result<std::vector<std::string>> list_filters(const std::string& type) override {
    return read([&](soci::session& session) { return select_filters(session, type); });
  }

  Result<std::optional<std::uint64_t>> put_event(const NewEvent& event) override {
    return keep_up([&](soci::session& session) -> Result<std::optional<std::uint64_t>> {
      return insert_event(session, *dialect_, event);
    });
  }

  Result<void> settle_event(std::uint64_t number, EventFate fate) override {
    return keep_up([&](soci::session& session) -> Result<void> {
      storage::settle_event(session, *dialect_, number, fate);
      return {};
    });
  }

  Result<std::vector<StoredEvent>> list_new_events(Timestamp received_before, std::uint64_t after,
                                                   std::size_t limit) override {
    return read([&](soci::session& session) { return select_new_events(session, received_before, after, limit); });
  }

  Result<std::vector<StoredEvent>> find_events(const std::vector<EventWish>& wishes, std::uint64_t after,
                                               std::size_t limit) override {
    return read([&](soci::session& session) { return select_events(session, wishes, after, limit); });
  }

  Result<std::vector<Listener>> list_listeners(const EventKey& key, const std::optional<Listener>& after,
                                               std::size_t limit) override {
    return read([&](soci::session& session) { return select_listeners(session, key, after, limit); });
  }

  Result<std::uint64_t> count_kept_events() override {
    return read([](soci::session& session) { return storage::count_kept_events(session); });
  }

  Result<std::uint64_t> remove_events(Timestamp received_before, std::size_t limit) override {
    return keep_up([&](soci::session& session) -> Result<std::uint64_t> {
      return delete_events(session, *dialect_, received_before, limit);
    });
  }

  Result<StoredCollection> read_collection(const CollectionKey& key, std::uint64_t event) override {
    return read([&](soci::session& session) { return select_collection(session, key, event); });
  }

  Result<bool> write_collection(const CollectionKey& key, const CollectionWrite& write) override {
    return keep_up([&](soci::session& session) -> Result<bool> {
      return storage::write_collection(session, *dialect_, key, write);
    });
  }

  Result<std::uint64_t> count_collections() override {
    return read([&](soci::session& session) { return storage::count_collections(session); });
  }

  Result<std::uint64_t> remove_collections(Timestamp written_before, std::size_t limit) override {
    return keep_up([&](soci::session& session) -> Result<std::uint64_t> {
      return delete_collections(session, *dialect_, written_before, limit);
    });
  }

  Result<std::vector<Delivery>> list_due_deliveries(const std::string& sink, const ShardSet& shards, Timestamp now,
                                                    const std::vector<ExecutionId>& left_out,
                                                    std::size_t limit) override {
    return read(
        [&](soci::session& session) { return select_due_deliveries(session, sink, shards, now, left_out, limit); });
  }

  Result<void> settle_deliveries(const std::vector<std::uint64_t>& delivered,
                                 const std::vector<Postponement>& postponed) override {
    return keep_up([&](soci::session& session) -> Result<void> {
      storage::settle_deliveries(session, *dialect_, delivered, postponed);
      return {};
    });
  }

  Result<std::vector<OutboxLevel>> measure_outbox(const ShardSet& shards) override {
    return read([&](soci::session& session) { return select_outbox_levels(session, shards); });
  }

  Result<std::vector<StoredSchedule>> list_schedules(const ShardSet& shards) override {
    return read([&](soci::session& session) { return select_schedules(session, shards); });
  }

  Result<bool> put_schedule(const StoredSchedule& schedule) override {
    return keep_up(
        [&](soci::session& session) -> Result<bool> { return write_schedule(session, *dialect_, schedule); });
  }

  bool is_shared() const override { return cluster_->leases != nullptr; }
  void notify_definitions(std::function<void()> changed) override {
    if (cluster_->notices) cluster_->notices->tell(kDefinitionsChannel, std::move(changed));
  }

  std::uint64_t epoch() const override { return cluster_->leases ? 0 : cluster_->owner.number(); }

  ShardLeases* leases() override { return cluster_->leases.get(); }
  Inbox* inbox() override { return cluster_->inbox.get(); }

  // Not over the session of the leases: no list keeps a renewal waiting.
  Result<std::vector<ClusterNode>> list_nodes() override {
    if (!cluster_->leases) return {};
    return read([](soci::session& session) { return select_nodes(session); });
  }

  StoreHealth health() const override {
    StoreHealth health;
    const std::uint64_t free = place_.lock ? free_bytes() : options_.free_bytes_min;
    health.low_on_space = free < options_.free_bytes_min;
    for (const auto& writer : writers_) {
      const auto trouble = writer->trouble();
      if (!trouble) continue;
      health.writable = false;
      health.reason = to_text(*trouble);
    }
    if (health.low_on_space && health.writable) {
      health.reason = fmt::format("{} MiB are free on the disk of {}, {} MiB are needed to start executions",
                                  free >> 20, place_.name, options_.free_bytes_min >> 20);
    }
    return health;
  }

  void close() override {
    for (const auto& writer : writers_) writer->close();
  }

 private:
  void add_writer(std::unique_ptr<soci::session> session) {
    writers_.push_back(std::make_unique<Writer>(std::move(session), *dialect_, cluster_->owner, options_));
  }

  // Runs work(session), which returns a Result, beside the batches; where the database takes one writer at a time, in
  // turns with them.
  template <class Work>
  auto keep_up(Work&& work) -> decltype(work(std::declval<soci::session&>())) {
    return upkeep_ ? upkeep_->run(work) : write_between_batches(work);
  }

  // Runs work(session), which returns a Result, on the only writer's session.
  template <class Work>
  auto write_between_batches(Work&& work) -> decltype(work(std::declval<soci::session&>())) {
    auto done = guarded([&] {
      std::optional<decltype(work(std::declval<soci::session&>()))> result;
      writers_.front()->between_batches([&](soci::session& session) { result = work(session); });
      return std::move(*result);
    });
    if (!done) return std::unexpected(std::move(done.error()));
    return std::move(*done);
  }

  template <class Work>
  auto guarded(Work&& work) -> Result<decltype(work())> {
    try {
      return work();
    } catch (const CorruptRow& error) {
      options_.telemetry.store_error("store.corrupt");
      return failure("store.corrupt", error.what(), place_.name, "restore the database from a backup");
    } catch (const std::exception& error) {
      options_.telemetry.store_error("store.unavailable");
      return failure("store.unavailable", "the database does not answer", place_.name, "see the log of the server",
                     message_of(error));
    }
  }

  template <class Work>
  auto read(Work&& work) -> Result<decltype(work(std::declval<soci::session&>()))> {
    return guarded([&] {
      SessionPool::Lease lease(readers_);
      try {
        return work(*lease);
      } catch (const std::exception&) {
        // Reading twice does no harm.
        if (!lease.renew()) throw;
        return work(*lease);
      }
    });
  }

  std::uint64_t free_bytes() const {
    struct statvfs status{};
    if (::statvfs(place_.name.c_str(), &status) != 0) return 0;
    return static_cast<std::uint64_t>(status.f_bavail) * status.f_frsize;
  }

  StoreOptions options_;
  Place place_;
  std::unique_ptr<Dialect> dialect_;
  std::unique_ptr<Cluster> cluster_;
  SessionPool readers_;
  std::optional<ReopenedSession> upkeep_;
  std::vector<std::unique_ptr<Writer>> writers_;
};

}  // namespace

std::unique_ptr<Store> make_soci_store(std::unique_ptr<Dialect> dialect, std::unique_ptr<soci::session> first,
                                       Place place, std::unique_ptr<Cluster> cluster, const StoreOptions& options) {
  return std::make_unique<SociStore>(std::move(dialect), std::move(first), std::move(place), std::move(cluster),
                                     options);
}

}  // namespace skald::storage
