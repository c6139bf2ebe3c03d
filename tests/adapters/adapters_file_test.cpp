#include "adapters/adapters_file.hpp"

#include <gmock/gmock.h>

namespace skald::adapters {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

// Every diagnostic as one line: "3:5 error: ...".
std::vector<std::string> diagnostics_of(std::string_view text) {
  std::vector<std::string> lines;
  for (const auto& diagnostic : parse_adapters(text).diagnostics) {
    lines.push_back(definition::to_text("a.yaml", diagnostic));
  }
  return lines;
}

// An adapter "shop" around the text of one of its operations or further keys.
std::string adapter(const std::string& rest) {
  return "adapters:\n  shop:\n    baseUrl: http://h\n    operations: {}\n" + rest;
}
std::string operation(const std::string& text) {
  return "adapters:\n  shop:\n    baseUrl: http://h\n    operations:\n      charge: " + text + "\n";
}

TEST(AdaptersFile, ReadsTheWholeOfIt) {
  const auto file = parse_adapters(R"(
adapters:
  payments:
    baseUrl: http://payments.svc:8080/v1/
    authentication: { bearer: { token: "${secret:payments-token}" } }
    limits: { concurrency: 200, ratePerSecond: 500 }
    circuitBreaker: { failures: 5, window: PT1M, openFor: PT2S }
    operations:
      charge: { method: post, path: /charges }
      refund: { method: POST, path: "/orders/{orderId}/refunds" }
      status: { method: get, path: "/charges/{id}", outcomes: { done: [200, 404], refused: [500], retry: [409] } }
  plain:
    baseUrl: https://plain.example.com
    operations: {}
)");
  ASSERT_TRUE(file.config) << definition::to_text("a.yaml", file.diagnostics.at(0));
  EXPECT_TRUE(file.diagnostics.empty());
  const auto& payments = file.config->adapters.at("payments");
  EXPECT_EQ(payments.origin, (Origin{.tls = false, .host = "payments.svc", .port = 8080}));
  EXPECT_EQ(payments.base_path, "/v1");
  EXPECT_TRUE(std::holds_alternative<BearerAuthentication>(payments.authentication));
  EXPECT_EQ(payments.limits.concurrency, 200u);
  EXPECT_EQ(payments.limits.rate_per_second, 500);
  EXPECT_EQ(payments.circuit_breaker->failures, 5u);
  EXPECT_EQ(payments.circuit_breaker->window, std::chrono::minutes(1));
  EXPECT_EQ(payments.circuit_breaker->open_for, std::chrono::seconds(2));
  EXPECT_EQ(payments.operations.at("refund").method, "POST");
  EXPECT_EQ(payments.operations.at("refund").path, "/orders/{orderId}/refunds");
  EXPECT_THAT(payments.operations.at("status").outcomes.done, ElementsAre(200, 404));
  const auto& plain = file.config->adapters.at("plain");
  EXPECT_EQ(plain.base_path, "");
  EXPECT_EQ(plain.limits.concurrency, 64u);
  EXPECT_FALSE(plain.circuit_breaker);

  const auto catalog = catalog_of(*file.config);
  EXPECT_EQ(catalog.find("payments", "charge")->method, "POST");
  EXPECT_EQ(catalog.find("payments", "status")->path, "/charges/{id}");
  EXPECT_EQ(catalog.find("plain", "charge"), nullptr);
}

TEST(AdaptersFile, NoAdaptersAreFine) {
  EXPECT_TRUE(parse_adapters("adapters: {}\n").config);
  EXPECT_TRUE(parse_adapters("adapters:\n").config);
}

TEST(AdaptersFile, EveryProblemIsReportedAtOnceWithItsPlaceAndTheNearestSpelling) {
  EXPECT_THAT(
      diagnostics_of(R"(adapters:
  payments:
    baseURL: http://payments
    limits: { concurency: 1, ratePerSecond: 0 }
    circuitBreaker: { openFor: 30s }
    operations:
      charge: { method: send, path: charges }
      2nd: { method: post }
)"),
      ElementsAre(
          HasSubstr("adapters.payments needs the key 'baseUrl' [missing-key]"),
          "a.yaml:3:5: error: unknown key 'baseURL' in adapters.payments; did you mean 'baseUrl'? [unknown-key]",

          HasSubstr("a.yaml:4:15: error: unknown key 'concurency' in adapters.payments.limits; did you mean "
                    "'concurrency'?"),
          HasSubstr("a.yaml:4:45: error: adapters.payments.limits.ratePerSecond must be at least 0.001 (got 0)"),
          HasSubstr("a.yaml:5:32: error: adapters.payments.circuitBreaker.openFor"),
          HasSubstr("a.yaml:7:25: error: adapters.payments.operations.charge.method must be one of get, post, "
                    "put, patch, delete, head, options (got 'send')"),
          HasSubstr("a.yaml:7:37: error: adapters.payments.operations.charge.path must start with '/'"),
          HasSubstr("a.yaml:8:7: error: the name of an operation must be a letter"),
          HasSubstr("operations.2nd needs the key 'path'")));
}

TEST(AdaptersFile, PollSaysHowOftenAndUntilWhen) {
  const auto file =
      parse_adapters(operation("{ method: post, path: /s, poll: { every: PT2S, until: '${ .state == 1 }' } }"));
  ASSERT_TRUE(file.config);
  const auto& poll = file.config->adapters.at("shop").operations.at("charge").poll;
  ASSERT_TRUE(poll);
  EXPECT_EQ(poll->every, std::chrono::seconds(2));
  EXPECT_EQ(poll->until->source(), " .state == 1 ");
  EXPECT_THAT(diagnostics_of(operation("{ method: post, path: /s, poll: { until: '.a[' } }")),
              ElementsAre(HasSubstr("operations.charge.poll needs the key 'every' [missing-key]"),
                          HasSubstr("adapters.shop.operations.charge.poll.until: ")));
  EXPECT_THAT(
      diagnostics_of(operation("{ method: post, path: /s, poll: { every: PT0S, until: '$steps.a', often: 1 } }")),
      ElementsAre(HasSubstr("poll.every must be longer than zero"),
                  HasSubstr("poll.until reads $steps, which does not exist here: '.' is the body of the answer, "
                            "and all there is [unknown-variable]"),
                  HasSubstr("unknown key 'often'")));
}

TEST(AdaptersFile, OutcomesAreStatusesEachOnce) {
  EXPECT_THAT(
      diagnostics_of(
          operation("{ method: post, path: /s, outcomes: { done: [404, 99, 4xx], retry: [404], ok: [1] } }")),
      ElementsAre(HasSubstr("outcomes.done[1] must be at least 200 (got 99)"),
                  HasSubstr("outcomes.done[2] must be an integer"),
                  HasSubstr("retry[0] repeats 404, which stands in outcomes already"), HasSubstr("unknown key 'ok'")));
  EXPECT_THAT(diagnostics_of(operation("{ method: post, path: /s, outcomes: { done: 404 } }")),
              ElementsAre(HasSubstr("must be a list of statuses (got 404)")));
}

TEST(AdaptersFile, EventsGoThroughAnOperationThatTakesABody) {
  const auto with = [](const std::string& events) {
    return "adapters:\n  mail:\n    baseUrl: http://mail\n    operations:\n      publish: { method: post, path: /e }\n"
           "      one: { method: post, path: '/e/{id}' }\n      read: { method: get, path: /e }\n    events: " +
           events + "\n";
  };
  const auto file = parse_adapters(with("{ operation: publish, types: [shop.order.*, paid] }"));
  ASSERT_TRUE(file.config);
  const auto sink = catalog_of(*file.config).sinks.at("mail");
  EXPECT_EQ(sink.operation, "publish");
  EXPECT_TRUE(sink.takes("shop.order.placed"));
  EXPECT_TRUE(sink.takes("paid"));
  EXPECT_FALSE(sink.takes("paid.twice"));
  EXPECT_FALSE(sink.takes("shop.orders"));
  EXPECT_TRUE(catalog_of(*parse_adapters(with("{ operation: publish }")).config).sinks.at("mail").takes("anything"));
  EXPECT_THAT(diagnostics_of(with("{ types: a }")),
              ElementsAre(HasSubstr("adapters.mail.events needs the key 'operation'"),
                          HasSubstr("events.types must be a list of types such as 'com.example.order.*' (got 'a')")));
  EXPECT_THAT(diagnostics_of(with("{ operation: send, types: [] , to: x }")),
              ElementsAre(HasSubstr("events.operation is no operation of this adapter (got 'send')"),
                          HasSubstr("(got an empty list)"), HasSubstr("unknown key 'to'")));
  for (const auto name : {"one", "read"}) {
    EXPECT_THAT(diagnostics_of(with("{ operation: " + std::string(name) + ", types: ['*.paid', ''] }")),
                ElementsAre(HasSubstr("must be an operation with 'method: post' and no '{name}' in its path"),
                            HasSubstr("must be a type of events, with a '*' at its end at most (got '*.paid')"),
                            HasSubstr("must be a type of events")));
  }
}

TEST(AdaptersFile, WhoTakesEventsIsNotCalledAsTheExecutionsAre) {
  const std::string file =
      "adapters:\n  executions:\n    baseUrl: http://mail\n    operations:\n      publish: { method: post, path: /e "
      "}\n";
  EXPECT_TRUE(parse_adapters(file).config);
  EXPECT_THAT(diagnostics_of(file + "    events: { operation: publish }\n"),
              ElementsAre(HasSubstr("a.yaml:2:3: error: an adapter with 'events' must not be called 'executions'")));
}

TEST(AdaptersFile, PathsAreOnesThatMayBeSent) {
  for (const auto path : {"/a/../b", "/a b", "/{x", "/x}", "/{}", "/{a b}", "a", "/#f"}) {
    EXPECT_THAT(diagnostics_of(operation("{ method: post, path: \"" + std::string(path) + "\" }")),
                ElementsAre(HasSubstr("path must start with '/'")))
        << path;
  }
  EXPECT_TRUE(parse_adapters(operation("{ method: post, path: \"/a/{id}.json?x={y}\" }")).config);
}

TEST(AdaptersFile, BaseUrlsAreChecked) {
  for (const auto& [url, why] : {std::pair{"ftp://x", "it must start with http:// or https://"},
                                 std::pair{"http://u:p@x", "credentials do not belong into a URL"},
                                 std::pair{"http://x/?a=1", "must not have a query"}}) {
    EXPECT_THAT(diagnostics_of("adapters:\n  shop:\n    baseUrl: " + std::string(url) + "\n    operations: {}\n"),
                ElementsAre(HasSubstr(why)))
        << url;
  }
}

TEST(AdaptersFile, CredentialsAreNeverShown) {
  const auto lines =
      diagnostics_of(adapter("    authentication: { bearer: { token: 12345678 }, basic: { username: '${secret:a b}', "
                             "password: hunter2 } }\n"));
  EXPECT_THAT(lines, ElementsAre(HasSubstr("must have one of bearer and basic, not both")));
  for (const auto text :
       {"{ bearer: { token: 12345678 } }", "{ basic: { username: '${hunter2}', password: 12345678 } }",
        "{ bearer: { token: '${secret:hunter2' } }"}) {
    const auto found = diagnostics_of(adapter("    authentication: " + std::string(text) + "\n"));
    ASSERT_FALSE(found.empty());
    for (const auto& line : found) {
      EXPECT_THAT(line, Not(HasSubstr("12345678")));
      EXPECT_THAT(line, Not(HasSubstr("hunter2")));
      EXPECT_THAT(line, HasSubstr(": error: "));
    }
  }
}

TEST(AdaptersFile, ALiteralCredentialIsAWarning) {
  const auto file = parse_adapters(adapter("    authentication: { bearer: { token: hunter2 } }\n"));
  ASSERT_TRUE(file.config);
  ASSERT_EQ(file.diagnostics.size(), 1u);
  EXPECT_EQ(definition::to_text("a.yaml", file.diagnostics[0]),
            "a.yaml:5:40: warning: adapters.shop.authentication.bearer.token holds a credential in the file itself; "
            "'${secret:name}' keeps it out [literal-secret]");
}

TEST(AdaptersFile, BrokenYamlIsAnErrorWithAPlace) {
  for (const auto text : {"", ",", "adapters: [", "adapters: &x { a: *x }", "a: 1\na: 2\n", "\xFF", "- 1\n"}) {
    const auto file = parse_adapters(text);
    EXPECT_FALSE(file.config) << text;
    EXPECT_FALSE(file.diagnostics.empty()) << text;
  }
}

}  // namespace
}  // namespace skald::adapters
