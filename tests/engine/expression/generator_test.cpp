// Random programs on random inputs, held against the jq program. SKALD_SEED chooses the seed, SKALD_RUNS how many.
//
// What docs/expressions.md lists as a difference to jq 1.6 is left out: keys of random objects come in order already,
// numbers stay below 2^53, `try` stands inside [...] only, and so on. The byte 1 marks where jq may have objects whose
// keys are out of order: there its program sorts them.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <random>

#include "tests/engine/expression/jq_oracle.hpp"
#include "tests/engine/expression/support.hpp"

namespace skald::expression {
namespace {

class Generator {
 public:
  explicit Generator(std::uint64_t seed) : random_(seed) {}

  JqCase next() {
    variables_ = 0;
    JqCase one;
    one.input = value(3);
    one.program = pipeline(3);
    return one;
  }

 private:
  std::size_t below(std::size_t n) { return random_() % n; }
  bool chance(std::size_t percent) { return below(100) < percent; }

  template <std::size_t N>
  std::string pick(const char* const (&choices)[N]) {
    return choices[below(N)];
  }

  Json scalar() {
    switch (below(6)) {
      case 0:
        return nullptr;
      case 1:
        return chance(50);
      case 2:
        return static_cast<int>(below(7)) - 2;
      case 3:
        return (static_cast<double>(below(40)) - 10) / 4;
      default:
        return text();
    }
  }

  std::string text() {
    static const char* const kTexts[] = {"", "a", "b", "ab", "a,b", "Ab é", "1", "-2.5", "x y\n", "aab", "é", "\"q\""};
    return pick(kTexts);
  }

  std::string key() {
    static const char* const kKeys[] = {"a", "b", "c", "value", "key"};
    return pick(kKeys);
  }

  Json value(int depth) {
    if (depth == 0 || chance(25)) return scalar();
    if (chance(50)) {
      Json array = Json::array();
      for (std::size_t i = below(4); i > 0; --i) array.push_back(value(depth - 1));
      return array;
    }
    Json object = Json::object();
    for (std::size_t i = below(4); i > 0; --i) object[key()] = value(depth - 1);
    return object;
  }

  std::string pipeline(int depth) {
    std::string program = expression(depth);
    while (chance(45)) program += " | " + expression(depth);
    return program;
  }

  std::string expression(int depth) {
    if (depth == 0) return leaf();
    static const char* const kOperators[] = {
        "+", "-", "*", "/", "%", "==", "!=", "<", "<=", ">", ">=", "and", "or", "//"};
    switch (below(18)) {
      case 0:
      case 1:
      case 2:
        return fmt::format("({} {} {}\x01)", expression(depth - 1), pick(kOperators), expression(depth - 1));
      case 3:
        return fmt::format("[{}]", pipeline(depth - 1));
      case 4:
        return fmt::format("({}, {})", expression(depth - 1), expression(depth - 1));
      case 5:
        return object(depth - 1);
      case 6:
        return fmt::format("(if {} then {} else {} end)", pipeline(depth - 1), pipeline(depth - 1),
                           pipeline(depth - 1));
      case 7:
        return fmt::format("[try ({}) catch \"E\"]", pipeline(depth - 1));
      case 8:
        return bind(depth - 1);
      case 9:
        return reduce(depth - 1);
      case 10:
        return update();
      case 11:
        return fmt::format("\"<\\({})>\"", pipeline(depth - 1));
      case 12:
      case 13:
        return with_function(depth - 1);
      case 14:
        return fmt::format("[({})?]", pipeline(depth - 1));
      default:
        return leaf();
    }
  }

  std::string object(int depth) {
    std::string text = "{";
    for (std::size_t i = 1 + below(3); i > 0; --i) {
      if (text.size() > 1) text += ", ";
      switch (below(4)) {
        case 0:
          text += key();
          break;
        case 1:
          text += fmt::format("(\"{}\"): ({})", key(), pipeline(depth));
          break;
        default:
          text += fmt::format("{}: ({})", key(), pipeline(depth));
      }
    }
    return "(" + text + "}\x01)";
  }

  std::string bind(int depth) {
    const std::string name = fmt::format("$v{}", ++variables_);
    std::string source = fmt::format("(({}) as {} | ", pipeline(depth), name);
    const std::string body = pipeline(depth);
    return source + fmt::format("{} | [., {}])", body, name);
  }

