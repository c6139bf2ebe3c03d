#include "tests/storage/postgres_server.hpp"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <stdexcept>

namespace skald::storage::test {
namespace {

constexpr const char* kPrograms = "/usr/lib/postgresql/15/bin";

// PostgreSQL refuses to run as root; Debian's package brings a user for it.
void run(const std::string& command) {
  const std::string user = ::geteuid() == 0 ? "setpriv --reuid=postgres --regid=postgres --clear-groups " : "";
  if (std::system((user + command + " >/dev/null").c_str()) != 0) throw std::runtime_error("this failed: " + command);
}

}  // namespace

PostgresServer::PostgresServer(std::string options) : options_(std::move(options)) {
  const std::string data = folder_.file("data");
  if (::geteuid() == 0) {
    if (std::system(("chown postgres: " + folder_.file(".")).c_str()) != 0)
      throw std::runtime_error("no user postgres");
    ::chmod(folder_.file(".").c_str(), 0755);
  }
  run(fmt::format("{}/initdb -D {} -U skald -A trust --no-locale -E UTF8", kPrograms, data));
  start();
}

PostgresServer::~PostgresServer() {
  try {
    stop();
  } catch (const std::exception&) {
    // The folder goes away with it; nothing else is left of it.
  }
}

PostgresServer& PostgresServer::shared() {
  static PostgresServer server;
  return server;
}

void PostgresServer::start() {
  run(fmt::format("{0}/pg_ctl -s -w -D {1} -l {2} -o \"-k {3} -c listen_addresses= -c max_connections=200 {4}\" start",
                  kPrograms, folder_.file("data"), folder_.file("log"), folder_.file(""), options_));
}

void PostgresServer::stop(const std::string& mode) {
  run(fmt::format("{}/pg_ctl -s -w -D {} -m {} stop", kPrograms, folder_.file("data"), mode));
}

std::string PostgresServer::url(const std::string& database) const {
  std::string socket = folder_.file("");
  while (socket.ends_with('/')) socket.pop_back();
  return fmt::format("postgresql:///{}?host={}&user=skald", database, socket);
}

std::string PostgresServer::make_database() {
  const std::string name = fmt::format("test{}", ++databases_);
  std::string socket = folder_.file("");
  run(fmt::format("{}/createdb -h {} -U skald {}", kPrograms, socket, name));
  return url(name);
}

}  // namespace skald::storage::test
