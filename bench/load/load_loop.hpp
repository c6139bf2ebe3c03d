// The closed loop: N connections, each sending its next request when the last one was answered.
//
// A run is a warm-up, a measured window and a drain in which nothing new is sent, so that every execution that was
// started has ended when the run is over. With `count` set there is no warm-up: that many requests are sent as fast as
// the answers come. One thread, one epoll; nothing else of the program runs meanwhile.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "bench/load/connection.hpp"
#include "bench/load/process_sample.hpp"
#include "bench/load/request.hpp"
#include "engine/base/error.hpp"

namespace skald::bench {

struct LoadPlan {
  Target target;
  RequestParts request;
  int connections = 1;
  std::chrono::nanoseconds warmup{};
  std::chrono::nanoseconds window{};
  std::chrono::nanoseconds drain{};
  std::uint64_t count = 0;  // 0: run for the window
  int expected_status = 201;
  std::string expected_outcome;  // of the execution in the body; empty: not looked at
  std::vector<WatchedProcess> watched;
};

struct WatchedUse {
  std::string name;
  ProcessSample before;
  ProcessSample after;
};

struct LoadResult {
  double seconds = 0;                          // of the measured window
  std::uint64_t measured = 0;                  // good answers within it
  std::uint64_t sent = 0;                      // over the whole run, warm-up and drain included
  std::uint64_t good = 0;                      // likewise
  std::uint64_t bad = 0;                       // likewise: wrong status or outcome, or a broken connection
  std::uint64_t unanswered = 0;                // still out when the drain ended
  std::map<std::string, std::uint64_t> kinds;  // "201 completed", "429", "connection lost": how often
  std::string first_bad;                       // the first bad answer's status and body, cut
  std::vector<std::uint32_t> latency_us;       // of the measured answers, unsorted
  std::vector<WatchedUse> uses;                // at both ends of the window
};

// Fails where the target cannot be reached or a watched process is gone; bad answers are counted, not failures.
Result<LoadResult> run_load(const LoadPlan& plan);

}  // namespace skald::bench
