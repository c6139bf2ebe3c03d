#include "storage/session_pool.hpp"

#include <soci/soci.h>

#include "storage/dialect.hpp"

namespace skald::storage {

SessionPool::SessionPool(const Dialect& dialect, std::size_t count) : dialect_(dialect) {
  for (std::size_t i = 0; i < count; ++i) {
    sessions_.push_back(std::make_unique<soci::session>());
    dialect.open(*sessions_.back(), false);
    idle_.push_back(sessions_.back().get());
  }
}

SessionPool::~SessionPool() = default;

SessionPool::Lease::Lease(SessionPool& pool) : pool_(pool) {
  std::unique_lock lock(pool.mutex_);
  pool.returned_.wait(lock, [&] { return !pool.idle_.empty(); });
  session_ = pool.idle_.back();
  pool.idle_.pop_back();
  guard_ = pool.dialect_.watch(*session_);
}

bool SessionPool::Lease::renew() {
  const bool open = session_->get_backend() != nullptr;
  if (open && (!pool_.dialect_.replaces_sessions() || pool_.dialect_.is_idle(*session_))) return false;
  guard_ = {};
  session_->close();
  try {
    pool_.dialect_.open(*session_, false);
    guard_ = pool_.dialect_.watch(*session_);
  } catch (const std::exception&) {
    session_->close();
    throw;
  }
  return true;
}

SessionPool::Lease::~Lease() {
  guard_ = {};
  {
    const std::lock_guard lock(pool_.mutex_);
    pool_.idle_.push_back(session_);
  }
  pool_.returned_.notify_one();
}

}  // namespace skald::storage
