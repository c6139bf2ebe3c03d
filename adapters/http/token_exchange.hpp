// One request to an authority on a connection of its own.
//
// Life cycle: begin() once; the callback comes later, once, and may destroy the exchange; destroyed before, it calls
// nothing. Thread rule: one loop.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "adapters/http/client_context.hpp"
#include "adapters/http/connection.hpp"
#include "adapters/secret.hpp"

namespace skald::adapters {

struct AuthorityAnswer {
  int status = 0;
  std::string body;
};

class TokenExchange final : private Connection::Owner {
 public:
  using Done = std::move_only_function<void(Result<AuthorityAnswer>)>;

  TokenExchange(const ClientContext& context, const Url& url);
  ~TokenExchange() override;

  // Errors: "token.unreachable": no connection, no answer in time, none that is HTTP.
  void begin(const Secret& request, Steady deadline, Done done);

 private:
  void answered(Connection& connection) override;
  void failed(Connection& connection, FailureReport report) override;
  void idle_closed(Connection&) override {}

  std::shared_ptr<Connection> connection_;
  Done done_;
};

}  // namespace skald::adapters
