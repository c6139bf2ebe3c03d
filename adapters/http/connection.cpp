#include "adapters/http/connection.hpp"

#include <algorithm>
#include <boost/asio/error.hpp>
#include <cstring>
#include <utility>

#include "engine/base/invariant.hpp"
#include "engine/base/limits.hpp"

namespace skald::adapters {
namespace {

// Most answers come whole. With the end that a string has it is one size of the allocator, not a byte more.
constexpr std::size_t kFirstBufferBytes = 1024 - 1;
// An idle connection is looked at before reuse when its pending read could have missed a close that is on its way.
constexpr Steady kTrustedIdle = std::chrono::milliseconds(20);

}  // namespace

Connection::Connection(const Context& context, Origin origin, Origin dial)
    : context_(context), origin_(std::move(origin)), dial_(std::move(dial)), buffer_(kFirstBufferBytes, '\0') {}

bool Connection::begin(Steady deadline, const ExpectedAnswer& expected) {
  SKALD_INVARIANT(state_ == State::kFresh || state_ == State::kIdle);
  reused_ = state_ == State::kIdle;
  deadline_ = deadline;
  written_ = 0;
  sent_ = false;
  reader_.reset(expected);
  if (!reused_) {
    state_ = State::kConnecting;
    connect_until_ = std::min(deadline, context_.clock.steady() + Steady(limits::kConnectTimeout));
    context_.wheel.arm(*this, connect_until_);
    look_up();
    return true;
  }
  if (context_.clock.steady() - idle_since_ > kTrustedIdle && !is_quiet()) {
    close();
    return false;
  }
  state_ = State::kBusy;
  context_.wheel.arm(*this, deadline);
  return write_now();
}

void Connection::close() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  context_.wheel.disarm(*this);
  close_transport();
}

void Connection::look_up() {
  if (const auto* addresses = context_.resolver.find(dial_.host)) return connect(*addresses);
  context_.resolver.resolve(dial_.host, [weak = weak_from_this()](const Result<Resolver::Addresses>& addresses) {
    const auto me = weak.lock();
    if (!me || me->state_ != State::kConnecting) return;
    if (!addresses) return me->fail(Failure::kNotSent, addresses.error().message, addresses.error().detail);
    me->connect(*addresses);
  });
}

void Connection::connect(const Resolver::Addresses& addresses) {
  for (const auto& address : addresses) endpoints_.emplace_back(address, dial_.port);
  connect_next();
}

// An address that says nothing has its share of the time, so that those behind it have theirs.
void Connection::connect_next() {
  const auto now = context_.clock.steady();
  const auto left = static_cast<Steady::rep>(endpoints_.size() - next_endpoint_);
  context_.wheel.arm(*this, now + (connect_until_ - now) / left);
  start_connect(endpoints_[next_endpoint_++]);
}

void Connection::on_connected(std::size_t attempt, Error error) {
  if (state_ != State::kConnecting || attempt != connect_attempt()) return;
  if (error && has_another_address()) {
    close_transport();
    return connect_next();
  }
  if (error) {
    return fail(Failure::kNotSent, "no connection to " + host_and_port(dial_), error.message());
  }
  if (attempt > 1) context_.resolver.prefer(dial_.host, endpoints_[attempt - 1].address());
  state_ = State::kBusy;
  context_.wheel.arm(*this, deadline_);
  continue_reading();
  write_now();
}

bool Connection::write_now() {
  const std::string_view rest = std::string_view(request_).substr(written_);
  Error error;
  const std::size_t size = try_write(rest, error);
  if (error) {
    if (reused_ && !sent_) {
      close();
      return false;
    }
    // The peer may have answered before it closed: the pending read finds the answer, or the loss.
    return true;
  }
  written_ += size;
  sent_ = sent_ || size > 0;
  if (written_ < request_.size()) start_write(std::string_view(request_).substr(written_));
  return true;
}

