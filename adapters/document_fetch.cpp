#include "adapters/document_fetch.hpp"

#include <fmt/format.h>

#include <boost/asio/io_context.hpp>
#include <memory>
#include <optional>
#include <utility>

#include "adapters/http/client_context.hpp"
#include "adapters/http/connection.hpp"

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

class Fetch final : private Connection::Owner {
 public:
  Fetch(const FetchOptions& options, const Url& url)
      : clock_(options.clock), wheel_(loop_, clock_), resolver_(loop_, clock_) {
    const Connection::Context context{
        .owner = *this, .wheel = wheel_, .resolver = resolver_, .clock = clock_, .idle_timeout = Steady(0)};
    const Origin dial = dial_for(url.origin, options.http);
    connection_ = url.origin.tls ? make_tls_connection(loop_, context, url.origin, dial, options.trust)
                                 : make_plain_connection(loop_, context, url.origin, dial);
  }

  Result<std::string> run(std::string request, Millis timeout) {
    connection_->request() = std::move(request);
    connection_->begin(clock_.steady() + timeout, {});
    loop_.run();
    connection_->close();
    loop_.restart();
    loop_.poll();  // what the connection still waits for ends
    return std::move(*result_);
  }

 private:
  void answered(Connection& connection) override { finish(body_of(std::move(connection.reader().response()))); }
  void failed(Connection&, FailureReport report) override { finish(no_document(std::move(report))); }
  void idle_closed(Connection&) override {}

  void finish(Result<std::string> result) {
    result_ = std::move(result);
    loop_.stop();
  }

  ports::Clock& clock_;
  boost::asio::io_context loop_{1};
  DeadlineWheel wheel_;
  Resolver resolver_;
  std::shared_ptr<Connection> connection_;
  std::optional<Result<std::string>> result_;
};

}  // namespace

Result<std::string> fetch_document(const std::string& uri, const FetchOptions& options) {
  const auto url = parse_url(uri);
  if (!url) return std::unexpected(url.error());
  const std::string request = fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: skald/{}\r\nAccept: application/json, application/yaml, */*;q=0.5\r\n"
      "Connection: close\r\n\r\n",
      url->target, authority_of(url->origin), SKALD_VERSION);
  return Fetch(options, *url).run(request, options.timeout);
}

}  // namespace skald::adapters
