// A writing session beside the journal's, for statements that are rare: opened with the first one, and again after
// every error. Thread rule: any thread; one statement after another.
#pragma once

#include <exception>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "engine/base/error.hpp"
#include "storage/dialect.hpp"

namespace soci {
class session;
}

namespace skald::storage {

class ReopenedSession {
 public:
  // `what` it is for, in the message of an error: "the leases".
  ReopenedSession(const Dialect& dialect, std::string what);
  ~ReopenedSession();

  // Runs work(session), which returns a Result. Errors: those, and "store.unavailable" for what it throws.
  template <class Work>
  auto run(Work&& work) -> decltype(work(std::declval<soci::session&>())) {
    const std::lock_guard lock(mutex_);
    try {
      soci::session& session = open();
      const auto guard = dialect_.watch(session);
      return work(session);
    } catch (const std::exception& error) {
      return std::unexpected(after(error));
    }
  }

 private:
  soci::session& open();
  Error after(const std::exception& error);

  const Dialect& dialect_;
  std::string what_;
  std::mutex mutex_;
  std::unique_ptr<soci::session> session_;
};

}  // namespace skald::storage
