#include "engine/definition/secret_reference.hpp"

#include <gtest/gtest.h>

#include <string>

namespace skald::definition {
namespace {

std::string parsed(std::string_view source) {
  const auto reference = parse_secret_reference(source);
  return reference ? reference->name + "/" + reference->field : "none";
}

TEST(SecretReference, IsASecretAndNothingElse) {
  EXPECT_EQ(parsed("$secrets.token"), "token/");
  EXPECT_EQ(parsed("  $secrets.token \n"), "token/");
  EXPECT_EQ(parsed("$secrets[\"my-token\"]"), "my-token/");
  EXPECT_EQ(parsed("$secrets.shop.password"), "shop/password");
  EXPECT_EQ(parsed("$secrets[\"a-b\"][\"c d\"]"), "a-b/c d");
  for (const auto* other :
       {"$secrets", "$secrets.", "$secrets.my-token", "$secrets.a + \"b\"", "\"\\($secrets.a)\"", "$secrets.a.b.c",
        "$secrets[0]", "$secrets[\"\"]", "$secrets[\"a\\n\"]", "$secrets.a | @base64", "$secretsx.a", ".a", "",
        "$secrets.5", "$secrets[\"a\"", "($secrets.a)"}) {
    EXPECT_EQ(parsed(other), "none") << other;
  }
}

std::string text_of(std::string_view source) {
  const auto parts = parse_secret_text(source);
  if (!parts) return "none";
  std::string text;
  for (const auto& part : *parts) {
    const auto* reference = std::get_if<SecretReference>(&part);
    text += reference ? "<" + reference->name + "/" + reference->field + ">" : std::get<std::string>(part);
  }
  return text;
}

TEST(SecretText, IsASecretOrATextWithSecrets) {
  EXPECT_EQ(text_of("$secrets.token"), "<token/>");
  EXPECT_EQ(text_of(" \"Bearer \\($secrets.token)\" "), "Bearer <token/>");
  EXPECT_EQ(text_of("\"\\($secrets.a):\\( $secrets[\"b-c\"].d )!\""), "<a/>:<b-c/d>!");
  EXPECT_EQ(text_of("\"plain\""), "plain");
  for (const auto* other : {"\"a\\n\\($secrets.a)\"", "\"a\" + $secrets.a", "\"\\(.a)\"", "\"\\($secrets.a\"", "\"", "",
                            "\"\\($secrets.a | @base64)\"", "\"a\" \"b\""}) {
    EXPECT_EQ(text_of(other), "none") << other;
  }
}

TEST(SecretName, IsThatOfAFileInItsFolder) {
  for (const auto* good : {"a", "payments-token", "A_1.txt", "1"}) EXPECT_TRUE(is_secret_name(good)) << good;
  for (const auto* bad : {"", ".", "..", ".a", "a/b", "a b", "\xC3\xA4"}) EXPECT_FALSE(is_secret_name(bad)) << bad;
  EXPECT_TRUE(is_secret_name(std::string(128, 'a')));
  EXPECT_FALSE(is_secret_name(std::string(129, 'a')));
}

}  // namespace
}  // namespace skald::definition
