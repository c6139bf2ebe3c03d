// What every session with PostgreSQL is set to, so that nothing waits for ever.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <soci/soci.h>
#include <sys/socket.h>
#include <unistd.h>

#include "storage/batch_transaction.hpp"
#include "storage/dialect.hpp"
#include "storage/postgres_connection.hpp"
#include "tests/storage/postgres_server.hpp"

namespace skald::storage::test {
namespace {

using testing::HasSubstr;
using testing::Not;

std::uint16_t free_port() {
  const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  socklen_t size = sizeof(address);
  EXPECT_EQ(::bind(socket, reinterpret_cast<sockaddr*>(&address), size), 0);
  ::getsockname(socket, reinterpret_cast<sockaddr*>(&address), &size);
  ::close(socket);
  return ntohs(address.sin_port);
}

// Over TCP: on a socket of the file system the server shows 0 for the keep-alives.
TEST(PostgresDialect, SessionsOfEitherKindHaveBoundsOfTime) {
  const auto port = free_port();
  const PostgresServer server(fmt::format("-c listen_addresses=127.0.0.1 -c port={}", port));
  const auto dialect = make_postgres_dialect(
      postgres_connection(fmt::format("postgresql://skald@127.0.0.1:{}/postgres", port)), Millis(1500));
  for (const bool writer : {true, false}) {
    soci::session session;
    dialect->open(session, writer);
    const auto show = [&](const std::string& name) {
      std::string value;
      session << "SHOW " << name, soci::into(value);
      return value;
    };
    EXPECT_EQ(show("statement_timeout"), "30s");
    EXPECT_EQ(show("lock_timeout"), "1500ms");
    EXPECT_EQ(show("idle_in_transaction_session_timeout"), "5s");
    EXPECT_EQ(show("tcp_keepalives_idle"), "5");
    EXPECT_EQ(show("tcp_keepalives_interval"), "2");
    EXPECT_EQ(show("tcp_keepalives_count"), "3");
    EXPECT_EQ(show("default_transaction_read_only"), writer ? "off" : "on");
  }
}

TEST(PostgresConnection, NoticesALostServerWithinSeconds) {
  const auto connection = postgres_connection("postgresql://skald@db/shop");
  for (const char* setting : {"connect_timeout='5'", "keepalives='1'", "keepalives_idle='5'", "keepalives_interval='2'",
                              "keepalives_count='3'", "tcp_user_timeout='10000'", "application_name='skald'"}) {
    EXPECT_THAT(connection, HasSubstr(setting));
  }
}

TEST(PostgresConnection, WhatTheUrlSaysCounts) {
  const auto connection = postgres_connection(
      "postgresql://skald@db/shop?connect_timeout=9&keepalives=0&tcp_user_timeout=77&application_name=mine");
  for (const char* setting : {"connect_timeout='9'", "keepalives='0'", "tcp_user_timeout='77'",
                              "application_name='mine'", "keepalives_idle='5'", "dbname='shop'", "host='db'"}) {
    EXPECT_THAT(connection, HasSubstr(setting));
  }
  for (const char* setting : {"connect_timeout='5'", "keepalives='1'", "tcp_user_timeout='10000'"}) {
    EXPECT_THAT(connection, Not(HasSubstr(setting)));
  }
}

}  // namespace
}  // namespace skald::storage::test
