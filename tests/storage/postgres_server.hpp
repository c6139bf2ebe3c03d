// A PostgreSQL of the test's own: in a folder of its own, on a socket in it, and gone with the object.
#pragma once

#include <sys/types.h>

#include <string>

#include "tests/storage/store_support.hpp"

namespace skald::storage::test {

class PostgresServer {
 public:
  // Throws where there is no PostgreSQL 15 (scripts/setup test installs it), or it does not start.
  PostgresServer();
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // One for all tests of the process.
  static PostgresServer& shared();

  // The URL of a new, empty database.
  std::string make_database();
  // Stops it as a crash would, and starts it again.
  void restart();

 private:
  void start();
  void stop(const std::string& mode);
  std::string url(const std::string& database) const;

  TemporaryFolder folder_;
  int databases_ = 0;
};

}  // namespace skald::storage::test
