// What a process has used so far, from /proc: the measuring points at both ends of a bench window.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "engine/base/error.hpp"

namespace skald::bench {

struct ProcessSample {
  std::uint64_t cpu_ns = 0;           // of all living threads, from schedstat: exact, where stat counts 10 ms ticks
  std::uint64_t written_bytes = 0;    // handed to block devices; 0 where the kernel does not let us look
  std::uint64_t resident_bytes = 0;   // VmRSS
  std::uint64_t resident_peak = 0;    // VmHWM, bytes
  std::uint64_t voluntary_waits = 0;  // voluntary context switches of all threads
};

struct WatchedProcess {
  std::string name;
  int pid = 0;
};

// Fails where the process has gone. Threads that ended before the call are not counted: take both ends of a window
// while the process keeps its threads.
Result<ProcessSample> sample_process(int pid);

// Parses "name=PID".
Result<WatchedProcess> parse_watched(const std::string& text);

}  // namespace skald::bench
