#include "api/settings/settings.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

namespace skald::api {
namespace {

std::string all_of(const std::vector<Error>& problems) {
  std::string text;
  for (const auto& problem : problems) text += (text.empty() ? "" : "\n") + to_text(problem);
  return text;
}

TEST(Settings, FileThenEnvironmentThenFlags) {
  Settings settings;
  ASSERT_EQ(all_of(apply_config(settings, "skald.yaml",
                                "listen: 0.0.0.0:9000\nloops: 2\nhttp:\n  bodyBytesMax: 2048\n  idleTimeout: PT5S\n"
                                "  allowedHosts: [a.example, 'b.example:8443']\n  connectTo: {'a:80': 'b:81'}\n")),
            "");
  EXPECT_EQ(settings.listen_host, "0.0.0.0");
  EXPECT_EQ(settings.listen_port, 9000);
  EXPECT_EQ(settings.http_idle_timeout, std::chrono::seconds(5));
  EXPECT_EQ(settings.http_allowed_hosts, (std::vector<std::string>{"a.example", "b.example:8443"}));
  EXPECT_EQ(settings.http_connect_to, (std::map<std::string, std::string>{{"a:80", "b:81"}}));
  const auto get = [](const char* name) -> const char* {
    return std::string_view(name) == "SKALD_HTTP_BODY_BYTES_MAX" ? "4096"
           : std::string_view(name) == "SKALD_LOOPS"             ? "3"
                                                                 : nullptr;
  };
  ASSERT_EQ(all_of(apply_environment(settings, get)), "");
  EXPECT_EQ(settings.http_body_bytes_max, 4096u);
  ASSERT_TRUE(apply_setting(settings, "loops", "4", "--loops"));
  EXPECT_EQ(settings.loops, 4u);
}

TEST(Settings, NamesSettingRuleValueAndPlace) {
  const auto error_of = [](const std::string& yaml) {
    Settings settings;
    return all_of(apply_config(settings, "skald.yaml", yaml));
  };
  EXPECT_EQ(error_of("loops: 0\n"), "skald.yaml:1:8: setting 'loops' must be between 1 and 64 threads (got '0')");
  EXPECT_EQ(error_of("http:\n  idleTimeout: 60\n"),
            "skald.yaml:2:16: setting 'http.idleTimeout' must be a duration between PT1S and PT1H (got '60')");
  EXPECT_EQ(error_of("listen: here\n"),
            "skald.yaml:1:9: setting 'listen' must be HOST:PORT, an IP address; port 0 picks a free one (got 'here')");
  EXPECT_EQ(error_of("lsten: 1\n"),
            "skald.yaml:1:1: there is no setting 'lsten'; did you mean 'listen'?; `skald serve --print-config` lists "
            "them all");
  EXPECT_EQ(error_of("- 1\n"), "skald.yaml:1:1: must be a map of settings");
  Settings settings;
  const auto get = [](const char* name) -> const char* {
    return std::string_view(name) == "SKALD_LOG_LEVEL" ? "loud" : nullptr;
  };
  EXPECT_EQ(all_of(apply_environment(settings, get)),
            "SKALD_LOG_LEVEL: setting 'log.level' must be debug, info, warning or error (got 'loud')");
}

TEST(Settings, NameAllThatIsWrong) {
  Settings settings;
  EXPECT_EQ(
      all_of(apply_config(settings, "skald.yaml",
                          "lops: { a: [ [1] ] }\nloops: 0\nhttp:\n  idleTimeout: 60\n  caFile: [ [1] ]\n"
                          "log: loud\nlisten: 127.0.0.1:1\n")),
      "skald.yaml:1:1: there is no setting 'lops'; did you mean 'loops'?; `skald serve --print-config` lists them "
      "all\n"
      "skald.yaml:2:8: setting 'loops' must be between 1 and 64 threads (got '0')\n"
      "skald.yaml:4:16: setting 'http.idleTimeout' must be a duration between PT1S and PT1H (got '60')\n"
      "skald.yaml:5:11: setting 'http.caFile' must be a value, not a nested structure\n"
      "skald.yaml:6:6: 'log' must be a map of settings: format, level");
  EXPECT_EQ(settings.listen_port, 1);
  const auto get = [](const char* name) -> const char* {
    return std::string_view(name) == "SKALD_LOG_LEVEL" || std::string_view(name) == "SKALD_LOOPS" ? "0" : nullptr;
  };
  EXPECT_EQ(all_of(apply_environment(settings, get)),
            "SKALD_LOOPS: setting 'loops' must be between 1 and 64 threads (got '0')\n"
            "SKALD_LOG_LEVEL: setting 'log.level' must be debug, info, warning or error (got '0')");
}

TEST(Settings, NameVariablesThatNobodyReads) {
  EXPECT_EQ(all_of(unknown_variables({"HOME", "SKALD_LOOPS", "SKALD_SECRET_SHOP", "SKALD_SERVER", "SKALD_LOPS",
                                      "SKALD_PORT_8080_TCP_PROTO"})),
            "SKALD_LOPS: is no variable of Skald, and is not read; did you mean 'SKALD_LOOPS'?\n"
            "SKALD_PORT_8080_TCP_PROTO: is no variable of Skald, and is not read");
}

TEST(Settings, PrintedConfigIsReadBackAndMasksSecrets) {
  Settings settings;
  settings.storage = "postgresql://skald:hunter2@db/skald";
  settings.workflows = "it's here";
  settings.listen_host = "::1";
  const auto text = print_config(settings);
  EXPECT_EQ(text.find("hunter2"), std::string::npos);
  EXPECT_NE(text.find("storage: 'postgresql://skald:***@db/skald'"), std::string::npos);
  Settings again;
  ASSERT_EQ(all_of(apply_config(again, "printed", text)), "");
  EXPECT_EQ(again.workflows, settings.workflows);
  EXPECT_EQ(again.listen_host, "::1");
  EXPECT_EQ(print_config(again), text);
}

TEST(Settings, DefaultsPassTheirOwnRules) {
  const Settings defaults;
  for (const auto& setting : setting_table()) {
    Settings settings;
    EXPECT_TRUE(setting.set(settings, setting.get(defaults))) << setting.name;
  }
}

TEST(Settings, AreAllDescribedInTheDocumentation) {
  std::ifstream file(SKALD_SOURCE_DIR "/docs/configuration.md");
  std::ostringstream text;
  text << file.rdbuf();
  for (const auto& setting : setting_table()) {
    EXPECT_NE(text.str().find("`" + std::string(setting.name) + "`"), std::string::npos) << setting.name;
    EXPECT_NE(text.str().find("`" + environment_name(setting.name) + "`"), std::string::npos) << setting.name;
    EXPECT_NE(text.str().find("| " + std::string(setting.rule) + " | " + std::string(setting.meaning) + " |"),
              std::string::npos)
        << setting.name;
  }
}

TEST(Settings, FlagsAndVariablesFollowFromTheName) {
  EXPECT_EQ(flag_name("http.bodyBytesMax"), "--http-body-bytes-max");
  EXPECT_EQ(environment_name("engine.passivateAfter"), "SKALD_ENGINE_PASSIVATE_AFTER");
}

}  // namespace
}  // namespace skald::api
