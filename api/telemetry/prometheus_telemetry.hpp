// The engine's and the server's metrics, kept with prometheus-cpp and shown in the Prometheus text format. The list is
// docs/metrics.md; a test compares the two.
//
// Thread rule: any thread. A call costs well under a microsecond: one table look-up and an atomic addition.
#pragma once

#include <memory>
#include <string>

#include "api/http/server.hpp"
#include "engine/ports/clock.hpp"
#include "engine/ports/telemetry.hpp"

namespace skald::api {

class PrometheusTelemetry final : public ports::Telemetry, public HttpObserver {
 public:
  PrometheusTelemetry(ports::Clock& clock, std::string version);
  ~PrometheusTelemetry() override;

  // The whole text of a scrape.
  std::string scrape();

  void execution_started(ports::WorkflowLabel workflow) override;
  void execution_finished(ports::WorkflowLabel workflow, std::string_view outcome, Millis duration) override;
  void execution_phase(ports::WorkflowLabel workflow, std::string_view phase, int change) override;
  void executions_removed(std::uint64_t count) override;
  void event_received(std::string_view result) override;
  void events_waiting(std::uint64_t kept, std::uint64_t collections) override;
  void step_attempt(std::string_view workflow, std::string_view step, std::string_view action, std::string_view result,
                    Millis duration) override;
  void step_retry(std::string_view workflow, std::string_view step, std::string_view reason) override;
  void compensation(std::string_view workflow, std::string_view step, std::string_view result) override;
  void execution_standing(const ExecutionId& execution, const ports::Standing& standing) override;
  void shards_went(const ports::ShardSet& shards) override;
  void expression_error(std::string_view workflow) override;
  void timer_lag(Millis lag) override;
  void timers_pending(std::uint64_t count) override;
  void ready_queue(std::uint64_t depth, Millis oldest) override;
  void executions_overdue(std::uint64_t count) override;
  void commit(std::chrono::nanoseconds duration, std::uint64_t appends) override;
  void store_error(std::string_view kind) override;
  void adapter_request(std::string_view adapter, std::string_view operation, std::string_view code,
                       std::chrono::nanoseconds duration) override;
  void adapter_inflight(std::string_view adapter, int change) override;
  void circuit(std::string_view adapter, bool open) override;
  void schedule_start(std::string_view result) override;
  void schedule_lateness(Millis late) override;
  void outbox(std::string_view sink, std::uint64_t pending, Millis oldest) override;
  void definitions_loaded(std::uint64_t count) override;
  void node_leases(std::uint64_t count) override;

  void answered(std::string_view route, std::string_view verb, int status, std::chrono::nanoseconds took) override;
  void connections(int change) override;

 private:
  struct Metrics;
  std::unique_ptr<Metrics> metrics_;
  ports::Clock& clock_;
  std::string version_;
  Timestamp started_at_;
};

}  // namespace skald::api
