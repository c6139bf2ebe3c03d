#include "api/http/session.hpp"

#include <boost/asio/dispatch.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/verb.hpp>
#include <exception>

#include "api/http/response_writer.hpp"

namespace skald::api {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

constexpr std::size_t kReadBytes = 4 * 1024;
constexpr std::size_t kBodyReadBytes = 32 * 1024;
constexpr std::size_t kInputBytesMax = 64 * 1024;
constexpr std::size_t kOutputKeptMax = 64 * 1024;
// After a refusal the rest of the request is read and dropped, so that the answer is not lost to a reset.
constexpr unsigned kDrainSeconds = 2;
constexpr std::size_t kDrainBytesMax = 4 * 1024 * 1024;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

}  // namespace

Session::Session(tcp::socket socket, std::shared_ptr<SessionHost> host)
    : socket_(std::move(socket)), host_(std::move(host)), input_(kInputBytesMax) {}

void Session::start(std::list<std::shared_ptr<Session>>::iterator place) {
  place_ = place;
  boost::system::error_code ignored;
  socket_.set_option(tcp::no_delay(true), ignored);
  parser_.emplace(host_->limits);
  enter(Stage::kIdle, host_->limits.header_seconds);
  read();
}

void Session::enter(Stage stage, unsigned seconds) {
  stage_ = stage;
  deadline_ = seconds == 0 ? 0 : host_->tick + seconds + 1;
}

void Session::check_deadline() {
  if (deadline_ == 0 || host_->tick < deadline_) return;
  if (stage_ == Stage::kHeader || stage_ == Stage::kBody) {
    boost::system::error_code ignored;
    socket_.cancel(ignored);
    refuse({408, "http.timeout", "the request did not arrive in time"});
    return;
  }
  close();
}

void Session::shut_down() {
  keep_alive_ = false;
  if (stage_ == Stage::kIdle || stage_ == Stage::kHeader || stage_ == Stage::kBody) close();
}

void Session::read() {
  const std::size_t wanted = stage_ == Stage::kBody ? kBodyReadBytes : kReadBytes;
  const std::size_t room = input_.max_size() - input_.size();
  socket_.async_read_some(input_.prepare(std::min(wanted, room)),
                          [self = shared_from_this()](boost::system::error_code error, std::size_t bytes) {
                            if (self->stage_ > Stage::kBody) return;
                            if (error) return self->close();
                            self->input_.commit(bytes);
                            self->parse();
                          });
}

void Session::parse() {
  std::size_t used = 0;
  const std::string_view bytes(static_cast<const char*>(input_.data().data()), input_.size());
  const auto progress = parser_->feed(bytes, used);
  input_.consume(used);
  switch (progress) {
    case RequestParser::Progress::kComplete:
      return dispatch();
    case RequestParser::Progress::kRefused:
      return refuse(parser_->refusal());
    case RequestParser::Progress::kNeedMore:
      break;
  }
  if (input_.size() == input_.max_size()) {
    return refuse({431, "http.header_too_large", "the request's header is larger than the server takes"});
  }
  if (parser_->has_header()) {
    if (stage_ != Stage::kBody) enter(Stage::kBody, host_->limits.body_seconds);
    if (parser_->expects_continue() && !continued_) return send_continue();
  } else if (stage_ == Stage::kIdle && parser_->got_some()) {
    enter(Stage::kHeader, host_->limits.header_seconds);
  }
  read();
}

void Session::send_continue() {
  continued_ = true;
  asio::async_write(socket_, asio::buffer(kContinue),
                    [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                      if (self->stage_ > Stage::kBody) return;
                      if (error) return self->close();
                      self->read();
                    });
}

void Session::dispatch() {
  Request& request = parser_->request();
  keep_alive_ = keep_alive_ && request.keep_alive && !request.is_http_1_0;
  head_only_ = request.verb == Verb::head;
  const auto verb = boost::beast::http::to_string(request.verb);
  verb_ = std::string_view(verb.data(), verb.size());
  route_ = {};
  received_at_ = host_->clock->steady();
  enter(Stage::kHandling, 0);
  try {
    host_->handler(std::move(request), Responder(shared_from_this()));
  } catch (const std::exception& error) {  // the dropped Responder has answered 500
    host_->log->write(ports::LogLevel::kError, "a handler threw", {{"route", route_}, {"error", error.what()}});
  }
}

void Session::refuse(const Refusal& refusal) {
  keep_alive_ = false;
  head_only_ = false;
  route_ = "refused";
  verb_ = "-";
  received_at_ = host_->clock->steady();
  stage_ = Stage::kHandling;
  send(host_->refuse(refusal));
}

void Session::respond(Response response) {
  asio::dispatch(socket_.get_executor(), [self = shared_from_this(), response = std::move(response)] {
    if (self->stage_ == Stage::kHandling) self->send(response);
  });
}

void Session::send(const Response& response) {
  host_->observer->answered(route_, verb_, response.status, host_->clock->steady() - received_at_);
  output_.clear();
  write_response(output_, response, {.keep_alive = keep_alive_, .head_only = head_only_});
  enter(Stage::kWriting, host_->limits.write_seconds);
  asio::async_write(socket_, asio::buffer(output_),
                    [self = shared_from_this()](boost::system::error_code error, std::size_t) {
                      if (self->stage_ != Stage::kWriting) return;
                      if (error) return self->close();
                      self->written();
                    });
}

void Session::written() {
  if (output_.capacity() > kOutputKeptMax) std::string().swap(output_);
  if (!keep_alive_) return drain();
  parser_.emplace(host_->limits);
  continued_ = false;
  if (input_.size() > 0) {
    enter(Stage::kHeader, host_->limits.header_seconds);
    return parse();
  }
  enter(Stage::kIdle, host_->limits.idle_seconds);
  read();
}

void Session::drain() {
  boost::system::error_code ignored;
  if (stage_ != Stage::kDraining) {
    socket_.shutdown(tcp::socket::shutdown_send, ignored);
    enter(Stage::kDraining, kDrainSeconds);
  }
  input_.consume(input_.size());
  socket_.async_read_some(input_.prepare(kBodyReadBytes),
                          [self = shared_from_this()](boost::system::error_code error, std::size_t bytes) {
                            if (self->stage_ != Stage::kDraining) return;
                            self->drained_bytes_ += bytes;
                            if (error || self->drained_bytes_ > kDrainBytesMax) return self->close();
                            self->drain();
                          });
}

void Session::close() {
  if (stage_ == Stage::kClosed) return;
  stage_ = Stage::kClosed;
  boost::system::error_code ignored;
  socket_.close(ignored);
  const auto keep = shared_from_this();
  host_->sessions.erase(place_);
  host_->ended();
}

}  // namespace skald::api
