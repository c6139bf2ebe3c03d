#include "engine/definition/json_schema.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace skald::definition {
namespace {

std::string violations_of(const char* schema, const char* value) {
  const auto compiled = JsonSchema::compile(Json::parse(schema));
  if (!compiled) return to_text(compiled.error());
  std::string text;
  for (const SchemaViolation& violation : compiled->validate(Json::parse(value))) {
    text += (text.empty() ? "" : "\n") + violation.pointer + ": " + violation.message;
  }
  return text;
}

std::string refusal_of(const char* schema) {
  const auto compiled = JsonSchema::compile(Json::parse(schema));
  return compiled ? "" : compiled.error().code + " " + to_text(compiled.error());
}

TEST(JsonSchema, EveryRuleNamesItselfAndTheValue) {
  EXPECT_EQ(violations_of(R"({"type": "number"})", R"("x")"), ": must be of type number (got string)");
  EXPECT_EQ(violations_of(R"({"type": ["integer", "null"]})", "1.5"), ": must be of type null or integer (got number)");
  EXPECT_EQ(violations_of(R"({"const": 1})", "2"), ": must be 1 (got 2)");
  EXPECT_EQ(violations_of(R"({"enum": ["EUR", "USD"]})", R"("GBP")"),
            ": must be one of \"EUR\", \"USD\" (got \"GBP\")");
  EXPECT_EQ(violations_of(R"({"minimum": 1})", "0"), ": must be at least 1 (got 0)");
  EXPECT_EQ(violations_of(R"({"exclusiveMinimum": 0})", "0"), ": must be greater than 0 (got 0)");
  EXPECT_EQ(violations_of(R"({"maximum": 1})", "1.5"), ": must be at most 1 (got 1.5)");
  EXPECT_EQ(violations_of(R"({"exclusiveMaximum": 1})", "1"), ": must be less than 1 (got 1)");
  EXPECT_EQ(violations_of(R"({"multipleOf": 0.01})", "0.015"), ": must be a multiple of 0.01 (got 0.015)");
  EXPECT_EQ(violations_of(R"({"minLength": 2})", R"("é")"), ": must have at least 2 characters (got 1)");
  EXPECT_EQ(violations_of(R"({"maxLength": 2})", R"("abc")"), ": must have at most 2 characters (got 3)");
  EXPECT_EQ(violations_of(R"({"pattern": "^[A-Z]+$"})", R"("a")"), ": must match the pattern ^[A-Z]+$ (got \"a\")");
  EXPECT_EQ(violations_of(R"({"format": "email"})", R"("a")"), ": must be a valid email (got \"a\")");
  EXPECT_EQ(violations_of(R"({"minItems": 1})", "[]"), ": must have at least 1 items (got 0)");
  EXPECT_EQ(violations_of(R"({"maxItems": 1})", "[1, 2]"), ": must have at most 1 items (got 2)");
  EXPECT_EQ(violations_of(R"({"uniqueItems": true})", "[1, 2, 1]"), ": must have unique items (got 1)");
  EXPECT_EQ(violations_of(R"({"contains": {"const": 1}})", "[2]"),
            ": must contain an item that matches the schema of 'contains'");
  EXPECT_EQ(violations_of(R"({"minProperties": 1})", "{}"), ": must have at least 1 properties (got 0)");
  EXPECT_EQ(violations_of(R"({"maxProperties": 0})", R"({"a": 1})"), ": must have at most 0 properties (got 1)");
  EXPECT_EQ(violations_of(R"({"required": ["a"]})", "{}"), ": must have the property 'a'");
  EXPECT_EQ(violations_of(R"({"dependencies": {"a": ["b"]}})", R"({"a": 1})"),
            ": must have the property 'b' beside 'a'");
  EXPECT_EQ(violations_of(R"({"anyOf": [{"type": "null"}, {"const": 1}]})", "2"),
            ": must match one of the 2 schemas of 'anyOf'");
  EXPECT_EQ(violations_of(R"({"oneOf": [{"minimum": 1}, {"minimum": 2}]})", "3"),
            ": must match exactly one of the 2 schemas of 'oneOf' (matches 2)");
  EXPECT_EQ(violations_of(R"({"not": {"type": "null"}})", "null"), ": must not match the schema of 'not'");
}

TEST(JsonSchema, FindsEveryViolationWithItsPointer) {
  EXPECT_EQ(violations_of(R"({"type": "object", "required": ["id"], "additionalProperties": false,
                              "properties": {"amount": {"type": "number"},
                                             "items": {"items": {"required": ["sku"]}}}})",
                          R"({"amount": "7", "items": [{"sku": 1}, {}], "a/b": 1})"),
            ": must have the property 'id'\n"
            "/amount: must be of type number (got string)\n"
            "/items/1: must have the property 'sku'\n"
            "/a~1b: is not allowed here");
}

TEST(JsonSchema, StopsAtTwentyViolations) {
  const auto schema = JsonSchema::compile(Json::parse(R"({"items": {"type": "null"}})"));
  EXPECT_EQ(schema->validate(Json(std::vector<int>(100, 1))).size(), 20u);
}

