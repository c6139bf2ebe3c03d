#include "bench/probe/session.hpp"

#include <boost/asio/write.hpp>
#include <chrono>

#include "bench/probe/messages.hpp"

namespace skald::probe {
namespace {

namespace asio = boost::asio;
using Error = boost::system::error_code;

constexpr std::string_view kReady = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
constexpr std::string_view kNotStandard = "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";

Timestamp now() {
  return std::chrono::floor<Millis>(std::chrono::system_clock::now());
}

}  // namespace

// Vigna's splitmix64, in the public domain.
std::uint64_t Host::next_random() {
  std::uint64_t z = (random += 0x9E3779B97F4A7C15ull);
  z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ z >> 27) * 0x94D049BB133111EBull;
  return z ^ z >> 31;
}

Session::Session(Socket socket, Host& host) : host_(host), socket_(std::move(socket)) {}

void Session::start(std::list<Session>::iterator place) {
  place_ = place;
  Error ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  socket_.non_blocking(true, ignored);
  read();
}

void Session::read() {
  socket_.async_read_some(inbox_.room(), [this](const Error& error, std::size_t size) {
    if (error) return close();
    switch (inbox_.received(size)) {
      case Progress::kMore:
        return read();
      case Progress::kComplete:
        return dispatch();
      case Progress::kBroken:
        return close();
    }
  });
}

void Session::dispatch() {
  if (!inbox_.is_post()) return send(kReady);
  if (!begin(execution_, now(), host_.next_random(), host_.next_random())) return send(kNotStandard);
  host_.writer.push(execution_, *this);
}

// Durable: what follows from it may leave the process.
void Session::committed() {
  if (execution_.steps_done < kSteps) {
    write_call(output_, execution_, host_.participant.authority(), host_.next_random());
    return host_.participant.call(output_, *this);
  }
  write_answer(output_, execution_);
  send(output_);
}

void Session::answered(std::string_view body) {
  if (!complete_step(execution_, body, now())) return close();
  host_.writer.push(execution_, *this);
}

void Session::send(std::string_view bytes) {
  inbox_.expect_next();
  Error error;
  const std::size_t sent = socket_.write_some(asio::buffer(bytes), error);
  if (error && error != asio::error::would_block) return close();
  if (sent == bytes.size()) return read();
  asio::async_write(socket_, asio::buffer(bytes.substr(sent)), [this](const Error& failure, std::size_t) {
    if (failure) return close();
    read();
  });
}

void Session::close() {
  host_.sessions.erase(place_);
}

}  // namespace skald::probe
