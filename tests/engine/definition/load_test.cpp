#include "engine/definition/load.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "engine/definition/digest.hpp"
#include "engine/definition/step_names.hpp"
#include "tests/engine/definition/sample_catalog.hpp"

namespace skald::definition {
namespace {

using namespace std::chrono_literals;

const char* const kHeader = "document: { dsl: '1.0.3', namespace: shop, name: sample, version: '1.0.0' }\n";

std::string read_document(const std::string& name) {
  std::ostringstream text;
  text << std::ifstream(std::string(SKALD_SOURCE_DIR) + "/tests/engine/definition/documents/" + name).rdbuf();
  return text.str();
}

DefinitionPtr load_ok(const std::string& source) {
  const OperationCatalog catalog = sample_catalog();
  LoadResult result = load(source, {.operations = &catalog});
  for (const Diagnostic& diagnostic : result.diagnostics) {
    EXPECT_NE(diagnostic.severity, Severity::kError) << to_text("test", diagnostic);
  }
  return result.definition;
}

Json render(const expression::ValueTemplate& value, const Json& input = nullptr) {
  return value.render(input, expression::EmptyEnvironment()).value();
}

TEST(Load, ReadsTheCheckout) {
  const DefinitionPtr definition = load_ok(read_document("checkout.yaml"));
  ASSERT_TRUE(definition);
  EXPECT_EQ(definition->namespace_name, "shop");
  EXPECT_EQ(definition->name, "checkout");
  EXPECT_EQ(definition->version, "1.0.0");
  EXPECT_EQ(constant(definition->timeout), Millis(5min));
  EXPECT_EQ(definition->saga.status.compensated, "CANCELLED");
  ASSERT_EQ(definition->steps.size(), 3u);

  const Step& charge = definition->steps[0];
  EXPECT_EQ(charge.path, "chargePayment");
  EXPECT_EQ(charge.pointer, "/do/0/chargePayment");
  EXPECT_EQ(charge.mark, (Mark{17, 5}));
  EXPECT_EQ(constant(charge.timeout), Millis(5s));
  EXPECT_EQ(charge.status.completed, "PAYMENT_COMPLETED");
  ASSERT_TRUE(charge.retry);
  EXPECT_EQ(constant(charge.retry->delay), 500ms);
  EXPECT_EQ(charge.retry->backoff, RetryPolicy::Backoff::kExponential);
  EXPECT_EQ(constant(charge.retry->delay_max), Millis(10s));
  EXPECT_EQ(constant(charge.retry->jitter_to), 250ms);
  EXPECT_EQ(charge.retry->attempt_count, 5u);
  EXPECT_EQ(constant(charge.retry->duration), Millis(1min));

  ASSERT_TRUE(charge.compensate);
  EXPECT_EQ(charge.compensate->path, "chargePayment/compensate");
  EXPECT_EQ(charge.compensate->pointer, "/do/0/chargePayment/compensate");
  const auto& refund = std::get<AdapterCall>(std::get<CallStep>(charge.compensate->kind).target);
  EXPECT_EQ(refund.adapter, "payments");
  EXPECT_EQ(refund.operation, "refund");
}

TEST(Load, IndexesEveryStepByItsPath) {
  const DefinitionPtr definition = load_ok(read_document("checkout.yaml"));
  ASSERT_TRUE(definition);
  for (const char* path :
       {"chargePayment", "chargePayment/compensate", "reserveInventory", "createShipment", "createShipment/compensate",
        "createShipment/compensate.cancelShipment", "createShipment/compensate.tellCustomer"}) {
    ASSERT_NE(definition->find(path), nullptr) << path;
    EXPECT_EQ(definition->find(path)->path, path);
  }
  EXPECT_EQ(definition->by_path.size(), 8u);
  EXPECT_EQ(std::get<DoStep>(definition->find("createShipment/compensate")->kind).steps.size(), 2u);
}

TEST(Load, DefaultsAreThoseOfTheLanguage) {
  const DefinitionPtr definition = load_ok(std::string(kHeader) + "do: [ { a: { call: payments.charge } } ]\n");
  ASSERT_TRUE(definition);
  const SagaOptions& saga = definition->saga;
  EXPECT_TRUE(saga.on_fault && saga.on_timeout && saga.on_cancel);
  EXPECT_EQ(saga.on_error, SagaOptions::OnError::kSuspend);
  EXPECT_EQ(constant(saga.retry.delay), Millis(1s));
  EXPECT_EQ(saga.retry.backoff, RetryPolicy::Backoff::kExponential);
  EXPECT_EQ(saga.retry.multiplier, 2);
  EXPECT_EQ(constant(saga.retry.delay_max), Millis(1min));
  EXPECT_EQ(constant(saga.retry.duration), Millis(24h));
  EXPECT_EQ(saga.retry.attempt_count, std::nullopt);
  EXPECT_EQ(saga.timeout, std::nullopt);
  EXPECT_EQ(definition->timeout, std::nullopt);

  const Step& step = definition->steps[0];
  EXPECT_EQ(step.retry.has_value(), false);
  EXPECT_EQ(step.timeout, std::nullopt);
  EXPECT_EQ(step.on_error, OnError::kFail);
  EXPECT_EQ(step.on_unknown, OnUnknown::kSettle);
  EXPECT_FALSE(step.pivot);
  EXPECT_FALSE(step.compensate);
  EXPECT_TRUE(render(std::get<AdapterCall>(std::get<CallStep>(step.kind).target).with).is_null());
}

TEST(Load, EveryKeyHasItsPlace) {
  const DefinitionPtr definition = load_ok(read_document("every-key.yaml"));
  ASSERT_TRUE(definition);
  EXPECT_EQ(definition->title, "Every key");
  EXPECT_TRUE(definition->data.input_from && definition->data.input_schema);
  EXPECT_FALSE(definition->saga.on_timeout || definition->saga.on_cancel);
  EXPECT_EQ(definition->saga.on_error, SagaOptions::OnError::kContinue);
  EXPECT_EQ(definition->saga.retry.attempt_count, 3u);
  EXPECT_EQ(constant(definition->saga.retry.attempt_duration), Millis(2s));
  EXPECT_EQ(definition->saga.timeout, Millis(1h));

  const Step& prepare = *definition->find("prepare");
  EXPECT_TRUE(prepare.data.input_from && prepare.data.input_schema && prepare.data.output_as &&
              prepare.data.output_schema && prepare.data.export_as && prepare.data.export_schema);
  EXPECT_EQ(render(std::get<SetStep>(prepare.kind).value, {{"amount", 2}, {"x", 3}, {"y", 4}}),
            (Json{{"total", 4}, {"note", "plain text"}, {"list", {1, 3, {{"deep", 4}}}}}));

  const Step& group = *definition->find("group");
  EXPECT_EQ(constant(group.timeout), Millis(2500ms));
  EXPECT_EQ(group.on_error, OnError::kContinue);
  ASSERT_TRUE(group.condition);

  const Step& ask = *definition->find("group.ask");
  EXPECT_EQ(ask.on_unknown, OnUnknown::kCompensate);
  EXPECT_EQ(ask.retry->backoff, RetryPolicy::Backoff::kLinear);
  EXPECT_EQ(constant(ask.retry->increment), Millis(2s));
  EXPECT_EQ(constant(ask.retry->duration), Millis(2s));
  const auto& http = std::get<HttpCall>(std::get<CallStep>(ask.kind).target);
  EXPECT_EQ(http.method, "POST");
  EXPECT_EQ(http.endpoint,
            (std::vector<std::string>{"https://api.example.com:8443/orders/", "orderId", "/items/", "sku", "?full=1"}));
  EXPECT_TRUE(http.headers && http.query && http.body);
  EXPECT_EQ(http.output, AnswerForm::kResponse);
  EXPECT_EQ(definition->secrets, std::vector<std::string>{"shop-password"});
  const auto& basic = std::get<BasicAuthentication>(*http.authentication);
  EXPECT_EQ(std::get<expression::Expression>(basic.username).source(), " .user ");
  EXPECT_EQ(std::get<SecretReference>(basic.password), (SecretReference{"shop-password", ""}));
  EXPECT_TRUE(http.redirect);
  EXPECT_NE(definition->find("group.ask/compensate"), nullptr);
  EXPECT_NE(definition->find("group/compensate.second.inner"), nullptr);

  const auto& dynamic = std::get<HttpCall>(std::get<CallStep>(definition->find("dynamic")->kind).target);
  EXPECT_TRUE(dynamic.endpoint_expression);
  EXPECT_EQ(dynamic.output, AnswerForm::kContent);
  EXPECT_FALSE(dynamic.authentication);
  EXPECT_FALSE(dynamic.redirect);
  EXPECT_TRUE(dynamic.endpoint.empty());
  EXPECT_TRUE(definition->find("commit")->pivot);
  EXPECT_EQ(render(std::get<RaiseStep>(definition->find("stop")->kind).error, {{"sku", "x"}}),
            (Json{{"type", "https://example.com/errors/out-of-stock"},
                  {"status", 409},
                  {"title", "no x left"},
                  {"detail", "Nothing is left."}}));
}

TEST(Load, DigestIsSha256OfTheBytes) {
  EXPECT_EQ(sha256_hex("abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  const std::string source = std::string("\xEF\xBB\xBF") + kHeader + "do: [ { a: { set: { b: 1 } } } ]\n";
  const DefinitionPtr definition = load_ok(source);
  ASSERT_TRUE(definition);
  EXPECT_EQ(definition->source, source);
  EXPECT_EQ(definition->digest, sha256_hex(source));
}

TEST(Load, WithoutACatalogOperationsAreNotChecked) {
  const LoadResult result = load(std::string(kHeader) + "do: [ { a: { call: nobody.knows } } ]\n", {});
  EXPECT_TRUE(result.ok());
  EXPECT_TRUE(result.diagnostics.empty());
}

TEST(Load, StepsAreLimited) {
  std::string steps = std::string(kHeader) + "do:\n";
  for (int i = 0; i < 1'000; ++i) steps += "  - s" + std::to_string(i) + ": { set: { a: 1 } }\n";
  EXPECT_TRUE(load(steps, {}).ok());
  const LoadResult result = load(steps + "  - more: { set: { a: 1 } }\n", {});
  ASSERT_EQ(result.diagnostics.size(), 1u);
  EXPECT_EQ(to_text("f", result.diagnostics[0]),
            "f:1003:11: error: step 'more' is step number 1001; a workflow has at most 1000, compensations included "
            "[too-many-steps]");
}

TEST(Load, AFunctionCountsAsOftenAsItIsCalled) {
  const auto said_of = [](const std::string& body, int calls) {
    std::string source = std::string(kHeader) + "use: { functions: { big: { call: payments.charge, with: { x: " + body;
    source += " } } } }\ndo:\n";
    for (int i = 0; i < calls; ++i) source += "  - s" + std::to_string(i) + ": { call: big }\n";
    std::string said;
    for (const auto& one : load(source, {}).diagnostics) said += to_text("f", one) + "\n";
    return said;
  };
  const std::string tail =
      " is too much: functions and the steps of extensions may have 20000 nodes and 1024 KiB together, each counted as "
      "often as a step uses it; make them smaller, or call an adapter [too-large]\n";
  std::string list = "[0";
  for (int i = 0; i < 995; ++i) list += ",0";
  EXPECT_EQ(said_of(list + "]", 20), "");
  EXPECT_EQ(said_of(list + "]", 40), "f:24:18: error: step 's20': call" + tail);
  EXPECT_EQ(said_of(std::string(100'000, 'a'), 10), "");
  EXPECT_EQ(said_of(std::string(100'000, 'a'), 40), "f:14:18: error: step 's10': call" + tail);
}

TEST(Load, DiagnosticsCarryPointers) {
  const LoadResult result = load(std::string(kHeader) + "do:\n  - a/b:\n      set: { 'x~y': '${ ) }' }\n", {});
  ASSERT_EQ(result.diagnostics.size(), 2u);
  EXPECT_EQ(result.diagnostics[0].pointer, "/do/0");
  EXPECT_EQ(result.diagnostics[1].pointer, "/do/0/a~1b/set/x~0y");
}

TEST(Load, RandomBytesAreRefusedNotThrown) {
  for (const std::string& source : {std::string("\0\1\2", 3), std::string("\xff\xfe"), std::string("%YAML 9\n---\n"),
                                    std::string("!<tag"), std::string("&"), std::string("*"), std::string("[[]")}) {
    EXPECT_FALSE(load(source, {}).ok());
  }
}

// What a server accepted before silences had a meaning.
TEST(Load, AStoredDefinitionMayHaveAnythingInItsMetadata) {
  const std::string source =
      std::string(kHeader) + "do: [ { a: { wait: PT1S, metadata: { skald: { silence: 7 } } } } ]\n";
  EXPECT_FALSE(load(source, {}).ok());
  const LoadResult stored = load(source, {.is_stored = true});
  EXPECT_TRUE(stored.ok());
  EXPECT_TRUE(stored.diagnostics.empty());
}

// The warning that a silence waits for may come back once the error is mended.
TEST(Load, ASilenceIsNotCalledUnusedBesideAnError) {
  const std::string silenced = "{ wait: PT1S, metadata: { skald: { silence: { undo-after-pivot: on purpose } } } }";
  const auto rules_of = [&](const std::string& more) {
    std::vector<std::string> rules;
    const auto loaded = load(std::string(kHeader) + "do:\n  - a: " + silenced + "\n" + more, {});
    for (const Diagnostic& one : loaded.diagnostics) rules.push_back(one.rule);
    return rules;
  };
  EXPECT_EQ(rules_of(""), std::vector<std::string>{"unused-silence"});
  EXPECT_EQ(rules_of("  - b: {}\n"), std::vector<std::string>{"no-kind"});
}

TEST(StepNames, NearestScopeWins) {
  const DefinitionPtr definition = load_ok(std::string(kHeader) +
                                           "do:\n"
                                           "  - x: { set: { a: 1 } }\n"
                                           "  - g: { do: [ { x: { set: { a: 1 } } }, { y: { set: { a: 1 } } } ] }\n"
                                           "  - h: { do: [ { z: { set: { a: 1 } } }, { w: { set: { a: 1 } } } ] }\n"
                                           "  - i: { do: [ { z: { set: { a: 1 } } } ] }\n");
  ASSERT_TRUE(definition);
  EXPECT_EQ(resolve_step_name(*definition, "g.y", "x").step, definition->find("g.x"));
  EXPECT_EQ(resolve_step_name(*definition, "h.w", "x").step, definition->find("x"));
  EXPECT_EQ(resolve_step_name(*definition, "", "x").step, definition->find("x"));
  EXPECT_EQ(resolve_step_name(*definition, "x", "y").step, definition->find("g.y"));
  EXPECT_EQ(resolve_step_name(*definition, "h.w", "z").step, definition->find("h.z"));
  EXPECT_TRUE(resolve_step_name(*definition, "x", "z").is_ambiguous);
  EXPECT_EQ(resolve_step_name(*definition, "x", "nope").step, nullptr);
}

}  // namespace
}  // namespace skald::definition
