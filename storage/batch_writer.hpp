// Writes groups of appends in one transaction, with persistent prepared statements, and finds the verdict of each.
//
// Belongs to the writer's thread.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "engine/ports/history_store.hpp"

namespace soci {
class session;
}

namespace skald::storage {

class Dialect;

class BatchWriter {
 public:
  BatchWriter(soci::session& session, const Dialect& dialect);
  ~BatchWriter();

  // The verdicts in the order of the groups. A batch with a bad append is rolled back and bisected, so that only the
  // bad one is refused. After a commit whose fate is not known every verdict is kUnknown, and broken() says why.
  std::vector<ports::AppendResult> write(std::span<const ports::AppendGroup> groups);

  const std::optional<Error>& broken() const { return broken_; }

 private:
  struct Statements;
  class RolledBack;

  void write_together(std::span<const ports::AppendGroup> groups, std::vector<ports::AppendResult>& results);
  void write_group(const ports::AppendGroup& group, ports::AppendResult& result);
  bool insert_execution(const ports::Append& append, ports::AppendResult& result);
  bool insert_rows(const ports::Append& append);
  void update_execution(const ports::Append& append);
  void refuse(std::span<const ports::AppendGroup> groups, std::vector<ports::AppendResult>& results,
              ports::Verdict verdict, const Error& error);

  soci::session& session_;
  const Dialect& dialect_;
  std::unique_ptr<Statements> statements_;
  std::optional<Error> broken_;
};

}  // namespace skald::storage
