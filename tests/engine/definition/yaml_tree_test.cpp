#include "engine/definition/yaml_tree.hpp"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "engine/base/limits.hpp"
#include "engine/definition/yaml_scalar.hpp"

namespace skald::definition {
namespace {

// The tree with its source, so that marks can be asked for.
struct Read {
  explicit Read(std::string source) : text(std::move(source)), lines(text), tree(read_yaml(lines)) {
    link_tree(tree.root);
  }
  Read(const Read&) = delete;

  std::string problem() const {
    if (tree.problems.empty()) return "";
    const YamlProblem& first = tree.problems.front();
    return std::to_string(first.mark.line) + ":" + std::to_string(first.mark.column) + ": " + first.rule + ": " +
           first.message;
  }
  Json json() const { return to_json(tree.root); }

  std::string text;
  SourceText lines;
  YamlTree tree;
};

Json json_of(const std::string& source) {
  const Read read(source);
  EXPECT_EQ(read.problem(), "") << source;
  return read.json();
}

std::string problem_of(const std::string& source) {
  return Read(source).problem();
}

TEST(YamlTree, TypesScalarsByTheCoreSchema) {
  EXPECT_EQ(json_of("[yes, no, on, off, y, n]"), Json({"yes", "no", "on", "off", "y", "n"}));
  EXPECT_EQ(json_of("[true, True, TRUE, false, False, FALSE]"), Json({true, true, true, false, false, false}));
  EXPECT_EQ(json_of("[null, Null, NULL, ~, ]"), Json({nullptr, nullptr, nullptr, nullptr}));
  EXPECT_EQ(json_of("[0, -1, +7, 007, 0o17, 0xFF]"), Json({0, -1, 7, 7, 15, 255}));
  EXPECT_EQ(json_of("[1.5, -.5, 1., 1e3, 1E-2]"), Json({1.5, -0.5, 1.0, 1000.0, 0.01}));
  EXPECT_EQ(json_of("[1.0.0, 1_000, 0b1, 1:30, .e1, '', +, -, 12e, 2026-11-21]"),
            Json({"1.0.0", "1_000", "0b1", "1:30", ".e1", "", "+", "-", "12e", "2026-11-21"}));
  EXPECT_EQ(json_of("a: '1'\nb: \"true\"\nc: |-\n  5\n"), (Json{{"a", "1"}, {"b", "true"}, {"c", "5"}}));
}

TEST(YamlTree, KeepsIntegersOfSixtyFourBits) {
  EXPECT_EQ(json_of("[9223372036854775807, -9223372036854775808, 18446744073709551615]").dump(),
            "[9223372036854775807,-9223372036854775808,18446744073709551615]");
  EXPECT_EQ(json_of("[100000000000000000000]")[0].get<double>(), 1e20);
}

TEST(YamlTree, CoreTagsAreObeyedAndOthersRefused) {
  EXPECT_EQ(json_of("[!!str 5, !!int 5, !!float 5, !!bool true, !!null null]"), Json({"5", 5, 5, true, nullptr}));
  EXPECT_EQ(problem_of("a: !secret x"), "1:4: yaml-tag: the tag '!secret' is not supported here");
  EXPECT_EQ(problem_of("a: !!int x"), "1:4: yaml-tag: the tag 'tag:yaml.org,2002:int' is not supported here");
  EXPECT_EQ(problem_of("a: !set {b: 1}"), "1:4: yaml-tag: the tag '!set' is not supported here");
}

TEST(YamlTree, NumbersWithoutAPlaceInJsonAreRefused) {
  EXPECT_EQ(problem_of("a: .inf"), "1:4: yaml-number: the number '.inf' has no place in JSON");
  EXPECT_EQ(problem_of("a: .NaN"), "1:4: yaml-number: the number '.NaN' has no place in JSON");
  EXPECT_EQ(problem_of("a: 1e999"), "1:4: yaml-number: the number '1e999' has no place in JSON");
}

TEST(YamlTree, JsonIsYaml) {
  const std::string text = "{\"a\":[1,\t2.5,\"x\\/\\u00e9\\ud83d\\ude00\\\\ud83d\"],\n\"b\":{\"c\":null,\"d\":true}}";
  EXPECT_EQ(json_of(text), Json::parse(text));
}

TEST(YamlTree, MarksAreInCharacters) {
  const Read read("é: \"ü\"\nb:\n  - x: 1\n    ключ: 2\n");
  EXPECT_EQ(read.tree.root.items[0].mark, (Mark{1, 4}));
  const Node& item = read.tree.root.items[1].items[0];
  EXPECT_EQ(item.mark, (Mark{3, 5}));
  EXPECT_EQ(item.key_marks[1], (Mark{4, 5}));
  EXPECT_EQ(item.items[1].mark, (Mark{4, 11}));
}

TEST(YamlTree, NullWithoutTextStandsAtItsKey) {
  const Read read("a:\n  b:\nc: ~\n");
  EXPECT_EQ(read.tree.root.items[0].items[0].mark, (Mark{2, 3}));
  EXPECT_EQ(read.tree.root.items[1].mark, (Mark{3, 4}));
}

TEST(YamlTree, PointersAreEscaped) {
  const Read read("a/b:\n  - {m~n: 1}\n");
  EXPECT_EQ(pointer_of(read.tree.root.items[0].items[0].items[0]), "/a~1b/0/m~0n");
  EXPECT_EQ(pointer_of(read.tree.root), "");
}

TEST(YamlTree, DuplicateKeysAreReportedAndTheFirstKept) {
  const Read read("a: 1\nb: {c: 1, c: {d: 2}}\na: 3\n");
  ASSERT_EQ(read.tree.problems.size(), 2u);
  EXPECT_EQ(read.problem(), "2:11: duplicate-key: duplicate key 'c'; the first is at 2:5");
  EXPECT_EQ(read.tree.problems[1].message, "duplicate key 'a'; the first is at 1:1");
  EXPECT_TRUE(read.tree.complete);
  EXPECT_EQ(read.json(), (Json{{"a", 1}, {"b", {{"c", 1}}}}));
}

TEST(YamlTree, DuplicateKeysInJsonAreReported) {
  EXPECT_EQ(problem_of("{\"a\": 1, \"a\": 2}"), "1:10: duplicate-key: duplicate key 'a'; the first is at 1:2");
}

TEST(YamlTree, KeysMustBeScalars) {
  EXPECT_EQ(problem_of("? [a]\n: 1"), "1:3: yaml-key: a key must be a scalar, not a list or a map");
  EXPECT_EQ(problem_of("? {a: 1}\n: 1"), "1:3: yaml-key: a key must be a scalar, not a list or a map");
  EXPECT_EQ(problem_of("a: &x [1]\n? *x\n: 1"), "2:3: yaml-key: a key must be a scalar, not a list or a map");
  EXPECT_EQ(problem_of("{: 1}").substr(0, 30), "1:2: yaml-key: a key is missin");
  EXPECT_EQ(json_of("404: x"), (Json{{"404", "x"}}));
}

TEST(YamlTree, AliasesCopyTheirNode) {
  EXPECT_EQ(json_of("a: &x {b: [1, 2]}\nc: *x\nd: [*x]"),
            (Json{{"a", {{"b", {1, 2}}}}, {"c", {{"b", {1, 2}}}}, {"d", {{{"b", {1, 2}}}}}}));
  EXPECT_EQ(json_of("&k a: 1\nb: *k"), (Json{{"a", 1}, {"b", "a"}}));
}

TEST(YamlTree, SelfReferencesAreRefused) {
  EXPECT_EQ(problem_of("a: &x [*x]"), "1:8: yaml-alias: an alias cannot stand inside the node that it names");
  EXPECT_EQ(problem_of("a: &x {b: {c: *x}}"), "1:15: yaml-alias: an alias cannot stand inside the node that it names");
}

TEST(YamlTree, UnknownAliasesAreRefused) {
  EXPECT_EQ(problem_of("a: *x"), "1:4: yaml-syntax: is not valid YAML: the referenced anchor is not defined");
}

TEST(YamlTree, AliasesCountAgainstTheNodeBudget) {
  std::string bomb = "a: &a [x, x, x, x, x, x, x, x, x, x]\n";
  for (char c = 'b'; c <= 'i'; ++c) {
    bomb += std::string(1, c) + ": &" + c + " [";
    for (int i = 0; i < 10; ++i) bomb += std::string(i == 0 ? "*" : ", *") + static_cast<char>(c - 1);
    bomb += "]\n";
  }
  EXPECT_EQ(problem_of(bomb), "5:8: too-large: the document has more than 20000 nodes");
}

TEST(YamlTree, AliasesCountAgainstAByteBudget) {
  std::string bomb = "a: &a " + std::string(100'000, 'x') + "\nb: [";
  for (int i = 0; i < 20; ++i) bomb += "*a,";
  EXPECT_EQ(problem_of(bomb + "]"), "2:35: too-large: aliases expand the document beyond 1024 KiB");
}

TEST(YamlTree, AliasesCountAgainstTheDepth) {
  std::string deep = "a0: &a0 x\n";
  for (int i = 1; i < 40; ++i) {
    const std::string n = std::to_string(i);
    deep += "a" + n + ": &a" + n + " [*a" + std::to_string(i - 1) + "]\n";
  }
  EXPECT_EQ(problem_of(deep), "32:12: too-deep: the document is nested deeper than 32 levels");
}

TEST(YamlTree, MergeKeysAreRefused) {
  EXPECT_EQ(problem_of("a: &x {b: 1}\nc:\n  <<: *x"),
            "3:3: yaml-merge: merge keys ('<<') are not supported; write the keys out, or alias a whole value");
  EXPECT_EQ(json_of("'<<': 1"), (Json{{"<<", 1}}));
}

TEST(YamlTree, DepthIsLimited) {
  EXPECT_EQ(problem_of(std::string(32, '[') + std::string(32, ']')), "");
  EXPECT_EQ(problem_of(std::string(33, '[') + std::string(33, ']')),
            "1:33: too-deep: the document is nested deeper than 32 levels");
  EXPECT_EQ(problem_of(std::string(200'000, '[')).substr(0, 15), "1:1: too-large:");
  EXPECT_NE(problem_of(std::string(20'000, '[')), "");
  std::string blocks;
  for (int i = 0; i < 100'000; ++i) blocks += "- ";
  EXPECT_EQ(problem_of(blocks).substr(0, 15), "1:65: too-deep:");
}

TEST(YamlTree, NodesAreLimited) {
  std::string many = "[0";
  for (std::size_t i = 2; i < limits::kDefinitionNodesMax; ++i) many += ",0";
  EXPECT_EQ(problem_of(many + "]"), "");
  EXPECT_TRUE(problem_of(many + ",0]").ends_with(" too-large: the document has more than 20000 nodes"));
}

TEST(YamlTree, SizeIsLimited) {
  EXPECT_EQ(problem_of("a: " + std::string(limits::kDefinitionBytesMax - 3, 'x')), "");
  EXPECT_EQ(problem_of(std::string(limits::kDefinitionBytesMax + 1, 'x')),
            "1:1: too-large: the document has 262145 bytes; at most 262144 are allowed");
  EXPECT_EQ(problem_of(std::string(limits::kDefinitionBytesMax, ',')),
            "1:1: too-large: the document has more than 40000 brackets and commas");
}

TEST(YamlTree, OneDocumentOnly) {
  EXPECT_EQ(problem_of("---\na: 1\n...\n"), "");
  EXPECT_EQ(problem_of("a: 1\n---\nb: 2\n"),
            "2:1: yaml-syntax: only one document is allowed; what stands here is not part of the first");
  EXPECT_EQ(problem_of(","),
            "1:1: yaml-syntax: only one document is allowed; what stands here is not part of the first");
  EXPECT_EQ(problem_of(""), "1:1: yaml-syntax: the document is empty");
  EXPECT_EQ(problem_of("# nothing\n"), "1:1: yaml-syntax: the document is empty");
}

TEST(YamlTree, SyntaxErrorsHaveTheirPlace) {
  EXPECT_EQ(problem_of("a: 1\n b: 2\n"),
            "2:3: yaml-syntax: is not valid YAML: a ':' cannot stand here; check the "
            "indentation, or quote the text that contains it");
  EXPECT_EQ(problem_of("a: [1, 2\n"),
            "1:4: yaml-syntax: is not valid YAML: the bracket that opens here is never closed");
  EXPECT_EQ(problem_of("a: {b: 2\n"),
            "1:4: yaml-syntax: is not valid YAML: the bracket that opens here is never closed");
  EXPECT_EQ(problem_of("a: 'x' y\n"),
            "1:8: yaml-syntax: is not valid YAML: what stands here continues no key of the "
            "map around it; check indentation and quotes");
  EXPECT_EQ(problem_of("a: @x\n"),
            "1:4: yaml-syntax: is not valid YAML: no text can begin with this character; quote it");
}

// yaml-cpp takes the end of the input for the closing quote when a line break stands before it.
TEST(YamlTree, UnterminatedQuotesAreRefused) {
  for (const char* text : {"a: \"x\n", "a: 'x\n", "a: 'x''\n", "a: \"x\\\"\n", "a: &k !!str 'x\nb: 2\n"}) {
    EXPECT_EQ(problem_of(text), "1:4: yaml-syntax: is not valid YAML: the quote that opens here is never closed")
        << text;
  }
  EXPECT_EQ(json_of("a: 'x''y'\nb: \"z\\\\\"\n"), (Json{{"a", "x'y"}, {"b", "z\\"}}));
}

TEST(YamlTree, EncodingIsChecked) {
  EXPECT_EQ(problem_of("a: \xff"), "1:4: yaml-encoding: byte 3 is not valid UTF-8");
  EXPECT_EQ(problem_of("a: \xc0\xaf"), "1:4: yaml-encoding: byte 3 is not valid UTF-8");
  EXPECT_EQ(problem_of("a: \xed\xa0\x80"), "1:4: yaml-encoding: byte 3 is not valid UTF-8");
  EXPECT_EQ(problem_of("a: \xf4\x90\x80\x80"), "1:4: yaml-encoding: byte 3 is not valid UTF-8");
  EXPECT_EQ(problem_of("a: \xe2\x82"), "1:4: yaml-encoding: byte 3 is not valid UTF-8");
  EXPECT_EQ(problem_of(std::string("a: 1\nb: \0", 9)), "2:4: yaml-encoding: control character 0x00 is not allowed");
}

// yaml-cpp takes this byte for the end of its input.
TEST(YamlTree, EndOfTransmissionDoesNotCutTheDocument) {
  EXPECT_EQ(problem_of("a: 1\n\x04\nb: 2\n"), "2:1: yaml-encoding: control character 0x04 is not allowed");
}

// Where each character of a scalar's value stands.
std::string place_in(const std::string& source, std::size_t offset) {
  const Read read(source);
  const Mark mark = mark_in_scalar(read.lines, read.tree.root.items[0], offset);
  return std::to_string(mark.line) + ":" + std::to_string(mark.column);
}

TEST(YamlScalar, PlacesInPlainScalars) {
  EXPECT_EQ(place_in("a: hello", 0), "1:4");
  EXPECT_EQ(place_in("a: hello", 4), "1:8");
  EXPECT_EQ(place_in("a: éé x", 4), "1:6");
  EXPECT_EQ(place_in("a: one\n  two", 4), "2:3");
  EXPECT_EQ(place_in("a: one\n\n  two", 5), "3:4");
}

TEST(YamlScalar, PlacesInQuotedScalars) {
  EXPECT_EQ(place_in("a: 'x''y'", 2), "1:8");
  EXPECT_EQ(place_in("a: \"x\\ny\"", 2), "1:8");
  EXPECT_EQ(place_in("a: \"\\u00e9y\"", 2), "1:11");
  EXPECT_EQ(place_in("a: \"one\n  two\"", 4), "2:3");
  EXPECT_EQ(place_in("a: \"one\\\n  two\"", 3), "2:3");
}

TEST(YamlScalar, PlacesInBlockScalars) {
  EXPECT_EQ(place_in("a: |\n  one\n  two\n", 0), "2:3");
  EXPECT_EQ(place_in("a: |\n  one\n  two\n", 4), "3:3");
  EXPECT_EQ(place_in("a: |-\n\n    one\n     two\n", 6), "4:6");
  EXPECT_EQ(place_in("a: >-\n  one\n  two\n", 4), "3:3");
}

TEST(YamlScalar, PlacesBehindProperties) {
  EXPECT_EQ(place_in("a: &anchor !!str 'hello'", 2), "1:21");
}

}  // namespace
}  // namespace skald::definition
