#include <fmt/format.h>
#include <soci/soci.h>
#include <sys/statvfs.h>

#include <atomic>
#include <functional>
#include <mutex>
#include <optional>

#include "engine/base/url.hpp"
#include "storage/batch_transaction.hpp"
#include "storage/batch_writer.hpp"
#include "storage/definition_queries.hpp"
#include "storage/dialect.hpp"
#include "storage/group_commit_journal.hpp"
#include "storage/guarded_transaction.hpp"
#include "storage/history_queries.hpp"
#include "storage/migrations.hpp"
#include "storage/postgres_connection.hpp"
#include "storage/postgres_inbox.hpp"
#include "storage/postgres_leases.hpp"
#include "storage/postgres_notices.hpp"
#include "storage/process_lock.hpp"
#include "storage/removal_queries.hpp"
#include "storage/reopened_session.hpp"
#include "storage/row_codec.hpp"
#include "storage/session_pool.hpp"
#include "storage/store.hpp"

namespace skald::storage {

using namespace ports;

namespace {

// Where the database is.
struct Place {
  std::string name;                 // for people; no credentials
  std::optional<ProcessLock> lock;  // of a file of ours: its disk is watched too
};

// Whose the shards are. Without leases all of them are this process's.
struct Cluster {
  Owner owner;
  std::optional<PostgresNotices> notices = {};
  std::unique_ptr<ShardLeases> leases = {};
  std::unique_ptr<Inbox> inbox = {};
};

class SociStore final : public Store {
 public:
  // Throws soci::soci_error.
  SociStore(std::unique_ptr<Dialect> dialect, std::unique_ptr<soci::session> writer, Place place,
            std::unique_ptr<Cluster> cluster, const StoreOptions& options)
      : options_(options),
        place_(std::move(place)),
        dialect_(std::move(dialect)),
        writer_(std::move(writer)),
        cluster_(std::move(cluster)),
        batch_writer_(*writer_, *dialect_, cluster_->owner),
        readers_(*dialect_, options.readers),
        journal_([this](const auto& groups) { return write(groups); }, options) {
    if (dialect_->replaces_sessions()) upkeep_.emplace(*dialect_, "the upkeep");
  }

  ~SociStore() override { close(); }

  void append(AppendGroup group, AppendSink& sink) override { journal_.push(std::move(group), sink); }

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

  Result<StoredDefinition> put_definition(const StoredDefinition& definition) override {
    return keep_up([&](soci::session& session) -> Result<StoredDefinition> {
      return storage::put_definition(session, *dialect_, definition);
    });
  }

  Result<std::optional<StoredDefinition>> get_definition(const std::string& digest) override {
    return read([&](soci::session& session) { return select_definition(session, digest); });
  }

  Result<std::vector<StoredDefinition>> list_current_definitions(
      const std::optional<ports::WorkflowName>& workflow) override {
    return read([&](soci::session& session) { return select_current_definitions(session, workflow); });
  }

  Result<std::vector<StoredDefinition>> list_revisions(const std::string& namespace_name, const std::string& name,
                                                       const std::string& version) override {
    return read([&](soci::session& session) { return select_revisions(session, namespace_name, name, version); });
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
    health.writable = !failing_.load(std::memory_order_relaxed);
    // Where nothing is written, nothing else would find a new session.
    if (session_lost_.load(std::memory_order_relaxed)) journal_.nudge();
    if (health.low_on_space && health.writable) {
      health.reason = fmt::format("{} MiB are free on the disk of {}, {} MiB are needed to start executions",
                                  free >> 20, place_.name, options_.free_bytes_min >> 20);
    } else if (!health.writable) {
      const std::lock_guard lock(trouble_mutex_);
      health.reason = trouble_ ? to_text(*trouble_) : std::string();
    }
    return health;
  }

  void close() override { journal_.close(); }

 private:
  std::vector<AppendResult> write(const std::vector<AppendGroup>& groups) {
    const std::lock_guard lock(writer_mutex_);
    auto results = batch_writer_.write(groups);
    if (look_at_the_writer()) return results;
    for (const auto& result : results) {
      if (result.error) tell(*result.error);
    }
    return results;
  }

  // Runs work(session), which returns a Result, beside the batches; where the database takes one writer at a time, in
  // turns with them.
  template <class Work>
  auto keep_up(Work&& work) -> decltype(work(std::declval<soci::session&>())) {
    return upkeep_ ? upkeep_->run(work) : write_between_batches(work);
  }

  // Runs work(session), which returns a Result, on the writer's session while it writes no batch.
  template <class Work>
  auto write_between_batches(Work&& work) -> decltype(work(std::declval<soci::session&>())) {
    const std::lock_guard lock(writer_mutex_);
    auto done = guarded([&] {
      if (!batch_writer_.is_ready()) {
        look_at_the_writer();
        const auto& why = batch_writer_.broken() ? batch_writer_.broken() : batch_writer_.trouble();
        throw std::runtime_error(to_text(*why));
      }
      try {
        return work(*writer_);
      } catch (const std::exception& error) {
        if (dynamic_cast<const UnknownCommit*>(&error) || !dialect_->is_idle(*writer_)) {
          batch_writer_.distrust(error);
          look_at_the_writer();
        }
        throw;
      }
    });
    if (!done) return std::unexpected(std::move(done.error()));
    return std::move(*done);
  }

