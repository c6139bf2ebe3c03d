#include "tests/simulation/simulated_store.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace skald::simulation {

using ports::AppendResult;
using ports::Verdict;

struct SimulatedStore::Batch {
  enum class Fate { kWritten, kRejected, kConflict, kUnknownWritten, kUnknownLost, kCrashBefore, kCrashAfter };

  std::vector<ports::AppendGroup> groups;
  std::vector<ports::AppendSink*> sinks;
  std::vector<std::uint64_t> tickets;
  std::vector<AppendResult> results;
  Database::Writer writer;
  Fate fate = Fate::kWritten;
  bool arrived = false;
};

SimulatedStore::SimulatedStore(World& world, Faults& faults, Database& database, LifePtr life,
                               const SimulatedLeases* leases, std::function<void()> dies)
    : world_(world),
      faults_(faults),
      database_(database),
      life_(std::move(life)),
      leases_(leases),
      dies_(std::move(dies)) {}

SimulatedStore::~SimulatedStore() {
  if (!in_flight_ || in_flight_->arrived || leases_) return;
  in_flight_->arrived = true;
  if (world_.chance(50)) database_.commit(std::move(in_flight_->groups), in_flight_->writer);
}

void SimulatedStore::append(ports::AppendGroup group, ports::AppendSink& sink) {
  queue_.push_back(std::move(group));
  sinks_.push_back(&sink);
  if (scheduled_ || in_flight_) return;
  scheduled_ = true;
  world_.after(life_, world_.between(1us, 100us), [this] { begin_batch(); });
}

void SimulatedStore::begin_batch() {
  scheduled_ = false;
  auto batch = std::make_shared<Batch>();
  const auto count = world_.chance(80) ? queue_.size() : 1 + static_cast<std::size_t>(world_.below(queue_.size()));
  const auto cut = static_cast<std::ptrdiff_t>(count);
  std::move(queue_.begin(), queue_.begin() + cut, std::back_inserter(batch->groups));
  queue_.erase(queue_.begin(), queue_.begin() + cut);
  batch->sinks.assign(sinks_.begin(), sinks_.begin() + cut);
  sinks_.erase(sinks_.begin(), sinks_.begin() + cut);
  for (const auto& group : batch->groups) batch->tickets.push_back(group.ticket);
  batch->writer = {.node = life_->node, .member = leases_ ? leases_->member() : 0};
  draw_fate(*batch);
  in_flight_ = batch;
  const Nanos way = faults_.happens(Fault::kSlowCommit) ? world_.between(100ms, 8s) : world_.latency();
  // On its way it waits for no process that stalls, and outlives one that dies.
  world_.after(way, [this, &database = database_, batch, life = life_] {
    if (!life->over) return arrive(batch);
    if (!std::exchange(batch->arrived, true)) database.commit(std::move(batch->groups), batch->writer);
  });
}

void SimulatedStore::draw_fate(Batch& batch) {
  using enum Batch::Fate;
  if (faults_.happens(Fault::kDiskFull)) database_.fill_disk(world_.between(1ms, 15s));
  const auto fault = faults_.fate_of_append();
  if (is_cut()) {
    batch.fate = kRejected;  // no session
  } else if (fault) {
    batch.fate = *fault == Fault::kCrashBeforeAppend  ? kCrashBefore
                 : *fault == Fault::kCrashAfterAppend ? kCrashAfter
                 : *fault == Fault::kUnknownWritten   ? kUnknownWritten
                 : *fault == Fault::kUnknownLost      ? kUnknownLost
                                                      : kConflict;
  }
}

// The database gets the batch, or something happens to it.
void SimulatedStore::arrive(const BatchPtr& batch) {
  using enum Batch::Fate;
  batch->arrived = true;
  auto& fate = batch->fate;
  if (is_cut() && fate != kRejected) fate = kUnknownLost;
  if (database_.is_full() && fate != kUnknownLost) fate = kRejected;
  const auto dies = dies_;  // this object dies too
  if (fate == kCrashBefore) return dies();
  if (fate == kWritten || fate == kUnknownWritten || fate == kCrashAfter) {
    batch->results = database_.commit(std::move(batch->groups), batch->writer);
  }
  if (fate == kCrashAfter) return dies();
  world_.after(life_, world_.latency(), [this, batch] { answer(batch); });
}

