#include "api/cli/client.hpp"

#include <algorithm>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/message.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <exception>
#include <optional>

namespace skald::cli {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace http = beast::http;

constexpr std::uint64_t kBodyBytesMax = 256ull * 1024 * 1024;
constexpr Millis kConnectTimeout = std::chrono::seconds(5);

struct Address {
  std::string host;
  std::string port;
};

std::optional<Address> parse_server(std::string_view text) {
  if (text.starts_with("http://")) text.remove_prefix(7);
  if (text.find("://") != std::string_view::npos) return std::nullopt;
  while (text.ends_with('/')) text.remove_suffix(1);
  const auto colon = text.rfind(':');
  const bool has_port = colon != std::string_view::npos && !text.ends_with(']');
  Address address{std::string(text.substr(0, has_port ? colon : text.size())),
                  has_port ? std::string(text.substr(colon + 1)) : "80"};
  if (address.host.size() > 2 && address.host.front() == '[')
    address.host = address.host.substr(1, address.host.size() - 2);
  if (address.host.empty() || address.port.find_first_not_of("0123456789") != std::string::npos) return std::nullopt;
  return address;
}

// Beast writes header values as they are, line breaks too.
bool is_header_text(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

struct Client::Impl {
  explicit Impl(std::string server_text) : server(std::move(server_text)), address(parse_server(server)) {}

  std::string server;
  std::optional<Address> address;
  asio::io_context context{1};
  std::optional<beast::tcp_stream> stream;
  bool connecting = false;

  asio::awaitable<void> connect() {
    connecting = true;
    asio::ip::tcp::resolver resolver(context);
    const auto endpoints = co_await resolver.async_resolve(address->host, address->port, asio::use_awaitable);
    stream.emplace(context);
    stream->expires_after(kConnectTimeout);
    co_await stream->async_connect(endpoints, asio::use_awaitable);
    connecting = false;
  }

  asio::awaitable<ClientAnswer> exchange(const ClientRequest& request) {
    if (!stream) co_await connect();
    http::request<http::string_body> message(http::string_to_verb(request.method), request.target, 11, request.body);
    message.set(http::field::host, address->host + ":" + address->port);
    for (const auto& [name, value] : request.headers) message.set(name, value);
    message.prepare_payload();
    stream->expires_after(request.timeout);
    co_await http::async_write(*stream, message, asio::use_awaitable);
    beast::flat_buffer buffer;
    http::response_parser<http::string_body> parser;
    parser.body_limit(kBodyBytesMax);
    co_await http::async_read(*stream, buffer, parser, asio::use_awaitable);
    if (!parser.keep_alive()) stream.reset();
    auto& answer = parser.get();
    const auto type = answer[http::field::content_type];
    co_return ClientAnswer{.status = static_cast<int>(answer.result_int()),
                           .content_type = std::string(type),
                           .body = std::move(answer.body())};
  }

  // The answer, or what failed.
  std::pair<std::optional<ClientAnswer>, boost::system::error_code> run(const ClientRequest& request) {
    std::optional<ClientAnswer> answer;
    std::exception_ptr thrown;
    connecting = false;
    context.restart();
    asio::co_spawn(context, exchange(request), [&](std::exception_ptr error, ClientAnswer value) {
      thrown = error;
      if (!error) answer = std::move(value);
    });
    context.run();
    if (!thrown) return {std::move(answer), boost::system::error_code()};
    stream.reset();
    try {
      std::rethrow_exception(thrown);
    } catch (const boost::system::system_error& error) {
      return {std::nullopt, error.code()};
    }
  }
};

Client::Client(std::string server) : impl_(std::make_unique<Impl>(std::move(server))) {}

Client::~Client() = default;

Result<ClientAnswer> Client::send(const ClientRequest& request) {
  if (!impl_->address) {
    return failure("client.server", "is not an address of a server", impl_->server,
                   "write it as http://HOST:PORT, with --server or SKALD_SERVER");
  }
  for (const auto& [name, value] : request.headers) {
    if (is_header_text(name) && is_header_text(value) && name.find_first_of(" :") == std::string::npos) continue;
    return failure("cli.header", "has characters that a header cannot carry", name + ": " + value,
                   "use printable characters in labels, keys and names");
  }
  const bool was_kept = impl_->stream.has_value();
  auto [answer, error] = impl_->run(request);
  // The server may have closed a kept connection between two requests; a GET may be sent again.
  if (error && was_kept && request.method == "GET" && error != beast::error::timeout) {
    std::tie(answer, error) = impl_->run(request);
  }
  if (answer) return std::move(*answer);
  if (impl_->connecting) {
    return failure("client.unreachable", "cannot reach the server", impl_->server,
                   "start one with `skald serve`, or name another with --server or SKALD_SERVER", error.message());
  }
  if (error == beast::error::timeout) {
    return failure("client.timeout", "the server did not answer in time", impl_->server, "look at its log");
  }
  return failure("client.answer", "the connection broke before the answer was complete", impl_->server,
                 "whether the request took effect is unknown; ask again", error.message());
}

void pause(Millis time) {
  asio::io_context context{1};
  asio::steady_timer timer(context, time);
  timer.wait();
}

std::string percent_encode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    const bool is_plain = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' ||
                          c == '.' || c == '_' || c == '~';
    if (is_plain) {
      encoded += c;
    } else {
      encoded += '%';
      encoded += kDigits[static_cast<unsigned char>(c) >> 4];
      encoded += kDigits[static_cast<unsigned char>(c) & 15];
    }
  }
  return encoded;
}

}  // namespace skald::cli
