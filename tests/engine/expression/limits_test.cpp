// Limits and errors, word for word.
#include <gtest/gtest.h>

#include <ctime>

#include "tests/engine/expression/support.hpp"

namespace skald::expression {
namespace {

std::string repeated(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

std::string compile_error(const std::string& source, const Limits& limits = {}) {
  const auto compiled = Expression::compile(source, limits);
  return compiled ? "compiles" : compiled.error().message;
}

std::string error_of(const std::string& source, const Json& input = {}, const Limits& limits = {}) {
  const auto compiled = Expression::compile(source);
  if (!compiled) return "does not compile: " + compiled.error().message;
  const auto result = compiled->evaluate(input, EmptyEnvironment(), limits);
  return result ? "gives " + dump_json(*result).substr(0, 100) : result.error().message;
}

TEST(Limits, SourceIsBounded) {
  EXPECT_EQ(compile_error("\"" + std::string(5000, 'x') + "\""), "the expression is longer than 4096 bytes");
}

TEST(Limits, SourceIsUtf8) {
  EXPECT_EQ(compile_error("\"\xFF\""), "the expression is not valid UTF-8");
}

TEST(Limits, NestingOfTheSourceIsBounded) {
  const std::string why = "nested deeper than 200 levels";
  EXPECT_EQ(compile_error(repeated("[", 1000) + repeated("]", 1000)), why);
  EXPECT_EQ(compile_error(repeated("(", 1000) + "1" + repeated(")", 1000)), why);
  EXPECT_EQ(compile_error(repeated("{a:", 1000) + "1" + repeated("}", 1000)), why);
  EXPECT_EQ(compile_error(repeated("-", 1000) + "1"), why);
  EXPECT_EQ(compile_error("1" + repeated("+1", 1000)), why);
  EXPECT_EQ(compile_error("." + repeated("|.", 1000)), why);
  EXPECT_EQ(compile_error(repeated("try ", 900) + "1"), why);
  EXPECT_EQ(compile_error(repeated("if ", 900)), why);
  EXPECT_EQ(compile_error(". as " + repeated("[", 1000)), why);
  EXPECT_EQ(compile_error(repeated("\"\\(", 600) + "1" + repeated(")\"", 600)), why);
  EXPECT_EQ(compile_error(repeated(".[", 900) + "1" + repeated("]", 900)), why);
  EXPECT_EQ(compile_error("1" + repeated("//1", 1000)), why);
  EXPECT_EQ(compile_error("[1" + repeated(",1", 1500) + "]"), "compiles");
}

TEST(Limits, StepsAreBounded) {
  const std::string why = "needs more than 200000 evaluation steps";
  EXPECT_EQ(error_of("[range(1000000)]"), why);
  EXPECT_EQ(error_of("last(range(infinite))"), why);
  EXPECT_EQ(error_of("reduce range(1e9) as $i (0; . + $i)"), why);
  EXPECT_EQ(error_of("[range(1000)] | [.[] as $a | .[] as $b | $a * $b] | length"), why);
  EXPECT_EQ(error_of("[limit(3; range(infinite) | select(. < 0))]"), why);
  EXPECT_EQ(error_of("first(range(infinite) | select(. < 0))"), why);
  EXPECT_EQ(error_of("any(range(infinite); . < 0)"), why);
  EXPECT_EQ(error_of("[range(100) | [range(100)]] | combinations | select(false)"), why);
  EXPECT_EQ(error_of("try [range(1000000)] catch 0"), why);
  EXPECT_EQ(error_of("([range(1000000)])?"), why);
  EXPECT_EQ(error_of("first(.)", 1, Limits{.steps_max = 1}), "needs more than 1 evaluation steps");
}

TEST(Limits, BytesAreBounded) {
  const std::string why = "its values are larger than 4194304 bytes";
  EXPECT_EQ(error_of("\"abc\" * 1e9"), why);
  EXPECT_EQ(error_of("\"abc\" * 1e300"), why);
  EXPECT_EQ(error_of("\"\" * 1e300 | length"), "gives 0");
  EXPECT_EQ(error_of("reduce range(100) as $i (\"x\"; . + .)"), why);
  EXPECT_EQ(error_of("[limit(100; \"x\" * 10000 | ., .)] | [.[], .[], .[], .[]] | [.[], .[], .[], .[], .[], .[]]"),
            "gives [\"" + std::string(98, 'x'));
  EXPECT_EQ(error_of("(\"x\" * 100000) as $x | [range(100) | $x]"), why);
  EXPECT_EQ(error_of(".[1e9] = 1"), why);
  EXPECT_EQ(error_of("[.[range(1000)] = \"x\" * 10000]"), why);
  EXPECT_EQ(error_of("\"x\" * 1000000 | \"\\(.)\\(.)\\(.)\\(.)\\(.)\""), why);
  EXPECT_EQ(error_of("\"x\" * 1000 | gsub(\"x\"; \"y\" * 10000)"), why);
  EXPECT_EQ(error_of("\"x\" * 100000 | gsub(\"x\"; \"yy\")"), "needs more than 200000 evaluation steps");
}

TEST(Limits, AlreadyFreedValuesDoNotCount) {
  EXPECT_EQ(error_of("reduce range(10) as $i (null; \"x\" * 1000000 | length)"), "gives 1000000");
  EXPECT_EQ(error_of("reduce range(2000) as $i ({}; . + {a: (\"x\" * 1000)}) | length"), "gives 1");
}

TEST(Limits, DepthOfValuesIsBounded) {
  const std::string why = "a value is nested deeper than 64 levels";
  EXPECT_EQ(error_of("reduce range(100) as $i (null; [.])"), why);
  EXPECT_EQ(error_of("reduce range(100) as $i (null; {a: .})"), why);
  EXPECT_EQ(error_of("[range(100) | 0] as $p | setpath($p; 1)"), why);
  EXPECT_EQ(error_of("reduce range(100) as $i (null; . as $x | [] | .[0] = $x)"), why);
}

TEST(Limits, DepthOfEvaluationIsBounded) {
  EXPECT_EQ(error_of(repeated(".a?", 500)), "gives null");
  EXPECT_EQ(error_of(repeated(".a?", 1000)), "evaluation is nested deeper than 800 levels");
}

// The steps also pay for what happens inside a built-in, so that no expression takes long. What the machine does
// besides is not counted; without the limits it would be hours.
TEST(Limits, NothingTakesLong) {
  const std::clock_t start = std::clock();
  for (const char* source :
       {"[range(50000)] | reduce range(1000) as $i (.; . + [$i] | map(.)) | length",
        "\"a\" * 500000 | [match(\"a|a.*b\"; \"g\")] | length", "\"a\" * 500000 | gsub(\"a|a.*b\"; \"b\")",
        "\"a\" * 100000 | [range(100000) as $i | test(\"(a|aa)+$\")] | length",
        "\"a\" * 1000000 | [range(100000) as $i | index(\"b\")] | length",
        "\"a\" * 1000000 | [range(100000) as $i | . == .] | all",
        "[range(3000)] as $a | [range(3000)] as $b | $a - $b | length", "[range(20000)] | [combinations(3)] | length",
        "[range(100)|tostring|{key:., value:1}] | from_entries | [range(100000) as $i | tojson | length] | add",
        "[range(2000)] | [paths(. > 0)] | [range(1000) as $i | length]",
        "[range(5000) | \"x\" * 400] | [range(1000) as $i | sort | length] | length",
        "[range(100000)] | del(.[range(50000)])", "\"x,\" * 100000 | [range(1000) as $i | split(\",\") | length]",
        "[range(100000) as $i | \"x\" | test(\"(((a{30}){30}){30})\\($i)\")]",
        "\"ab\" * 100 | [gsub(\"a\"; \"x\", \"y\")] | length"}) {
    error_of(source);
  }
  EXPECT_LT((std::clock() - start) / CLOCKS_PER_SEC, 60);
}

TEST(Results, ThereMustBeExactlyOne) {
  EXPECT_EQ(error_of("empty"), "gives no result, expected one");
  EXPECT_EQ(error_of("1, 2"), "gives more than one result, expected one; collect them with [...]");
  EXPECT_EQ(error_of(".[]?", 1), "gives no result, expected one");
  EXPECT_EQ(error_of("1, error(\"x\")"), "x");
}

TEST(Results, AreFinite) {
  EXPECT_EQ(error_of("[nan, infinite, -infinite]"), "gives [null,1.7976931348623157e+308,-1.7976931348623157e+308]");
}

TEST(Errors, CarryCodeSubjectAndPosition) {
  const auto compiled = Expression::compile("{a: 1, b: (.x | .y)}");
  ASSERT_TRUE(compiled);
  const auto result = compiled->evaluate(Json{{"x", 3}}, EmptyEnvironment());
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, "expression");
  EXPECT_EQ(result.error().subject, "{a: 1, b: (.x | .y)}");
  EXPECT_EQ(result.error().message, "Cannot index number with string \"y\" (at byte 16)");
}

TEST(Errors, OfTheAuthorAreLeftAsTheyAre) {
  EXPECT_EQ(error_of("error(\"card refused\")"), "card refused");
  EXPECT_EQ(error_of("error({code: 7})"), "{\"code\":7}");
  EXPECT_EQ(error_of("error"), "null");
}

TEST(Errors, UnknownVariable) {
  EXPECT_EQ(error_of("1 + $nope.a"), "there is no variable $nope here (at byte 4)");
}

TEST(Condition, IsEverythingButFalseAndNull) {
  const auto truth = [](const char* source) {
    return *Expression::compile(source)->evaluate_condition(Json(), EmptyEnvironment());
  };
  EXPECT_TRUE(truth("0"));
  EXPECT_TRUE(truth("\"\""));
  EXPECT_FALSE(truth("null"));
  EXPECT_FALSE(truth("false"));
  EXPECT_FALSE(Expression::compile("empty")->evaluate_condition(Json(), EmptyEnvironment()));
}

TEST(Analysis, FindsVariablesWithTheirConstantFields) {
  const auto compiled =
      Expression::compile("$steps.charge.output.id + $workflow[\"input\"].items[0].sku + $a + (. as $b | $b)");
  ASSERT_TRUE(compiled);
  const auto& uses = compiled->variables();
  ASSERT_EQ(uses.size(), 3U);
  EXPECT_EQ(uses[0].name, "steps");
  EXPECT_EQ(uses[0].fields, (std::vector<std::string>{"charge", "output", "id"}));
  EXPECT_EQ(uses[0].offset, 0U);
  EXPECT_EQ(uses[1].fields, (std::vector<std::string>{"input", "items"}));
  EXPECT_EQ(uses[1].offset, 26U);
  EXPECT_EQ(uses[2].name, "a");
}

TEST(Analysis, KnowsWhetherTheInputIsRead) {
  const auto reads = [](const char* source) { return Expression::compile(source)->reads_input(); };
  EXPECT_TRUE(reads("."));
  EXPECT_TRUE(reads("{a}"));
  EXPECT_TRUE(reads("$x.a + .b"));
  EXPECT_TRUE(reads("length"));
  EXPECT_TRUE(reads("@base64"));
  EXPECT_FALSE(reads("$x.a"));
  EXPECT_FALSE(reads("$x | .a"));
  EXPECT_FALSE(reads("$x | map(.b) | length"));
  EXPECT_FALSE(reads("\"\\($x.a)\""));
  EXPECT_FALSE(reads("reduce $x[] as $i (0; . + $i)"));
  EXPECT_FALSE(reads("{a: 1, b: $x}"));
}

}  // namespace
}  // namespace skald::expression
