// Sessions for blocking reads, lent one at a time.
#pragma once

#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "storage/silence_watch.hpp"

namespace soci {
class session;
}

namespace skald::storage {

class Dialect;

class SessionPool {
 public:
  // Opens `count` reading sessions. Throws soci::soci_error.
  SessionPool(const Dialect& dialect, std::size_t count);
  ~SessionPool();

  class Lease {
   public:
    explicit Lease(SessionPool& pool);
    ~Lease();
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    soci::session& operator*() const { return *session_; }
    // After an error: a new session in the place of one that was lost with its connection. False: it was not lost.
    // Throws soci::soci_error where there is no new one; the next lease tries again.
    bool renew();

   private:
    SessionPool& pool_;
    soci::session* session_;
    SilenceWatch::Guard guard_;
  };

 private:
  const Dialect& dialect_;
  std::mutex mutex_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<soci::session>> sessions_;
  std::vector<soci::session*> idle_;
};

}  // namespace skald::storage
