// Inputs and answers that are made up.
#include "engine/dry_run/sample.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "engine/definition/json_schema.hpp"
#include "engine/dry_run/sample_text.hpp"
#include "engine/dry_run/shape_flow.hpp"
#include "tests/engine/dry_run/try_out.hpp"
#include "tests/support/files.hpp"

namespace skald::dry_run {
namespace {

TEST(Sample, FitsItsSchema) {
  for (const char* text : {
           R"({"const": 7})",
           R"({"enum": ["a", "b"]})",
           R"({"type": "string", "pattern": "^[A-Z]{3}-\\d{2,4}(x|y)?$"})",
           R"({"type": "string", "pattern": "^(?:ord|inv)_[^a-c_]+\\.json$"})",
           R"({"type": "string", "minLength": 40})",
           R"({"type": "string", "format": "date-time"})",
           R"({"type": "string", "format": "uuid"})",
           R"({"type": "integer", "minimum": 5, "multipleOf": 5})",
           R"({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 10})",
           R"({"type": "number", "maximum": -3})",
           R"({"type": "array", "items": {"type": "integer"}, "minItems": 3})",
           R"({"type": "array", "items": {"type": "string"}, "uniqueItems": true})",
           R"({"type": "object", "required": ["a", "b"], "properties": {"a": {"type": "boolean"}}})",
           R"({"type": "object", "additionalProperties": false, "properties": {"a": {"type": "null"}}})",
           R"({"allOf": [{"required": ["a"]}, {"properties": {"a": {"type": "integer"}}}]})",
           R"({"oneOf": [{"type": "string"}, {"type": "integer"}]})",
           R"({"$ref": "#/definitions/id", "definitions": {"id": {"type": "integer", "minimum": 3}}})",
           R"({"type": ["string", "null"]})",
       }) {
    const Json schema = Json::parse(text);
    const auto compiled = definition::JsonSchema::compile(schema);
    ASSERT_TRUE(compiled.has_value()) << text;
    const Json sample = sample_of(schema, {}, "value");
    EXPECT_TRUE(compiled->validate(sample).empty()) << text << " -> " << dump_json(sample);
  }
}

// Of the official suite: most schemas get a value that fits, and none leads astray.
TEST(Sample, FitsMostSchemasOfTheSuite) {
  std::size_t schemas = 0;
  std::size_t fitting = 0;
  for (const auto& file :
       test::files_of(std::filesystem::path(SKALD_SOURCE_DIR) / "tests/engine/definition/schema_suite", ".json")) {
    for (const Json& group : Json::parse(test::text_of(file))) {
      const auto compiled = definition::JsonSchema::compile(group["schema"]);
      if (!compiled) continue;
      ++schemas;
      const Json sample = sample_of(group["schema"], {}, "value");
      if (compiled->validate(sample).empty()) ++fitting;
    }
  }
  EXPECT_GT(schemas, 200u);
  EXPECT_GT(fitting * 100, schemas * 80) << fitting << " of " << schemas;
  RecordProperty("fitting", static_cast<int>(fitting));
}

TEST(Sample, ASchemaThatRefersToItselfEnds) {
  const Json schema = Json::parse(
      R"({"type": "object", "properties": {"left": {"$ref": "#"}, "right": {"$ref": "#"}, "all": {"type": "array", "items": {"$ref": "#"}}}})");
  const auto compiled = definition::JsonSchema::compile(schema);
  ASSERT_TRUE(compiled.has_value());
  EXPECT_TRUE(compiled->validate(sample_of(schema, {}, "value")).empty());
}

TEST(Sample, ExamplesAndDefaultsComeFirst) {
  EXPECT_EQ(sample_of(Json::parse(R"({"type": "string", "examples": ["EUR"]})"), {}, "x"), "EUR");
  EXPECT_EQ(sample_of(Json::parse(R"({"type": "string", "default": "DE"})"), {}, "x"), "DE");
}

TEST(Sample, AnyPatternEnds) {
  for (const char* pattern : {"(((", "[", "[^", "a{", "a{999999999999}", "\\", ")|(", "x**??", "{}"}) {
    EXPECT_LE(text_for_pattern(pattern).size(), 4096u) << pattern;
  }
}

TEST(Shapes, AreReadFromExpressions) {
  const auto definition = definition_of(
      "input: { schema: { document: { type: object, required: [id, lines] } } }\n"
      "do:\n"
      "  - check: { if: $workflow.input.express == true, call: p.check, with: { total: '${ $workflow.input.amount * 2 "
      "}' } }\n"
      "  - reserve:\n"
      "      for: { in: $workflow.input.lines, each: line }\n"
      "      do:\n"
      "        - one: { call: p.one, with: { sku: '${ $line.sku }' }, compensate: { call: p.undo, with: { id: '${ .id "
      "}', by: '${ $workflow.input.id }' } } }\n"
      "  - ship: { call: p.ship, with: { tags: '${ [.parcels[] | .code] }' } }\n"
      "output: { as: '${ {shipment: $steps.ship.output.shipmentId, kind: (if .kind == \"big\" then 1 else 2 end)} }' "
      "}\n");
  const auto subject = subject_of(definition);
  EXPECT_EQ(dump_json(subject.input.json()),
            R"({"amount":1,"express":true,"id":"id-1","lines":[{"sku":"sku-1"},{"sku":"sku-1"}]})");
  EXPECT_EQ(subject.outputs.at("reserve.one").at(0).text(),
            R"({"id":"id-1","parcels":[{"code":"code-1"},{"code":"code-1"}]})");
  EXPECT_EQ(subject.outputs.at("ship").at(0).text(), R"({"kind":"big","shipmentId":"shipmentId-1"})");
  EXPECT_FALSE(subject.outputs.contains("check"));
}

TEST(Shapes, CallsThatRaceAnswerAlike) {
  const auto subject = subject_of(definition_of(
      "do:\n"
      "  - ask: { fork: { compete: true, branches: [ { north: { call: p.n } }, { south: { call: p.s } } ] } }\n"
      "  - ship: { call: p.ship, with: { id: '${ .offerId }' } }\n"));
  EXPECT_EQ(subject.outputs.at("ask.north").at(0).text(), R"({"offerId":"offerId-1"})");
  EXPECT_EQ(subject.outputs.at("ask.south").at(0).text(), R"({"offerId":"offerId-1"})");
}

TEST(Subject, SaysWhatWasMadeUp) {
  const auto subject =
      subject_of(definition_of("do: [ { a: { call: p.a, with: { id: '${ $workflow.input.id }' } } } ]\n"));
  ASSERT_EQ(subject.assumptions.size(), 2u);
  EXPECT_EQ(subject.assumptions[0], R"(input {"id":"id-1"})");
  EXPECT_EQ(subject.assumptions[1], "every operation is a POST, which changes something (--adapters FILE knows them)");
}

TEST(Subject, AnInputThatDoesNotFitIsRefused) {
  const auto definition = definition_of(
      "input: { schema: { document: { type: object, required: [id] } } }\ndo: [ { a: { call: p.a } } ]\n");
  Given given;
  given.input = Payload::from_trusted_text("{}");
  const auto subject = make_subject(definition, std::move(given));
  ASSERT_FALSE(subject.has_value());
  EXPECT_EQ(subject.error().message, "the input does not fit the workflow's input.schema");
}

TEST(Subject, AnInputThatCannotBeMadeIsAskedFor) {
  const auto definition = definition_of("input: { schema: { document: { not: {} } } }\ndo: [ { a: { call: p.a } } ]\n");
  const auto subject = make_subject(definition, {});
  ASSERT_FALSE(subject.has_value());
  EXPECT_EQ(subject.error().message, "no input could be made that fits the workflow's input.schema");
  EXPECT_EQ(subject.error().remedy, "give one that does with --input FILE");
}

}  // namespace
}  // namespace skald::dry_run
