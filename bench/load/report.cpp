#include "bench/load/report.hpp"

#include <algorithm>
#include <nlohmann/json.hpp>

namespace skald::bench {
namespace {

using Json = nlohmann::ordered_json;

// The value at `share` of the sorted latencies (nearest rank), in milliseconds.
Json quantile_ms(const std::vector<std::uint32_t>& sorted, double share) {
  if (sorted.empty()) return nullptr;
  const auto rank = static_cast<std::size_t>(share * static_cast<double>(sorted.size()));
  return static_cast<double>(sorted[std::min(rank, sorted.size() - 1)]) / 1000.0;
}

Json use_of(const WatchedUse& use, double answers) {
  const double cpu_us = static_cast<double>(use.after.cpu_ns - use.before.cpu_ns) / 1000.0;
  const auto written = static_cast<double>(use.after.written_bytes - use.before.written_bytes);
  const auto waits = static_cast<double>(use.after.voluntary_waits - use.before.voluntary_waits);
  return Json{{"cpuMicros", answers > 0 ? Json(cpu_us / answers) : Json()},
              {"writtenBytes", answers > 0 ? Json(written / answers) : Json()},
              {"waits", answers > 0 ? Json(waits / answers) : Json()},
              {"residentBytes", use.after.resident_bytes},
              {"residentPeakBytes", use.after.resident_peak}};
}

}  // namespace

std::string to_json(const LoadPlan& plan, LoadResult result) {
  std::sort(result.latency_us.begin(), result.latency_us.end());
  const auto answers = static_cast<double>(result.measured);
  Json processes = Json::object();
  for (const WatchedUse& use : result.uses) processes[use.name] = use_of(use, answers);
  const Json report{{"connections", plan.connections},
                    {"seconds", result.seconds},
                    {"measured", result.measured},
                    {"perSecond", result.seconds > 0 ? answers / result.seconds : 0.0},
                    {"sent", result.sent},
                    {"good", result.good},
                    {"bad", result.bad},
                    {"unanswered", result.unanswered},
                    {"badKinds", result.kinds},
                    {"firstBad", result.first_bad},
                    {"latencyMs",
                     {{"p50", quantile_ms(result.latency_us, 0.50)},
                      {"p90", quantile_ms(result.latency_us, 0.90)},
                      {"p99", quantile_ms(result.latency_us, 0.99)},
                      {"p999", quantile_ms(result.latency_us, 0.999)},
                      {"max", quantile_ms(result.latency_us, 1.0)}}},
                    {"processes", processes}};
  return report.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace skald::bench
