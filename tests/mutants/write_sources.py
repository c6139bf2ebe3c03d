#!/usr/bin/env python3
"""Writes the sources of the engine that the catalogue changes, with every bug in them and a switch before each.

write_sources.py --list | write_sources.py FOLDER
"""
import sys
from collections import defaultdict
from pathlib import Path

from catalogue import MUTANTS

ROOT = Path(__file__).resolve().parents[2]
HEADER = '#include "tests/mutants/mutant.hpp"\n#line 1 "{path}"\n'


class Stale(Exception):
    pass


def mutated(path, source, mutants):
    for mutant in mutants:
        found = source.count(mutant.text)
        if found != 1:
            raise Stale(f"{path}: the text of \"{mutant.name}\" is there {found} times, not once: bring catalogue.py up to date")
        source = source.replace(mutant.text, mutant.becomes.replace("MUTANT", f'SKALD_MUTANT("{mutant.name}")'))
    return HEADER.format(path=ROOT / path) + source


def by_file():
    files = defaultdict(list)
    for mutant in MUTANTS:
        files[mutant.file].append(mutant)
    return files


def write(folder):
    for path, mutants in by_file().items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        text = mutated(path, (ROOT / path).read_text(), mutants)
        if not target.exists() or target.read_text() != text:  # the others need not be built again
            target.write_text(text)


if __name__ == "__main__":
    if sys.argv[1] == "--list":
        print(";".join(by_file()), end="")
    else:
        try:
            write(Path(sys.argv[1]))
        except Stale as stale:
            sys.exit(f"error: {stale}")
