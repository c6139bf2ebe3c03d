#include "adapters/http/url.hpp"

#include <gtest/gtest.h>

namespace skald::adapters {
namespace {

TEST(Url, TakesItsPartsApart) {
  auto url = parse_url("http://Payments.svc:8080/v1/charges?x=1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->origin, (Origin{.tls = false, .host = "payments.svc", .port = 8080}));
  EXPECT_EQ(url->target, "/v1/charges?x=1");
  url = parse_url("https://api.example.com");
  EXPECT_EQ(url->origin, (Origin{.tls = true, .host = "api.example.com", .port = 443}));
  EXPECT_EQ(url->target, "/");
  EXPECT_EQ(authority_of(url->origin), "api.example.com");
  EXPECT_EQ(host_and_port(url->origin), "api.example.com:443");
  url = parse_url("http://[::1]:81?q");
  EXPECT_EQ(url->origin.host, "::1");
  EXPECT_EQ(url->target, "/?q");
  EXPECT_EQ(authority_of(url->origin), "[::1]:81");
  EXPECT_EQ(authority_of({.tls = false, .host = "::1", .port = 80}), "[::1]");
}

TEST(Url, RefusesWhatMayNotBeSent) {
  for (const auto text : {"",
                          "ftp://x",
                          "//x",
                          "http://",
                          "http:///path",
                          "http://user:pw@host/",
                          "http://host:0/",
                          "http://host:65536/",
                          "http://host:/",
                          "http://host:8o/",
                          "http://ho st/",
                          "http://host/a b",
                          "http://host/a\r\nX: y",
                          "http://host/#f",
                          "http://[::1/",
                          "http://[x]/",
                          "http://host/%zz",
                          "http://host/a/../b",
                          "http://host/%2e%2E/b",
                          "http://host/.",
                          "http://h\xC3\xB6st/"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

TEST(Url, ErrorsSayWhichRule) {
  EXPECT_EQ(parse_url("http://u:p@h/").error().message, "is not a usable URL: credentials do not belong into a URL");
  EXPECT_EQ(parse_url("gopher://h/").error().message, "is not a usable URL: it must start with http:// or https://");
}

TEST(Target, IsCheckedByCharacter) {
  for (int c = 0; c < 256; ++c) {
    const std::string target = std::string("/a") + static_cast<char>(c);
    const bool allowed = c < 128 && c != '%' &&
                         (std::isalnum(c) != 0 ||
                          std::string_view("-._~!$&'()*+,;=:@/?").find(static_cast<char>(c)) != std::string_view::npos);
    EXPECT_EQ(is_target(target), allowed) << c;
  }
  EXPECT_TRUE(is_target("/a%20b?x=%2F"));
  EXPECT_TRUE(is_target("/a..b/...?x=../.."));
  EXPECT_FALSE(is_target("a"));
  EXPECT_FALSE(is_target("/a%2"));
  EXPECT_FALSE(is_target("/" + std::string(8 * 1024, 'a')));
}

TEST(Header, NamesAndValuesAreCheckedByCharacter) {
  EXPECT_TRUE(is_token("X-Api-Key"));
  EXPECT_FALSE(is_token(""));
  EXPECT_FALSE(is_token("X:"));
  EXPECT_FALSE(is_token("X Y"));
  EXPECT_TRUE(is_field_value("a \t b \xC3\xA9"));
  for (const char c : {'\r', '\n', '\0', '\x7F', '\x1B'}) EXPECT_FALSE(is_field_value(std::string(1, c)));
}

}  // namespace
}  // namespace skald::adapters