  std::string reduce(int depth) {
    const std::string name = fmt::format("$v{}", ++variables_);
    static const char* const kSteps[] = {"[., {0}]", "(. + {0}\x01)", "([{0}] + [.])",
                                         "if . == {0} then 1 else {0} end", "{0}"};
    const std::string step = fmt::format(fmt::runtime(pick(kSteps)), name);
    const std::string source = chance(50) ? std::string(".[]?") : "(" + pipeline(depth) + ")";
    static const char* const kInitial[] = {"null", "0", "[]", "\"\""};
    if (chance(30)) return fmt::format("[foreach {} as {} ({}; {})]", source, name, pick(kInitial), step);
    return fmt::format("(reduce {} as {} ({}; {}))", source, name, pick(kInitial), step);
  }

  std::string path() {
    static const char* const kPaths[] = {".a",
                                         ".b",
                                         ".c",
                                         ".[0]",
                                         ".[1]",
                                         ".[-1]",
                                         ".[]",
                                         ".a.b",
                                         ".a[0]",
                                         ".[1:]",
                                         ".[:2]",
                                         ".a[]",
                                         ".value",
                                         ".a?",
                                         ".[]?",
                                         "first",
                                         "last",
                                         ".b[1:]",
                                         ".[\"a\"]",
                                         ".a.b.c",
                                         "(.a, .b)",
                                         ".a // .b",
                                         ".[] | select(. == 1)",
                                         ".[0:2]"};
    return pick(kPaths);
  }

  std::string update() {
    static const char* const kUpdates[] = {"=", "|=", "+=", "-=", "*=", "//="};
    switch (below(4)) {
      case 0:
        return fmt::format("del({})", path());
      case 1:
        return fmt::format("([path({})]\x01)", path());
      default:
        return fmt::format("((({}) {} ({}))\x01)", path(), pick(kUpdates), leaf());
    }
  }

  std::string with_function(int depth) {
    static const char* const kFunctions[] = {"map({})",
                                             "map_values([{}] | tojson)",
                                             "sort_by({})",
                                             "group_by({})",
                                             "unique_by({})",
                                             "min_by({})",
                                             "max_by({})",
                                             "[.[]? | select({})]",
                                             "any([{}] != [null])",
                                             "all([{}] != [null])",
                                             "[limit(2; {})]",
                                             "first({})",
                                             "[paths([{}] != [null])]",
                                             "with_entries(.value |= tojson)",
                                             "has({})",
                                             "contains({})",
                                             "inside({})",
                                             "index(({}) | if . == \"\" then \"a\" else . end)",
                                             "[range({})] | length",
                                             "join({})",
                                             "split({})",
                                             "startswith({})",
                                             "ltrimstr({})",
                                             "rtrimstr({})",
                                             "endswith({})",
                                             "getpath([{}])",
                                             "[limit(3; .[]?)] | [{}]",
                                             "isempty({})",
                                             "indices(({}) | if . == \"\" then \"a\" else . end)",
                                             "flatten(1) | [{}]",
                                             "setpath([\"a\"]; {})",
                                             "delpaths([[{}]])",
                                             "IN({})",
                                             "last({})",

                                             "walk(if type == \"array\" then length else . end) | [{}]",
                                             "[foreach .[]? as $q (0; . + 1; [$q, {}])]"};
    return guarded(fmt::format(fmt::runtime(pick(kFunctions)), pipeline(depth)) + "\x01");
  }

  // Errors become values most of the time, so that most programs go on.
  std::string guarded(const std::string& program) {
    return chance(70) ? fmt::format("([try ({}) catch \"E\"] | .[])", program) : "(" + program + ")";
  }

