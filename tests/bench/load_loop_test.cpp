#include "bench/load/load_loop.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace skald::bench {
namespace {

using namespace std::chrono_literals;

// Serves one connection after another; `reply` makes the answer to each request, and an empty one closes the
// connection.
class StubServer {
 public:
  using Reply = std::function<std::string(const std::string& request)>;

  explicit StubServer(Reply reply) : reply_(std::move(reply)), listener_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{.sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(listener_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(listener_, 16), 0);
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }
  ~StubServer() {
    ::shutdown(listener_, SHUT_RDWR);
    thread_.join();
    ::close(listener_);
  }

  std::uint16_t port() const { return port_; }

 private:
  void serve() {
    for (int connection = ::accept(listener_, nullptr, nullptr); connection >= 0;
         connection = ::accept(listener_, nullptr, nullptr)) {
      const int on = 1;
      ::setsockopt(connection, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      std::string buffer(4096, '\0');
      for (ssize_t size = ::recv(connection, buffer.data(), buffer.size(), 0); size > 0;
           size = ::recv(connection, buffer.data(), buffer.size(), 0)) {
        const std::string answer = reply_(buffer.substr(0, static_cast<std::size_t>(size)));
        if (answer.empty()) break;
        // In two parts, so that the client meets a cut answer each time.
        ::send(connection, answer.data(), 20, MSG_NOSIGNAL);
        ::send(connection, answer.data() + 20, answer.size() - 20, MSG_NOSIGNAL);
      }
      ::close(connection);
    }
  }

  Reply reply_;
  int listener_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

std::string http(int status, const std::string& body) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         body;
}

LoadPlan plan_for(const StubServer& server, std::uint64_t count) {
  return LoadPlan{
      .target = {.address = "127.0.0.1", .port = server.port()},
      .request = {.host = "stub", .path = "/start", .headers = {"Prefer: wait=30"}, .body = R"({"id":"0000000000"})"},
      .drain = 5s,
      .count = count,
      .expected_outcome = "completed"};
}

TEST(LoadLoop, EveryRequestIsNumberedAndCounted) {
  std::set<std::string> requests;
  StubServer server([&](const std::string& request) {
    requests.insert(request);
    return http(201, R"({"outcome":"completed"})");
  });
  const auto result = run_load(plan_for(server, 50));
  ASSERT_TRUE(result) << to_text(result.error());
  EXPECT_EQ(result->good, 50U);
  EXPECT_EQ(result->bad, 0U);
  EXPECT_EQ(result->latency_us.size(), 50U);
  EXPECT_EQ(requests.size(), 50U);
  EXPECT_TRUE(
      requests.contains("POST /start HTTP/1.1\r\nHost: stub\r\nContent-Type: application/json\r\nContent-Length: "
                        "19\r\nPrefer: wait=30\r\n\r\n"
                        R"({"id":"0000000007"})"));
}

TEST(LoadLoop, WrongAnswersAreCountedByKind) {
  int turn = 0;
  StubServer server([&](const std::string&) {
    switch (++turn % 4) {
      case 0:
        return http(503, "busy");
      case 1:
        return http(201, R"({"outcome":"faulted"})");
      case 2:
        return std::string();
      default:
        return http(201, R"({"outcome":"completed"})");
    }
  });
  const auto result = run_load(plan_for(server, 40));
  ASSERT_TRUE(result) << to_text(result.error());
  EXPECT_EQ(result->good, 10U);
  EXPECT_EQ(result->bad, 30U);
  EXPECT_EQ(result->kinds, (std::map<std::string, std::uint64_t>{
                               {"201 outcome 'faulted'", 10}, {"503", 10}, {"connection lost", 10}}));
  EXPECT_EQ(result->first_bad, R"(201 outcome 'faulted': {"outcome":"faulted"})");
}

TEST(LoadLoop, WindowStartsAfterTheWarmUp) {
  StubServer server([](const std::string&) { return http(201, R"({"outcome":"completed"})"); });
  LoadPlan plan = plan_for(server, 0);
  plan.warmup = 50ms;
  plan.window = 100ms;
  plan.watched = {{.name = "self", .pid = static_cast<int>(::getpid())}};
  const auto result = run_load(plan);
  ASSERT_TRUE(result) << to_text(result.error());
  EXPECT_LT(result->measured, result->good);
  EXPECT_GE(result->seconds, 0.1);
  EXPECT_EQ(result->unanswered, 0U);
  ASSERT_EQ(result->uses.size(), 1U);
  EXPECT_GT(result->uses[0].after.cpu_ns, result->uses[0].before.cpu_ns);
}

TEST(LoadLoop, UnreachableServerIsAnError) {
  std::uint16_t port = 0;
  {
    const StubServer gone([](const std::string&) { return std::string(); });
    port = gone.port();
  }
  const auto result = run_load(LoadPlan{.target = {.address = "127.0.0.1", .port = port}, .count = 1});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "bench.connect");
}

TEST(WatchedProcess, IsWrittenAsNameAndNumber) {
  EXPECT_EQ(parse_watched("engine=42")->pid, 42);
  EXPECT_EQ(parse_watched("engine=42")->name, "engine");
  for (const char* text : {"42", "engine=", "engine=x", "engine=-1", "engine=4x"})
    EXPECT_FALSE(parse_watched(text)) << text;
}

}  // namespace
}  // namespace skald::bench
