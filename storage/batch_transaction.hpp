// One try to write groups of appends: all of them in one transaction, or nothing.
//
// Belongs to the writer's thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "engine/ports/history_store.hpp"

namespace soci {
class session;
}

namespace skald::storage {

class Dialect;

// Thrown by write(): a group cannot be written beside the others. Its result says why.
struct DoesNotFit {
  ports::AppendResult result;
};

// Thrown by write(): the database has another owner.
struct Fenced {};

// What the database knows this process by as the owner of shards: where it is the only process, the epoch of all of
// them; else its row in `nodes`, another one after it was evicted and has joined again. Any thread.
class Owner {
 public:
  explicit Owner(std::uint64_t number = 0) : number_(number) {}

  std::uint64_t number() const { return number_.load(std::memory_order_acquire); }
  void set(std::uint64_t number) { number_.store(number, std::memory_order_release); }

 private:
  std::atomic<std::uint64_t> number_;
};

// Why the rows of an append can be written nowhere.
std::optional<Error> objection_to(const ports::Append& append);

class BatchTransaction {
 public:
  using Groups = std::span<const ports::AppendGroup>;
  using Results = std::vector<ports::AppendResult>;

  virtual ~BatchTransaction() = default;

  // How many groups write() takes at once.
  virtual std::size_t groups_max() const = 0;

  // Adds the result of every group: written, conflict, duplicate or fenced. Throws DoesNotFit, Fenced, UnknownCommit or
  // what the database threw: then nothing is written, but for UnknownCommit, where nobody knows.
  virtual void write(Groups groups, Results& results) = 0;
};

// Statement by statement, with prepared statements for each kind of row: where the database is in the process.
std::unique_ptr<BatchTransaction> make_row_transaction(soci::session& session, const Dialect& dialect,
                                                       const Owner& owner);

// In one statement, which is its own transaction: one round trip, where the database is on the other end of a
// connection.
std::unique_ptr<BatchTransaction> make_statement_transaction(soci::session& session, const Dialect& dialect,
                                                             const Owner& owner);

}  // namespace skald::storage
