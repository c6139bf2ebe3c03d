// What differs between the databases: how a session is opened and set up, and the few statements that are not plain
// SQL.
//
// Everything else is written once, in SQL that every dialect understands.
#pragma once

#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/time.hpp"

namespace soci {
class session;
}

namespace skald::storage {

enum class Failure {
  kConstraint,  // a row with this key exists
  kBusy,        // somebody else holds the database; nothing happened
  kFull,        // no room; nothing happened
  kOther,
};

class Dialect {
 public:
  virtual ~Dialect() = default;

  // Opens a session. `writer`: the one that writes. Throws soci::soci_error.
  virtual void open(soci::session& session, bool writer) const = 0;
  // Begins a transaction that will write, at once.
  virtual std::string begin_write() const = 0;
  // Statements of migrations, one list a schema version, from version 1.
  virtual const std::vector<std::vector<std::string>>& migrations() const = 0;
  virtual Failure classify(const std::exception& error) const = 0;
  // Whether an error of COMMIT proves that nothing was committed.
  virtual bool commit_failure_is_definite(const std::exception& error) const = 0;
};

// `path` is a file name.
std::unique_ptr<Dialect> make_sqlite_dialect(const std::string& path, Millis busy_timeout);

}  // namespace skald::storage
