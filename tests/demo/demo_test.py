"""Plays scripts/demo with the binaries of a build folder and holds its table against the one in the README."""

import os
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def table(lines):
    """The first four columns of the table of outcomes."""
    rows = []
    for line in lines:
        if line.startswith("ORDER ") or (rows and line.startswith("A-")):
            rows.append(line[:60].rstrip())
    return rows


def main():
    environment = {**os.environ, "SKALD_DEMO_BUILD": sys.argv[1]}
    run = subprocess.run([ROOT / "scripts/demo"], env=environment, capture_output=True, text=True, timeout=240)
    played = table(run.stdout.splitlines())
    shown = table((ROOT / "README.md").read_text(encoding="utf-8").splitlines())
    if run.returncode != 0 or len(shown) != 7 or played != shown or '"balanced":true' not in run.stdout:
        print(run.stdout, run.stderr, "\nthe README shows:", *shown, sep="\n")
        return 1
    print("\n".join(played))
    return 0


if __name__ == "__main__":
    sys.exit(main())
