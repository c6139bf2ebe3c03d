#include "engine/base/json.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace skald {
namespace {

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

std::string text_by_library(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

TEST(Json, ReadsADocument) {
  const auto value = parse_json(R"({"a": [1, "x", null]})");
  ASSERT_TRUE(value.has_value());
  EXPECT_EQ(*value, (Json{{"a", {1, "x", nullptr}}}));
}

TEST(Json, SyntaxErrorCarriesTheLibrarysWordsAsDetail) {
  const auto value = parse_json("{\"a\": }");
  ASSERT_FALSE(value.has_value());
  EXPECT_EQ(value.error().code, "json.syntax");
  EXPECT_EQ(value.error().message, "is not valid JSON");
  EXPECT_NE(value.error().detail.find("column 7"), std::string::npos) << value.error().detail;
}

TEST(Json, AllowsTheGreatestDepthAndNoMore) {
  EXPECT_TRUE(parse_json(nested(kJsonDepthMax)).has_value());
  const auto deeper = parse_json(nested(kJsonDepthMax + 1));
  ASSERT_FALSE(deeper.has_value());
  EXPECT_EQ(deeper.error().code, "json.depth");
  EXPECT_EQ(deeper.error().message, "JSON is nested deeper than 64 levels (at byte 64)");
}

TEST(Json, RefusesABodyOfBracketsWithoutRecursion) {
  EXPECT_EQ(parse_json(std::string(1'000'000, '[')).error().code, "json.depth");
  EXPECT_EQ(check_json(std::string(1'000'000, '['))->code, "json.depth");
}

TEST(Json, BracketsInStringsAreText) {
  const std::string text = R"({"a": ")" + std::string(1'000, '[') + R"(\"[", "b": "\\"})";
  EXPECT_TRUE(parse_json(text).has_value());
  EXPECT_EQ(check_json(text), std::nullopt);
}

TEST(Json, CheckAgreesWithParse) {
  for (const char* text : {"null", "1", "\"x\"", "[]", "", "{", "nul", "[1,]", "01", "\"\xff\"", "{\"a\":1}x"}) {
    EXPECT_EQ(parse_json(text).has_value(), !check_json(text).has_value()) << text;
  }
}

TEST(Json, DumpReplacesInvalidUtf8) {
  EXPECT_EQ(dump_json(Json("a\xff")), "\"a\xEF\xBF\xBD\"");
}

TEST(Json, AppendsStringsAsTheLibraryWritesThem) {
  for (const std::string text : {"", "plain", "quote\" back\\slash", "line\nbreak", "é", "\x01", "\xff"}) {
    std::string out = "x";
    append_json_string(out, text);
    EXPECT_EQ(out, "x" + text_by_library(Json(text))) << text;
  }
}

TEST(Json, SeesEveryByteAtEveryPlaceOfAString) {
  for (std::size_t at = 0; at < 20; ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text(20, '#');
      text[at] = static_cast<char>(byte);
      std::string out;
      append_json_string(out, text);
      EXPECT_EQ(out, text_by_library(Json(text))) << "byte " << byte << " at " << at;
    }
  }
}

// The library's text is what ours has to be, character for character.
TEST(Json, WritesWhatTheLibraryWrites) {
  for (const char* text : {
           R"({})",
           R"([])",
           R"("")",
           R"(null)",
           R"(true)",
           R"(false)",
           R"(0)",
           R"(-1)",
           R"(18446744073709551615)",
           R"(-9223372036854775808)",
           R"(1.5)",
           R"(-0.0)",
           R"(1e300)",
           R"(12345678901234567890123)",
           R"({"b":1,"a":[{"x":null},[],[1,2.25,"three"],{"":""}],"c":{"d":{"e":false}}})",
           R"("quote \" backslash \\ slash /")",
           R"("\u0000\u001f\n\t\u007f")",
           R"("Größe, 価格, 😀")",
           R"({"\"key\"":"a long text without anything to escape in it, beyond one vector","é":"x"})",
       }) {
    const Json value = Json::parse(text);
    EXPECT_EQ(dump_json(value), text_by_library(value)) << text;
  }
  const Json broken = {{"a\xFFz", "x\xC3"}};
  EXPECT_EQ(dump_json(broken), text_by_library(broken));
}

}  // namespace
}  // namespace skald
