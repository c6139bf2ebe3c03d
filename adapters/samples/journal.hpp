// The participants' own record of every request, which the checker reads: JSON lines, appended and flushed one by one.
#pragma once

#include <cstdio>
#include <mutex>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace skald::samples {

class Journal {
 public:
  // An empty path records nothing.
  explicit Journal(const std::string& path);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Adds a sequence number and the monotonic time in nanoseconds. Any thread.
  void write(nlohmann::json entry);

 private:
  std::mutex mutex_;
  std::FILE* file_ = nullptr;
  std::uint64_t sequence_ = 0;
};

}  // namespace skald::samples
