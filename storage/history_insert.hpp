// Inserts rows into the history, many with one statement.
//
// What a row costs is mostly the statement around it: rows wait until a transaction has them all. For a database that
// one writer owns and that is in the same process. Belongs to the writer's thread; lives no longer than its session.
// The header is for row_transaction.cpp alone: it pulls SOCI in.
#pragma once

#include <soci/soci.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engine/ports/history_store.hpp"

namespace skald::storage {

class HistoryInsert {
 public:
  // Throws soci::soci_error.
  explicit HistoryInsert(soci::session& session);

  // The rows stay where they are until write() or discard().
  void add(std::string_view execution, std::span<const ports::HistoryRow> rows);
  // Throws soci::soci_error. The database has rolled the transaction back where a row's key was there.
  void write();
  void discard() { waiting_.clear(); }

 private:
  struct Waiting {
    std::string execution;
    const ports::HistoryRow* row;
  };
  // What SOCI has bound, by address.
  struct Bound {
    std::string execution, kind, step, actor, data;
    long long position = 0, epoch = 0, at = 0, attempt = 0;
    int version = 1;
  };
  struct Insert {
    Insert(soci::session& session, std::size_t count);
    void run(std::span<const Waiting> waiting);

    std::vector<Bound> rows;
    soci::statement statement;
  };

  std::vector<std::unique_ptr<Insert>> inserts_;  // those of many rows first
  std::vector<Waiting> waiting_;
};

}  // namespace skald::storage