void Connection::on_written(Error error, std::size_t size) {
  if (state_ != State::kBusy) return;
  sent_ = sent_ || size > 0;
  written_ += size;
  if (error) return;  // as in write_now(): the pending read tells
  if (written_ < request_.size()) start_write(std::string_view(request_).substr(written_));
}

void Connection::continue_reading() {
  if (reading_) return;
  reading_ = true;
  start_read(buffer_.data() + buffered_, buffer_.size() - buffered_);
}

void Connection::on_read(Error error, std::size_t size) {
  reading_ = false;
  if (state_ == State::kClosed) return;
  buffered_ += size;
  if (state_ == State::kIdle) {  // closed by the peer, or bytes nobody asked for
    close();
    return context_.owner.idle_closed(*this);
  }
  if (size > 0) return take_bytes();
  lose(error);
}

void Connection::take_bytes() {
  std::size_t consumed = 0;
  const auto progress = reader_.feed({buffer_.data(), buffered_}, consumed);
  buffered_ -= consumed;
  if (buffered_ > 0 && consumed > 0) std::memmove(buffer_.data(), buffer_.data() + consumed, buffered_);
  switch (progress) {
    case ResponseReader::Progress::kMore:
      if (buffered_ == buffer_.size()) buffer_.resize(std::min(2 * buffer_.size(), kHeadBytesMax + kFirstBufferBytes));
      return continue_reading();
    case ResponseReader::Progress::kComplete:
      return finish_answer();
    case ResponseReader::Progress::kTooLarge:
      return fail(Failure::kTooLarge, "the answer is too large", std::string(reader_.problem()));
    case ResponseReader::Progress::kBad:
      return fail(Failure::kMalformed, "the answer is not well-formed HTTP", std::string(reader_.problem()));
  }
}

void Connection::finish_answer() {
  Response& response = reader_.response();
  // Bytes behind the answer belong to no request of ours, and a request that was answered early is still being written.
  const bool reusable = response.keep_alive && buffered_ == 0 && written_ == request_.size();
  if (reusable) {
    state_ = State::kIdle;
    Steady idle = context_.idle_timeout;
    // A second before the peer would close it, so that the two do not cross.
    if (response.idle_hint) idle = std::clamp<Steady>(*response.idle_hint - std::chrono::seconds(1), Steady(0), idle);
    idle_since_ = context_.clock.steady();
    context_.wheel.arm(*this, idle_since_ + idle);
    continue_reading();
  } else {
    close();
  }
  context_.owner.answered(*this);
}

void Connection::lose(const Error& error) {
  if (error == boost::asio::error::eof && reader_.has_begun()) {
    if (reader_.finish() == ResponseReader::Progress::kComplete) {
      buffered_ = 0;
      return finish_answer();
    }
  }
  const std::string why = error == boost::asio::error::eof ? "closed by the peer" : error.message();
  if (!sent_) return fail(Failure::kNotSent, "the connection was lost before the request was sent", why);
  fail(Failure::kLost,
       reader_.has_begun() ? "the connection was lost in the middle of the answer"
                           : "the connection was lost before the answer",
       why);
}

void Connection::expired() {
  switch (state_) {
    case State::kIdle:
      close();
      return context_.owner.idle_closed(*this);
    case State::kConnecting:
      if (context_.clock.steady() >= deadline_) {
        return fail(Failure::kTimeout, "the attempt timed out before there was a connection", {}, "timeout");
      }
      if (has_another_address()) {
        close_transport();
        return connect_next();
      }
      return fail(Failure::kNotSent, "no connection to " + host_and_port(dial_) + " within 3 s");
    case State::kBusy:
      return fail(Failure::kTimeout,
                  sent_ ? "the participant did not answer in time" : "the attempt timed out before it was sent", {},
                  "timeout");
    default:
      return;
  }
}

void Connection::fail(Failure kind, std::string title, std::string detail, std::string error_type) {
  const bool sent = sent_;
  close();
  context_.owner.failed(*this, {.kind = kind,
                                .sent = sent,
                                .error_type = std::move(error_type),
                                .title = std::move(title),
                                .detail = std::move(detail)});
}

}  // namespace skald::adapters
