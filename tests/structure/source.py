"""The project's files, and C++ text with its comments and literals blanked out."""
import os
import re
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

CPP_SUFFIXES = {".cpp", ".hpp"}
CODE_SUFFIXES = CPP_SUFFIXES | {".py", ".ts", ".tsx", ".js", ".css"}
SKIPPED_FOLDERS = {".git", ".cache", "build", "node_modules", "results", "__pycache__"}
TEXT_BYTES_MAX = 1 << 20

# In this order: a raw string may hold quotes, a string may hold "//", and a quote between digits separates them.
TOKEN = re.compile(
    r'(?P<raw>\b(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\(.*?\)(?P=mark)")'
    r'|(?P<comment>//[^\n]*|/\*.*?\*/)'
    r"|(?P<separator>(?<=[0-9a-fA-F])'(?=[0-9a-fA-F]))"
    r'|(?P<string>"(?:\\.|[^"\\\n])*")'
    r"|(?P<char>'(?:\\.|[^'\\\n])+')", re.S)
INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*[<"][^>"\n]*[>"]', re.M)


def blanked(text):
    """`text` with comments and literals replaced by spaces: every line and column stays where it was."""
    includes = {match.start(): match.end() for match in INCLUDE.finditer(text)}
    kept = {start for begin, end in includes.items() for start in range(begin, end)}

    def blank(match):
        if match.start() in kept or match.group("separator"):
            return match.group()
        inner = re.sub(r"[^\n]", " ", match.group())
        # Quotes stay, so that a literal is still seen as a value.
        return inner if match.group("comment") else '"' + inner[1:-1] + '"'

    return TOKEN.sub(blank, text)


@dataclass
class Source:
    path: str  # from the root, with slashes
    text: str
    lines: list = field(init=False)

    def __post_init__(self):
        self.lines = self.text.splitlines()

    @property
    def suffix(self):
        return os.path.splitext(self.path)[1]

    @property
    def is_cpp(self):
        return self.suffix in CPP_SUFFIXES

    @property
    def is_code(self):
        return self.suffix in CODE_SUFFIXES

    @cached_property
    def code(self):
        return blanked(self.text) if self.is_cpp else self.text

    def line_of(self, offset):
        return self.text.count("\n", 0, offset) + 1


def all_sources(root):
    """Every text file of the project that is in the tree, whether committed or not."""
    found = []
    for folder, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS)
        for name in sorted(files):
            path = Path(folder, name)
            if path.is_symlink() or path.stat().st_size > TEXT_BYTES_MAX:
                continue
            data = path.read_bytes()
            if b"\0" not in data:
                found.append(Source(path.relative_to(root).as_posix(), data.decode("utf-8", "replace")))
    return found
