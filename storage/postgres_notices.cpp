#include "storage/postgres_notices.hpp"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <memory>
#include <system_error>
#include <utility>

namespace skald::storage {
namespace {

constexpr int kReconnectMillis = 1'000;

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;
using Notice = std::unique_ptr<PGnotify, decltype(&PQfreemem)>;

}  // namespace

PostgresNotices::PostgresNotices(std::string connection, std::string channel, std::function<void()> heard)
    : connection_(std::move(connection)),
      channel_(std::move(channel)),
      heard_(std::move(heard)),
      ending_(::eventfd(0, EFD_CLOEXEC)) {
  if (ending_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  thread_ = std::thread([this] { run(); });
}

PostgresNotices::~PostgresNotices() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(ending_, &one, sizeof one));
  thread_.join();
  ::close(ending_);
}

void PostgresNotices::run() {
  do {
    listen();
  } while (wait(-1, kReconnectMillis));
}

void PostgresNotices::listen() {
  const Connection connection(PQconnectdb(connection_.c_str()), PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) return;
  const Answer answer(PQexec(connection.get(), ("LISTEN " + channel_).c_str()), PQclear);
  if (PQresultStatus(answer.get()) != PGRES_COMMAND_OK) return;
  heard_();
  while (wait(PQsocket(connection.get()), -1)) {
    if (PQconsumeInput(connection.get()) != 1) return;
    bool heard = false;
    for (Notice notice(PQnotifies(connection.get()), PQfreemem); notice; notice.reset(PQnotifies(connection.get()))) {
      heard = true;
    }
    if (heard) heard_();
  }
}

bool PostgresNotices::wait(int socket, int timeout_ms) const {
  std::array<pollfd, 2> watched = {
      {{.fd = ending_, .events = POLLIN, .revents = 0}, {.fd = socket, .events = POLLIN, .revents = 0}}};
  while (::poll(watched.data(), watched.size(), timeout_ms) < 0) {
    if (errno != EINTR) return false;
  }
  return watched[0].revents == 0;
}

}  // namespace skald::storage
