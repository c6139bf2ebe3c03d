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

  // Of the execution that the command has started and awaited.
  std::string id_of(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--wait", "-o", "json"});
    return Json::parse(skald(std::move(arguments)).out)["id"];
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
  EXPECT_NE(skald({"list", "--workflow", "test/cli"}).out.find(id), std::string::npos);
  EXPECT_EQ(skald({"list", "--workflow", "other/cli", "-o", "json"}).out, "[]\n");
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
  const auto replay = replayed.out.substr(11, 36);
  EXPECT_NE(replayed.out.find("\nundoing    completed, because of: fault, failed step: two\n"), std::string::npos)
      << replayed.out;
  EXPECT_NE(replayed.out.find("\nreplay of  " + id + " (from start)\n"), std::string::npos) << replayed.out;
  EXPECT_NE(skald({"show", id}).out.find("\nreplay     " + replay + " (from start)\n"), std::string::npos);
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
  EXPECT_NE(skald({"history", id}).out.find("incident 1: skip, refunded by hand by cli:ada"), std::string::npos);
  const auto late = skald({"cancel", id});
  EXPECT_EQ(late.exit_code, 3);
  EXPECT_TRUE(late.err.starts_with("error: The execution has ended\n")) << late.err;

  deploy("held", "  - one: { call: p.hold, compensate: { call: p.undo } }\n");
  const auto held = start_only("held");
  participant_.await_held(1);
  EXPECT_EQ(skald({"suspend", held, "--reason", "lunch"}).exit_code, 0);
  EXPECT_NE(skald({"show", held}).out.find("\nheld       by an operator\n"), std::string::npos);
  EXPECT_EQ(skald({"resume", held}).exit_code, 0);
  const auto goes_on = skald({"resume", held});
  EXPECT_NE(goes_on.err.find("\n  only what `suspend` holds can be resumed; "), std::string::npos) << goes_on.err;
  EXPECT_EQ(skald({"cancel", held, "--reason", "changed my mind"}).exit_code, 0);
  EXPECT_NE(skald({"show", held}).out.find("\ncancel     asked for: changed my mind\n"), std::string::npos);
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
  EXPECT_EQ(strange.exit_code, 2);
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

TEST_F(Cli, RefusesWhatIsMeantOtherwise) {
  const auto key = skald({"start", "a/b", "--idempotency-key", ""});
  EXPECT_EQ(key.exit_code, 2);
  EXPECT_EQ(key.err, "error: --idempotency-key: must not be empty\n  `skald start --help` says how it is written\n");
  EXPECT_EQ(skald({"start", "a/b", "--input", ""}).exit_code, 2);
  for (const char* limit : {"0", "-1", "many"}) EXPECT_EQ(skald({"list", "--limit", limit}).exit_code, 2) << limit;
  EXPECT_EQ(skald({"list", "--workflows", "--phase", "running"}).exit_code, 2);
  EXPECT_EQ(skald({"list", "--workflows", "--namespace", "none", "-o", "json"}).out, "[]\n");
  const auto option = skald({"start", "a/b", "--inptu", "x.json"});
  EXPECT_EQ(option.exit_code, 2);
  EXPECT_EQ(option.err,
            "error: --inptu: there is no such option; did you mean '--input'?\n"
            "  `skald start --help` says how it is written\n");
  const auto required = skald({"skip", "x", "1"});
  EXPECT_EQ(required.err, "error: --reason is required\n  `skald skip --help` says how it is written\n");
}

TEST_F(Cli, NamesThePlaceWhereAnInputIsNoJson) {
  const auto file = folder_.write("trunc.json", "{\n  \"orderId\": \"A1\",\n  \"amount\": }\n");
  const auto start = skald({"start", "a/b", "--input", file});
  EXPECT_EQ(start.exit_code, 2);
  EXPECT_TRUE(start.err.starts_with("error: " + file + ":3:13: is not valid JSON (")) << start.err;
  EXPECT_EQ(skald({"replay", "x", "--input", file}).err, start.err);
  EXPECT_EQ(skald({"resolve", "x", "1", "--reason", "r", "--output-file", file}).err, start.err);
}

TEST_F(Cli, TakesAnInputAsItIsWritten) {
  deploy("w", "  - one: { call: p.ok, compensate: { call: p.undo } }\n");
  const auto started = skald({"start", "test/w", "--input", R"( {"n": 7})", "--wait", "-o", "json"});
  EXPECT_EQ(started.exit_code, 0) << started.err;
  EXPECT_EQ(Json::parse(started.out)["input"], Json::parse(R"({"n": 7})"));
  EXPECT_EQ(skald({"start", "test/w", "--input", "[1, 2]"}).exit_code, 0);
  const auto cut = skald({"start", "test/w", "--input", R"({"n": })"});
  EXPECT_EQ(cut.exit_code, 2);
  EXPECT_TRUE(cut.err.starts_with("error: --input:1:7: is not valid JSON (")) << cut.err;
  EXPECT_TRUE(cut.err.ends_with(")\n  a file whose name begins with { or [ is written ./NAME\n")) << cut.err;
  EXPECT_EQ(skald({"replay", "x", "--input", R"({"n": })"}).err, cut.err);
  // Anything else names a file.
  EXPECT_EQ(skald({"start", "test/w", "--input", "7"}).err,
            "error: 7: cannot be read\n  check the name and its permissions\n");
  EXPECT_EQ(skald({"start", "test/w", "--input", "./{none}"}).err,
            "error: ./{none}: cannot be read\n  check the name and its permissions\n");
}

TEST_F(Cli, ListsByKeyVersionAndOrigin) {
  deploy("w", "  - one: { call: p.refuse }\n");
  const auto one = id_of({"start", "test/w", "--idempotency-key", "k1"});
  const auto two = id_of({"start", "test/w", "--idempotency-key", "k2"});
  const auto replay = id_of({"replay", one});
  const auto ids = [&](const std::string& filter, const std::string& value) {
    std::vector<std::string> found;
    for (const auto& item : Json::parse(skald({"list", filter, value, "-o", "json"}).out)) found.push_back(item["id"]);
    return found;
  };
  EXPECT_EQ(ids("--idempotency-key", "k2"), std::vector{two});
  EXPECT_EQ(ids("--replay-of", one), std::vector{replay});
  EXPECT_EQ(ids("--version", "1.0.0").size(), 3u);
  EXPECT_TRUE(ids("--version", "2.0.0").empty());
  EXPECT_TRUE(ids("--parent", one).empty());
}

TEST_F(Cli, SaysWhereAListGoesOn) {
  deploy("w", "  - one: { call: p.ok, compensate: { call: p.undo } }\n");
  for (int i = 0; i < 3; ++i) run("w");
  const auto cut = skald({"list", "--limit", "2"});
  EXPECT_EQ(cut.exit_code, 0);
  EXPECT_EQ(cut.err, "note: there are more than these 2; --limit N shows more\n");
  EXPECT_EQ(skald({"list", "--limit", "3"}).err, "");
}

TEST_F(Cli, ADryRunAnswersAsTheRegistrationWould) {
  EXPECT_EQ(skald({"deploy", workflow_}).exit_code, 0);
  const auto other = folder_.write("other.yaml", std::string(kWorkflow) + "  - two: { call: p.ok }\n");
  const auto dry = skald({"deploy", "--dry-run", other});
  EXPECT_EQ(dry.exit_code, 3);
  EXPECT_NE(dry.err.find("?replace=true, --replace"), std::string::npos) << dry.err;
  EXPECT_EQ(skald({"deploy", other}).err, dry.err);
  EXPECT_EQ(skald({"deploy", "--dry-run", "--replace", other}).exit_code, 0);
  const auto bad = folder_.write("bad.yaml",
                                 "document: { dsl: '1.0.3', namespace: t, name: w, version: '1.0.0' }\n"
                                 "do:\n  - one: { cal: p.ok }\n");
  const auto wrong = skald({"deploy", bad});
  EXPECT_EQ(wrong.exit_code, 3);
  EXPECT_TRUE(wrong.err.starts_with(bad + ":3:")) << wrong.err;
  EXPECT_NE(wrong.err.find(" [no-kind]\n"), std::string::npos) << wrong.err;
}

TEST_F(Cli, ErrorsAreDocumentsForPrograms) {
  const auto refused = skald({"show", "nothing", "-o", "json"});
  EXPECT_EQ(refused.exit_code, 3);
  EXPECT_EQ(refused.out, "");
  EXPECT_EQ(Json::parse(refused.err)["code"], "execution.unknown");
  EXPECT_EQ(Json::parse(skald({"start", "checkout", "-o", "json"}).err)["code"], "cli.workflow");
  EXPECT_EQ(Json::parse(skald({"list", "-o", "json", "--inptu"}).err)["code"], "cli.option");
  EXPECT_EQ(Json::parse(skald({"version", "-o", "json"}).out)["version"], SKALD_VERSION);
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
  const auto broken = folder.write("broken.yaml", "adapters: { p: 1 }\n");
  const auto both = run_skald({"validate", "--adapters", broken, "-o", "json", good});
  EXPECT_EQ(both.exit_code, 1);
  EXPECT_EQ(Json::parse(both.out)[0]["file"], broken);
}

TEST(CliOffline, ValidatesAFolderAsTheServerLoadsIt) {
  const TemporaryFolder folder;
  const auto path = folder.path().string();
  EXPECT_EQ(run_skald({"validate", path}).err, "error: " + path + ": has no workflow file (*.yaml, *.yml, *.json)\n");
  const auto first = folder.write("a.yaml", kWorkflow);
  const auto second = folder.write("b.yml", kWorkflow);
  folder.write(".hidden.yaml", "no workflow");
  folder.write("notes.txt", "no workflow");
  const auto twice = run_skald({"validate", path});
  EXPECT_EQ(twice.exit_code, 1);
  EXPECT_EQ(twice.out, first + ": test/cli 1.0.0 is valid\n" + second + ":1:1: error: test/cli 1.0.0 is defined by " +
                           first +
                           " already, and a server takes the first of them: give one another version "
                           "[duplicate-value]\n");
}

TEST(CliOffline, ValidatesAnAdaptersFileByItself) {
  const TemporaryFolder folder;
  const auto adapters = folder.write(
      "adapters.yaml",
      "adapters:\n  p:\n    baseUrl: http://127.0.0.1:1\n    operations:\n      ok: { method: post, path: /ok }\n");
  const auto alone = run_skald({"validate", "--adapters", adapters});
  EXPECT_EQ(alone.exit_code, 0);
  EXPECT_EQ(alone.out, adapters + ": the adapters file is valid\n");
  const auto mistaken = run_skald({"validate", adapters});
  EXPECT_EQ(mistaken.exit_code, 1);
  EXPECT_EQ(mistaken.err, adapters + ": this looks like an adapters file: check it with `skald validate --adapters " +
                              adapters + "`\n");
  EXPECT_EQ(run_skald({"validate"}).exit_code, 2);
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

TEST(CliOffline, ServeRefusesWhatIsNotThere) {
  const TemporaryFolder folder;
  const std::string storage = "sqlite:" + (folder.path() / "skald.db").string();
  for (const char* flag : {"--workflows", "--secrets", "--adapters", "--config", "--storage", "--http-ca-file"}) {
    std::vector<std::string> arguments = {"serve", "--listen", "127.0.0.1:0", flag, "/nonexist"};
    if (flag != std::string_view("--storage")) arguments.insert(arguments.end(), {"--storage", storage});
    const auto result = run_skald(arguments);
    EXPECT_EQ(result.exit_code, 2) << flag << "\n" << result.err;
    EXPECT_TRUE(result.err.starts_with("error: ")) << result.err;
    EXPECT_NE(result.err.find("/nonexist"), std::string::npos) << result.err;
  }
  EXPECT_EQ(run_skald({"serve", "-o", "json"}).exit_code, 2);
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
