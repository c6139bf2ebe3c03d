// Credentials of participants reach the participants and nothing else: a scan of all that a server writes and says.
#include <gmock/gmock.h>

#include <filesystem>
#include <fstream>

#include "tests/api/service_fixture.hpp"
#include "tests/support/files.hpp"

namespace skald::test {
namespace {

using testing::Contains;
using testing::HasSubstr;

constexpr const char* kToken = "canary-4f1d9e-token";
constexpr const char* kPassword = "canary-83bc02-password";
constexpr const char* kBasic = "c2hvcDpjYW5hcnktODNiYzAyLXBhc3N3b3Jk";  // base64 of "shop:" and the password
constexpr const char* kUser = R"({"username":"shop","password":"canary-83bc02-password"})";
constexpr const char* kSteps = "  - one: { call: %.ok, compensate: { call: %.undo } }\n  - two: { call: %.refuse }\n";

class Secrets : public ServiceTest {
 protected:
  void SetUp() override {
    folder_.write("secrets/token", kToken);
    folder_.write("secrets/password", kPassword);
    folder_.write("secrets/user", kUser);
    write_adapters("");
    start({"--secrets", (folder_.path() / "secrets").string(), "--log-level", "debug", "--http-allowed-hosts",
           "127.0.0.1", "--http-allowed-secrets", "token,user"});
  }

  void write_adapters(const std::string& more) {
    const auto address = "127.0.0.1:" + std::to_string(participant_.port());
    std::string text = "adapters:\n";
    text += adapter("bearer", "http://" + address, "bearer: { token: '${secret:token}' }");
    text += adapter("basic", "http://" + address, "basic: { username: shop, password: '${secret:password}' }");
    text += adapter("nobody", "http://127.0.0.1:1", "bearer: { token: '${secret:token}' }");
    text += adapter("untrusted", "https://" + address, "bearer: { token: '${secret:token}' }");
    folder_.write("adapters.yaml", text + more);
  }

  static std::string adapter(const std::string& name, const std::string& url, const std::string& authentication) {
    return "  " + name + ":\n    baseUrl: " + url + "\n    authentication: { " + authentication +
           " }\n    operations:\n      ok: { method: post, path: /ok }\n      refuse: { method: post, path: /refuse }\n"
           "      undo: { method: post, path: /undo-refused }\n";
  }

  void run_over(const std::string& adapter) {
    std::string steps = kSteps;
    for (auto at = steps.find('%'); at != std::string::npos; at = steps.find('%')) steps.replace(at, 1, adapter);
    deploy(adapter, steps);
    run(adapter);
  }

  // The same over literal endpoints, whose credentials stand in the workflow as names. `rest` is more of the `with`.
  void run_literally(const std::string& name, const std::string& authentication, const std::string& rest = {}) {
    const std::string address = "http://127.0.0.1:" + std::to_string(participant_.port());
    const auto call = [&](const std::string& path) {
      return "call: http, with: { method: post, endpoint: { uri: '" + address + path + "'" +
             (authentication.empty() ? "" : ", authentication: { " + authentication + " }") +
             " }, body: '${ $input }', output: response" + rest + " }";
    };
    deploy(name,
           "  - one: { " + call("/ok") + ", compensate: { " + call("/undo") + " } }\n  - two: { " + call("/refuse") +
               " }\n",
           "use: { secrets: [token, user] }\n");
    run(name);
  }

  void expect_clean(const std::string& where, const std::string& text) {
    EXPECT_FALSE(text.empty()) << where;
    for (const char* secret : {kToken, kPassword, kBasic}) {
      EXPECT_EQ(text.find(secret), std::string::npos) << secret << " in " << where;
    }
  }
};

TEST_F(Secrets, AreInNothingThatTheServerWritesOrSays) {
  for (const char* adapter : {"bearer", "basic", "nobody", "untrusted"}) run_over(adapter);
  run_literally("literal-bearer", "bearer: { token: '${ $secrets.token }' }");
  run_literally("literal-basic", "basic: { use: user }");
  run_literally("literal-header", "", ", headers: { Authorization: '${ \"Bearer \\($secrets.token)\" }' }");
  // Not vacuous: the participant has them, each with two calls and an undo of the first, by way of an adapter and not.
  EXPECT_THAT(participant_.authorizations(), Contains("Bearer " + std::string(kToken)).Times(9));
  EXPECT_THAT(participant_.authorizations(), Contains("Basic " + std::string(kBasic)).Times(6));
  // A file that is refused, with a secret in an error's neighbourhood.
  write_adapters("  broken: { baseUrl: 'http://a', authentication: { bearer: { token: '${secret:token}', x: 1 } } }\n");
  for (int i = 0; i < 500 && server_->log().find("broken") == std::string::npos; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  EXPECT_THAT(server_->log(), HasSubstr("broken"));
  expect_clean("the log", server_->log());

  for (const char* target : {"/v1/executions", "/v1/incidents", "/v1/workflows", "/v1/nodes", "/metrics", "/readyz"}) {
    expect_clean(target, get(target).body);
  }
  for (const auto& execution : get_json("/v1/executions")["items"]) {
    const std::string path = "/v1/executions/" + std::string(execution["id"]);
    expect_clean(path, get(path).body);
    expect_clean(path, get(path + "/history?limit=500").body);
  }
  const auto shown = run_skald({"serve", "--print-config", "--secrets", (folder_.path() / "secrets").string(),
                                "--adapters", (folder_.path() / "adapters.yaml").string()});
  expect_clean("the configuration", shown.out + shown.err);

  server_->send_signal(SIGTERM);
  server_->wait();
  for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
    if (!entry.is_regular_file() || entry.path().filename() == "skald.db-lock") continue;
    const auto text = text_of(entry.path());
    if (!text.empty()) expect_clean(entry.path().filename().string(), text);
  }
}

}  // namespace
}  // namespace skald::test
