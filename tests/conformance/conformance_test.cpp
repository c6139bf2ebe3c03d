// Runs every case of cases/ in a whole engine and holds what came of it against what the case expects.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include "engine/definition/load.hpp"
#include "tests/conformance/case_file.hpp"
#include "tests/conformance/services.hpp"
#include "tests/engine/runtime/runtime_bench.hpp"
#include "tests/support/files.hpp"

namespace skald::test {
namespace {

class Subject {
 public:
  explicit Subject(const Json& given)
      : given_(given),
        source_(source_of(given.at("workflow"))),
        bench_({}, source_.c_str()),
        services_(given.value("answers", Json::object()), given.value("secrets", Json::object()), bench_.clock) {
    bench_.script.set_rule([this](const auto& call) { return services_.answer(call); });
    for (const Json& other : given.value("others", Json::array())) {
      const auto added = bench_.definitions().add(source_of(other), "file:other.yaml", runtime::Replace::kNo, true);
      EXPECT_TRUE(added && added->registered) << "the other workflow does not load";
    }
  }

  // What became of it, in the words of `expect`.
  Json run() {
    std::optional<ExecutionId> id;
    if (given_.at("workflow").contains("schedule")) {
      bench_.settle();
    } else {
      auto started = bench_.start({.namespace_name = "test",
                                   .workflow = "subject",
                                   .input = Payload::from_json(given_.value("input", Json::object()))});
      if (!started) return {{"start", started.error().code}};
      id = started->id;
    }
    Json seen;
    if (id) seen["meanwhile"] = bench_.row(*id).phase;
    send_events();
    if (!id) id = newest();
    if (!id) return {{"start", nullptr}};
    add_end(*id, bench_.run_to_end(*id), seen);
    return seen;
  }

 private:
  void send_events() {
    int number = 0;
    for (const Json& given : given_.value("events", Json::array())) {
      Json event = {{"specversion", "1.0"}, {"id", fmt::format("e{}", ++number)}, {"source", "https://example.org"}};
      event.update(given);
      event.erase("after");
      if (given.contains("after")) bench_.advance(duration_of(given["after"]));
      bench_.engine().accept_event(dump_json(event), [](const auto& told) { EXPECT_TRUE(told.has_value()); });
      bench_.settle();
    }
  }

  std::optional<ExecutionId> newest() {
    bench_.advance(given_.contains("for") ? duration_of(given_["for"]) : Millis(0), std::chrono::seconds(1));
    const auto found = bench_.store.search({.limit = 1}).value();
    return found.empty() ? std::nullopt : std::optional(found.front().id);
  }

  void add_end(const ExecutionId& id, const saga::State& state, Json& seen) {
    seen["phase"] = to_string(state.phase);
    seen["output"] = state.output.json();
    seen["error"] = state.error.json();
    seen["input"] = state.input.json();
    seen["context"] = state.context.json();
    seen["took"] = (state.ended_at - state.started_at).count();
    seen["requests"] = services_.requests();
    seen["published"] = services_.published();
    seen["ran"] = Json::array();
    for (const auto& row : bench_.store.read_history(id, 0, 10'000).value()) {
      if (row.kind == "StepCompleted") seen["ran"].push_back(row.step);
    }
  }

  const Json& given_;
  std::string source_;
  RuntimeBench bench_;
  Services services_;
};

Json rules_of(const std::string& source) {
  std::set<std::string> rules;
  for (const auto& diagnostic : definition::load(source, {}).diagnostics) {
    if (diagnostic.severity == definition::Severity::kError) rules.insert(diagnostic.rule);
  }
  return rules;
}

void check(const Json& expected, const Json& seen) {
  Json wanted = expected;
  wanted.erase("output");
  if (expected.contains("output")) wanted["phase"] = "completed";
  if (expected.contains("error")) wanted["phase"] = "faulted";
  if (expected.contains("took")) wanted["took"] = duration_of(expected["took"]).count();
  EXPECT_EQ(difference(wanted, seen, "it"), "") << dump_json(seen);
  if (expected.contains("output")) {
    EXPECT_EQ(dump_json(seen.value("output", Json())), dump_json(expected["output"]));
  }
}

class Conformance : public testing::TestWithParam<ConformanceCase> {};

TEST_P(Conformance, Case) {
  SCOPED_TRACE(GetParam().shows);
  const Json& given = GetParam().given;
  const Json& expected = given.at("expect");
  if (expected.contains("refused")) {
    EXPECT_EQ(rules_of(source_of(given.at("workflow"))), Json::array({expected["refused"]}));
    return;
  }
  check(expected, Subject(given).run());
}

INSTANTIATE_TEST_SUITE_P(All, Conformance, testing::ValuesIn(read_cases()),
                         [](const auto& param) { return fmt::format("{}_{}", param.param.topic, param.param.number); });

TEST(ConformanceCases, AreCountedInTheReadme) {
  const std::string page = text_of(std::string(SKALD_SOURCE_DIR) + "/tests/conformance/README.md");
  std::map<std::string, int> counts;
  for (const auto& one : read_cases()) ++counts[one.topic];
  for (const auto& [topic, count] : counts) {
    EXPECT_NE(page.find(fmt::format("| `{}` | {} |", topic, count)), std::string::npos) << topic << ": " << count;
  }
}

TEST(ConformanceCases, SayWhatTheyShow) {
  std::set<std::string> said;
  for (const auto& one : read_cases()) {
    EXPECT_TRUE(said.insert(one.shows).second) << "twice: " << one.shows;
    EXPECT_TRUE(one.given.contains("of")) << one.shows;
  }
}

}  // namespace
}  // namespace skald::test
