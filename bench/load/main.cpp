// skald-load: starts executions in a closed loop and reports, as one line of JSON, how fast they ended.
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdio>

#include "bench/load/load_loop.hpp"
#include "bench/load/report.hpp"

namespace {

using skald::bench::LoadPlan;

constexpr const char* kOrder =
    R"({"orderId":"order-0000000000","amount":4999,"currency":"EUR","items":[{"sku":"book-17","quantity":2}],)"
    R"("address":{"street":"1 Main Street","city":"Berlin","country":"DE"}})";

struct Options {
  std::string server = "127.0.0.1:8080";
  std::string workflow = "bench/three-steps";
  std::string path;
  std::vector<std::string> watched;
  double warmup = 1.0;
  double seconds = 5.0;
  double drain = 35.0;
  int wait_seconds = 30;
  std::uint64_t idle = 0;
};

void declare(CLI::App& app, Options& options, LoadPlan& plan) {
  app.add_option("--server", options.server, "HOST:PORT, numeric");
  app.add_option("--workflow", options.workflow, "NAMESPACE/NAME to start");
  app.add_option("--path", options.path, "POST to this path instead of starting a workflow");
  app.add_option("--connections", plan.connections, "Connections, each with one request in flight")
      ->check(CLI::Range(1, 20'000));
  app.add_option("--warmup", options.warmup, "Seconds before the measured window");
  app.add_option("--seconds", options.seconds, "Seconds of the measured window");
  app.add_option("--drain", options.drain, "Seconds to wait for the last answers");
  app.add_option("--wait", options.wait_seconds,
                 "Ask the server to answer when the execution ended, within this many seconds; 0: at once");
  app.add_option("--idle", options.idle,
                 "Start this many executions without waiting for their end, as fast as they are accepted");
  app.add_option("--expect-status", plan.expected_status, "Status of a good answer");
  app.add_option("--expect-outcome", plan.expected_outcome, "Outcome of a good execution; empty: any");
  app.add_option("--body", plan.request.body, "Input; ten zeros in it become the request's number");
  app.add_option("--watch", options.watched, "NAME=PID of a process whose use is measured; may be repeated");
}

std::chrono::nanoseconds to_nanos(double seconds) {
  return std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(seconds));
}

skald::Result<void> complete(const Options& options, LoadPlan& plan) {
  const std::size_t colon = options.server.rfind(':');
  const int port = colon == std::string::npos ? 0 : std::atoi(options.server.c_str() + colon + 1);
  if (port <= 0 || port > 65'535)
    return skald::failure("bench.server", "the server is written HOST:PORT", options.server);
  plan.target = {.address = options.server.substr(0, colon), .port = static_cast<std::uint16_t>(port)};
  plan.request.host = options.server;
  plan.request.path =
      options.path.empty() ? fmt::format("/v1/workflows/{}/executions", options.workflow) : options.path;
  plan.count = options.idle;
  if (plan.count == 0 && options.wait_seconds > 0)
    plan.request.headers.push_back(fmt::format("Prefer: wait={}", options.wait_seconds));
  plan.warmup = to_nanos(plan.count == 0 ? options.warmup : 0);
  plan.window = to_nanos(options.seconds);
  plan.drain = to_nanos(options.drain);
  for (const std::string& text : options.watched) {
    auto watched = skald::bench::parse_watched(text);
    if (!watched) return std::unexpected(watched.error());
    plan.watched.push_back(*std::move(watched));
  }
  plan.watched.push_back({.name = "load", .pid = static_cast<int>(::getpid())});
  return {};
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  LoadPlan plan;
  plan.request.body = kOrder;
  CLI::App app("Starts executions in a closed loop and prints one line of JSON.");
  declare(app, options, plan);
  CLI11_PARSE(app, argc, argv);
  if (auto completed = complete(options, plan); !completed) {
    fmt::print(stderr, "skald-load: {}\n", skald::to_text(completed.error()));
    return 2;
  }
  auto result = skald::bench::run_load(plan);
  if (!result) {
    fmt::print(stderr, "skald-load: {}\n", skald::to_text(result.error()));
    return 1;
  }
  fmt::print("{}\n", skald::bench::to_json(plan, *std::move(result)));
  return 0;
}
