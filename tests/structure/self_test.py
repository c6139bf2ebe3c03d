"""Every rule is shown what it must refuse and what it must let pass."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))

import check  # noqa: E402
import rules  # noqa: E402
from functions import find_functions  # noqa: E402
from source import Source, blanked  # noqa: E402

HEADERS = [Source(f"{box}/x.hpp", "") for box in rules.ARROWS]


def problems_of(rule, path, text):
    return [problem.text for problem in rule([Source(path, text), *HEADERS])]


def body(lines, head="void long_one(int a)"):
    return head + " {\n" + "  f();\n" * (lines - 2) + "}\n"


class RuleTest(unittest.TestCase):
    def refused(self, rule, path, text, saying=""):
        found = problems_of(rule, path, text)
        self.assertEqual(len(found), 1, (path, text, found))
        self.assertIn(saying, found[0])

    def passed(self, rule, path, text):
        self.assertEqual(problems_of(rule, path, text), [], (path, text))

    def test_arrows(self):
        for path, target in (("engine/base/a.cpp", "engine/expression"), ("engine/expression/a.hpp", "engine/definition"),
                             ("engine/definition/a.cpp", "engine/saga"), ("engine/saga/a.cpp", "engine/ports"),
                             ("engine/graph/a.cpp", "engine/saga"), ("engine/saga/a.cpp", "engine/graph"), ("engine/runtime/a.cpp", "engine/graph"),
                             ("engine/saga/deep/er/a.cpp", "engine/ports"), ("engine/ports/a.hpp", "engine/async"),
                             ("engine/async/a.cpp", "engine/saga"), ("engine/dry_run/a.cpp", "engine/ports"), ("engine/saga/a.cpp", "engine/dry_run"),
                             ("engine/runtime/a.cpp", "engine/dry_run"), ("engine/runtime/a.cpp", "storage"),
                             ("engine/runtime/a.cpp", "api"), ("storage/a.cpp", "engine/runtime"), ("storage/a.cpp", "adapters"),
                             ("adapters/a.cpp", "storage"), ("adapters/a.cpp", "engine/runtime"), ("api/a.cpp", "storage"),
                             ("api/cli/a.cpp", "adapters"), ("adapters/samples/a.cpp", "engine/saga"), ("adapters/samples/a.cpp", "adapters"),
                             ("bench/a.cpp", "engine/saga"), ("api/main.cpp", "bench"), ("api/main.cpp", "adapters/samples")):
            self.refused(rules.check_arrows, path, f'#include "{target}/x.hpp"\n', "against the arrows")

    def test_arrows_along_the_drawing_pass(self):
        for path, target in (("engine/saga/a.cpp", "engine/base"), ("engine/saga/a.cpp", "engine/saga"),
                             ("engine/runtime/a.cpp", "engine/ports"), ("engine/dry_run/a.cpp", "engine/saga"), ("api/cli/a.cpp", "engine/dry_run"), ("storage/a.cpp", "engine/async"), ("adapters/a.cpp", "engine/saga"),
                             ("api/a.cpp", "engine/runtime"), ("api/a.cpp", "engine/graph"), ("engine/graph/a.cpp", "engine/definition"),
                             ("api/main.cpp", "storage"), ("api/main.cpp", "adapters"),
                             ("tests/engine/a_test.cpp", "storage")):
            self.passed(rules.check_arrows, path, f'#include "{target}/x.hpp"\n')
        self.passed(rules.check_arrows, "engine/base/a.cpp", '// #include "api/x.hpp"\n#include <vector>\n')

    def test_includes_are_from_the_root(self):
        for target in ("x.hpp", "../base/x.hpp", "engine/base/missing.hpp", "boost/asio.hpp"):
            self.refused(rules.check_arrows, "engine/base/a.cpp", f'#include "{target}"\n', "from the root")

    def test_pure_modules(self):
        for header in ("boost/asio/awaitable.hpp", "boost/beast/http.hpp", "soci/soci.h", "sqlite3.h", "random", "thread", "ctime", "openssl/rand.h"):
            for folder in rules.PURE:
                self.refused(rules.check_pure, f"{folder}a.cpp", f"#include <{header}>\n", "pure module")
            self.passed(rules.check_pure, "engine/runtime/a.cpp", f"#include <{header}>\n")
        for header in ("chrono", "vector", "openssl/evp.h", "boost/algorithm/string.hpp"):
            self.passed(rules.check_pure, "engine/saga/a.cpp", f"#include <{header}>\n")

    def test_time(self):
        for text in ("auto t = std::chrono::steady_clock::now();", "auto t = Clock::now ();", "clock_gettime(0, &t);", "std::time(nullptr);", "x = time(NULL);", "while (Clock::now() < end) {"):
            self.refused(rules.check_bans, "engine/runtime/a.cpp", text, "the Clock port")
            for path in ("adapters/system_clock.cpp", "adapters/samples/a.cpp", "bench/a.cpp", "tests/a.cpp"):
                self.passed(rules.check_bans, path, text)
        for text in ("clock_.now();", "clock->now();", "// steady_clock::now()", 'f("steady_clock::now()");', "timer.time(0);", "wake_time(0);",
                     "Timestamp Driver::now() const {", "Timestamp Driver::now() {", "Timestamp Driver::now() noexcept {"):
            self.passed(rules.check_bans, "engine/runtime/a.cpp", text)

    def test_randomness(self):
        for text in ("std::random_device d;", "int x = rand();", "std::srand(1);", "getrandom(p, 8, 0);", "RAND_bytes(p, 8);"):
            self.refused(rules.check_bans, "storage/a.cpp", text, "the Entropy port")
            self.passed(rules.check_bans, "adapters/system_entropy.cpp", text)
        for text in ("operand();", "entropy.rand();", "std::mt19937_64 engine(seed);", "// random_device"):
            self.passed(rules.check_bans, "storage/a.cpp", text)

    def test_detached(self):
        for text in ("co_spawn(io, f(), asio::detached);", "std::thread(f).detach();", "#include <boost/asio/detached.hpp>"):
            for path in ("engine/runtime/a.cpp", "engine/async/offload.cpp", "adapters/samples/a.cpp", "api/a.cpp"):
                self.assertTrue(problems_of(rules.check_bans, path, text), (path, text))
            self.passed(rules.check_bans, "tests/api/a.cpp", text)
        self.passed(rules.check_bans, "api/a.cpp", "// never detached\nundetached();")

    def test_file_length(self):
        self.refused(rules.check_files, "api/a.cpp", "x\n" * 401, "401 lines")
        self.refused(rules.check_files, "scripts/a.py", "x\n" * 401)
        self.passed(rules.check_files, "api/a.cpp", "x\n" * 400)
        self.passed(rules.check_files, "docs/a.md", "x\n" * 999)

    def test_machine_path(self):
        for folder in ("work", "root", "home/" + "ada", "Users/" + "ada", "tmp/" + "b"):
            self.refused(rules.check_paths, "docs/a.md", f"see `/{folder}/main/x`", "one machine")
            self.passed(rules.check_paths, "docs/a.md", f"see build/{folder}/main/x")
        self.passed(rules.check_paths, "docs/a.md", "https://example.org/work/x, ${ROOT}/work/x, /workflows/, /var/lib/skald/")


class FunctionLengthTest(unittest.TestCase):
    def problems(self, text, ratchet=None):
        return [p.text for p in rules.check_functions([Source("api/a.cpp", text)], ratchet or {})]

    def test_long_function_is_refused(self):
        self.assertEqual(self.problems(body(70)), [])
        self.assertEqual(self.problems(body(71)), ["long_one has 71 lines, more than 70; split it"])

    def test_ratchet_lets_it_stay_but_not_grow(self):
        self.assertEqual(self.problems(body(80), {("api/a.cpp", "long_one"): 80}), [])
        self.assertIn("more than 80", self.problems(body(81), {("api/a.cpp", "long_one"): 80})[0])

    def test_ratchet_follows_what_shrank(self):
        self.assertIn("has shrunk from 90 to 80", self.problems(body(80), {("api/a.cpp", "long_one"): 90})[0])
        self.assertIn("no longer long", self.problems(body(60), {("api/a.cpp", "long_one"): 90})[0])

    def test_shrinking_never_raises_or_adds(self):
        ratchet = {("a", "f"): 80, ("a", "g"): 90, ("a", "h"): 75}
        found = {("a", "f"): (1, 99), ("a", "g"): (1, 72), ("b", "new"): (1, 200)}
        self.assertEqual(check.shrunk(ratchet, found), {("a", "f"): 80, ("a", "g"): 72})

    def test_every_shape_of_function_is_found(self):
        shapes = {
            "void f()": "f",
            "Result<std::vector<int>> Store::read(int a, std::function<void()> b) const": "Store::read",
            "template <class T, int N = 3>\nauto g(T t) -> std::optional<T>": "g",
            "bool operator==(const A& a, const A& b)": "operator==",
            "void A::operator()(int x) const noexcept": "A::operator()",
            "A::A(int x) : b_{1}, c_(x), d_{{1, 2}, {}}": "A::A",
            "A::A(A&& o) noexcept : b_(o.b_)": "A::A",
            "A::~A()": "A::~A",
            "TEST(Subject, Outcome)": "TEST(Subject,Outcome)",
            "namespace n {\nclass A final : public B<C> {\n public:\n  A() = default;\n  void f(int a = 3)": "f",
            "struct A {\n  int a = 0;\n  std::array<int, 2> b{1, 2};\n  std::string c = {};\n  void f() override": "f",
            "#define X(a) \\\n  { a }\nconstexpr int kTable[] = {1, 2, 3};\nconst std::map<int, int> kMap = {{1, 2}};\nvoid f()": "f",
            "enum class E { kA, kB };\nboost::asio::awaitable<void> f(std::initializer_list<int> x = {1, 2})": "f",
            "// {{{\nvoid f(const char* s = \"{\", char c = '{')": "f",
            "int n = 1'000'000;\nvoid f()": "f",
        }
        for head, name in shapes.items():
            text = body(75, head)
            self.assertEqual([f.name for f in find_functions(blanked(text)) if f.length >= 75], [name], head)

    def test_length_is_that_of_the_function_alone(self):
        text = "// comment\n\nnamespace n {\n\nint a() { return 1; }\n\n" + body(10) + "\n" + body(12, "void g()") + "}\n"
        self.assertEqual([(f.name, f.length) for f in find_functions(blanked(text))], [("a", 1), ("long_one", 10), ("g", 12)])

    def test_lambdas_count_for_their_function(self):
        text = "void f() {\n  auto g = [](int x) {\n    return x;\n  };\n}\n"
        self.assertEqual([(f.name, f.length) for f in find_functions(text)], [("f", 5)])


class BlankedTest(unittest.TestCase):
    def test_lines_and_columns_stay(self):
        text = 'a("x // {"); // b {\n/* {\n */ R"q({ ")q" \'{\' 1\'0\n#include "a/b.hpp"  // c\n'
        clean = blanked(text)
        self.assertEqual(len(clean), len(text))
        self.assertEqual(clean.count("\n"), text.count("\n"))
        self.assertNotIn("{", clean)
        self.assertIn('#include "a/b.hpp"', clean)
        self.assertIn("1'0", clean)


if __name__ == "__main__":
    unittest.main()