  std::string leaf() {
    static const char* const kLeaves[] = {"length",
                                          "keys",
                                          "type",
                                          "not",
                                          "tostring",
                                          "tojson",
                                          "add",
                                          "any",
                                          "all",
                                          "sort",
                                          "unique",
                                          "reverse",
                                          "min",
                                          "max",
                                          "flatten",
                                          "to_entries",
                                          "explode",
                                          "ascii_downcase",
                                          "ascii_upcase",
                                          "floor",
                                          "ceil",
                                          "fabs",
                                          "tojson | fromjson",
                                          "empty",
                                          "error(\"e\")",
                                          "[paths]",
                                          "[leaf_paths]",
                                          "transpose",
                                          "first",
                                          "last",
                                          "[.[]? | numbers]",
                                          "[.[]? | strings]",
                                          "[.[]? | scalars]",
                                          "values",
                                          "@json",
                                          "@text",
                                          "@base64",
                                          "@uri",
                                          "@html",
                                          "@csv",
                                          "@tsv",
                                          "@sh",
                                          "utf8bytelength",
                                          "tojson | length",
                                          "[splits(\",\")]",
                                          "test(\"a\")",
                                          "[match(\"a\"; \"g\") | .offset]",
                                          "gsub(\"a\"; \"x\")",
                                          "sub(\"b\"; \"\")",
                                          "[scan(\"[a-z]\")]",
                                          "split(\",\")",
                                          "join(\"-\")",
                                          "from_entries",
                                          "round",
                                          "sqrt",
                                          "isnan"};
    switch (below(6)) {
      case 0:
        return scalar().dump();
      case 1:
      case 2:
        return guarded(pick(kLeaves));
      case 3:
        return ".";
      default:
        return "(" + path() + ")";
    }
  }

  std::mt19937_64 random_;
  int variables_ = 0;
};

std::uint64_t number_from_environment(const char* name, std::uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text ? std::strtoull(text, nullptr, 10) : otherwise;
}

constexpr std::string_view kSortKeys =
    "def S: walk(if type == \"object\" then to_entries | sort_by(.key) | from_entries else . end);";

std::string with_marks(const std::string& program, std::string_view replacement) {
  std::string out;
  for (const char c : program) {
    if (c == '\x01') {
      out += replacement;
    } else {
      out += c;
    }
  }
  return out;
}

// What is compared: the list of results, or that there was an error.
std::string verdict(const JqCase& one, const JqAnswer& jq) {
  const auto compiled = Expression::compile("[" + one.program + "\n]");
  if (!compiled) return "does not compile: " + compiled.error().message;
  const auto ours = compiled->evaluate(one.input, EmptyEnvironment());
  if (!ours) {
    if (ours.error().message.find("evaluation steps") != std::string::npos) return {};
    return jq.failed ? "" : "ours fails: " + ours.error().message + "\n  jq gives " + dump_json(jq.results);
  }
  if (jq.failed) return "jq fails: " + dump_json(jq.error) + "\n  ours gives " + dump_json(*ours);
  return same(*ours, jq.results) ? "" : "ours gives " + dump_json(*ours) + "\n  jq gives " + dump_json(jq.results);
}

TEST(RandomPrograms, AgreeWithJq) {
  ASSERT_TRUE(jq_available()) << "jq 1.6 is the oracle; scripts/setup test installs it";
  const auto seed = number_from_environment("SKALD_SEED", 20261121);
  const auto count = number_from_environment("SKALD_RUNS", 3000);
  std::cout << "SKALD_SEED=" << seed << "\n";
  Generator generator(seed);
  std::vector<JqCase> cases;
  std::vector<JqCase> asked;
  for (std::uint64_t i = 0; i < count; ++i) {
    auto one = generator.next();
    // Programs of the generator may be longer than what a definition may hold.
    const auto program = with_marks(one.program, "");
    if (program.size() > 4000) continue;
    asked.push_back({with_marks(one.program, " | S"), one.input});
    cases.push_back({program, std::move(one.input)});
  }
  const auto answers = run_jq(asked, Json::object(), kSortKeys);
  std::size_t compared = 0;
  std::size_t succeeded = 0;
  std::size_t differences = 0;
  for (std::size_t i = 0; i < cases.size() && differences < 20; ++i) {
    if (answers[i].crashed) continue;
    ++compared;
    succeeded += answers[i].failed ? 0 : 1;
    const auto difference = verdict(cases[i], answers[i]);
    if (difference.empty()) continue;
    ++differences;
    ADD_FAILURE() << cases[i].program << "\n  on " << cases[i].input.dump() << "\n  " << difference;
  }
  std::cout << compared << " compared, " << succeeded << " of them gave results\n";
  EXPECT_GT(compared * 10, count * 9) << "too few programs that jq could run";
  EXPECT_GT(succeeded * 4, compared) << "too few programs that succeed";
}

}  // namespace
}  // namespace skald::expression
