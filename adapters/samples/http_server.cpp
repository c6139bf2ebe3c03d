#include "adapters/samples/http_server.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>
#include <set>
#include <thread>

namespace skald::samples {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using tcp = asio::ip::tcp;

namespace {

std::string decode(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size()) {
      out += static_cast<char>(std::stoi(std::string(text.substr(i + 1, 2)), nullptr, 16));
      i += 2;
    } else {
      out += text[i] == '+' ? ' ' : text[i];
    }
  }
  return out;
}

HttpRequest convert(const http::request<http::string_body>& from) {
  HttpRequest request;
  request.method = std::string(from.method_string());
  const std::string target(from.target());
  const auto mark = target.find('?');
  request.path = decode(target.substr(0, mark));
  std::string_view rest = mark == std::string::npos ? std::string_view() : std::string_view(target).substr(mark + 1);
  while (!rest.empty()) {
    const auto end = rest.find('&');
    const auto pair = rest.substr(0, end);
    const auto equals = pair.find('=');
    request.query[decode(pair.substr(0, equals))] =
        equals == std::string_view::npos ? "" : decode(pair.substr(equals + 1));
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  }
  for (const auto& field : from) {
    std::string name(field.name_string());
    for (char& c : name) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    request.headers[name] = std::string(field.value());
  }
  request.body = from.body();
  return request;
}

}  // namespace

struct HttpServer::Impl {
  Impl(const std::string& host, std::uint16_t port, Handler handle)
      : acceptor(context, tcp::endpoint(asio::ip::make_address(host), port)), handler(std::move(handle)) {}

  // One connection, until the peer closes it or stop() does.
  void serve(const std::shared_ptr<tcp::socket>& socket) {
    boost::system::error_code error;
    socket->set_option(tcp::no_delay(true), error);
    boost::beast::flat_buffer buffer;
    while (!stopping) {
      http::request<http::string_body> request;
      http::read(*socket, buffer, request, error);
      if (error) break;
      const HttpReply reply = handler(convert(request));
      if (reply.drop) break;
      if (reply.garbage) {
        asio::write(*socket, asio::buffer(std::string("HTTP/1.1 garbage\r\n\r\n")), error);
        break;
      }
      http::response<http::string_body> response(static_cast<http::status>(reply.status), 11);
      response.set(http::field::content_type, reply.content_type);
      response.body() = reply.body;
      response.keep_alive(request.keep_alive());
      response.prepare_payload();
      http::write(*socket, response, error);
      if (error || !request.keep_alive()) break;
    }
    socket->shutdown(tcp::socket::shutdown_both, error);
    const std::lock_guard lock(mutex);
    sockets.erase(socket);
    socket->close(error);
  }

  asio::io_context context;
  tcp::acceptor acceptor;
  Handler handler;
  std::atomic<bool> stopping = false;
  std::mutex mutex;
  std::set<std::shared_ptr<tcp::socket>> sockets;
  std::vector<std::thread> threads;
};

HttpServer::HttpServer(const std::string& host, std::uint16_t port, Handler handler)
    : impl_(std::make_unique<Impl>(host, port, std::move(handler))) {}

HttpServer::~HttpServer() = default;

std::uint16_t HttpServer::port() const {
  return impl_->acceptor.local_endpoint().port();
}

void HttpServer::run() {
  while (!impl_->stopping) {
    auto socket = std::make_shared<tcp::socket>(impl_->context);
    boost::system::error_code error;
    impl_->acceptor.accept(*socket, error);
    if (error) continue;
    const std::lock_guard lock(impl_->mutex);
    if (impl_->stopping) break;
    impl_->sockets.insert(socket);
    impl_->threads.emplace_back([this, socket] { impl_->serve(socket); });
  }
  for (auto& thread : impl_->threads) thread.join();
}

void HttpServer::stop() {
  impl_->stopping = true;
  boost::system::error_code error;
  const std::lock_guard lock(impl_->mutex);
  for (const auto& socket : impl_->sockets) socket->shutdown(tcp::socket::shutdown_both, error);
  // Wakes the accept.
  tcp::socket waker(impl_->context);
  waker.connect(impl_->acceptor.local_endpoint(), error);
}

}  // namespace skald::samples
