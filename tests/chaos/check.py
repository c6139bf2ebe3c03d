#!/usr/bin/env python3
"""Judges a run of kill_test.py from outside: check.py FOLDER.

Exit codes: 0 all invariants hold; 1 one is violated; 2 the evidence cannot be read; 3 VACUOUS: too little happened for
the run to prove anything.
"""
import argparse
import json
import sqlite3
import sys
from collections import Counter

import takeovers
import timing
from evidence import read_run
from invariants import violations_of

SHOWN_MAX = 50


def counts_of(evidence):
    """What happened, in numbers. The minima of a run name them."""
    kinds = Counter(row.kind for rows in evidence.histories.values() for row in rows)
    events = Counter(entry.event for entry in evidence.journal)
    answered = Counter((e.key, e.attempt) for e in evidence.journal if e.event == "replied")
    applied = {(e.key, e.attempt) for e in evidence.journal if e.event == "applied"}
    outcomes = Counter(end.data["outcome"] for end in map(evidence.end_of, evidence.histories) if end)
    parked = sum(1 for e in evidence.histories if evidence.end_of(e) is None and evidence.open_incidents(e))
    unknown = sum(1 for rows in evidence.histories.values() for row in rows
                  if row.kind == "AttemptFailed" and row.data.get("outcome") == "unknown")
    return {"orders": len(evidence.submissions), "executions": len(evidence.stored),
            "kills": evidence.nemesis.get("kills", 0), "restarts": evidence.nemesis.get("restarts", 0),
            "strikes": sum(evidence.nemesis.get("strikes", {}).values()),
            "exits": evidence.nemesis.get("exits", 0),
            **{f"disk.{name}": number for name, number in evidence.nemesis.get("disk", {}).items()},
            **{f"abuse.{name}": number for name, number in sorted(evidence.nemesis.get("abuse", {}).items())},
            "resubmitted": sum(submission.sent - 1 for submission in evidence.submissions),
            "events": sum(kinds.values()), "requests": events["received"], "repeatedKeys": events["repeated"],
            "attemptsLost": kinds["AttemptLost"], "retries": kinds["RetryScheduled"], "unknowns": unknown,
            "lostReplies": sum(1 for attempt in applied if not answered[attempt]),
            "settles": kinds["SettleEnded"], "undos": kinds["UndoCompleted"], "incidents": kinds["IncidentRaised"],
            "incidentsRetried": sum(1 for rows in evidence.histories.values() for row in rows
                                    if row.kind == "IncidentResolved" and row.data.get("resolution") == "retry"),
            "witnesses": len(evidence.witnesses), "parked": parked,
            "gaps": sum(1 for _ in timing.retries_received(evidence)), "atOnce": timing.most_at_once(evidence)[0],
            **{f"strike.{kind}": number for kind, number in sorted(evidence.nemesis.get("strikes", {}).items())},
            **{f"outcome.{name}": number for name, number in sorted(outcomes.items())},
            **(takeovers.counts_of(evidence) if evidence.nodes > 1 else {})}


def missing_of(counts, minima):
    return {name: (counts.get(name, 0), least) for name, least in minima.items() if counts.get(name, 0) < least}


def report(evidence, minima, out=sys.stdout):
    """Prints the verdict and returns the exit code. A violation outranks vacuity."""
    counts = counts_of(evidence)
    violations = violations_of(evidence)
    missing = missing_of(counts, minima)
    for name, number in counts.items():
        print(f"{name:>24} {number}", file=out)
    for violation in violations[:SHOWN_MAX]:
        print(f"violation: {violation}", file=out)
    if len(violations) > SHOWN_MAX:
        print(f"... and {len(violations) - SHOWN_MAX} more", file=out)
    if violations:
        by_name = Counter(violation.invariant for violation in violations)
        print("VIOLATED: " + ", ".join(f"{name} {n} times" for name, n in sorted(by_name.items())), file=out)
        return 1
    for name, (number, least) in missing.items():
        print(f"too few {name}: {number}, at least {least} are needed", file=out)
    print("VACUOUS" if missing else "HOLDS: every invariant", file=out)
    return 3 if missing else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", help="what kill_test.py wrote")
    folder = parser.parse_args().folder
    try:
        evidence, minima = read_run(folder)
    except (OSError, KeyError, TypeError, json.JSONDecodeError, sqlite3.Error) as error:
        print(f"error: the evidence in {folder} cannot be read: {error!r}", file=sys.stderr)
        return 2
    return report(evidence, minima)


if __name__ == "__main__":
    sys.exit(main())
