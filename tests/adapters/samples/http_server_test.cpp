#include "adapters/samples/http_server.hpp"

#include <gmock/gmock.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <thread>

namespace skald::samples {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

TEST(Target, IsSplitAndDecoded) {
  const auto target = parse_target("/orders/a%20b?x=1&y=a+b&z");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/orders/a b");
  EXPECT_EQ(target->query.at("x"), "1");
  EXPECT_EQ(target->query.at("y"), "a b");
  EXPECT_EQ(target->query.at("z"), "");
  EXPECT_FALSE(parse_target("/%zz"));
  EXPECT_FALSE(parse_target("/a?%2"));
}

class Server : public testing::Test {
 protected:
  ~Server() override {
    server_.stop();
    thread_.join();
  }

  // Sends the text on a connection of its own and reads until the server closes it.
  std::string talk(const std::string& text) {
    asio::io_context context;
    tcp::socket socket(context);
    socket.connect(tcp::endpoint(asio::ip::make_address("127.0.0.1"), server_.port()));
    asio::write(socket, asio::buffer(text));
    std::string answer;
    boost::system::error_code error;
    asio::read(socket, asio::dynamic_buffer(answer), error);
    return answer;
  }

  HttpServer server_{"127.0.0.1", 0};
  std::thread thread_{[this] {
    server_.run([this](const HttpRequest& request, const HttpServer::Respond& respond) {
      if (request.path == "/drop") return respond({.drop = true});
      if (request.path == "/garbage") return respond({.garbage = true});
      if (request.path == "/empty") return respond({.status = 204});
      server_.after(std::chrono::milliseconds(1), [respond, body = request.body] { respond({.body = body}); });
    });
  }};
};

TEST_F(Server, AnswersOneRequestAfterTheOther) {
  const std::string answers = talk(
      "POST /a HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\none"
      "POST /b HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 3\r\n\r\ntwo");
  EXPECT_THAT(answers, testing::ContainsRegex("200 OK.*one"));
  EXPECT_THAT(answers, testing::EndsWith("two"));
}

TEST_F(Server, MisbehavesOnDemand) {
  EXPECT_EQ(talk("GET /drop HTTP/1.1\r\nHost: x\r\n\r\n"), "");
  EXPECT_EQ(talk("GET /garbage HTTP/1.1\r\nHost: x\r\n\r\n"), "HTTP/9 what?\r\n\r\n");
}

TEST_F(Server, EmptyAnswerHasNoLength) {
  EXPECT_EQ(talk("GET /empty HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
            "HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
}

TEST_F(Server, MalformedAddressIsRefused) {
  EXPECT_THAT(talk("GET /%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"), testing::StartsWith("HTTP/1.1 400"));
}

}  // namespace
}  // namespace skald::samples
