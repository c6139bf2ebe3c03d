#include "adapters/adapters_registry.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>

#include "tests/adapters/http/participant_fixture.hpp"

namespace skald::test {
namespace {

namespace fs = std::filesystem;

std::string file_with(const std::string& base_url, const std::string& rest = {}) {
  return "adapters:\n  shop:\n    baseUrl: " + base_url + "\n" + rest +
         "    operations:\n      charge: { method: post, path: /charges }\n";
}

class AdaptersRegistry : public ::testing::Test {
 protected:
  AdaptersRegistry() : folder_(::testing::TempDir() + "skald-adapters-" + std::to_string(::getpid())) {
    fs::create_directories(folder_ / "secrets");
  }
  ~AdaptersRegistry() override { fs::remove_all(folder_); }

  void write(const std::string& name, const std::string& text) { std::ofstream(folder_ / name) << text; }
  std::string path() const { return folder_ / "adapters.yaml"; }
  std::string host(const adapters::AdaptersRegistry& registry) {
    return registry.snapshot()->config.adapters.at("shop").origin.host;
  }

  fs::path folder_;
  KeptLog log;
};

TEST_F(AdaptersRegistry, LoadsAndReloads) {
  write("adapters.yaml", file_with("http://one"));
  adapters::AdaptersRegistry registry(log, "");
  const auto before = registry.version();
  ASSERT_TRUE(registry.load(path()));
  EXPECT_GT(registry.version(), before);
  EXPECT_EQ(host(registry), "one");
  EXPECT_NE(registry.snapshot()->operations->find("shop", "charge"), nullptr);
  EXPECT_FALSE(registry.refresh());
  write("adapters.yaml", file_with("http://two"));
  EXPECT_TRUE(registry.refresh());
  EXPECT_EQ(host(registry), "two");
  EXPECT_TRUE(log.has("adapters file reloaded"));
}

TEST_F(AdaptersRegistry, ABrokenFileAtTheStartIsAnErrorWithEveryDiagnostic) {
  write("adapters.yaml", "adapters:\n  shop:\n    baseUrl: ftp://x\n    operation: {}\n");
  adapters::AdaptersRegistry registry(log, "");
  const auto loaded = registry.load(path());
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().code, "adapters.invalid");
  EXPECT_EQ(loaded.error().subject, path());
  EXPECT_NE(loaded.error().detail.find(path() + ":3:14: error: "), std::string::npos) << loaded.error().detail;
  EXPECT_NE(loaded.error().detail.find(path() + ":4:5: error: "), std::string::npos) << loaded.error().detail;
  EXPECT_EQ(registry.load((folder_ / "none.yaml").string()).error().code, "adapters.unreadable");
}

TEST_F(AdaptersRegistry, ABrokenChangeLeavesTheFormerContentInForce) {
  write("adapters.yaml", file_with("http://one"));
  adapters::AdaptersRegistry registry(log, "");
  ASSERT_TRUE(registry.load(path()));
  const auto version = registry.version();
  write("adapters.yaml", "adapters:\n  shop:\n    baseUrl: ftp://x\n    operation: {}\n");
  EXPECT_FALSE(registry.refresh());
  EXPECT_EQ(registry.version(), version);
  EXPECT_EQ(host(registry), "one");
  EXPECT_TRUE(log.has(":3:14: error: "));
  EXPECT_TRUE(log.has(":4:5: error: "));
  EXPECT_TRUE(log.has("the former one stays in force"));
  const auto lines = log.lines().size();
  EXPECT_FALSE(registry.refresh());  // said once
  EXPECT_EQ(log.lines().size(), lines);
  fs::remove(path());
  EXPECT_FALSE(registry.refresh());
  EXPECT_EQ(host(registry), "one");
  write("adapters.yaml", file_with("http://three"));
  EXPECT_TRUE(registry.refresh());
  EXPECT_EQ(host(registry), "three");
}

TEST_F(AdaptersRegistry, SecretsAreReadAgain) {
  write("adapters.yaml",
        file_with("http://one", "    authentication: { bearer: { token: \"${secret:shop-token}\" } }\n"));
  adapters::AdaptersRegistry registry(log, (folder_ / "secrets").string());
  ASSERT_TRUE(registry.load(path()));
  EXPECT_TRUE(log.has("a secret of the adapters is not set: calls that need it are not sent secret=shop-token"));
  write("secrets/shop-token", "s3cr3t\n");
  EXPECT_TRUE(registry.refresh());
  EXPECT_EQ(registry.snapshot()->secrets.at("shop-token").reveal(), "s3cr3t");
  EXPECT_FALSE(registry.refresh());
  write("secrets/shop-token", "rotated");
  EXPECT_TRUE(registry.refresh());
  EXPECT_EQ(registry.snapshot()->secrets.at("shop-token").reveal(), "rotated");
  for (const auto& line : log.lines()) {
    EXPECT_EQ(line.find("s3cr3t"), std::string::npos);
    EXPECT_EQ(line.find("rotated"), std::string::npos);
  }
}

TEST_F(AdaptersRegistry, TheWatcherNoticesAChange) {
  write("adapters.yaml", file_with("http://one"));
  adapters::AdaptersRegistry registry(log, "");
  ASSERT_TRUE(registry.load(path()));
  std::mutex guard;
  std::condition_variable noticed;
  std::string seen;
  const auto watching = registry.watch([&](const adapters::AdaptersSnapshotPtr& snapshot) {
    const std::lock_guard lock(guard);
    seen = snapshot->config.adapters.at("shop").origin.host;
    noticed.notify_all();
  });
  write("adapters.yaml", file_with("http://two"));
  std::unique_lock lock(guard);
  EXPECT_TRUE(noticed.wait_for(lock, std::chrono::seconds(30), [&] { return seen == "two"; }));
}

}  // namespace
}  // namespace skald::test
