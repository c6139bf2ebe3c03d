#include "api/http/server.hpp"

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <vector>

#include "api/http/response_writer.hpp"
#include "api/http/session.hpp"

namespace skald::api {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

constexpr std::chrono::seconds kTick{1};
constexpr int kBacklog = 1024;

}  // namespace

Responder::~Responder() {
  if (!target_) return;
  (*this)({.status = 500,
           .content_type = "application/problem+json",
           .body = R"({"type":"urn:skald:problem:internal","title":"The request was dropped","status":500})"});
}

void Responder::operator()(Response response) {
  if (const auto target = std::move(target_)) target->respond(std::move(response));
}

class HttpServer::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(runtime::Loops& loops, Ports ports, HttpLimits limits, Handler handler)
      : loops_(loops),
        ports_(ports),
        limits_(limits),
        acceptor_(loops.at(0).context()),
        accept_pause_(loops.at(0).context()) {
    for (std::size_t i = 0; i < loops.size(); ++i) {
      auto host = std::make_shared<SessionHost>();
      host->limits = limits;
      host->handler = handler;
      host->clock = &ports.clock;
      host->log = &ports.log;
      host->observer = &ports.observer;
      hosts_.push_back(std::move(host));
      ticks_.push_back(std::make_unique<asio::steady_timer>(loops.at(i).context()));
    }
  }

  void set_refusal_answer(const RefusalAnswer& answer) {
    for (auto& host : hosts_) host->refuse = answer;
  }

  Result<std::uint16_t> listen(const std::string& host, std::uint16_t port) {
    boost::system::error_code error;
    const auto address = asio::ip::make_address(host == "localhost" ? "127.0.0.1" : host, error);
    if (error) {
      return failure("server.address", "must be an IP address and a port", host + ":" + std::to_string(port),
                     "write for example 127.0.0.1:8080, [::1]:8080 or 0.0.0.0:8080");
    }
    const tcp::endpoint endpoint(address, port);
    acceptor_.open(endpoint.protocol(), error);
    if (!error) acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (!error) acceptor_.bind(endpoint, error);
    if (!error) acceptor_.listen(kBacklog, error);
    if (error) {
      return failure("server.listen", "cannot listen", host + ":" + std::to_string(port),
                     "choose another address with --listen, or 127.0.0.1:0 for a free port", error.message());
    }
    for (std::size_t i = 0; i < hosts_.size(); ++i) {
      hosts_[i]->ended = [self = weak_from_this()] {
        if (const auto core = self.lock()) core->session_ended();
      };
      tick_later(i, std::chrono::seconds(0));
    }
    asio::post(acceptor_.get_executor(), [self = shared_from_this()] { self->accept(); });
    return acceptor_.local_endpoint().port();
  }

  void close(std::function<void()> closed) {
    asio::post(acceptor_.get_executor(), [self = shared_from_this(), closed = std::move(closed)]() mutable {
      self->closed_ = std::move(closed);
      self->closing_ = true;
      boost::system::error_code ignored;
      self->acceptor_.close(ignored);
      self->accept_pause_.cancel();
      self->pending_loops_ = self->hosts_.size();
      for (std::size_t i = 0; i < self->hosts_.size(); ++i) {
        asio::post(self->loops_.at(i).context(), [self, i] { self->close_loop(i); });
      }
    });
  }

 private:
  void accept() {
    if (closing_) return;
    const std::size_t index = next_loop_++ % hosts_.size();
    acceptor_.async_accept(loops_.at(index).context(),
                           [self = shared_from_this(), index](boost::system::error_code error, tcp::socket socket) {
                             if (self->closing_) return;
                             if (error) return self->pause(error);
                             self->admit(std::move(socket), index);
                             self->accept();
                           });
  }

  // Out of descriptors or the like: the next try is a moment away, not at once.
  void pause(const boost::system::error_code& error) {
    ports_.log.write(ports::LogLevel::kWarning, "cannot accept a connection", {{"error", error.message()}});
    accept_pause_.expires_after(kTick);
    accept_pause_.async_wait([self = shared_from_this()](boost::system::error_code) { self->accept(); });
  }

  void admit(tcp::socket socket, std::size_t index) {
    if (count_.load() >= limits_.connections_max) {
      turn_away(std::move(socket), index);
      return;
    }
    ++count_;
    ports_.observer.connections(+1);
    asio::post(loops_.at(index).context(), [self = shared_from_this(), index, socket = std::move(socket)]() mutable {
      auto& host = self->hosts_[index];
      const auto place =
          host->sessions.insert(host->sessions.end(), std::make_shared<Session>(std::move(socket), host));
      (*place)->start(place);
      if (self->closing_) host->sessions.back()->shut_down();
    });
  }

  // Best effort: the answer fits the empty send buffer of a new connection.
  void turn_away(tcp::socket socket, std::size_t index) {
    auto response = hosts_[index]->refuse({503, "http.connections", "the server has as many connections as it takes"});
    response.headers.emplace_back("Retry-After", "1");
    std::string bytes;
    write_response(bytes, response, {.keep_alive = false});
    boost::system::error_code ignored;
    socket.non_blocking(true, ignored);
    socket.write_some(asio::buffer(bytes), ignored);
    socket.shutdown(tcp::socket::shutdown_send, ignored);
  }

  void tick(std::size_t index) {
    auto& host = *hosts_[index];
    ++host.tick;
    for (auto it = host.sessions.begin(); it != host.sessions.end();) {
      const auto session = *it++;  // closing takes it out of the list
      session->check_deadline();
    }
    if (!closing_ || !host.sessions.empty()) tick_later(index, kTick);
  }

  // Does not keep the server: a tick may still wait in its loop when the loops are taken down, one after the other.
  void tick_later(std::size_t index, std::chrono::seconds delay) {
    ticks_[index]->expires_after(delay);
    ticks_[index]->async_wait([self = weak_from_this(), index](boost::system::error_code error) {
      if (error) return;
      if (const auto core = self.lock()) core->tick(index);
    });
  }

  void close_loop(std::size_t index) {
    auto& host = *hosts_[index];
    for (auto it = host.sessions.begin(); it != host.sessions.end();) {
      const auto session = *it++;
      session->shut_down();
    }
    if (host.sessions.empty()) ticks_[index]->cancel();
    asio::post(acceptor_.get_executor(), [self = shared_from_this()] {
      --self->pending_loops_;
      self->report_closed();
    });
  }

  void session_ended() {
    --count_;
    ports_.observer.connections(-1);
    if (closing_) asio::post(acceptor_.get_executor(), [self = shared_from_this()] { self->report_closed(); });
  }

  void report_closed() {
    if (pending_loops_ > 0 || count_.load() > 0 || !closed_) return;
    std::exchange(closed_, nullptr)();
  }

  runtime::Loops& loops_;
  Ports ports_;
  HttpLimits limits_;
  tcp::acceptor acceptor_;
  asio::steady_timer accept_pause_;
  std::vector<std::shared_ptr<SessionHost>> hosts_;         // one a loop, touched on it
  std::vector<std::unique_ptr<asio::steady_timer>> ticks_;  // one a loop
  std::atomic<std::size_t> count_ = 0;
  std::atomic<bool> closing_ = false;
  std::size_t next_loop_ = 0;
  std::size_t pending_loops_ = 0;
  std::function<void()> closed_;
};

HttpServer::HttpServer(runtime::Loops& loops, Ports ports, HttpLimits limits, Handler handler)
    : core_(std::make_shared<Core>(loops, ports, limits, std::move(handler))) {}

HttpServer::~HttpServer() = default;

Result<std::uint16_t> HttpServer::listen(const std::string& host, std::uint16_t port) {
  return core_->listen(host, port);
}

void HttpServer::close(std::function<void()> closed) {
  core_->close(std::move(closed));
}

void HttpServer::set_refusal_answer(RefusalAnswer answer) {
  core_->set_refusal_answer(answer);
}

}  // namespace skald::api