// What the process hears where it does not hear the truth.
void SimulatedStore::spoil_verdicts(Batch& batch) {
  using enum Batch::Fate;
  if (batch.fate == kWritten && is_cut()) batch.fate = kUnknownWritten;
  if (batch.fate == kWritten) return;
  batch.results.clear();
  for (const auto ticket : batch.tickets) {
    auto& result = batch.results.emplace_back(AppendResult{.ticket = ticket, .verdict = Verdict::kUnknown});
    if (batch.fate == kConflict) result.verdict = Verdict::kConflict;
    if (batch.fate != kRejected) continue;
    result.verdict = Verdict::kRejected;
    result.error = Error{.code = "store.full", .message = "the disk of the database is full"};
  }
  world_.note(fmt::format("n{}", life_->node), "hears that its batch is {}",
              batch.fate == kRejected   ? "rejected"
              : batch.fate == kConflict ? "in conflict"
                                        : "unknown");
}

void SimulatedStore::answer(const BatchPtr& batch) {
  in_flight_.reset();
  spoil_verdicts(*batch);
  std::vector<std::pair<ports::AppendSink*, std::vector<AppendResult>>> by_sink;  // in the order of their first append
  for (std::size_t i = 0; i < batch->results.size(); ++i) {
    auto* sink = batch->sinks[i];
    auto it = std::find_if(by_sink.begin(), by_sink.end(), [&](const auto& entry) { return entry.first == sink; });
    if (it == by_sink.end()) it = by_sink.insert(it, {sink, {}});
    it->second.push_back(std::move(batch->results[i]));
  }
  for (auto& [sink, results] : by_sink) sink->appended(std::move(results));
  if (queue_.empty()) return;
  scheduled_ = true;
  world_.after(life_, world_.between(1us, 100us), [this] { begin_batch(); });
}

bool SimulatedStore::is_cut() const {
  return life_->database_cut_until > world_.now();
}

bool SimulatedStore::read_fails() {
  return faulty_ && (is_cut() || faults_.happens(Fault::kReadFails));
}

template <class Read>
auto SimulatedStore::guarded(Read read) -> decltype(read()) {
  if (read_fails()) {
    world_.note(fmt::format("n{}", life_->node), "a read fails");
    return failure("store.unavailable", "the database does not answer");
  }
  return read();
}

Result<ports::StoredExecution> SimulatedStore::read_execution(const ExecutionId& id) {
  return guarded([&] { return database_.rows().read_execution(id); });
}

Result<std::vector<ports::HistoryRow>> SimulatedStore::read_history(const ExecutionId& id, std::uint64_t after_position,
                                                                    std::size_t limit) {
  return guarded([&] { return database_.rows().read_history(id, after_position, limit); });
}

Result<std::optional<ports::StoredExecution>> SimulatedStore::find_by_key(const std::string& namespace_name,
                                                                          const std::string& workflow,
                                                                          const std::string& key) {
  return guarded([&] { return database_.rows().find_by_key(namespace_name, workflow, key); });
}

Result<std::vector<ports::WakeUp>> SimulatedStore::list_wake_ups(const ports::ShardSet& shards, Timestamp until,
                                                                 const std::optional<ports::WakeUp>& after,
                                                                 std::size_t limit) {
  return guarded([&] { return database_.rows().list_wake_ups(shards, until, after, limit); });
}

Result<std::vector<ports::WakeUp>> SimulatedStore::list_restless(const ports::ShardSet& shards,
                                                                 const std::optional<ports::WakeUp>& after,
                                                                 std::size_t limit) {
  return guarded([&] { return database_.rows().list_restless(shards, after, limit); });
}

Result<ports::Removal> SimulatedStore::remove_ended(const ports::ShardSet& shards, Timestamp ended_before,
                                                    const std::optional<ExecutionId>& after, std::size_t limit) {
  return guarded([&] { return database_.rows().remove_ended(shards, ended_before, after, limit); });
}

Result<std::vector<ports::LiveCount>> SimulatedStore::count_live(const ports::ShardSet& shards) {
  return guarded([&] { return database_.rows().count_live(shards); });
}

Result<ports::StoredRevision> SimulatedStore::put_definition(const ports::StoredDefinition& definition) {
  return guarded([&] { return database_.rows().put_definition(definition); });
}

Result<std::optional<ports::StoredDefinition>> SimulatedStore::get_definition(const std::string& digest) {
  return guarded([&] { return database_.rows().get_definition(digest); });
}

Result<std::optional<ports::StoredDefinition>> SimulatedStore::find_source(const std::string& source) {
  return guarded([&] { return database_.rows().find_source(source); });
}

Result<std::vector<ports::StoredRevision>> SimulatedStore::list_current_definitions(
    const std::optional<ports::WorkflowName>& workflow) {
  return guarded([&] { return database_.rows().list_current_definitions(workflow); });
}

Result<std::vector<ports::StoredRevision>> SimulatedStore::list_revisions(const std::string& namespace_name,
                                                                          const std::string& name,
                                                                          const std::string& version) {
  return guarded([&] { return database_.rows().list_revisions(namespace_name, name, version); });
}

}  // namespace skald::simulation
