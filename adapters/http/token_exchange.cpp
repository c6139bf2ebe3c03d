#include "adapters/http/token_exchange.hpp"

#include <utility>

namespace skald::adapters {

TokenExchange::TokenExchange(const ClientContext& context, const Url& url) {
  const Connection::Context of_connection{.owner = *this,
                                          .wheel = context.wheel,
                                          .resolver = context.resolver,
                                          .clock = context.clock,
                                          .idle_timeout = Steady(0)};
  const Origin dial = dial_for(url.origin, context.options);
  connection_ = url.origin.tls ? make_tls_connection(context.loop, of_connection, url.origin, dial, context.trust)
                               : make_plain_connection(context.loop, of_connection, url.origin, dial);
}

TokenExchange::~TokenExchange() {
  if (connection_) connection_->close();
}

void TokenExchange::begin(const Secret& request, Steady deadline, Done done) {
  done_ = std::move(done);
  connection_->request() = request.reveal();
  connection_->begin(deadline, {});
}

void TokenExchange::answered(Connection& connection) {
  const auto held = std::exchange(connection_, nullptr);
  Response& response = connection.reader().response();
  AuthorityAnswer answer{.status = response.status, .body = std::move(response.body)};
  held->close();
  auto done = std::move(done_);
  done(std::move(answer));
}

void TokenExchange::failed(Connection&, FailureReport report) {
  const auto held = std::exchange(connection_, nullptr);
  auto done = std::move(done_);
  done(failure("token.unreachable", "no token from the authority: " + report.title, {}, {}, report.detail));
}

}  // namespace skald::adapters
