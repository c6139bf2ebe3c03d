#include "tests/adapters/http/raw_server.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <optional>

namespace skald::test {
namespace {

// Reads one request; nullopt when the peer has gone.
std::optional<RawRequest> read_request(int socket, std::string& buffer) {
  const auto fill = [&] {
    char chunk[4096];
    const auto size = ::recv(socket, chunk, sizeof chunk, 0);
    if (size <= 0) return false;
    buffer.append(chunk, static_cast<std::size_t>(size));
    return true;
  };
  while (buffer.find("\r\n\r\n") == std::string::npos) {
    if (!fill()) return std::nullopt;
  }
  RawRequest request;
  const auto head_end = buffer.find("\r\n\r\n");
  const std::string head = buffer.substr(0, head_end + 2);
  buffer.erase(0, head_end + 4);
  auto line_end = head.find("\r\n");
  const std::string line = head.substr(0, line_end);
  request.method = line.substr(0, line.find(' '));
  request.target = line.substr(line.find(' ') + 1, line.rfind(' ') - line.find(' ') - 1);
  for (auto at = line_end + 2; at < head.size(); at = line_end + 2) {
    line_end = head.find("\r\n", at);
    const auto colon = head.find(':', at);
    std::string name = head.substr(at, colon - at);
    std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::tolower(c); });
    request.headers[name] = head.substr(colon + 2, line_end - colon - 2);
  }
  const auto length = request.headers.find("content-length");
  const std::size_t size = length == request.headers.end() ? 0 : std::strtoul(length->second.c_str(), nullptr, 10);
  while (buffer.size() < size) {
    if (!fill()) return std::nullopt;
  }
  request.body = buffer.substr(0, size);
  buffer.erase(0, size);
  return request;
}

void send_all(int socket, const std::string& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const auto size = ::send(socket, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (size <= 0) return;
    sent += static_cast<std::size_t>(size);
  }
}

}  // namespace

std::string http_answer(int status, const std::string& body, const std::string& headers) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\n" + headers + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

RawServer::RawServer(Handler handler) : handler_(std::move(handler)) {
  listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(listener_, 128) != 0 ||
      ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::abort();
  }
  port_ = ntohs(address.sin_port);
  acceptor_ = std::thread([this] { accept_all(); });
}

RawServer::~RawServer() {
  stopping_ = true;
  ::shutdown(listener_, SHUT_RDWR);
  acceptor_.join();
  ::close(listener_);
  {
    const std::lock_guard lock(guard_);
    for (auto& peer : peers_) ::shutdown(peer.socket, SHUT_RDWR);
  }
  for (auto& peer : peers_) peer.thread.join();
  for (auto& peer : peers_) ::close(peer.socket);
}

void RawServer::refuse_connections() {
  ::shutdown(listener_, SHUT_RDWR);
}

void RawServer::accept_all() {
  for (;;) {
    const int socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (socket < 0) return;
    const int on = 1;
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    const std::lock_guard lock(guard_);
    const int connection = ++connections_;
    peers_.push_back({.socket = socket, .thread = std::jthread([=, this] { serve(socket, connection); })});
  }
}

void RawServer::serve(int socket, int connection) {
  std::string buffer;
  for (int number = 1;; ++number) {
    auto request = read_request(socket, buffer);
    if (!request) return;
    request->connection = connection;
    request->number = number;
    {
      const std::lock_guard lock(guard_);
      requests_.push_back(*request);
    }
    const RawReply reply = handler_(*request);
    send_all(socket, reply.bytes);
    if (reply.then == RawReply::Then::kClose) {
      ::shutdown(socket, SHUT_RDWR);
      return;
    }
    if (reply.then == RawReply::Then::kReset) {
      const linger now{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &now, sizeof now);
      // Disconnecting sends the reset and keeps the descriptor for the destructor.
      sockaddr none{};
      none.sa_family = AF_UNSPEC;
      ::connect(socket, &none, sizeof none);
      return;
    }
  }
}

std::vector<RawRequest> RawServer::requests() const {
  const std::lock_guard lock(guard_);
  return requests_;
}

void RawServer::close_connections() {
  const std::lock_guard lock(guard_);
  for (auto& peer : peers_) ::shutdown(peer.socket, SHUT_RDWR);
}

}  // namespace skald::test
