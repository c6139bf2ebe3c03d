// What differs between the databases: how a session is opened and set up, and the few statements that are not plain
// SQL.
//
// Everything else is written once, in SQL that every dialect understands.
#pragma once

#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "engine/base/error.hpp"
#include "engine/base/time.hpp"
#include "storage/silence_watch.hpp"

namespace soci {
class session;
}

namespace skald::storage {

// What an error of a statement means. Nothing of the transaction is written in any case; of COMMIT see below.
enum class Failure {
  kExists,   // a row with this key exists
  kRefused,  // the rows themselves: too large, or against a rule of the table
  kBusy,     // somebody else holds the database
  kFull,     // no room
  kStorage,  // anything else: the disk, the file, its permissions
};

class BatchTransaction;
class Owner;

class Dialect {
 public:
  virtual ~Dialect() = default;

  // Opens a session. `writer`: the one that writes. Throws soci::soci_error.
  virtual void open(soci::session& session, bool writer) const = 0;
  // Whether a new session may take the place of one whose connection was lost, or whose state is in doubt. Not where
  // the database lives in this process: what it failed at once it may have lost.
  virtual bool replaces_sessions() const = 0;
  // Names a session that writes. `before` is the name of the one it replaces: what the server may still do for that one
  // has ended. Throws std::exception where it has not.
  virtual std::string name_writer(soci::session& session, const std::string& before) const = 0;
  // Statements around migrations, so that of several processes one does them; blank where there is one process.
  virtual std::string lock_schema() const = 0;
  virtual std::string unlock_schema() const = 0;
  // In the transaction that changes the definitions: no other does meanwhile; and, at its end, the others hear of it.
  // Blank where there is one process.
  virtual std::string lock_definitions() const { return {}; }
  virtual std::string announce_definitions() const { return {}; }
  // While the guard lives, a call that the server leaves without an answer ends with an error. The session must not be
  // closed before. Nothing where the database lives in this process.
  virtual SilenceWatch::Guard watch(soci::session&) const { return {}; }
  // Begins a transaction that will write, at once.
  virtual std::string begin_write() const = 0;
  // Statements of migrations, one list a schema version, from version 1.
  virtual const std::vector<std::vector<std::string>>& migrations() const = 0;
  virtual Failure classify(const std::exception& error) const = 0;
  // Whether an error of COMMIT proves that nothing was committed.
  virtual bool commit_failure_is_definite(const std::exception& error) const = 0;
  // Whether the session is outside every transaction: what a rollback must lead to.
  virtual bool is_idle(soci::session& session) const = 0;
  // What writes batches for the process that owns shards as `owner` (batch_transaction.hpp). Throws soci::soci_error.
  virtual std::unique_ptr<BatchTransaction> make_batch(soci::session& session, const Owner& owner) const = 0;
  // A condition on a row of `executions`: its shard is the owner's.
  virtual std::string ownership_condition(const Owner& owner) const = 0;
  // A condition on `labels`, where `key` and `value` are placeholders.
  virtual std::string label_condition(const std::string& key, const std::string& value) const = 0;
  // Whether one of the searched texts of `executions` has a part in lower case; its placeholder for the columns, and
  // for the labels.
  virtual std::string text_condition(const std::string& part, const std::string& same_part) const = 0;
};

// What the database said, without the values of the statement: those may be anybody's data and belong in no log.
std::string message_of(const std::exception& error);

struct SqliteOptions {
  std::string path;
  Millis busy_timeout{};
  std::uint64_t bytes_max = 0;  // of the file; 0: no bound but the disk's
};

std::unique_ptr<Dialect> make_sqlite_dialect(SqliteOptions options);

// `connection` is what postgres_connection.hpp makes of the URL.
std::unique_ptr<Dialect> make_postgres_dialect(std::string connection, Millis busy_timeout);

}  // namespace skald::storage
