#include "adapters/document_fetch.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <set>
#include <utility>

#include "adapters/http/authorization.hpp"
#include "adapters/http/client_context.hpp"
#include "adapters/http/connection.hpp"
#include "adapters/http/digest.hpp"
#include "adapters/http/token_store.hpp"

namespace skald::adapters {
namespace {

std::unexpected<Error> unreadable(std::string message) {
  return failure("document.unreadable", std::move(message));
}

std::string message_of(FailureReport& report) {
  switch (report.kind) {
    case Failure::kTimeout:
      return report.sent ? "its host did not answer in time" : "its host was not reached in time";
    case Failure::kLost:
      return "the connection to its host was lost before the answer was complete";
    case Failure::kNotSent:
    case Failure::kRefused:
    case Failure::kMalformed:
    case Failure::kTooLarge:
      break;
  }
  return std::move(report.title);
}

// In words for a document: a report is about a participant and an attempt.
std::unexpected<Error> no_document(FailureReport report) {
  const bool is_answered = report.kind == Failure::kMalformed || report.kind == Failure::kTooLarge;
  return failure(is_answered ? "document.unreadable" : "document.unreachable", message_of(report), {}, {},
                 std::move(report.detail));
}

Result<std::string> body_of(Response response) {
  if (response.status >= 300 && response.status < 400) {
    return unreadable(fmt::format("its host answered {}; name the address that it redirects to", response.status));
  }
  if (response.status != 200) return unreadable(fmt::format("its host answered {}", response.status));
  if (response.is_encoded) return unreadable("its host answered with a Content-Encoding that was not asked for");
  return std::move(response.body);
}

// Those that an authentication names.
std::set<std::string> secrets_of(definition::Authentication authentication) {
  std::set<std::string> names;
  const auto look = [&](std::string_view, const definition::CredentialText& text) {
    const auto* reference = std::get_if<definition::SecretReference>(&text);
    if (reference) names.insert(reference->name);
  };
  std::visit([&](auto& scheme) { definition::for_each_text(scheme, look); }, authentication);
  const auto* whole = std::get_if<definition::OAuth2Secret>(&authentication);
  if (whole) names.insert(whole->name);
  return names;
}

class Fetch final : private Connection::Owner {
 public:
  Fetch(const definition::WantedDocument& wanted, const FetchOptions& options, Url url)
      : wanted_(wanted), options_(options), url_(std::move(url)), deadline_(options.clock.steady() + options.timeout) {
    if (wanted_.authentication) {
      secrets_ = read_secrets(options_.secrets_directory, secrets_of(*wanted_.authentication));
    }
  }

  Result<std::string> run() {
    authorize();
    loop_.run();
    if (connection_) connection_->close();
    tokens_.abandon();
    loop_.restart();
    loop_.poll();  // what the connection still waits for ends
    return std::move(*result_);
  }

 private:
  SecretsOfSteps known() const {
    return {.secrets = secrets_, .allowed = wanted_.trusted ? nullptr : &options_.http.allowed_secrets};
  }

  void authorize() {
    if (!wanted_.authentication) return send(std::nullopt);
    if (needs_token(*wanted_.authentication)) return fetch_token();
    auto header = authorization_of(*wanted_.authentication, known());
    if (!header) return finish(unreadable(to_text(header.error())));
    send(*header);
  }

  void fetch_token() {
    auto policy = token_policy_of(*wanted_.authentication, known());
    if (!policy) return finish(unreadable(to_text(policy.error())));
    TokenWish wish{
        .policy = std::move(*policy), .trusted = wanted_.trusted, .refused = std::nullopt, .deadline = deadline_};
    tokens_.get(std::move(wish), [this](Result<Secret> header) {
      if (!header) return finish(unreadable(to_text(header.error())));
      send(std::move(*header));
    });
  }

  void send(const std::optional<Secret>& authorization) {
    const Connection::Context context{
        .owner = *this, .wheel = wheel_, .resolver = resolver_, .clock = options_.clock, .idle_timeout = Steady(0)};
    const Origin dial = dial_for(url_.origin, options_.http);
    connection_ = url_.origin.tls ? make_tls_connection(loop_, context, url_.origin, dial, options_.trust)
                                  : make_plain_connection(loop_, context, url_.origin, dial);
    connection_->request() = fmt::format(
        "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: skald/{}\r\n"
        "Accept: application/json, application/yaml, */*;q=0.5\r\n{}Connection: close\r\n\r\n",
        url_.target, authority_of(url_.origin), SKALD_VERSION,
        authorization ? "Authorization: " + authorization->reveal() + "\r\n" : "");
    connection_->begin(deadline_, {});
  }

  // A server that asks who comes, of somebody who shows it by a digest.
  std::optional<Secret> answer_to(const Response& response) {
    const auto* digest =
        wanted_.authentication ? std::get_if<definition::DigestAuthentication>(&*wanted_.authentication) : nullptr;
    if (!digest || response.status != 401 || std::exchange(has_answered_, true)) return std::nullopt;
    const auto challenge = choose_challenge(response.challenges);
    const auto user = user_of(*digest, known());
    if (!challenge || !user) return std::nullopt;
    const std::string cnonce = fmt::format("{:016x}{:016x}", options_.entropy.next(), options_.entropy.next());
    return digest_header(*challenge, user->name, user->password,
                         {.method = "GET", .target = url_.target, .cnonce = cnonce});
  }

  void answered(Connection& connection) override {
    Response& response = connection.reader().response();
    const auto authorization = answer_to(response);
    if (!authorization) return finish(body_of(std::move(response)));
    connection_->close();
    former_ = std::move(connection_);
    send(authorization);
  }
  void failed(Connection&, FailureReport report) override { finish(no_document(std::move(report))); }
  void idle_closed(Connection&) override {}

  void finish(Result<std::string> result) {
    result_ = std::move(result);
    loop_.stop();
  }

  const definition::WantedDocument& wanted_;
  const FetchOptions& options_;
  const Url url_;
  const Steady deadline_;
  Secrets secrets_;
  boost::asio::io_context loop_{1};
  DeadlineWheel wheel_{loop_, options_.clock};
  Resolver resolver_{loop_, options_.clock};
  TokenStore tokens_{{.loop = loop_,
                      .trust = options_.trust,
                      .clock = options_.clock,
                      .entropy = options_.entropy,
                      .options = options_.http,
                      .wheel = wheel_,
                      .resolver = resolver_}};
  std::shared_ptr<Connection> connection_;
  std::shared_ptr<Connection> former_;  // which was asked who comes
  bool has_answered_ = false;
  std::optional<Result<std::string>> result_;
};

}  // namespace

Result<std::string> fetch_document(const definition::WantedDocument& wanted, const FetchOptions& options) {
  auto url = parse_url(wanted.uri);
  if (!url) return std::unexpected(url.error());
  return Fetch(wanted, options, std::move(*url)).run();
}

std::function<Result<std::string>(const definition::WantedDocument&, Millis timeout)> document_fetcher(
    FetchOptions options) {
  return [options = std::move(options)](const definition::WantedDocument& wanted, Millis timeout) {
    FetchOptions in_time = options;
    in_time.timeout = timeout;
    return fetch_document(wanted, in_time);
  };
}

}  // namespace skald::adapters
