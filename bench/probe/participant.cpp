#include "bench/probe/participant.hpp"

#include <fmt/format.h>

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>

#include "bench/probe/inbox.hpp"

namespace skald::probe {

namespace asio = boost::asio;
using Error = boost::system::error_code;

class Participant::Connection {
 public:
  explicit Connection(Participant& owner) : owner_(owner), socket_(owner.loop_) {}

  void open_and_call(std::string_view request, Caller& caller) {
    caller_ = &caller;
    socket_.async_connect(owner_.endpoint_, [this, request](const Error& error) {
      if (error) return caller_->failed();
      Error ignored;
      socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
      socket_.non_blocking(true, ignored);
      send(request);
    });
  }

  void call(std::string_view request, Caller& caller) {
    caller_ = &caller;
    inbox_.expect_next();
    send(request);
  }

 private:
  // It nearly always fits the socket's buffer, and then costs one system call and no operation of the loop.
  void send(std::string_view request) {
    Error error;
    const std::size_t sent = socket_.write_some(asio::buffer(request), error);
    if (error && error != asio::error::would_block) return asio::post(socket_.get_executor(), [this] { fail(); });
    if (sent == request.size()) return read();
    asio::async_write(socket_, asio::buffer(request.substr(sent)), [this](const Error& failure, std::size_t) {
      if (failure) return fail();
      read();
    });
  }

  void read() {
    socket_.async_read_some(inbox_.room(), [this](const Error& error, std::size_t size) {
      if (error) return fail();
      switch (inbox_.received(size)) {
        case Progress::kMore:
          return read();
        case Progress::kComplete:
          return finish();
        case Progress::kBroken:
          return fail();
      }
    });
  }

  void finish() {
    if (inbox_.status() != 200) return fail();
    owner_.idle_.push_back(this);
    caller_->answered(body_);
  }

  // The connection is not used again.
  void fail() {
    Error ignored;
    socket_.close(ignored);
    caller_->failed();
  }

  Participant& owner_;
  Socket socket_;
  std::string body_;
  Inbox<false> inbox_{body_};
  Caller* caller_ = nullptr;
};

Participant::Participant(asio::io_context& loop, const asio::ip::tcp::endpoint& endpoint)
    : loop_(loop),
      endpoint_(endpoint),
      authority_(fmt::format("{}:{}", endpoint.address().to_string(), endpoint.port())) {}

Participant::~Participant() = default;

void Participant::call(std::string_view request, Caller& caller) {
  if (idle_.empty()) {
    return connections_.emplace_back(std::make_unique<Connection>(*this))->open_and_call(request, caller);
  }
  Connection* connection = idle_.back();
  idle_.pop_back();
  connection->call(request, caller);
}

}  // namespace skald::probe
