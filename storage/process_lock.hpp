// Keeps a second process away from an SQLite database: two owners would both run its executions.
#pragma once

#include <string>

#include "engine/base/error.hpp"

namespace skald::storage {

class ProcessLock {
 public:
  // Takes `path`.lock, an flock that the kernel releases with the process. Errors: "store.locked" (names the holder),
  // "store.unavailable".
  static Result<ProcessLock> take(const std::string& path);

  ProcessLock(ProcessLock&& other) noexcept;
  ProcessLock& operator=(ProcessLock&& other) noexcept;
  ~ProcessLock();

 private:
  explicit ProcessLock(int file) : file_(file) {}

  int file_ = -1;
};

}  // namespace skald::storage
