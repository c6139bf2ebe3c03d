#include "api/telemetry/prometheus_telemetry.hpp"

#include <fmt/format.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>
#include <optional>
#include <sstream>
#include <unordered_map>
#include <vector>

#include "api/telemetry/metric_families.hpp"
#include "api/telemetry/process_metrics.hpp"

namespace skald::api {
namespace {

const Buckets& request_buckets() {
  static const Buckets kBuckets = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
  return kBuckets;
}

const Buckets& execution_buckets() {
  static const Buckets kBuckets = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5,  1,     2.5,
                                   5,     10,   30,    60,   300, 1800, 3600, 21600, 86400};
  return kBuckets;
}

const Buckets& commit_buckets() {
  static const Buckets kBuckets = {0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1};
  return kBuckets;
}

const Buckets& batch_buckets() {
  static const Buckets kBuckets = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
  return kBuckets;
}

double seconds(std::chrono::nanoseconds duration) {
  return std::chrono::duration<double>(duration).count();
}

}  // namespace

struct PrometheusTelemetry::Metrics {
  prometheus::Registry registry;
  std::vector<Described> described;

  CounterOf<2> started{
      registry, described, "skald_executions_started_total", "Executions started.", {"namespace", "workflow"}};
  CounterOf<3> finished{registry,
                        described,
                        "skald_executions_finished_total",
                        "Executions ended, by outcome.",
                        {"namespace", "workflow", "outcome"}};
  GaugeOf<3> active{registry,
                    described,
                    "skald_executions_active",
                    "Executions that have not ended, by phase.",
                    {"namespace", "workflow", "phase"}};
  CounterOf<1> events{
      registry, described, "skald_events_received_total", "Events from outside, by what became of them.", {"result"}};
  GaugeOf<0> events_kept{
      registry, described, "skald_events_kept", "Events for executions that have not come to their listen yet.", {}};
  GaugeOf<0> event_collections{registry,
                               described,
                               "skald_event_collections",
                               "Collections of events that wait for others to start an execution with.",
                               {}};
  CounterOf<0> removed{registry,
                       described,
                       "skald_executions_removed_total",
                       "Ended executions removed because they were old enough.",
                       {}};
  HistogramOf<3> duration{registry,
                          described,
                          "skald_execution_duration_seconds",
                          "From start to end.",
                          {"namespace", "workflow", "outcome"},
                          execution_buckets()};
  CounterOf<4> attempts{registry,
                        described,
                        "skald_step_attempts_total",
                        "Attempts ended, by result.",
                        {"workflow", "step", "action", "result"}};
  HistogramOf<3> step_duration{registry,
                               described,
                               "skald_step_duration_seconds",
                               "Duration of one attempt.",
                               {"workflow", "step", "action"},
                               request_buckets()};
  CounterOf<3> retries{
      registry, described, "skald_step_retries_total", "Retries scheduled.", {"workflow", "step", "reason"}};
  CounterOf<3> compensations{
      registry, described, "skald_compensations_total", "Undos ended, by result.", {"workflow", "step", "result"}};
  GaugeOf<2> incidents{
      registry, described, "skald_incidents_open", "Incidents that wait for an operator.", {"workflow", "kind"}};
  GaugeOf<0> oldest_uncompensated{registry,
                                  described,
                                  "skald_oldest_uncompensated_seconds",
                                  "How long the oldest unfinished compensation has lasted; 0 where there is none.",
                                  {}};
  CounterOf<1> expression_errors{
      registry, described, "skald_expression_errors_total", "Expressions that failed.", {"workflow"}};
  HistogramOf<0> timer_lag{registry, described,        "skald_timer_lag_seconds", "How late timers fired.",
                           {},       request_buckets()};
  GaugeOf<0> timers{registry, described, "skald_timers_pending", "Timers held in memory.", {}};
  GaugeOf<0> queue_depth{
      registry, described, "skald_ready_queue_depth", "Executions with work that has not begun.", {}};
  GaugeOf<0> queue_oldest{
      registry, described, "skald_ready_queue_oldest_seconds", "Longest wait to be loaded among them.", {}};
  GaugeOf<0> overdue{registry,
                     described,
                     "skald_executions_overdue",
                     "Live executions whose wake-up has been due for a minute or more.",
                     {}};
  HistogramOf<0> commit{registry, described,       "skald_store_commit_duration_seconds", "Duration of a commit.",
                        {},       commit_buckets()};
  HistogramOf<0> batch{registry, described, "skald_store_batch_size", "Appends in a commit.", {}, batch_buckets()};
  CounterOf<1> store_errors{registry, described, "skald_store_errors_total", "Errors of the database.", {"kind"}};
  CounterOf<3> requests{registry,
                        described,
                        "skald_adapter_requests_total",
                        "Requests to participants, by status code.",
                        {"adapter", "operation", "code"}};
  HistogramOf<2> request_duration{registry,
                                  described,
                                  "skald_adapter_request_duration_seconds",
                                  "Duration of a request to a participant.",
                                  {"adapter", "operation"},
                                  request_buckets()};
  GaugeOf<1> inflight{
      registry, described, "skald_adapter_inflight", "Requests to participants in flight.", {"adapter"}};
  GaugeOf<1> circuit{registry, described, "skald_circuit_open", "1 while the circuit breaker is open.", {"adapter"}};
  GaugeOf<1> outbox_pending{
      registry, described, "skald_outbox_pending", "Emitted events that their sink does not have yet.", {"sink"}};
  GaugeOf<1> outbox_oldest{registry,
                           described,
                           "skald_outbox_oldest_seconds",
                           "Age of the oldest event that its sink does not have yet.",
                           {"sink"}};
  CounterOf<1> schedule_starts{
      registry, described, "skald_schedule_starts_total", "Starts by schedules, by what became of them.", {"result"}};
  HistogramOf<0> schedule_lateness{registry,
                                   described,
                                   "skald_schedule_lateness_seconds",
                                   "How long after its time a start by a schedule was.",
                                   {},
                                   execution_buckets()};
  GaugeOf<0> definitions{registry, described, "skald_definitions_loaded", "Definitions in memory.", {}};
  GaugeOf<0> leases{registry, described, "skald_node_leases", "Shards, of 256, that this process has.", {}};
  CounterOf<3> http{
      registry, described, "skald_http_requests_total", "Requests to the API.", {"route", "method", "code"}};
  HistogramOf<2> http_duration{registry,
                               described,
                               "skald_http_request_duration_seconds",
                               "Duration of a request to the API.",
                               {"route", "method"},
                               request_buckets()};
  GaugeOf<0> http_connections{registry, described, "skald_http_connections", "Open connections to the API.", {}};

