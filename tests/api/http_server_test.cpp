#include "api/http/server.hpp"

#include <gtest/gtest.h>

#include <future>
#include <mutex>
#include <vector>

#include "engine/ports/log.hpp"
#include "tests/api/raw_client.hpp"
#include "tests/api/test_ports.hpp"

namespace skald::api {
namespace {

using test::RawClient;

struct Answered {
  std::string route;
  std::string verb;
  int status;
};

class CountingObserver final : public HttpObserver {
 public:
  void answered(std::string_view route, std::string_view verb, int status, std::chrono::nanoseconds) override {
    const std::lock_guard lock(mutex_);
    answered_.push_back({std::string(route), std::string(verb), status});
  }
  void connections(int change) override { open_ += change; }
  std::vector<Answered> answers() {
    const std::lock_guard lock(mutex_);
    return answered_;
  }
  std::atomic<int> open_ = 0;

 private:
  std::mutex mutex_;
  std::vector<Answered> answered_;
};

// A server that answers every request with what it was, but for a few paths that do something odd.
class HttpServerTest : public testing::Test {
 protected:
  void start(HttpLimits limits = {}, std::size_t loops = 1) {
    loops_ = std::make_unique<runtime::Loops>(loops);
    server_ = std::make_unique<HttpServer>(
        *loops_, HttpServer::Ports{clock_, log_, observer_}, limits,
        [this](Request request, Responder respond) { handle(std::move(request), std::move(respond)); });
    server_->set_refusal_answer([](const Refusal& refusal) {
      return Response{.status = refusal.status, .content_type = "text/plain", .body = std::string(refusal.message)};
    });
    loops_->start();
    const auto port = server_->listen("127.0.0.1", 0);
    ASSERT_TRUE(port) << to_text(port.error());
    port_ = *port;
  }

  void TearDown() override {
    if (server_ && !closed_) close();
    if (loops_) loops_->stop();
    server_.reset();
    loops_.reset();
  }

