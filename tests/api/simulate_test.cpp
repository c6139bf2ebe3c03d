// `skald simulate`, as the program that users run, and the page that shows it.
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/api/skald_process.hpp"
#include "tests/support/files.hpp"

namespace skald::test {
namespace {

using nlohmann::json;

class Simulate : public testing::Test {
 protected:
  // Files are named as they are on the page: from the root of the project.
  void SetUp() override { std::filesystem::current_path(SKALD_SOURCE_DIR); }
  void TearDown() override { std::filesystem::current_path(before_); }

  static CommandResult simulate(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "simulate");
    return run_skald(arguments);
  }

 private:
  std::filesystem::path before_ = std::filesystem::current_path();
};

constexpr const char* kCheckout = "workflows/checkout.yaml";
constexpr const char* kUnprotected = "tests/engine/dry_run/cases/unprotected-effect.yaml";

// Blocks of the page that begin with a command: what follows is what it prints.
std::vector<std::pair<std::string, std::string>> shown_commands() {
  std::vector<std::pair<std::string, std::string>> shown;
  std::istringstream lines(text_of(std::filesystem::path(SKALD_SOURCE_DIR) / "docs/simulate.md"));
  bool is_inside = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("```")) {
      is_inside = false;
    } else if (line.starts_with("$ skald ")) {
      is_inside = true;
      shown.emplace_back(line.substr(8), "");
    } else if (is_inside) {
      shown.back().second += line + "\n";
    }
  }
  return shown;
}

TEST_F(Simulate, PrintsWhatThePageShows) {
  const auto shown = shown_commands();
  EXPECT_EQ(shown.size(), 2u);
  for (const auto& [command, output] : shown) {
    std::vector<std::string> arguments;
    std::istringstream words(command);
    for (std::string word; words >> word;) arguments.push_back(word);
    const auto result = run_skald(arguments);
    EXPECT_EQ(result.out, output) << command << "\n" << result.err;
  }
}

TEST_F(Simulate, FindingsAreExitCodeOne) {
  EXPECT_EQ(simulate({kCheckout}).exit_code, 0);
  EXPECT_EQ(simulate({kUnprotected}).exit_code, 1);
  EXPECT_EQ(simulate({kUnprotected, "--may-stand", "reserve"}).exit_code, 0);
  EXPECT_EQ(simulate({kUnprotected, "--step", "charge=slow"}).exit_code, 0);
  EXPECT_EQ(simulate({kUnprotected, "--step", "reserve=unknown"}).exit_code, 1);
}

TEST_F(Simulate, WritesJsonForPrograms) {
  const auto whole = simulate({kUnprotected, "--format", "json"});
  const json report = json::parse(whole.out);
  EXPECT_EQ(report["workflow"], "test/unprotected-effect 1.0.0");
  EXPECT_EQ(report["findings"][0]["kind"], "effect-stands");
  EXPECT_EQ(report["findings"][0]["step"], "reserve");
  EXPECT_EQ(report["findings"][0]["example"]["standing"], json({"reserve"}));
  EXPECT_EQ(report["withoutTrouble"]["ending"], "completed");
  const json one = json::parse(simulate({kCheckout, "--step", "createShipment=refused", "--format", "json"}).out);
  EXPECT_EQ(one["ending"], "compensated");
  EXPECT_EQ(one["order"].back()["step"], "chargePayment/compensate");
}

TEST_F(Simulate, TheCommandOfAFindingPlaysIt) {
  const json report = json::parse(simulate({kUnprotected, "--format", "json"}).out);
  std::istringstream words(report["findings"][0]["command"].get<std::string>());
  std::vector<std::string> arguments;
  for (std::string word; words >> word;) arguments.push_back(word);
  arguments.erase(arguments.begin());  // skald
  arguments.insert(arguments.end(), {"--format", "json"});
  const json played = json::parse(run_skald(arguments).out);
  EXPECT_EQ(played["order"], report["findings"][0]["example"]["order"]);
}

TEST_F(Simulate, CoverageCountsEveryEnding) {
  const auto result = simulate({kCheckout, "--coverage"});
  EXPECT_NE(result.out.find("CALL                         LAST TROUBLE  SCHEDULES  ENDINGS\n"), std::string::npos)
      << result.out;
}

