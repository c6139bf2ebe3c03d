#include "bench/load/process_sample.hpp"

#include <fmt/format.h>

#include <charconv>
#include <filesystem>
#include <fstream>
#include <string_view>

namespace skald::bench {
namespace {

// The number after "label:" in a file of such lines; 0 where it is missing.
std::uint64_t labelled_number(const std::string& path, std::string_view label) {
  std::ifstream file(path);
  std::string word;
  while (file >> word) {
    if (word != label) continue;
    std::uint64_t number = 0;
    file >> number;
    return number;
  }
  return 0;
}

}  // namespace

Result<ProcessSample> sample_process(int pid) {
  const std::string root = fmt::format("/proc/{}", pid);
  ProcessSample sample;
  std::error_code error;
  bool any_thread = false;
  for (const auto& thread : std::filesystem::directory_iterator(root + "/task", error)) {
    std::uint64_t on_cpu_ns = 0;
    if (std::ifstream(thread.path() / "schedstat") >> on_cpu_ns) any_thread = true;
    sample.cpu_ns += on_cpu_ns;
    sample.voluntary_waits += labelled_number(thread.path() / "status", "voluntary_ctxt_switches:");
  }
  if (error || !any_thread)
    return failure("bench.process_gone", "the process to be measured is gone", fmt::format("pid {}", pid));
  sample.written_bytes = labelled_number(root + "/io", "write_bytes:");
  sample.resident_bytes = labelled_number(root + "/status", "VmRSS:") * 1024;
  sample.resident_peak = labelled_number(root + "/status", "VmHWM:") * 1024;
  return sample;
}

Result<WatchedProcess> parse_watched(const std::string& text) {
  WatchedProcess watched;
  const std::size_t equals = text.find('=');
  const std::string_view number =
      equals == std::string::npos ? std::string_view{} : std::string_view(text).substr(equals + 1);
  const auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), watched.pid);
  if (error != std::errc() || end != number.data() + number.size() || watched.pid <= 0) {
    return failure("bench.watch", "a watched process is written name=PID", text);
  }
  watched.name = text.substr(0, equals);
  return watched;
}

}  // namespace skald::bench