  void close() {
    std::promise<void> closed;
    server_->close([&] { closed.set_value(); });
    ASSERT_EQ(closed.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
    closed_ = true;
  }

  void handle(Request request, Responder respond) {
    respond.set_route("test");
    const std::string path(request.path());
    if (path == "/throw") throw std::runtime_error("on purpose");
    if (path == "/drop") return;
    if (path == "/later") {
      held_.set_value(std::make_unique<Responder>(std::move(respond)));
      return;
    }
    if (path == "/large") return respond({.content_type = "text/plain", .body = std::string(3'000'000, 'x')});
    respond({.content_type = "text/plain", .body = path + " " + request.body});
  }

  test::SteppingClock clock_;
  ports::SilentLog log_;
  CountingObserver observer_;
  std::unique_ptr<runtime::Loops> loops_;
  std::unique_ptr<HttpServer> server_;
  std::promise<std::unique_ptr<Responder>> held_;
  std::uint16_t port_ = 0;
  bool closed_ = false;
};

TEST_F(HttpServerTest, KeepsTheConnectionBetweenRequests) {
  start();
  RawClient client(port_);
  for (int i = 0; i < 3; ++i) {
    const auto answer = client.call("POST", "/echo?n=1", "body " + std::to_string(i));
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, "/echo body " + std::to_string(i));
    EXPECT_EQ(answer.header("connection"), "");
  }
  EXPECT_EQ(observer_.open_, 1);
  const auto answers = observer_.answers();
  ASSERT_EQ(answers.size(), 3u);
  EXPECT_EQ(answers[0].route, "test");
  EXPECT_EQ(answers[0].verb, "POST");
}

TEST_F(HttpServerTest, AnswersPipelinedRequestsInOrder) {
  start();
  RawClient client(port_);
  std::string all;
  for (int i = 0; i < 50; ++i)
    all += "POST /" + std::to_string(i) + " HTTP/1.1\r\nHost: t\r\nContent-Length: 1\r\n\r\nx";
  client.send(all);
  for (int i = 0; i < 50; ++i) EXPECT_EQ(client.receive().body, "/" + std::to_string(i) + " x");
}

TEST_F(HttpServerTest, HoldsAPipelinedRequestUntilTheOneBeforeIsAnswered) {
  start();
  RawClient client(port_);
  client.send("GET /later HTTP/1.1\r\nHost: t\r\n\r\nGET /next HTTP/1.1\r\nHost: t\r\n\r\n");
  auto respond = held_.get_future().get();
  (*respond)({.content_type = "text/plain", .body = "late"});
  EXPECT_EQ(client.receive().body, "late");
  EXPECT_EQ(client.receive().body, "/next ");
}

TEST_F(HttpServerTest, TakesChunksAndByteByByteRequests) {
  start();
  RawClient client(port_);
  const std::string request =
      "POST /chunks HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n";
  for (const char c : request) client.send(std::string_view(&c, 1));
  EXPECT_EQ(client.receive().body, "/chunks hello world");
  client.send(request);
  EXPECT_EQ(client.receive().body, "/chunks hello world");
}

TEST_F(HttpServerTest, TakesAnEmptyChunkedBodyInPieces) {
  start();
  for (std::size_t cut = 1; cut < 5; ++cut) {
    RawClient client(port_);
    const std::string last = "0\r\n\r\n";
    client.send("POST /e HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n" + last.substr(0, cut));
    RawClient other(port_);
    EXPECT_EQ(other.call("GET", "/between").status, 200);  // the piece has been read by then
    client.send(last.substr(cut));
    EXPECT_EQ(client.receive().body, "/e ");
  }
}

TEST_F(HttpServerTest, SaysContinueBeforeALargeBody) {
  start();
  RawClient client(port_);
  client.send("POST /c HTTP/1.1\r\nHost: t\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(client.receive().status, 100);
  client.send("ok");
  EXPECT_EQ(client.receive().body, "/c ok");
}

TEST_F(HttpServerTest, AnswersHeadWithoutABody) {
  start();
  RawClient client(port_);
  const auto answer = client.call("HEAD", "/head");
  EXPECT_EQ(answer.header("content-length"), "6");
  EXPECT_EQ(client.call("GET", "/again").body, "/again ");
}

TEST_F(HttpServerTest, SendsLargeAnswers) {
  start();
  RawClient client(port_);
  EXPECT_EQ(client.call("GET", "/large").body.size(), 3'000'000u);
  EXPECT_EQ(client.call("GET", "/after").body, "/after ");
}

TEST_F(HttpServerTest, ClosesAfterConnectionCloseAndHttp10) {
  start();
  RawClient closing(port_);
  EXPECT_EQ(closing.call("GET", "/x", "", "Connection: close\r\n").header("connection"), "close");
  EXPECT_TRUE(closing.is_closed());
  RawClient old(port_);
  old.send("GET /old HTTP/1.0\r\n\r\n");
  EXPECT_EQ(old.receive().body, "/old ");
  EXPECT_TRUE(old.is_closed());
}

TEST_F(HttpServerTest, AnswersFiveHundredForAHandlerThatThrowsOrForgets) {
  start();
  RawClient client(port_);
  EXPECT_EQ(client.call("GET", "/throw").status, 500);
  EXPECT_EQ(client.call("GET", "/drop").status, 500);
  EXPECT_EQ(client.call("GET", "/fine").status, 200);
}

TEST_F(HttpServerTest, RefusesTooLargeHeadersAndBodies) {
  start({.header_bytes_max = 2048, .body_bytes_max = 1000});
  EXPECT_EQ(RawClient(port_).call("GET", "/x", "", "A: " + std::string(3000, 'a') + "\r\n").status, 431);
  std::string many;
  for (int i = 0; i < 300; ++i) many += "X-" + std::to_string(i) + ": value\r\n";
  EXPECT_EQ(RawClient(port_).call("GET", "/x", "", many).status, 431);
  EXPECT_EQ(RawClient(port_).call("GET", "/" + std::string(3000, 'p')).status, 431);
  EXPECT_EQ(RawClient(port_).call("POST", "/x", std::string(1001, 'b')).status, 413);
  EXPECT_EQ(RawClient(port_).call("POST", "/x", std::string(1000, 'b')).status, 200);
  RawClient chunked(port_);
  chunked.send("POST /x HTTP/1.1\r\nHost: t\r\nTransfer-Encoding: chunked\r\n\r\n3e9\r\n" + std::string(1001, 'c') +
               "\r\n0\r\n\r\n");
  EXPECT_EQ(chunked.receive().status, 413);
}

TEST_F(HttpServerTest, TimesOutSlowHeadersAndBodies) {
  start({.header_seconds = 1, .body_seconds = 1, .idle_seconds = 1});
  RawClient header(port_);
  header.send("GET /slow HTTP/1.1\r\nHo");
  RawClient body(port_);
  body.send("POST /slow HTTP/1.1\r\nHost: t\r\nContent-Length: 10\r\n\r\n123");
  RawClient idle(port_);
  EXPECT_EQ(idle.call("GET", "/x").status, 200);
  EXPECT_EQ(header.receive().status, 408);
  EXPECT_EQ(body.receive().status, 408);
  EXPECT_TRUE(idle.is_closed());
}

TEST_F(HttpServerTest, TurnsConnectionsAwayAboveTheLimit) {
  start({.connections_max = 2});
  RawClient one(port_);
  RawClient two(port_);
  EXPECT_EQ(one.call("GET", "/1").status, 200);
  EXPECT_EQ(two.call("GET", "/2").status, 200);
  RawClient three(port_);
  const auto answer = three.receive();
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.header("retry-after"), "1");
  EXPECT_EQ(one.call("GET", "/1").status, 200);
}

TEST_F(HttpServerTest, CloseLetsTheRequestInProgressBeAnswered) {
  start();
  RawClient busy(port_);
  RawClient idle(port_);
  EXPECT_EQ(idle.call("GET", "/x").status, 200);
  busy.send("GET /later HTTP/1.1\r\nHost: t\r\n\r\n");
  auto respond = held_.get_future().get();
  std::promise<void> closed;
  server_->close([&] { closed.set_value(); });
  EXPECT_TRUE(idle.is_closed());
  auto waiting = closed.get_future();
  EXPECT_NE(waiting.wait_for(std::chrono::seconds(0)), std::future_status::ready);
  (*respond)({.content_type = "text/plain", .body = "late"});
  const auto answer = busy.receive();
  EXPECT_EQ(answer.body, "late");
  EXPECT_EQ(answer.header("connection"), "close");
  busy.finish_sending();
  EXPECT_EQ(waiting.wait_for(std::chrono::seconds(20)), std::future_status::ready);
  closed_ = true;
}

TEST_F(HttpServerTest, SpreadsConnectionsOverLoops) {
  start({}, 3);
  for (int i = 0; i < 9; ++i) EXPECT_EQ(RawClient(port_).call("GET", "/x").status, 200);
}

TEST_F(HttpServerTest, LeavesWithALoopThatStillHoldsATick) {
  start({}, 3);
  RawClient first(port_);
  RawClient busy(port_);  // on the second loop, and still there when that loop is told to close
  busy.send("GET /later HTTP/1.1\r\nHost: t\r\n\r\n");
  auto respond = held_.get_future().get();
  std::promise<void> closed;
  server_->close([&] { closed.set_value(); });
  EXPECT_TRUE(first.is_closed());
  (*respond)({.content_type = "text/plain", .body = "late"});
  EXPECT_EQ(busy.receive().body, "late");
  busy.finish_sending();
  EXPECT_EQ(closed.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  closed_ = true;
}

TEST_F(HttpServerTest, NamesWhatIsWrongWithTheAddress) {
  start();
  const auto name = server_->listen("nowhere.example", 1);
  ASSERT_FALSE(name);
  EXPECT_EQ(to_text(name.error()),
            "nowhere.example:1: must be an IP address and a port; write for example 127.0.0.1:8080, [::1]:8080 or "
            "0.0.0.0:8080");
  HttpServer second(*loops_, {clock_, log_, observer_}, {}, [](Request, Responder) {});
  const auto taken = second.listen("127.0.0.1", port_);
  ASSERT_FALSE(taken);
  EXPECT_EQ(taken.error().code, "server.listen");
  EXPECT_EQ(taken.error().detail, "Address already in use");
}

struct Malformed {
  const char* name;
  std::string bytes;
  int status;
};

class HttpServerMalformed : public HttpServerTest, public testing::WithParamInterface<Malformed> {};

TEST_P(HttpServerMalformed, IsRefusedAndClosed) {
  start();
  RawClient client(port_);
  client.send(GetParam().bytes);
  client.finish_sending();
  const auto answer = client.receive();
  EXPECT_EQ(answer.status, GetParam().status) << answer.body;
  EXPECT_EQ(answer.header("connection"), "close");
  EXPECT_TRUE(client.is_closed());
}

const std::string kHost = " HTTP/1.1\r\nHost: t\r\n";

INSTANTIATE_TEST_SUITE_P(
    Corpus, HttpServerMalformed,
    testing::Values(
        Malformed{"Noise", std::string("\x16\x03\x01\x02\x00\x01\x00", 7), 400},
        Malformed{"NoVersion", "GET /\r\n\r\n", 400}, Malformed{"Version2", "GET / HTTP/2.0\r\nHost: t\r\n\r\n", 505},
        Malformed{"NoHost", "GET / HTTP/1.1\r\n\r\n", 400},
        Malformed{"TwoHosts", "GET /" + kHost + "Host: u\r\n\r\n", 400},
        Malformed{"TwoLengths", "POST /" + kHost + "Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400},
        Malformed{"LengthsDiffer", "POST /" + kHost + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nxx", 400},
        Malformed{"LengthList", "POST /" + kHost + "Content-Length: 1, 1\r\n\r\nx", 400},
        Malformed{"LengthSigned", "POST /" + kHost + "Content-Length: +1\r\n\r\nx", 400},
        Malformed{"LengthNegative", "POST /" + kHost + "Content-Length: -1\r\n\r\nx", 400},
        Malformed{"LengthHuge", "POST /" + kHost + "Content-Length: 99999999999999999999999\r\n\r\nx", 400},
        Malformed{"LengthAndChunks",
                  "POST /" + kHost + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Malformed{"ChunksAndLength",
                  "POST /" + kHost + "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400},
        Malformed{"CodingX", "POST /" + kHost + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
        Malformed{"CodingTwice",
                  "POST /" + kHost + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Malformed{"CodingGzip", "POST /" + kHost + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400},
        Malformed{"CodingInHttp10", "POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
        Malformed{"ChunkExtension", "POST /" + kHost + "Transfer-Encoding: chunked\r\n\r\n1;a=b\r\nx\r\n0\r\n\r\n",
                  400},
        Malformed{"ChunkSizeBad", "POST /" + kHost + "Transfer-Encoding: chunked\r\n\r\nzz\r\nx\r\n0\r\n\r\n", 400},
        Malformed{"ChunkSizeHuge", "POST /" + kHost + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\nx\r\n",
                  413},
        Malformed{"Trailers", "POST /" + kHost + "Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\nEvil: 1\r\n\r\n",
                  400},
        Malformed{"SpaceBeforeColon", "GET /" + kHost + "Name : v\r\n\r\n", 400},
        Malformed{"ControlInValue", "GET /" + kHost + "Name: a\x01z\r\n\r\n", 400},
        Malformed{"BareCarriageReturn", "GET /" + kHost + "Name: a\rb\r\n\r\n", 400},
        Malformed{"AbsoluteTarget", "GET http://t/" + kHost + "\r\n", 400},
        Malformed{"Fragment", "GET /a#b" + kHost + "\r\n", 400},
        Malformed{"BadEscape", "GET /a%zz" + kHost + "\r\n", 400},
        Malformed{"CutEscape", "GET /a%2" + kHost + "\r\n", 400},
        Malformed{"NulEscape", "GET /a%00" + kHost + "\r\n", 400},
        Malformed{"BadUtf8", "GET /a%ff" + kHost + "\r\n", 400},
        Malformed{"BadQuery", "GET /a?x=%" + kHost + "\r\n", 400},
        Malformed{"Expectation", "POST /" + kHost + "Expect: a-pony\r\nContent-Length: 0\r\n\r\n", 417}),
    [](const auto& info) { return std::string(info.param.name); });

}  // namespace
}  // namespace skald::api
