#include "storage/process_lock.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace skald::storage {

Result<ProcessLock> ProcessLock::take(const std::string& path) {
  const std::string name = path + ".lock";
  const int file = ::open(name.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (file < 0) {
    return failure("store.unavailable", fmt::format("the lock file cannot be opened: {}", std::strerror(errno)), name,
                   "check that the directory exists and may be written");
  }
  ProcessLock lock(file);
  if (::flock(file, LOCK_EX | LOCK_NB) != 0) {
    std::array<char, 32> holder{};
    const auto size = ::read(file, holder.data(), holder.size() - 1);
    const std::string pid(holder.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    return failure("store.locked", fmt::format("the database is in use by process {}", pid.empty() ? "unknown" : pid),
                   path, "stop that process, or give this one another --storage");
  }
  const std::string pid = std::to_string(::getpid());
  if (::ftruncate(file, 0) != 0 || ::pwrite(file, pid.data(), pid.size(), 0) < 0) {
    return failure("store.unavailable", fmt::format("the lock file cannot be written: {}", std::strerror(errno)), name);
  }
  return lock;
}

ProcessLock::ProcessLock(ProcessLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}

ProcessLock& ProcessLock::operator=(ProcessLock&& other) noexcept {
  std::swap(file_, other.file_);
  return *this;
}

ProcessLock::~ProcessLock() {
  if (file_ >= 0) ::close(file_);
}

}  // namespace skald::storage
