// Writes groups of appends in one transaction, and finds the verdict of each.
//
// Belongs to the writer's thread.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "engine/ports/history_store.hpp"

namespace soci {
class session;
}

namespace skald::storage {

class BatchTransaction;
class Dialect;
class Owner;

class BatchWriter {
 public:
  // Throws std::exception.
  BatchWriter(soci::session& session, const Dialect& dialect, const Owner& owner);
  ~BatchWriter();

  // The verdicts in the order of the groups. Where a group is refused by the database, the batch is rolled back and
  // halved until only that group is rejected and the rest is written. An empty batch only sees to the session.
  std::vector<ports::AppendResult> write(std::span<const ports::AppendGroup> groups);

  // A new session in the place of one that was lost. False: there is none, see trouble() or broken().
  bool is_ready();

  // Why this process must not go on with the database: a commit of unknown fate ("store.unknown") where the session
  // cannot be replaced, or another owner of all of it ("store.fenced"). Nothing is written any more.
  const std::optional<Error>& broken() const { return broken_; }
  // A commit on the session, somebody else's perhaps, had an unknown fate.
  void distrust(const std::exception& error);
  // What kept the last batch, or some of it, from the database, where that was not the batch's own fault.
  const std::optional<Error>& trouble() const { return trouble_; }

 private:
  enum class Fate { kCommitted, kSplit, kAgain, kEnded };
  using Groups = std::span<const ports::AppendGroup>;
  using Results = std::vector<ports::AppendResult>;

  void write_together(Groups groups, Results& results);
  Fate attempt(Groups groups, Results& results);
  Fate after_error(const std::exception& error, Groups groups, Results& results);
  void refuse(Groups groups, Results& results, ports::Verdict verdict, const Error& error);

  soci::session& session_;
  const Dialect& dialect_;
  const Owner& owner_;
  std::string name_;                               // of the session
  std::unique_ptr<BatchTransaction> transaction_;  // null: the session is to be replaced
  std::optional<Error> broken_;
  std::optional<Error> trouble_;
};

}  // namespace skald::storage
