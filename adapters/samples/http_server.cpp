#include "adapters/samples/http_server.hpp"

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace skald::samples {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace {

constexpr std::uint64_t kBodyBytesMax = 1 << 20;
constexpr std::string_view kGarbage = "HTTP/9 what?\r\n\r\n";

std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
  const auto digit = [](char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char lower = static_cast<char>(c | 0x20);
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  };
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      out += plus_is_space && text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size() || digit(text[i + 1]) < 0 || digit(text[i + 2]) < 0) return std::nullopt;
    out += static_cast<char>(digit(text[i + 1]) * 16 + digit(text[i + 2]));
    i += 2;
  }
  return out;
}

}  // namespace

std::optional<Target> parse_target(std::string_view target) {
  const auto mark = target.find('?');
  auto path = decode(target.substr(0, mark), false);
  if (!path) return std::nullopt;
  Target parsed{.path = std::move(*path), .query = {}};
  auto rest = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const auto pair = rest.substr(0, end);
    const auto equals = pair.find('=');
    const auto name = decode(pair.substr(0, equals), true);
    const auto value = decode(equals == std::string_view::npos ? "" : pair.substr(equals + 1), true);
    if (!name || !value) return std::nullopt;
    parsed.query[*name] = *value;
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  return parsed;
}

namespace {

// One connection: a request at a time, until the peer closes it. It lives as long as an operation or an answer holds
// it.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(tcp::socket socket, const HttpServer::Handler& handler) : socket_(std::move(socket)), handler_(handler) {
    boost::system::error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
  }

  void read() {
    parser_.emplace();
    parser_->body_limit(kBodyBytesMax);
    http::async_read(socket_, buffer_, *parser_, [self = shared_from_this()](boost::system::error_code error, auto) {
      if (!error) self->handle(self->parser_->release());
    });
  }

 private:
  void handle(http::request<http::string_body> from) {
    keep_alive_ = from.keep_alive();
    HttpRequest request;
    request.method = std::string(from.method_string());
    request.target = std::string(from.target());
    auto target = parse_target(request.target);
    if (!target) {
      answer({.status = 400, .content_type = "text/plain", .body = "The address is malformed\n"});
      return;
    }
    request.path = std::move(target->path);
    request.query = std::move(target->query);
    for (const auto& field : from) {
      std::string name(field.name_string());
      std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c | 0x20) : c; });
      request.headers[std::move(name)] = std::string(field.value());
    }
    request.body = std::move(from.body());
    handler_(std::move(request), [self = shared_from_this()](HttpReply reply) { self->answer(std::move(reply)); });
  }

  void answer(HttpReply reply) {
    if (reply.drop || reply.garbage) {
      if (reply.done) reply.done(false);
      if (reply.drop) return close();
      asio::async_write(socket_, asio::buffer(kGarbage),
                        [self = shared_from_this()](boost::system::error_code, auto) { self->close(); });
      return;
    }
    response_ = {};
    response_.result(static_cast<unsigned>(reply.status));
    response_.keep_alive(keep_alive_);
    if (response_.result() != http::status::no_content) {
      response_.set(http::field::content_type, reply.content_type);
      response_.body() = std::move(reply.body);
      response_.prepare_payload();
    }
    http::async_write(socket_, response_,
                      [self = shared_from_this(), done = std::move(reply.done)](boost::system::error_code error, auto) {
                        if (done) done(!error);
                        if (error || !self->keep_alive_) return self->close();
                        self->read();
                      });
  }

  void close() {
    boost::system::error_code ignored;
    socket_.shutdown(tcp::socket::shutdown_both, ignored);
    socket_.close(ignored);
  }

  tcp::socket socket_;
  const HttpServer::Handler& handler_;
  boost::beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  http::response<http::string_body> response_;
  bool keep_alive_ = true;
};

}  // namespace

struct HttpServer::Impl {
  Impl(const std::string& host, std::uint16_t port)
      : acceptor(context, tcp::endpoint(asio::ip::make_address(host), port)) {}

  void accept() {
    acceptor.async_accept([this](boost::system::error_code error, tcp::socket socket) {
      if (!error) {
        std::make_shared<Session>(std::move(socket), handler)->read();
        accept();
      } else if (error != asio::error::operation_aborted) {
        // Out of descriptors, most likely: they come back when connections end.
        retry.expires_after(std::chrono::milliseconds(50));
        retry.async_wait([this](boost::system::error_code stopped) {
          if (!stopped) accept();
        });
      }
    });
  }

  Handler handler;  // outlives the sessions, which the context holds
  asio::io_context context{1};
  tcp::acceptor acceptor;
  asio::steady_timer retry{context};
};

HttpServer::HttpServer(const std::string& host, std::uint16_t port) : impl_(std::make_unique<Impl>(host, port)) {}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const {
  return impl_->acceptor.local_endpoint().port();
}

void HttpServer::after(std::chrono::milliseconds delay, std::function<void()> action) {
  auto timer = std::make_shared<asio::steady_timer>(impl_->context, delay);
  timer->async_wait([timer, action = std::move(action)](boost::system::error_code error) {
    if (!error) action();
  });
}

void HttpServer::run(Handler handler) {
  impl_->handler = std::move(handler);
  impl_->accept();
  impl_->context.run();
}

void HttpServer::stop() {
  impl_->context.stop();
}

}  // namespace skald::samples
