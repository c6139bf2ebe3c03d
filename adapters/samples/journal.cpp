#include "adapters/samples/journal.hpp"

#include <chrono>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace skald::samples {

Journal::Journal(const std::string& path) {
  if (path.empty()) return;
  file_ = std::fopen(path.c_str(), "ae");
  if (!file_) throw std::runtime_error("the journal " + path + " cannot be opened");
}

Journal::~Journal() {
  if (file_) std::fclose(file_);
}

void Journal::write(nlohmann::json entry) {
  if (!file_) return;
  const std::lock_guard lock(mutex_);
  entry["sequence"] = ++sequence_;
  entry["monotonicNs"] = std::chrono::steady_clock::now().time_since_epoch().count();
  const std::string line = entry.dump() + "\n";
  std::fwrite(line.data(), 1, line.size(), file_);
  std::fflush(file_);
}

}  // namespace skald::samples
