#include "api/telemetry/process_metrics.hpp"

#include <dirent.h>
#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>

namespace skald::api {
namespace {

void append(std::string& out, std::string_view name, std::string_view type, std::string_view help, double value) {
  fmt::format_to(std::back_inserter(out), "# HELP {0} {1}\n# TYPE {0} {2}\n{0} {3}\n", name, help, type, value);
}

std::size_t count_descriptors() {
  DIR* folder = opendir("/proc/self/fd");
  if (folder == nullptr) return 0;
  std::size_t count = 0;
  while (readdir(folder) != nullptr) ++count;
  closedir(folder);
  return count > 3 ? count - 3 : 0;  // ".", ".." and this reading's own
}

}  // namespace

void append_process_metrics(std::string& out, Timestamp started_at) {
  rusage usage{};
  if (getrusage(RUSAGE_SELF, &usage) == 0) {
    const auto seconds = [](const timeval& t) {
      return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    append(out, "process_cpu_seconds_total", "counter", "User and system CPU time spent.",
           seconds(usage.ru_utime) + seconds(usage.ru_stime));
  }
  std::ifstream memory("/proc/self/statm");
  std::uint64_t virtual_pages = 0;
  std::uint64_t resident_pages = 0;
  if (memory >> virtual_pages >> resident_pages) {
    const auto page = static_cast<double>(sysconf(_SC_PAGESIZE));
    append(out, "process_virtual_memory_bytes", "gauge", "Virtual memory size.",
           static_cast<double>(virtual_pages) * page);
    append(out, "process_resident_memory_bytes", "gauge", "Resident memory size.",
           static_cast<double>(resident_pages) * page);
  }
  append(out, "process_open_fds", "gauge", "Open file descriptors.", static_cast<double>(count_descriptors()));
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
    append(out, "process_max_fds", "gauge", "Most file descriptors the process may open.",
           static_cast<double>(limit.rlim_cur));
  }
  append(out, "process_start_time_seconds", "gauge", "Start of the process since the epoch.",
         static_cast<double>(to_millis(started_at)) / 1e3);
}

}  // namespace skald::api
