// One connection: read, parse, hand over, write, again. A callback chain, so that a request costs no coroutine frame.
// It has no timer of its own: the server's tick looks at its deadline once a second.
//
// Thread rule: its loop, except respond().
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>

#include "api/http/request_parser.hpp"
#include "api/http/server.hpp"

namespace skald::api {

class Session;

// What the sessions of one loop share.
struct SessionHost {
  HttpLimits limits;
  HttpServer::Handler handler;
  HttpServer::RefusalAnswer refuse;
  ports::Clock* clock = nullptr;
  ports::Log* log = nullptr;
  HttpObserver* observer = nullptr;
  std::function<void()> ended;  // a session has left the list
  std::uint32_t tick = 0;       // seconds since the server began
  std::list<std::shared_ptr<Session>> sessions;
};

class Session final : public Responder::Target, public std::enable_shared_from_this<Session> {
 public:
  Session(boost::asio::ip::tcp::socket socket, std::shared_ptr<SessionHost> host);

  void start(std::list<std::shared_ptr<Session>>::iterator place);
  void check_deadline();
  // The server closes: at once when nothing is being answered, else after the answer.
  void shut_down();

  void respond(Response response) override;
  void set_route(std::string_view route) override { route_ = route; }

 private:
  enum class Stage { kIdle, kHeader, kBody, kHandling, kWriting, kDraining, kClosed };

  void enter(Stage stage, unsigned seconds);
  void read();
  void parse();
  void dispatch();
  void refuse(const Refusal& refusal);
  void send(const Response& response);
  void written();
  void drain();
  void send_continue();
  void close();

  boost::asio::ip::tcp::socket socket_;
  std::shared_ptr<SessionHost> host_;
  std::list<std::shared_ptr<Session>>::iterator place_;
  boost::beast::flat_buffer input_;
  std::optional<RequestParser> parser_;
  std::string output_;
  std::string_view route_;
  std::string_view verb_;
  std::chrono::nanoseconds received_at_{};
  std::size_t drained_bytes_ = 0;
  std::uint32_t deadline_ = 0;  // in ticks; 0: none
  Stage stage_ = Stage::kIdle;
  bool keep_alive_ = true;
  bool head_only_ = false;
  bool continued_ = false;
};

}  // namespace skald::api