  // Tells of what went wrong, if something did. With the writer's lock.
  bool look_at_the_writer() {
    const auto& broken = batch_writer_.broken();
    const auto& trouble = broken ? broken : batch_writer_.trouble();
    note(trouble);
    session_lost_.store(batch_writer_.has_lost_its_session(), std::memory_order_relaxed);
    if (trouble && !told_fatal_) tell(*trouble);
    if (broken && !told_fatal_) {
      told_fatal_ = true;
      if (options_.on_fatal) options_.on_fatal(*broken);
    }
    return trouble.has_value();
  }

  // Rarely changes: the lock is taken only then.
  void note(const std::optional<Error>& trouble) {
    if (!trouble && !failing_.load(std::memory_order_relaxed)) return;
    const std::lock_guard lock(trouble_mutex_);
    trouble_ = trouble;
    failing_.store(trouble.has_value(), std::memory_order_relaxed);
  }

  // Every one is counted, one a second is written to the log.
  void tell(const Error& error) {
    options_.telemetry.store_error(error.code);
    const auto now = options_.clock.steady();
    if (told_ == error.code && now - told_at_ < std::chrono::seconds(1)) return;
    told_ = error.code;
    told_at_ = now;
    options_.log.write(LogLevel::kError, "the database did not take what was written",
                       {{"code", error.code}, {"error", error.message}, {"detail", error.detail}});
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
  std::unique_ptr<soci::session> writer_;
  std::mutex writer_mutex_;  // the journal's thread, and the rare others that write with its session
  std::unique_ptr<Cluster> cluster_;
  BatchWriter batch_writer_;
  SessionPool readers_;
  std::optional<ReopenedSession> upkeep_;
  std::atomic<bool> failing_ = false;
  std::atomic<bool> session_lost_ = false;
  mutable std::mutex trouble_mutex_;
  std::optional<Error> trouble_;  // of the last batch
  bool told_fatal_ = false;
  std::string told_;
  std::chrono::nanoseconds told_at_{};
  mutable GroupCommitJournal journal_;
};

using MakeDialect = std::function<std::unique_ptr<Dialect>()>;
using JoinCluster = std::function<std::unique_ptr<Cluster>(const Dialect&, soci::session&)>;

Result<std::unique_ptr<Store>> open_place(const MakeDialect& make_dialect, const JoinCluster& join, Place place,
                                          const StoreOptions& options, std::string remedy) {
  try {
    auto dialect = make_dialect();
    auto writer = std::make_unique<soci::session>();
    dialect->open(*writer, true);
    if (auto migrated = migrate(*writer, *dialect); !migrated) {
      migrated.error().subject = place.name;
      return std::unexpected(std::move(migrated.error()));
    }
    auto cluster = join(*dialect, *writer);
    return std::make_unique<SociStore>(std::move(dialect), std::move(writer), std::move(place), std::move(cluster),
                                       options);
  } catch (const std::exception& error) {
    return failure("store.unavailable", "the database cannot be opened", place.name, std::move(remedy),
                   message_of(error));
  }
}

Result<std::unique_ptr<Store>> open_sqlite(const std::string& path, const StoreOptions& options) {
  auto lock = ProcessLock::take(path);
  if (!lock) return std::unexpected(std::move(lock.error()));
  return open_place([&] { return make_sqlite_dialect({path, options.busy_timeout, options.bytes_max}); },
                    [](const Dialect& dialect, soci::session& writer) {
                      auto cluster = std::make_unique<Cluster>();
                      cluster->owner.set(take_shards(writer, dialect));
                      return cluster;
                    },
                    {.name = path, .lock = std::move(*lock)}, options,
                    "check that it is an SQLite file and that its directory may be written");
}

Result<std::unique_ptr<Store>> open_postgres(const std::string& url, const StoreOptions& options) {
  std::string connection;
  return open_place(
      [&] {
        connection = postgres_connection(url);
        return make_postgres_dialect(connection, options.busy_timeout);
      },
      [&](const Dialect& dialect, soci::session&) {
        auto cluster = std::make_unique<Cluster>();
        cluster->notices.emplace(connection);
        cluster->leases = make_postgres_leases(dialect, *cluster->notices, options.node, cluster->owner);
        cluster->inbox = make_postgres_inbox(dialect, *cluster->notices);
        return cluster;
      },
      {.name = without_password(url), .lock = {}}, options,
      "check that the server runs, the address and the credentials");
}

}  // namespace

Result<std::unique_ptr<Store>> open_store(const std::string& url, const StoreOptions& options) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (url.starts_with("postgresql://") || url.starts_with("postgres://")) {
    return open_postgres(url, options);
  }
  if (!url.starts_with(kSqlite) || url.size() == kSqlite.size() || url.find('"') != std::string::npos) {
    return failure("store.url",
                   fmt::format("the storage must be sqlite:PATH or postgresql://... (got '{}')", without_password(url)),
                   "storage", "for example sqlite:skald.db");
  }
  return open_sqlite(url.substr(kSqlite.size()), options);
}

}  // namespace skald::storage
