#include "bench/load/connection.hpp"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

namespace skald::bench {
namespace {

constexpr std::size_t kReadBytes = 64UL * 1024;
// An answer larger than this is no answer of Skald's.
constexpr std::size_t kAnswerBytesMax = 4UL * 1024 * 1024;

// One buffer a thread serves all connections: nearly every answer comes in a single read.
std::array<char, kReadBytes>& read_buffer() {
  thread_local std::array<char, kReadBytes> buffer;
  return buffer;
}

std::string& whole_answer_buffer() {
  thread_local std::string buffer;
  return buffer;
}

}  // namespace

Connection::~Connection() {
  close();
}

Connection::Connection(Connection&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), partial_(std::move(other.partial_)) {}

void Connection::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  partial_.clear();
}

Result<void> Connection::open(const Target& target) {
  close();
  const std::string subject = fmt::format("{}:{}", target.address, target.port);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(target.port);
  if (inet_pton(AF_INET, target.address.c_str(), &address.sin_addr) != 1) {
    return failure("bench.address", "the target must be a numeric IPv4 address", subject);
  }
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return failure("bench.socket", "no socket", subject, "raise `ulimit -n`", std::strerror(errno));
  if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    const int error = errno;
    close();
    return failure("bench.connect", "cannot connect", subject, "is the server listening there?", std::strerror(error));
  }
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
  return {};
}

bool Connection::send(std::string_view request) {
  return fd_ >= 0 && ::send(fd_, request.data(), request.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(request.size());
}

Answer Connection::receive() {
  auto& buffer = read_buffer();
  const ssize_t size = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (size < 0 && (errno == EAGAIN || errno == EINTR)) return Answer{};
  if (size <= 0) return Answer{.state = AnswerState::kMalformed};
  std::string_view bytes(buffer.data(), static_cast<std::size_t>(size));
  const bool continued = !partial_.empty();
  if (continued) {
    partial_.append(bytes);
    bytes = partial_;
  }
  const Answer answer = read_answer(bytes);
  if (answer.state == AnswerState::kIncomplete) {
    if (bytes.size() > kAnswerBytesMax) return Answer{.state = AnswerState::kMalformed};
    if (!continued) partial_.assign(bytes);
    return answer;
  }
  if (!continued) return answer;
  // The views must outlive the connection's next request, which starts with an empty `partial_`.
  std::string& whole = whole_answer_buffer();
  whole = std::exchange(partial_, {});
  return read_answer(whole);
}

}  // namespace skald::bench
