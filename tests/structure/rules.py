"""The rules. Each takes sources and yields problems; self_test.py shows that each can fail."""
import re
from dataclasses import dataclass

from functions import find_functions

FUNCTION_LINES_MAX = 70
FILE_LINES_MAX = 400

_BASE = {"engine/base"}
_EXPRESSION = _BASE | {"engine/expression"}
_DEFINITION = _EXPRESSION | {"engine/definition"}
_SAGA = _DEFINITION | {"engine/saga"}
_PORTS = _SAGA | {"engine/ports", "engine/async"}
_RUNTIME = _PORTS | {"engine/runtime"}
# What each folder may include, itself aside: the drawing in docs/architecture.md, arrow by arrow.
ARROWS = {
    "engine/base": set(),
    "engine/expression": _BASE,
    "engine/definition": _EXPRESSION,
    "engine/graph": _DEFINITION,
    "engine/saga": _DEFINITION,
    # The decisions as they are, in a world of its own: no ports, no runtime.
    "engine/dry_run": _SAGA,
    "engine/ports": _SAGA,
    "engine/async": _BASE,
    "engine/runtime": _PORTS,
    "storage": _PORTS,
    "adapters": _PORTS,
    # A program of its own: the participants share no code with what they are there to judge.
    "adapters/samples": _BASE | {"engine/async"},
    "api": _RUNTIME | {"engine/graph", "engine/dry_run"},
    "bench": _BASE,
}
# The composition root: the only file that names the concrete types of several modules.
COMPOSITION_ROOTS = {"api/main.cpp": _RUNTIME | {"api", "storage", "adapters"}}
PURE = ("engine/base/", "engine/expression/", "engine/definition/", "engine/graph/", "engine/saga/", "engine/dry_run/")

INCLUDE_QUOTED = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"\n]+)"', re.M)
INCLUDE_ANY = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"]([^>"\n]+)[>"]', re.M)
IMPURE_HEADER = re.compile(r"^(?:boost/(?:asio|beast)|soci|sqlite3|libpq|openssl/rand|random$|thread$|mutex$|condition_variable$|future$|ctime$|time\.h$|sys/(?:time|random))")


@dataclass(frozen=True)
class Ban:
    rule: str
    pattern: re.Pattern
    instead: str
    allowed: tuple  # prefixes of paths


OWN_RULES = ("adapters/samples/", "bench/", "tests/")
BANS = (
    Ban("time",
        # A call; the definition of a member called now is none.
        re.compile(r"::now\s*\((?!\s*\)\s*(?:const\b|noexcept\b|\{))|\b(?:clock_gettime|gettimeofday|timespec_get)\s*\(|(?<![\w.>])(?:std::|::)?time\s*\(\s*(?:0|NULL|nullptr|&)"),
        "take the time from the Clock port (engine/ports/clock.hpp), or as data",
        ("adapters/system_clock.cpp", *OWN_RULES)),
    Ban("randomness",
        re.compile(r"\brandom_device\b|\b(?:getrandom|getentropy|RAND_bytes|arc4random\w*)\s*\(|(?<![\w.>])(?:std::|::)?s?rand(?:_r)?\s*\(|/dev/u?random"),
        "take random bits from the Entropy port (engine/ports/entropy.hpp), or a seed as data",
        ("adapters/system_entropy.cpp", *OWN_RULES)),
    Ban("detached",
        re.compile(r"\bdetached\b|(?:\.|->)detach\s*\(|\bdetached_t\b|asio/detached\.hpp"),
        "let somebody wait for it",
        ("tests/",)),
)
# A folder of somebody's machine; a slash, a word or a dot before it makes it a part of another path.
MACHINE_PATH = re.compile(r"(?<![\w./$}~-])/(?:work|root|Users/\w+|home/\w+|tmp/b)/")


@dataclass(frozen=True)
class Problem:
    path: str
    line: int
    rule: str
    text: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.text}"


def box_of(path):
    """The longest folder of ARROWS that holds `path`; None for what has no box, such as tests."""
    boxes = [box for box in ARROWS if path.startswith(box + "/")]
    return max(boxes, key=len, default=None)


def check_arrows(sources):
    known = {source.path for source in sources}
    for source in (s for s in sources if s.is_cpp):
        box = box_of(source.path)
        for match in INCLUDE_QUOTED.finditer(source.code):
            target, line = match.group(1), source.line_of(match.start(1))
            if target not in known:
                yield Problem(source.path, line, "arrows", f'"{target}" is no file from the root of the project; write own headers from the root, others in <>')
                continue
            allowed = COMPOSITION_ROOTS.get(source.path) or (box and ARROWS[box] | {box})
            if allowed and box_of(target) not in allowed:
                names = ", ".join(sorted(allowed - {box})) or "nothing of the project"
                yield Problem(source.path, line, "arrows", f'"{target}" is against the arrows: {box} may include {names}')


def check_pure(sources):
    for source in (s for s in sources if s.is_cpp and s.path.startswith(PURE)):
        for match in INCLUDE_ANY.finditer(source.code):
            if IMPURE_HEADER.match(match.group(1)):
                yield Problem(source.path, source.line_of(match.start(1)), "pure",
                              f"<{match.group(1)}> in a pure module: time, randomness and I/O come in as data or through engine/ports")


def check_bans(sources):
    for source in (s for s in sources if s.is_cpp):
        for ban in BANS:
            if source.path.startswith(ban.allowed):
                continue
            for match in ban.pattern.finditer(source.code):
                yield Problem(source.path, source.line_of(match.start()), ban.rule, f"'{match.group().strip()}' is banned here; {ban.instead}")


def long_functions(sources):
    """{(path, name): (first line, length)}; of several with one name the longest."""
    found = {}
    for source in (s for s in sources if s.is_cpp):
        for function in find_functions(source.code):
            key = (source.path, function.name)
            if function.length > FUNCTION_LINES_MAX and function.length > found.get(key, (0, 0))[1]:
                found[key] = (function.first, function.length)
    return found


def check_functions(sources, ratchet):
    """`ratchet`: {(path, name): lines} of the functions that were above the limit when the rule came to them."""
    found = long_functions(sources)
    for (path, name), (line, length) in found.items():
        listed = ratchet.get((path, name), FUNCTION_LINES_MAX)
        if length > listed:
            yield Problem(path, line, "function-length", f"{name} has {length} lines, more than {listed}; split it")
        elif length < listed:
            yield Problem(path, line, "function-length", f"{name} has shrunk from {listed} to {length} lines; keep that: tests/structure/check.py --shrink")
    for path, name in sorted(ratchet.keys() - found.keys()):
        yield Problem(path, 1, "function-length", f"{name} is no longer long; drop its entry: tests/structure/check.py --shrink")


def check_files(sources):
    for source in (s for s in sources if s.is_code):
        if len(source.lines) > FILE_LINES_MAX:
            yield Problem(source.path, FILE_LINES_MAX, "file-length", f"{len(source.lines)} lines, more than {FILE_LINES_MAX}; split it by what changes together")


def check_paths(sources):
    for source in sources:
        for number, line in enumerate(source.lines, 1):
            match = MACHINE_PATH.search(line)
            if match:
                yield Problem(source.path, number, "machine-path", f"'{match.group()}' is a folder of one machine; write paths from the root of the project")


def check_all(sources, ratchet):
    for rule in (check_arrows, check_pure, check_bans, check_files, check_paths):
        yield from rule(sources)
    yield from check_functions(sources, ratchet)
