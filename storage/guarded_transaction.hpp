// A transaction that cannot lose its own failure.
//
// SOCI's own goes on after an error. On SQLite, which has rolled back, a later statement then commits alone; on
// PostgreSQL commit() returns normally with nothing written. Here a statement error dooms the transaction, and
// committing a doomed one is an error.
#pragma once

#include <exception>
#include <stdexcept>
#include <string>

namespace soci {
class session;
}

namespace skald::storage {

class Dialect;

// A COMMIT that failed, and may have happened all the same.
class UnknownCommit : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class GuardedTransaction {
 public:
  // Begins at once. Throws soci::soci_error.
  GuardedTransaction(soci::session& session, const Dialect& dialect);
  // Rolls back what was not committed.
  ~GuardedTransaction();
  GuardedTransaction(const GuardedTransaction&) = delete;
  GuardedTransaction& operator=(const GuardedTransaction&) = delete;

  // Runs statements; an exception dooms the transaction and goes on to the caller.
  template <class Work>
  auto run(Work&& work) {
    try {
      return work();
    } catch (...) {
      doomed_ = true;
      throw;
    }
  }

  // Throws std::logic_error where it is doomed, UnknownCommit, or soci::soci_error: then nothing was committed.
  void commit();
  // What is left open afterwards is left open for good: is_idle() of the dialect tells.
  void rollback() noexcept;
  bool is_doomed() const { return doomed_; }

 private:
  soci::session& session_;
  const Dialect& dialect_;
  bool open_ = false;
  bool doomed_ = false;
};

}  // namespace skald::storage
