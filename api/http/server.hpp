// The HTTP/1.1 server: keep-alive connections on the runtime's loops, one request of a connection at a time (pipelined
// ones wait in the buffer), limits on bytes, time and connections.
//
// Life cycle: construct, listen(), close() while the loops still run. Thread rule: listen() and close() from any
// thread; the handler runs on the connection's loop and must not block; a Responder may be used from any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "api/http/message.hpp"
#include "api/http/request_parser.hpp"
#include "engine/base/error.hpp"
#include "engine/ports/clock.hpp"
#include "engine/ports/log.hpp"
#include "engine/runtime/loops.hpp"

namespace skald::api {

// The right to answer one request, once. Dropped without an answer, it answers 500: no request stays open.
class Responder {
 public:
  class Target {
   public:
    virtual ~Target() = default;
    virtual void respond(Response response) = 0;
    virtual void set_route(std::string_view route) = 0;
  };

  explicit Responder(std::shared_ptr<Target> target) : target_(std::move(target)) {}
  Responder(Responder&&) = default;
  Responder& operator=(Responder&&) = delete;
  ~Responder();

  void operator()(Response response);
  // Names the request in metrics; `route` must live for ever. Before the handler returns.
  void set_route(std::string_view route) { target_->set_route(route); }

 private:
  std::shared_ptr<Target> target_;
};

class HttpObserver {
 public:
  virtual ~HttpObserver() = default;
  virtual void answered(std::string_view route, std::string_view verb, int status, std::chrono::nanoseconds took) = 0;
  virtual void connections(int change) = 0;
};

class HttpServer {
 public:
  using Handler = std::function<void(Request request, Responder respond)>;

  struct Ports {
    ports::Clock& clock;
    ports::Log& log;
    HttpObserver& observer;
  };

  HttpServer(runtime::Loops& loops, Ports ports, HttpLimits limits, Handler handler);
  ~HttpServer();

  // Binds and begins to accept. Port 0 picks a free one; the answer is the port. Errors: "server.address" (not an
  // address), "server.listen" (in use, not permitted).
  Result<std::uint16_t> listen(const std::string& host, std::uint16_t port);

  // Accepts no more, closes idle connections, lets requests in progress be answered; then calls `closed` on a loop.
  void close(std::function<void()> closed);

  // Answers for what never reached a handler; set before listen().
  using RefusalAnswer = std::function<Response(const Refusal&)>;
  void set_refusal_answer(RefusalAnswer answer);

 private:
  class Core;
  friend class Session;
  std::shared_ptr<Core> core_;
};

}  // namespace skald::api
