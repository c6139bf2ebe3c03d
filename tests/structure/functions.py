"""Finds function definitions in blanked C++ text by following its braces; enough for this project's formatted sources."""
import re
from dataclasses import dataclass

SCOPE = re.compile(r"\b(?:namespace|extern)\b")
TYPE = re.compile(r"\b(?:class|struct|union|enum)\b")
# The colon that opens a constructor's initialisers.
INITIALISERS = re.compile(r"\)\s*(?:noexcept\s*(?:\([^()]*\))?\s*)?:(?!:)")
NAME = re.compile(r"((?:[\w:]*::)?operator\s*(?:\(\)|[^\s(]+)|[~\w:]+)\s*\(")
NOT_NAMES = {"decltype", "noexcept", "requires", "alignas", "explicit", "__attribute__"}


@dataclass
class Function:
    name: str
    first: int  # line of its signature
    last: int   # line of its closing brace

    @property
    def length(self):
        return self.last - self.first + 1


def name_of(head):
    names = [name for name in NAME.findall(head) if name not in NOT_NAMES]
    if not names:
        return "?"
    if names[0] in ("TEST", "TEST_F", "TEST_P"):
        return re.sub(r"\s+", "", head[head.index("TEST"):].split(")")[0] + ")")
    return re.sub(r"\s+", "", names[0])


def opens(head):
    """What a brace after `head` opens, at namespace or class level: scope, function or value."""
    plain = re.sub(r"operator\s*[^\s\w(]+|[=!<>]=", " ", head)
    before_call = plain.split("(")[0]
    if SCOPE.search(before_call) and "(" not in plain:
        return "scope"
    if TYPE.search(before_call) and "(" not in re.sub(r"alignas\s*\([^()]*\)", "", plain):
        return "scope"
    # A default argument, within the parentheses of its function.
    if plain.count("(") != plain.count(")"):
        return "value"
    if "(" not in plain or "=" in re.sub(r"<[^<>]*>", "", before_call):
        return "value"
    # Of `: a_{1}, b_{2} {` only the last brace opens the body.
    if INITIALISERS.search(plain) and re.search(r"[\w>]\s*$", plain):
        return "value"
    return "function"


def find_functions(code):
    # Preprocessor lines, their continuations included, are no part of any head.
    code = re.sub(r"^[ \t]*#(?:[^\n\\]|\\.|\\\n)*", lambda match: re.sub(r"[^\n]", " ", match.group()), code, flags=re.M)
    found, stack, head_start = [], [], 0
    for match in re.finditer(r"[{};]", code):
        at, mark = match.start(), match.group()
        inside = bool(stack) and stack[-1][0] != "scope"
        if mark == "{":
            head = code[head_start:at]
            kind = "inner" if inside else opens(re.sub(r"^\s*(?:public|private|protected)\s*:(?!:)", "", head))
            first = head_start + len(head) - len(head.lstrip())
            stack.append((kind, first, head))
            if kind in ("scope", "function"):
                head_start = at + 1
        elif mark == "}":
            if not stack:
                continue
            kind, first, head = stack.pop()
            if kind == "function":
                found.append(Function(name_of(head), code.count("\n", 0, first) + 1, code.count("\n", 0, at) + 1))
            if kind in ("scope", "function"):
                head_start = at + 1
        elif not inside:
            head_start = at + 1
    return found
