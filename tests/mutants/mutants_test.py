#!/usr/bin/env python3
"""That the simulation finds every bug of the catalogue: its judgement would be worth nothing otherwise.

mutants_test.py --simulation build/dev/tests/mutants/simulation_with_mutants --skald build/dev/skald [--seeds 4000] [NAME ...]
"""
import argparse
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

from catalogue import MUTANTS

MUTANTS_MIN = 15
AT_ONCE = 2


def run(simulation, seeds, mutant=""):
    return subprocess.run([simulation, "--seeds", str(seeds)], env={**os.environ, "SKALD_MUTANT": mutant}, capture_output=True, text=True)


def judge(options, mutant):
    """(whether it was found, what to say)"""
    ended = run(options.simulation, options.seeds, mutant.name)
    problem = re.search(r"^PROBLEM: (.*)$", ended.stdout, re.M)
    seed = re.search(r"--seed (\d+)", ended.stdout + ended.stderr)
    if ended.returncode == 0 or not (problem and seed):
        return False, f"NOT FOUND in {options.seeds} seeds (ended with {ended.returncode}) {ended.stderr[-300:]}"
    return True, f"seed {seed.group(1):>4}: {problem.group(1)[:90]}"


def judge_shrinking(options, mutant):
    """(whether what is left of a run that fails does so too, what to say)"""
    seed = re.search(r"--seed (\d+)", run(options.simulation, options.seeds, mutant.name).stdout)
    environment = {**os.environ, "SKALD_MUTANT": mutant.name}
    with TemporaryDirectory() as folder:
        shrunk = subprocess.run([options.simulation, "--seed", seed.group(1), "--shrink"], env=environment, cwd=folder, capture_output=True, text=True)
        command = re.search(r"repeat it with: simulation (.*) --print", shrunk.stdout)
        if not command:
            return False, f"NOT SHRUNK (ended with {shrunk.returncode}) {shrunk.stderr[-300:]}"
        again = subprocess.run([options.simulation, *shlex.split(command.group(1))], env=environment, cwd=folder, capture_output=True, text=True)
    lines = shrunk.stdout.count("\n") - 2
    return "PROBLEM" in again.stdout, f"shrunk to a workflow of {lines} lines without {command.group(1).count('--without')} troubles"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--simulation", required=True)
    parser.add_argument("--skald", type=Path, required=True, help="the program, in which there must be no bug of these")
    parser.add_argument("--seeds", type=int, default=4000)
    parser.add_argument("names", nargs="*", help="these alone")
    options = parser.parse_args()
    unknown = set(options.names) - {mutant.name for mutant in MUTANTS}
    if unknown:
        parser.error(f"the catalogue has no {sorted(unknown)}")
    chosen = [mutant for mutant in MUTANTS if not options.names or mutant.name in options.names]
    failures = 0
    if not options.names:
        binary = options.skald.read_bytes()
        present = [mutant.name for mutant in MUTANTS if mutant.name.encode() in binary]
        few = len({mutant.name for mutant in MUTANTS}) < MUTANTS_MIN
        clean = run(options.simulation, options.seeds)
        failures = len(present) + few + (clean.returncode != 0)
        print(f"without a bug: {clean.stdout.partition(chr(10))[0] or clean.stderr[-300:]}\nin {options.skald.name}: {present or 'none'}")
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for mutant, (found, text) in zip(chosen, pool.map(lambda mutant: judge(options, mutant), chosen)):
            failures += not found
            print(f"{mutant.name:50} {text}", flush=True)
    shrinks, text = judge_shrinking(options, chosen[0])
    failures += not shrinks
    print(f"{chosen[0].name:50} {text}")
    print(f"{len(chosen)} bugs, {failures} failures")
    return failures != 0


if __name__ == "__main__":
    sys.exit(main())
