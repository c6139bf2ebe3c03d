#include "storage/postgres_notices.hpp"

#include <libpq-fe.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <memory>
#include <set>
#include <system_error>
#include <utility>

namespace skald::storage {
namespace {

constexpr int kReconnectMillis = 1'000;

using Connection = std::unique_ptr<PGconn, decltype(&PQfinish)>;
using Answer = std::unique_ptr<PGresult, decltype(&PQclear)>;
using Notice = std::unique_ptr<PGnotify, decltype(&PQfreemem)>;

}  // namespace

PostgresNotices::PostgresNotices(std::string connection)
    : connection_(std::move(connection)), ending_(::eventfd(0, EFD_CLOEXEC)) {
  if (ending_ < 0) throw std::system_error(errno, std::generic_category(), "eventfd");
  thread_ = std::thread([this] { run(); });
}

PostgresNotices::~PostgresNotices() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(ending_, &one, sizeof one));
  thread_.join();
  ::close(ending_);
}

void PostgresNotices::tell(const std::string& channel, std::function<void()> heard) {
  const std::lock_guard lock(mutex_);
  heard_[channel] = std::move(heard);
}

void PostgresNotices::pass_on(std::string_view channel) {
  const std::lock_guard lock(mutex_);
  const auto it = heard_.find(channel);
  if (it != heard_.end() && it->second) it->second();
}

void PostgresNotices::run() {
  do {
    listen();
  } while (wait(-1, kReconnectMillis));
}

void PostgresNotices::listen() {
  const Connection connection(PQconnectdb(connection_.c_str()), PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) return;
  std::set<std::string> channels{kShardsChannel, kInboxChannel, kDefinitionsChannel};
  for (const auto& channel : channels) {
    const Answer answer(PQexec(connection.get(), ("LISTEN " + channel).c_str()), PQclear);
    if (PQresultStatus(answer.get()) != PGRES_COMMAND_OK) return;
  }
  do {
    for (const auto& channel : channels) pass_on(channel);
    channels.clear();
    if (PQconsumeInput(connection.get()) != 1) return;
    // Also what came with the answers to LISTEN.
    for (Notice notice(PQnotifies(connection.get()), PQfreemem); notice; notice.reset(PQnotifies(connection.get()))) {
      channels.insert(notice->relname);
    }
  } while (!channels.empty() || wait(PQsocket(connection.get()), -1));
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