TEST_F(Simulate, TakesTheDataThatItIsGiven) {
  const TemporaryFolder folder;
  const auto file =
      folder.write("w.yaml",
                   "document: { dsl: '1.0.3', namespace: test, name: w, version: '1.0.0' }\n"
                   "do:\n"
                   "  - look: { call: p.look }\n"
                   "  - paid: { if: .state == \"paid\", call: p.ship, with: { to: '${ $workflow.input.to }' } }\n");
  const auto input = folder.write("input.json", R"({"to":"Rome"})");
  const json one = json::parse(simulate({file, "--input", input, "--output", R"(look={"state":"open"})", "--step",
                                         "look=slow", "--format", "json"})
                                   .out);
  EXPECT_EQ(one["calls"], 1);
  EXPECT_EQ(one["ending"], "completed");
}

TEST_F(Simulate, TakesAnInputAsItIsWritten) {
  const TemporaryFolder folder;
  const auto file = folder.write("w.yaml",
                                 "document: { dsl: '1.0.3', namespace: test, name: w, version: '1.0.0' }\n"
                                 "do: [ { ship: { if: .isPaid, call: p.ship } } ]\n");
  const auto calls = [&](const char* input) {
    return json::parse(simulate({file, "--input", input, "--step", "ship=done", "--format", "json"}).out)["calls"];
  };
  EXPECT_EQ(calls(R"({"isPaid": true})"), 1);
  EXPECT_EQ(calls(R"( {"isPaid": false})"), 0);
  EXPECT_TRUE(simulate({file, "--input", "{7}"}).err.starts_with("error: --input:1:2: is not valid JSON (syntax"));
}

TEST_F(Simulate, ErrorsSayWhatToDoNext) {
  const auto step = simulate({kCheckout, "--step", "createShipmnt=refused"});
  EXPECT_EQ(step.exit_code, 2);
  EXPECT_TRUE(
      step.err.starts_with("error: createShipmnt: the workflow has no such step; did you mean "
                           "'createShipment'?\n  its steps are chargePayment, "))
      << step.err;
  const auto output = simulate({kCheckout, "--output", "chargePayment"});
  EXPECT_EQ(output.exit_code, 2);
  EXPECT_EQ(output.err, "error: chargePayment: must be written NAME=JSON\n  e.g. --output 'charge={\"id\": \"1\"}'\n");
  const TemporaryFolder folder;
  const auto input = simulate({kCheckout, "--input", folder.write("input.json", "{\"orderId\": 1}")});
  EXPECT_EQ(input.exit_code, 2);
  EXPECT_TRUE(input.err.starts_with("error: the input does not fit the workflow's input.schema (")) << input.err;
  const auto bad = simulate({folder.write("bad.yaml", "do: [ { a: { cal: p.ok } } ]\n")});
  EXPECT_EQ(bad.exit_code, 1);
  EXPECT_NE(bad.err.find("bad.yaml:1:"), std::string::npos) << bad.err;
  EXPECT_EQ(simulate({"workflows/none.yaml"}).exit_code, 2);
  EXPECT_EQ(simulate({kCheckout, "--cancel-during", "createShipment", "--cancel-after", "createShipment"}).exit_code,
            2);
  const auto adapters = simulate({kCheckout, "--adapters", folder.write("adapters.yaml", "adapters: {}\n")});
  EXPECT_EQ(adapters.exit_code, 1);
  EXPECT_NE(adapters.err.find("payments"), std::string::npos) << adapters.err;
}

TEST_F(Simulate, WritesJsonWhereAFileHasErrors) {
  const TemporaryFolder folder;
  const auto file = folder.write("bad.yaml", "do: [ { a: { cal: p.ok } } ]\n");
  for (const std::vector<std::string>& as : {std::vector<std::string>{"--format", "json"}, {"-o", "json"}}) {
    auto arguments = as;
    arguments.insert(arguments.begin(), file);
    const auto bad = simulate(arguments);
    EXPECT_EQ(bad.exit_code, 1);
    EXPECT_EQ(json::parse(bad.out)["diagnostics"][0]["file"], file);
  }
  const auto adapters = folder.write("adapters.yaml", "adapters: { p: 1 }\n");
  const auto refused = simulate({kCheckout, "--adapters", adapters, "-o", "json"});
  EXPECT_EQ(refused.exit_code, 1);
  EXPECT_EQ(json::parse(refused.out)["diagnostics"][0]["file"], adapters);
  EXPECT_EQ(json::parse(simulate({kCheckout, "-o", "json"}).out)["workflow"], "shop/checkout 1.0.0");
}

TEST_F(Simulate, SaysWhereATroubleWasNotMet) {
  const auto result = simulate({kCheckout, "--step", "createShipment/compensate=refused"});
  EXPECT_EQ(result.exit_code, 1);
  EXPECT_NE(result.out.find("\nnote: createShipment/compensate was not called, so it could not be refused\n"),
            std::string::npos)
      << result.out;
}

}  // namespace
}  // namespace skald::test
