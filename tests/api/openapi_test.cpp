// Holds the table of routes and the OpenAPI document against each other.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <set>

#include "api/embedded_documents.hpp"
#include "api/services.hpp"
#include "engine/async/offload.hpp"
#include "engine/saga/outcome.hpp"
#include "storage/memory_store.hpp"
#include "tests/api/test_ports.hpp"

namespace skald::api {
namespace {

using Json = nlohmann::json;

class NoParticipant final : public ports::Participant {
 public:
  void send(ports::ParticipantCall, Done) override {}
  void abandon_all() override {}
};

std::set<std::string> served() {
  test::SteppingClock clock;
  test::CountingEntropy entropy;
  ports::SilentTelemetry telemetry;
  ports::SilentLog log;
  storage::MemoryStore store;
  runtime::Loops loops;
  async::Offload blocking(1);
  runtime::Definitions definitions(store, clock, log, telemetry);
  runtime::Engine engine(loops,
                         {.history = store,
                          .clock = clock,
                          .entropy = entropy,
                          .telemetry = telemetry,
                          .log = log,
                          .participant = [](runtime::Loop&) { return std::make_unique<NoParticipant>(); }},
                         definitions);
  Problems problems(log, entropy);
  const std::atomic<bool> shutting_down = false;
  Services services{.engine = engine,
                    .definitions = definitions,
                    .history = store,
                    .index = store,
                    .definition_store = store,
                    .schedules = store,
                    .log = log,
                    .problems = problems,
                    .blocking = blocking,
                    .storage_state = [] { return StorageState{}; },
                    .nodes = [] { return std::vector<ports::ClusterNode>{}; },
                    .scrape = [] { return std::string(); },
                    .shutting_down = shutting_down};
  Router router(problems);
  add_routes(router, services);
  std::set<std::string> names;
  for (const auto& route : router.routes()) {
    names.insert((route.verb == Verb::get ? "get " : route.verb == Verb::post ? "post " : "other ") + route.pattern);
  }
  return names;
}

std::set<std::string> documented(const Json& document) {
  std::set<std::string> names;
  for (const auto& [path, methods] : document["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) names.insert(method + " " + path);
  }
  return names;
}

// Calls `visit` with every "$ref" below `value`.
template <class Visit>
void each_reference(const Json& value, Visit visit) {
  if (value.is_object() && value.contains("$ref")) visit(value["$ref"].get<std::string>());
  if (!value.is_structured()) return;
  for (const auto& child : value) each_reference(child, visit);
}

TEST(OpenApi, DescribesExactlyTheRoutesOfTheServer) {
  EXPECT_EQ(documented(Json::parse(openapi_document())), served());
}

// The spellings of an enumeration, up to its last value.
template <class Enum>
std::set<std::string> spellings(Enum last) {
  std::set<std::string> words;
  for (int i = 0; i <= static_cast<int>(last); ++i) words.emplace(to_string(static_cast<Enum>(i)));
  return words;
}

std::set<std::string> words_at(const Json& document, const std::string& pointer) {
  std::set<std::string> words;
  for (const auto& word : document[Json::json_pointer(pointer)]) {
    if (word.is_string()) words.insert(word);
  }
  return words;
}

TEST(OpenApi, HasTheWordsOfTheEngine) {
  const Json document = Json::parse(openapi_document());
  const auto at = [&](const std::string& place) {
    return words_at(document, "/components/schemas/" + place + "/enum");
  };
  EXPECT_EQ(at("Execution/properties/phase"), spellings(saga::Phase::kCompleted));
  EXPECT_EQ(at("Execution/properties/outcome"), spellings(saga::Outcome::kTerminated));
  EXPECT_EQ(at("Compensation/properties/state"), spellings(saga::CompensationState::kIncomplete));
  EXPECT_EQ(at("Compensation/properties/reason"), spellings(saga::CompensationReason::kParent));
  EXPECT_EQ(at("Incident/properties/resolution"), spellings(saga::IncidentResolution::kResolve));
  auto kinds = spellings(saga::IncidentKind::kQuarantined);
  kinds.insert("unreadable");  // of what the engine cannot read
  EXPECT_EQ(at("Incident/properties/kind"), kinds);
  const Json& parameters = document["paths"]["/v1/executions"]["get"]["parameters"];
  for (const Json& parameter : parameters) {
    const std::string name = parameter.value("name", "");
    if (name != "phase" && name != "outcome") continue;
    EXPECT_EQ(words_at(parameter, "/schema/enum"), at("Execution/properties/" + name));
  }
}

TEST(OpenApi, NamesEveryParameterOfAPathAndResolvesItsReferences) {
  const Json document = Json::parse(openapi_document());
  EXPECT_EQ(document["openapi"], "3.1.0");
  each_reference(document, [&](const std::string& reference) {
    EXPECT_TRUE(reference.starts_with("#/") && document.contains(Json::json_pointer(reference.substr(1)))) << reference;
  });
  std::set<std::string> operations;
  for (const auto& [path, methods] : document["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      EXPECT_TRUE(operations.insert(operation["operationId"]).second) << operation["operationId"];
      std::set<std::string> named;
      for (const auto& parameter : operation.value("parameters", Json::array())) {
        const Json& resolved = parameter.contains("$ref")
                                   ? document[Json::json_pointer(parameter["$ref"].get<std::string>().substr(1))]
                                   : parameter;
        if (resolved["in"] == "path") named.insert("{" + resolved["name"].get<std::string>() + "}");
      }
      for (std::size_t at = 0; (at = path.find('{', at)) != std::string::npos; ++at) {
        EXPECT_TRUE(named.erase(path.substr(at, path.find('}', at) - at + 1))) << path;
      }
      EXPECT_TRUE(named.empty()) << path;
    }
  }
}

}  // namespace
}  // namespace skald::api