TEST(JsonSchema, LongValuesAreCut) {
  const std::string text =
      violations_of(R"({"maximum": 1, "const": "x"})", ("\"" + std::string(500, 'y') + "\"").c_str());
  EXPECT_EQ(text, ": must be \"x\" (got \"" + std::string(59, 'y') + "...)");
}

TEST(JsonSchema, WriteOnlyValuesAreNotShown) {
  EXPECT_EQ(violations_of(R"({"writeOnly": true, "pattern": "^x"})", R"("secret")"), ": must match the pattern ^x");
}

TEST(JsonSchema, KeywordsThatWouldBeIgnoredAreRefused) {
  EXPECT_EQ(
      refusal_of(R"({"unevaluatedProperties": false})"),
      "schema.invalid /unevaluatedProperties: 'unevaluatedProperties' is not a keyword of JSON Schema draft-07 that "
      "is checked here");
  EXPECT_EQ(refusal_of(R"({"properties": {"a": {"prefixItems": []}}})"),
            "schema.invalid /properties/a/prefixItems: 'prefixItems' is not a keyword of JSON Schema draft-07 that is "
            "checked here");
  EXPECT_EQ(refusal_of(R"({"format": "iri"})"),
            "schema.invalid /format: the format \"iri\" is not checked here; known are date-time, date, time, email, "
            "hostname, ipv4, ipv6, uri, uuid");
  EXPECT_EQ(refusal_of(R"({"additionalItems": false})"),
            "schema.invalid /additionalItems: 'additionalItems' has no effect unless 'items' is a list");
  EXPECT_EQ(refusal_of(R"({"then": {}})"), "schema.invalid 'then' and 'else' have no effect without 'if'");
  EXPECT_EQ(refusal_of(R"({"$ref": "#", "type": "null"})"),
            "schema.invalid /type: 'type' has no effect beside '$ref' (draft-07); use allOf");
  EXPECT_EQ(refusal_of(R"({"$schema": "https://json-schema.org/draft/2020-12/schema"})"),
            "schema.invalid /$schema: must name draft-07, http://json-schema.org/draft-07/schema# (got "
            "\"https://json-schema.org/draft/2020-12/schema\")");
}

TEST(JsonSchema, MalformedKeywordsAreRefused) {
  EXPECT_EQ(refusal_of("[]"), "schema.invalid must be an object or a boolean (got array)");
  EXPECT_EQ(refusal_of(R"({"type": "float"})"), "schema.invalid /type: 'float' is not a type of JSON Schema");
  EXPECT_EQ(refusal_of(R"({"type": 7})"), "schema.invalid /type: must be a list of strings (got number)");
  EXPECT_EQ(refusal_of(R"({"minLength": -1})"), "schema.invalid /minLength: must be a non-negative integer (got -1)");
  EXPECT_EQ(refusal_of(R"({"required": "a"})"), "schema.invalid /required: must be a list of strings (got string)");
  EXPECT_EQ(refusal_of(R"({"$ref": "other.json"})"),
            "schema.invalid /$ref: must refer into this schema, '#/...' (got 'other.json')");
  EXPECT_EQ(refusal_of(R"({"$ref": "#/definitions/x"})"), "schema.invalid /$ref: '#/definitions/x' leads nowhere");
  EXPECT_EQ(refusal_of(R"({"multipleOf": 0})"), "schema.invalid /multipleOf: must be greater than 0");
  EXPECT_NE(refusal_of(R"-({"pattern": "(?=x)"})-").find("is not a regular expression that RE2 accepts"),
            std::string::npos);
}

// Regular expressions of the standard library recurse once a character; a long input must not end the process.
TEST(JsonSchema, PatternsSurviveLongInput) {
  const auto schema = JsonSchema::compile(Json::parse(R"-({"pattern": "^(a|b)*$"})-"));
  EXPECT_TRUE(schema->validate(Json(std::string(262'144, 'a'))).empty());
}

TEST(JsonSchema, RecursionIsBounded) {
  EXPECT_EQ(violations_of(R"({"allOf": [{"$ref": "#"}]})", "1"),
            ": cannot be checked: the schema refers to itself too often");
  std::string doubling = R"({"definitions": {"s0": {"const": 1})";
  for (int i = 1; i < 64; ++i) {
    const std::string before = "{\"$ref\": \"#/definitions/s" + std::to_string(i - 1) + "\"}";
    doubling += ",\"s" + std::to_string(i) + "\": {\"allOf\": [" + before + "," + before + "]}";
  }
  doubling += R"(}, "$ref": "#/definitions/s63"})";
  EXPECT_NE(violations_of(doubling.c_str(), "1").find("too often"), std::string::npos);
}

TEST(JsonSchema, RecursiveSchemasWork) {
  const char* tree = R"({"properties": {"children": {"items": {"$ref": "#"}}, "name": {"type": "string"}}})";
  EXPECT_EQ(violations_of(tree, R"({"children": [{"name": "a", "children": [{"name": 1}]}]})"),
            "/children/0/children/0/name: must be of type string (got integer)");
}

}  // namespace
}  // namespace skald::definition