  struct KnownStanding {
    std::string workflow;
    std::optional<Timestamp> compensating_since;
    std::vector<std::string> incidents;
  };
  std::mutex standing_mutex;
  std::unordered_map<ExecutionId, KnownStanding> standing;

  Millis oldest_compensation(Timestamp now) {
    const std::lock_guard lock(standing_mutex);
    Millis oldest{0};
    for (const auto& [id, known] : standing) {
      if (known.compensating_since) oldest = std::max(oldest, now - *known.compensating_since);
    }
    return oldest;
  }
};

PrometheusTelemetry::PrometheusTelemetry(ports::Clock& clock, std::string version)
    : metrics_(std::make_unique<Metrics>()), clock_(clock), version_(std::move(version)), started_at_(clock.now()) {
  metrics_->http_connections.of().Set(0);
  metrics_->definitions.of().Set(0);
}

PrometheusTelemetry::~PrometheusTelemetry() = default;

std::string PrometheusTelemetry::scrape() {
  metrics_->oldest_uncompensated.of().Set(seconds(metrics_->oldest_compensation(clock_.now())));
  const auto families = metrics_->registry.Collect();
  std::ostringstream stream;
  prometheus::TextSerializer().Serialize(stream, families);
  std::string text = std::move(stream).str();
  // Families without a value yet are named too, so that a dashboard can tell "nothing happened" from "no such metric".
  for (const auto& [name, help, type] : metrics_->described) {
    bool has_values = false;
    for (const auto& family : families) has_values = has_values || family.name == name;
    if (!has_values) fmt::format_to(std::back_inserter(text), "# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, type);
  }
  fmt::format_to(std::back_inserter(text),
                 "# HELP skald_build_info The running version.\n# TYPE skald_build_info gauge\n"
                 "skald_build_info{{version=\"{}\"}} 1\n",
                 version_);
  append_process_metrics(text, started_at_);
  return text;
}

void PrometheusTelemetry::execution_started(ports::WorkflowLabel workflow) {
  metrics_->started.of(workflow.namespace_name, workflow.workflow).Increment();
}

void PrometheusTelemetry::execution_finished(ports::WorkflowLabel workflow, std::string_view outcome, Millis duration) {
  metrics_->finished.of(workflow.namespace_name, workflow.workflow, outcome).Increment();
  metrics_->duration.of(workflow.namespace_name, workflow.workflow, outcome).Observe(seconds(duration));
}

void PrometheusTelemetry::execution_phase(ports::WorkflowLabel workflow, std::string_view phase, int change) {
  metrics_->active.of(workflow.namespace_name, workflow.workflow, phase).Increment(change);
}

void PrometheusTelemetry::executions_removed(std::uint64_t count) {
  metrics_->removed.of().Increment(static_cast<double>(count));
}

void PrometheusTelemetry::event_received(std::string_view result) {
  metrics_->events.of(result).Increment();
}

void PrometheusTelemetry::events_waiting(std::uint64_t kept, std::uint64_t collections) {
  metrics_->events_kept.of().Set(static_cast<double>(kept));
  metrics_->event_collections.of().Set(static_cast<double>(collections));
}

void PrometheusTelemetry::step_attempt(std::string_view workflow, std::string_view step, std::string_view action,
                                       std::string_view result, Millis duration) {
  metrics_->attempts.of(workflow, step, action, result).Increment();
  metrics_->step_duration.of(workflow, step, action).Observe(seconds(duration));
}

void PrometheusTelemetry::step_retry(std::string_view workflow, std::string_view step, std::string_view reason) {
  metrics_->retries.of(workflow, step, reason).Increment();
}

void PrometheusTelemetry::compensation(std::string_view workflow, std::string_view step, std::string_view result) {
  metrics_->compensations.of(workflow, step, result).Increment();
}

void PrometheusTelemetry::execution_standing(const ExecutionId& execution, const ports::Standing& standing) {
  const std::lock_guard lock(metrics_->standing_mutex);
  auto& known = metrics_->standing[execution];
  for (const auto& kind : known.incidents)
    metrics_->incidents.of(std::string_view(known.workflow), std::string_view(kind)).Decrement();
  for (const auto& kind : standing.incidents) metrics_->incidents.of(standing.workflow, kind).Increment();
  if (!standing.compensating_since && standing.incidents.empty()) {
    metrics_->standing.erase(execution);
    return;
  }
  known.workflow = standing.workflow;
  known.compensating_since = standing.compensating_since;
  known.incidents.assign(standing.incidents.begin(), standing.incidents.end());
}

void PrometheusTelemetry::shards_went(const ports::ShardSet& shards) {
  const std::lock_guard lock(metrics_->standing_mutex);
  std::erase_if(metrics_->standing, [&](const auto& entry) {
    const auto& [execution, known] = entry;
    if (!shards[shard_of(execution)]) return false;
    for (const auto& kind : known.incidents) {
      metrics_->incidents.of(std::string_view(known.workflow), std::string_view(kind)).Decrement();
    }
    return true;
  });
}

void PrometheusTelemetry::expression_error(std::string_view workflow) {
  metrics_->expression_errors.of(workflow).Increment();
}

void PrometheusTelemetry::timer_lag(Millis lag) {
  metrics_->timer_lag.of().Observe(seconds(lag));
}

void PrometheusTelemetry::timers_pending(std::uint64_t count) {
  metrics_->timers.of().Set(static_cast<double>(count));
}

void PrometheusTelemetry::ready_queue(std::uint64_t depth, Millis oldest) {
  metrics_->queue_depth.of().Set(static_cast<double>(depth));
  metrics_->queue_oldest.of().Set(seconds(oldest));
}

void PrometheusTelemetry::executions_overdue(std::uint64_t count) {
  metrics_->overdue.of().Set(static_cast<double>(count));
}

void PrometheusTelemetry::commit(std::chrono::nanoseconds duration, std::uint64_t appends) {
  metrics_->commit.of().Observe(seconds(duration));
  metrics_->batch.of().Observe(static_cast<double>(appends));
}

void PrometheusTelemetry::store_error(std::string_view kind) {
  metrics_->store_errors.of(kind).Increment();
}

void PrometheusTelemetry::adapter_request(std::string_view adapter, std::string_view operation, std::string_view code,
                                          std::chrono::nanoseconds duration) {
  metrics_->requests.of(adapter, operation, code).Increment();
  metrics_->request_duration.of(adapter, operation).Observe(seconds(duration));
}

void PrometheusTelemetry::adapter_inflight(std::string_view adapter, int change) {
  metrics_->inflight.of(adapter).Increment(change);
}

// The executions of the engine are a sink without a name.
void PrometheusTelemetry::outbox(std::string_view sink, std::uint64_t pending, Millis oldest) {
  const std::string_view name = sink.empty() ? "executions" : sink;
  metrics_->outbox_pending.of(name).Set(static_cast<double>(pending));
  metrics_->outbox_oldest.of(name).Set(std::chrono::duration<double>(oldest).count());
}

void PrometheusTelemetry::schedule_start(std::string_view result) {
  metrics_->schedule_starts.of(result).Increment();
}

void PrometheusTelemetry::schedule_lateness(Millis late) {
  metrics_->schedule_lateness.of().Observe(seconds(late));
}

void PrometheusTelemetry::circuit(std::string_view adapter, bool open) {
  metrics_->circuit.of(adapter).Set(open ? 1 : 0);
}

void PrometheusTelemetry::node_leases(std::uint64_t count) {
  metrics_->leases.of().Set(static_cast<double>(count));
}

void PrometheusTelemetry::definitions_loaded(std::uint64_t count) {
  metrics_->definitions.of().Set(static_cast<double>(count));
}

void PrometheusTelemetry::answered(std::string_view route, std::string_view verb, int status,
                                   std::chrono::nanoseconds took) {
  std::array<char, 3> code{};
  code[0] = static_cast<char>('0' + status / 100);
  code[1] = static_cast<char>('0' + status / 10 % 10);
  code[2] = static_cast<char>('0' + status % 10);
  metrics_->http.of(route, verb, std::string_view(code.data(), code.size())).Increment();
  metrics_->http_duration.of(route, verb).Observe(seconds(took));
}

void PrometheusTelemetry::connections(int change) {
  metrics_->http_connections.of().Increment(change);
}

}  // namespace skald::api
