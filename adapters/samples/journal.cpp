#include "adapters/samples/journal.hpp"

#include <chrono>
#include <cstdlib>
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
  entry["sequence"] = ++sequence_;
  entry["monotonicNs"] = std::chrono::steady_clock::now().time_since_epoch().count();
  // Keys and ids come from outside and need not be UTF-8.
  const std::string line = entry.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  if (std::fwrite(line.data(), 1, line.size(), file_) != line.size() || std::fflush(file_) != 0) {
    std::fputs("error: the journal cannot be written\n", stderr);
    std::_Exit(74);
  }
}

}  // namespace skald::samples
