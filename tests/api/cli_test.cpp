// The command line, as the program that users run.
#include <signal.h>

#include <thread>

#include "tests/api/service_fixture.hpp"

namespace skald::test {
namespace {

constexpr const char* kWorkflow =
    "document: { dsl: '1.0.3', namespace: test, name: cli, version: '1.0.0' }\n"
    "do:\n"
    "  - one: { call: p.ok, compensate: { call: p.undo } }\n";

class Cli : public ServiceTest {
 protected:
  void SetUp() override {
    start();
    workflow_ = folder_.write("cli.yaml", kWorkflow);
  }

  CommandResult skald(std::vector<std::string> arguments, const std::string& input = {}) {
    return run_skald(arguments, input, {{"SKALD_SERVER", server_->address()}, {"USER", "ada"}});
  }

  // The command's first line of output.
  std::string line(std::vector<std::string> arguments) {
    const auto result = skald(std::move(arguments));
    EXPECT_EQ(result.exit_code, 0) << result.err;
    return result.out.substr(0, result.out.find('\n'));
  }

  std::string workflow_;
};

TEST_F(Cli, DeploysStartsShowsAndLists) {
  EXPECT_EQ(line({"deploy", workflow_}), "test/cli 1.0.0 revision 1 registered");
  EXPECT_EQ(line({"deploy", workflow_}), "test/cli 1.0.0 revision 1 (registered already)");
  EXPECT_EQ(line({"deploy", "--dry-run", workflow_}), workflow_ + " is valid");
  const auto started =
      skald({"start", "test/cli", "--input", "-", "--label", "tier=gold", "--wait", "-o", "json"}, R"({"n":1})");
  EXPECT_EQ(started.exit_code, 0) << started.err;
  const Json execution = Json::parse(started.out);
  const std::string id = execution["id"];
  EXPECT_EQ(execution["input"]["n"], 1);
  EXPECT_EQ(line({"show", id}), "execution  " + id);
  EXPECT_NE(skald({"list", "--label", "tier=gold"}).out.find(id), std::string::npos);
  EXPECT_EQ(skald({"list", "--label", "tier=tin", "-o", "json"}).out, "[]\n");
  EXPECT_NE(skald({"list", "--search", "gold"}).out.find(id), std::string::npos);
  EXPECT_EQ(skald({"list", "--search", "tin", "-o", "json"}).out, "[]\n");
  EXPECT_NE(skald({"list", "--workflows"}).out.find("test/cli"), std::string::npos);
  const auto history = skald({"history", id});
  EXPECT_NE(history.out.find("ExecutionStarted"), std::string::npos);
  EXPECT_NE(history.out.find("by cli:ada"), std::string::npos);
  EXPECT_NE(skald({"show", id, "-o", "yaml"}).out.find("\nphase: completed\n"), std::string::npos);
}

TEST_F(Cli, FollowPrintsStepsAndSurvivesARestart) {
  deploy("slow",
         "  - one: { call: p.hold, compensate: { call: p.undo } }\n  - two: { call: p.ok, compensate: { call: p.undo } "
         "}\n");
  const auto id = start_only("slow");
  participant_.await_held(1);
  const std::string address = server_->address();
  const std::string port = std::to_string(server_->port());
  CommandResult followed;
  std::jthread following(
      [&] { followed = run_skald({"history", id, "--follow"}, "", {{"SKALD_SERVER", address}, {"USER", "ada"}}); });
  server_->send_signal(SIGKILL);
  server_->wait();
  participant_.release();
  start({"--listen", "127.0.0.1:" + port, "--engine-recovery-ramp", "PT0S"});
  following.join();
  EXPECT_EQ(followed.exit_code, 0) << followed.err;
  EXPECT_NE(followed.out.find("StepCompleted        two"), std::string::npos) << followed.out;
  EXPECT_TRUE(followed.out.ends_with("\ncompleted\n")) << followed.out;
}

TEST_F(Cli, AFailedExecutionIsExitCodeOneAndCanBeReplayed) {
  deploy("bad", "  - one: { call: p.ok, compensate: { call: p.undo } }\n  - two: { call: p.refuse }\n");
  const auto started = skald({"start", "test/bad", "--follow"});
  EXPECT_EQ(started.exit_code, 1);
  EXPECT_NE(started.out.find("UndoCompleted"), std::string::npos) << started.out;
  EXPECT_TRUE(started.out.ends_with("\ncompensated\n")) << started.out;
  const std::string id = started.out.substr(10, 36);
  const auto replayed = skald({"replay", id, "--from", "start", "--reason", "try again", "--wait"});
  EXPECT_EQ(replayed.exit_code, 1) << replayed.err;
  EXPECT_NE(replayed.out.find("outcome    compensated"), std::string::npos) << replayed.out;
}

TEST_F(Cli, OperatorsSpeak) {
  deploy("stuck", "  - one: { call: p.ok, compensate: { call: p.undoRefused } }\n  - two: { call: p.refuse }\n");
  const auto waited = skald({"start", "test/stuck", "--wait"});
  EXPECT_EQ(waited.exit_code, 1);
  const std::string id = waited.out.substr(11, 36);
  EXPECT_NE(waited.out.find("incident 1 (undo-failed) waits for you: skald retry " + id + " 1, or skip, or resolve"),
            std::string::npos)
      << waited.out;
  EXPECT_NE(skald({"incidents"}).out.find(id), std::string::npos);
  EXPECT_EQ(skald({"skip", id, "1"}).exit_code, 2);
  EXPECT_EQ(skald({"skip", id, "7", "--reason", "x"}).exit_code, 3);
  EXPECT_EQ(skald({"skip", id, "1", "--reason", "refunded by hand"}).exit_code, 0);
  EXPECT_EQ(await_end(id)["incidents"][0]["actor"], "cli:ada");
  const auto late = skald({"cancel", id});
  EXPECT_EQ(late.exit_code, 3);
  EXPECT_TRUE(late.err.starts_with("error: The execution has ended\n")) << late.err;

  deploy("held", "  - one: { call: p.hold, compensate: { call: p.undo } }\n");
  const auto held = start_only("held");
  participant_.await_held(1);
  EXPECT_EQ(skald({"suspend", held, "--reason", "lunch"}).exit_code, 0);
  EXPECT_EQ(skald({"resume", held}).exit_code, 0);
  EXPECT_EQ(skald({"terminate", held}).exit_code, 0);
}

TEST_F(Cli, RepeatsAStartByItsKey) {
  deploy("w", "  - one: { call: p.ok, compensate: { call: p.undo } }\n");
  EXPECT_EQ(line({"start", "test/w", "--idempotency-key", "k"}), line({"start", "test/w", "--idempotency-key", "k"}));
}

TEST_F(Cli, ErrorsSayWhatToDoNext) {
  const auto away = run_skald({"list", "--server", "http://127.0.0.1:1"});
  EXPECT_EQ(away.exit_code, 4);
  EXPECT_EQ(away.err,
            "error: http://127.0.0.1:1: cannot reach the server (Connection refused)\n"
            "  start one with `skald serve`, or name another with --server or SKALD_SERVER\n");
  const auto strange = run_skald({"list", "--server", "ftp://x"});
  EXPECT_EQ(strange.exit_code, 4);
  EXPECT_EQ(strange.err,
            "error: ftp://x: is not an address of a server\n"
            "  write it as http://HOST:PORT, with --server or SKALD_SERVER\n");
  const auto name = skald({"start", "checkout"});
  EXPECT_EQ(name.exit_code, 2);
  EXPECT_EQ(name.err,
            "error: checkout: must be written NAMESPACE/NAME\n  `skald list --workflows` shows what is registered\n");
  const auto file = skald({"start", "a/b", "--input", "/nowhere.json"});
  EXPECT_EQ(file.exit_code, 2);
  EXPECT_EQ(file.err, "error: /nowhere.json: cannot be read\n  check the name and its permissions\n");
  EXPECT_EQ(skald({"start", "a/b"}).exit_code, 3);
  const auto header = skald({"start", "a/b", "--label", "k=v\r\nEvil: 1"});
  EXPECT_EQ(header.exit_code, 2);
  EXPECT_EQ(header.err,
            "error: Skald-Label-k: v  Evil: 1: has characters that a header cannot carry\n"
            "  use printable characters in labels, keys and names\n");
  const auto typo = skald({"strat", "a/b"});
  EXPECT_EQ(typo.exit_code, 2);
  EXPECT_EQ(typo.err, "error: strat: there is no such command; did you mean 'start'?\n  `skald --help` lists them\n");
}

TEST(CliOffline, ValidatesLikeACompiler) {
  const TemporaryFolder folder;
  const auto good = folder.write("good.yaml", kWorkflow);
  const auto bad = folder.write(
      "bad.yaml",
      "document: { dsl: '1.0.3', namespace: test, name: w, version: '1.0.0' }\ndo:\n  - one: { cal: p.ok }\n");
  const auto adapters = folder.write(
      "adapters.yaml",
      "adapters:\n  p:\n    baseUrl: http://127.0.0.1:1\n    operations:\n      ok: { method: post, path: /ok }\n");
  const auto fine = run_skald({"validate", good});
  EXPECT_EQ(fine.exit_code, 0);
  EXPECT_EQ(fine.out.substr(fine.out.rfind(": ") + 2), "test/cli 1.0.0 is valid\n");
  const auto wrong = run_skald({"validate", bad});
  EXPECT_EQ(wrong.exit_code, 1);
  EXPECT_TRUE(wrong.out.starts_with(bad + ":3:")) << wrong.out;
  EXPECT_NE(wrong.out.find(": error: "), std::string::npos);
  const auto json = run_skald({"validate", bad, "--format", "json"});
  EXPECT_EQ(json.exit_code, 1);
  EXPECT_EQ(Json::parse(json.out)[0]["line"], 3);
  const auto checked = run_skald({"validate", "--adapters", adapters, good});
  EXPECT_EQ(checked.exit_code, 1);
  EXPECT_NE(checked.out.find("undo"), std::string::npos) << checked.out;
  EXPECT_EQ(run_skald({"validate", folder.path() / "none.yaml"}).exit_code, 2);
}

TEST(CliOffline, ServeNamesTheSettingThatIsWrong) {
  const auto result = run_skald({"serve", "--http-idle-timeout", "60"});
  EXPECT_EQ(result.exit_code, 2);
  EXPECT_EQ(
      result.err,
      "error: --http-idle-timeout: setting 'http.idleTimeout' must be a duration between PT1S and PT1H (got '60')\n");
  const auto printed = run_skald({"serve", "--print-config", "--loops", "2"}, "", {{"SKALD_LISTEN", "127.0.0.1:9"}});
  EXPECT_EQ(printed.exit_code, 0);
  EXPECT_TRUE(printed.out.starts_with("listen: '127.0.0.1:9'")) << printed.out;
  EXPECT_NE(printed.out.find("\nloops: 2 "), std::string::npos);
}

TEST(CliOffline, TwoServersDoNotShareADatabase) {
  const TemporaryFolder folder;
  const SkaldServer first(folder, {});
  const auto second =
      run_skald({"serve", "--listen", "127.0.0.1:0", "--storage", "sqlite:" + (folder.path() / "skald.db").string()});
  EXPECT_EQ(second.exit_code, 4);
  EXPECT_TRUE(second.err.starts_with("error: ")) << second.err;
}

}  // namespace
}  // namespace skald::test
