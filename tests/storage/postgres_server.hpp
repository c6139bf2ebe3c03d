// A PostgreSQL of the test's own: in a folder of its own, on a socket in it, and gone with the object.
#pragma once

#include <sys/types.h>

#include <string>

#include "tests/storage/store_support.hpp"

namespace skald::storage::test {

class PostgresServer {
 public:
  // Throws where there is no PostgreSQL 15 (scripts/setup test installs it), or it does not start.
  // `options` are added to those of the server, as in "-c fsync=off".
  explicit PostgresServer(std::string options = {});
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  // One for all tests of the process.
  static PostgresServer& shared();

  // The URL of a new, empty database.
  std::string make_database();
  void start();
  // "immediate" is as a crash; "fast" lets go of the sessions first.
  void stop(const std::string& mode = "immediate");

 private:
  std::string url(const std::string& database) const;

  std::string options_;
  TemporaryFolder folder_;
  int databases_ = 0;
};

}  // namespace skald::storage::test
