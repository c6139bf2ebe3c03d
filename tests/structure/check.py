#!/usr/bin/env python3
"""Holds the sources to the architecture; see README.md beside it."""
import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from rules import check_all, long_functions  # noqa: E402
from source import all_sources  # noqa: E402

ROOT = HERE.parent.parent
RATCHET = HERE / "long_functions.txt"
HEAD = "# Functions above 70 lines: path, name, lines. They only shrink; see README.md.\n"
# Fewer mean that the walk looked in the wrong place.
SOURCES_MIN = 50


def read_ratchet(text):
    rows = (line.split() for line in text.splitlines() if line.strip() and not line.startswith("#"))
    return {(path, name): int(lines) for path, name, lines in rows}


def shrunk(ratchet, found):
    return {key: min(lines, found[key][1]) for key, lines in ratchet.items() if key in found}


def write_ratchet(ratchet):
    RATCHET.write_text(HEAD + "".join(f"{path} {name} {lines}\n" for (path, name), lines in sorted(ratchet.items())))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shrink", action="store_true", help="lower the entries of long_functions.txt, never raise one")
    options = parser.parse_args()
    sources = all_sources(ROOT)
    code = [source for source in sources if source.is_cpp]
    if len(code) < SOURCES_MIN:
        sys.exit(f"only {len(code)} C++ files found below {ROOT}: this checks nothing")
    ratchet = read_ratchet(RATCHET.read_text())
    if options.shrink:
        ratchet = shrunk(ratchet, long_functions(sources))
        write_ratchet(ratchet)
    problems = list(check_all(sources, ratchet))
    for problem in problems:
        print(problem)
    print(f"{len(problems)} problems in {len(sources)} files, {len(code)} of them C++.")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
