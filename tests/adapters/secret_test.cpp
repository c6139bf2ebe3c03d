#include "adapters/secret.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace skald::adapters {
namespace {

TEST(Secret, DoesNotPrint) {
  EXPECT_EQ(to_string(Secret("hunter2")), "***");
}

TEST(SecretText, NamesAreResolvedWithinText) {
  const Secrets secrets{{"a", Secret("1")}, {"b.c-d_E", Secret("2")}};
  EXPECT_EQ(SecretText::parse("x${secret:a}y${secret:b.c-d_E}z").value().resolve(secrets).value().reveal(), "x1y2z");
  EXPECT_EQ(SecretText::parse("plain").value().resolve({}).value().reveal(), "plain");
  EXPECT_EQ(SecretText::parse("").value().resolve({}).value().reveal(), "");
}

TEST(SecretText, AMissingNameIsNamed) {
  const auto resolved = SecretText::parse("${secret:nowhere}").value().resolve({});
  ASSERT_FALSE(resolved);
  EXPECT_EQ(resolved.error().message, "secret 'nowhere' is not set");
}

TEST(SecretText, OtherReferencesAreRefused) {
  for (const auto text :
       {"${secret:", "${env:A}", "${secret:}", "${secret:a/b}", "${secret:../a}", "${secret:.a}", "${ .x }"}) {
    EXPECT_FALSE(SecretText::parse(text)) << text;
  }
}

TEST(ReadSecrets, FilesComeBeforeTheEnvironment) {
  const std::string folder = ::testing::TempDir() + "skald-secrets-" + std::to_string(::getpid());
  std::filesystem::create_directories(folder);
  std::ofstream(folder + "/both") << "from file\r\n";
  ::setenv("SKALD_SECRET_BOTH", "from environment", 1);
  ::setenv("SKALD_SECRET_ONLY_THERE", "there", 1);
  const auto secrets = read_secrets(folder, {"both", "only-there", "nowhere"});
  EXPECT_EQ(secrets.at("both").reveal(), "from file");
  EXPECT_EQ(secrets.at("only-there").reveal(), "there");
  EXPECT_FALSE(secrets.contains("nowhere"));
  EXPECT_EQ(read_secrets("", {"both"}).at("both").reveal(), "from environment");
  std::filesystem::remove_all(folder);
  ::unsetenv("SKALD_SECRET_BOTH");
  ::unsetenv("SKALD_SECRET_ONLY_THERE");
}

}  // namespace
}  // namespace skald::adapters
