// The participants' own record of every request, which the checker reads: JSON lines, appended and flushed one by one.
//
// {"event": received|applied|repeated|refused|replied|cut, "service", "operation": do|undo, "action", "orderId", "key",
//  "step", "execution", "attempt", "epoch", "bodyHash", "status", "sequence", "monotonicNs"}
//
// `applied` means that the effect is committed (for an undo: that nothing of it stands), `repeated` that the first
// answer to the key is given again, `replied` that the answer was handed to the system, `cut` that the connection ended
// without it. Every `received` is followed by one of these two.
#pragma once

#include <cstdint>
#include <cstdio>
#include <nlohmann/json_fwd.hpp>
#include <string>

namespace skald::samples {

class Journal {
 public:
  // An empty path records nothing. Throws std::runtime_error where the file cannot be opened.
  explicit Journal(const std::string& path);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  // Adds a sequence number from 1 and the monotonic time in nanoseconds. A disk that refuses the line ends the process:
  // a journal with a gap would prove nothing.
  void write(nlohmann::json entry);

 private:
  std::FILE* file_ = nullptr;
  std::uint64_t sequence_ = 0;
};

}  // namespace skald::samples
