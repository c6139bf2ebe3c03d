// The tables and settings of the engine's SQLite store, and the rows that it writes for the standard work.
//
// bench/run compares the tables and rows of both after each run. Thread rule: one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "bench/probe/execution.hpp"
#include "bench/probe/statement.hpp"

namespace skald::probe {

class Database {
 public:
  // Makes the file. Throws DatabaseError, as all of these do.
  explicit Database(const std::string& path);
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  void begin();
  // What the execution's next commit is to hold.
  void write(const Execution& execution);
  void commit();

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  struct Statements;

  void create(const Execution& execution);
  void complete_step(const Execution& execution, std::int64_t position, std::int64_t at);
  void start_step(const Execution& execution, std::int64_t position, std::int64_t at);

  std::unique_ptr<sqlite3, Close> database_;
  std::unique_ptr<Statements> statements_;
};

}  // namespace skald::probe
