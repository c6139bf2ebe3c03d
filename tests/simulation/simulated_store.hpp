// One process's way to the database: a journal that writes in batches, with everything that can go wrong on the way.
//
// A batch in flight has left the process: it may be written after the process has died.
// One thread. Life cycle: that of its process.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "engine/ports/definition_store.hpp"
#include "engine/ports/history_store.hpp"
#include "tests/simulation/database.hpp"
#include "tests/simulation/faults.hpp"
#include "tests/simulation/simulated_cluster.hpp"

namespace skald::simulation {

class SimulatedStore final : public ports::HistoryStore, public ports::DefinitionStore {
 public:
  // `dies` ends the process from outside, and this object with it. Without leases the database has one process, and
  // the next one waits until it is done with this one.
  SimulatedStore(World& world, Faults& faults, Database& database, LifePtr life, const SimulatedLeases* leases,
                 std::function<void()> dies);
  // Settles what becomes of a batch that is in flight.
  ~SimulatedStore() override;

  // While it starts, a process reads without faults.
  void begin_faults() { faulty_ = true; }

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
  Result<std::vector<ports::LiveCount>> count_live(const ports::ShardSet& shards) override;

  Result<ports::StoredRevision> put_definition(const ports::StoredDefinition& definition) override;
  Result<std::optional<ports::StoredDefinition>> get_definition(const std::string& digest) override;
  Result<std::optional<ports::StoredDefinition>> find_source(const std::string& source) override;
  Result<std::vector<ports::StoredRevision>> list_current_definitions(
      const std::optional<ports::WorkflowName>& workflow) override;
  Result<std::vector<ports::StoredRevision>> list_revisions(const std::string& namespace_name, const std::string& name,
                                                            const std::string& version) override;
  bool is_shared() const override { return false; }
  void notify_definitions(std::function<void()>) override {}

 private:
  struct Batch;
  using BatchPtr = std::shared_ptr<Batch>;

  void begin_batch();
  void arrive(const BatchPtr& batch);
  void answer(const BatchPtr& batch);
  void draw_fate(Batch& batch);
  void spoil_verdicts(Batch& batch);
  bool is_cut() const;
  bool read_fails();
  template <class Read>
  auto guarded(Read read) -> decltype(read());

  World& world_;
  Faults& faults_;
  Database& database_;
  LifePtr life_;
  const SimulatedLeases* leases_;
  std::function<void()> dies_;
  bool faulty_ = false;
  std::vector<ports::AppendGroup> queue_;
  std::vector<ports::AppendSink*> sinks_;  // of the groups in the queue
  bool scheduled_ = false;
  BatchPtr in_flight_;
};

}  // namespace skald::simulation
