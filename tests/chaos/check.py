"""Judges a run of the kill test from outside: the participants' journal, the submitter's log, the stored history.

Shares no code with the engine. Names of the invariants are those of docs/guarantees.md. Exit codes: 0 all hold, 1 some
do not, 3 vacuous: too little happened to prove anything.
"""

import argparse
import collections
import json
import sqlite3
import sys

STEPS = ["chargePayment", "reserveInventory", "createShipment"]
STARTS_ATTEMPT = {"StepStarted", "AttemptStarted", "UndoStarted", "SettleStarted"}


class Evidence:
    """What a run left behind, in plain structures."""

    def __init__(self, acknowledged, journal, executions, history, balance, kills):
        self.acknowledged = acknowledged  # [{key, orderId, id}], one for each 2xx answer to a start
        self.journal = journal  # the participants' records, in order
        self.executions = executions  # {id: {phase, outcome, idempotency_key, open_incidents}}
        self.history = history  # {id: [row]}, rows in order of position
        self.balance = balance  # what /audit/balance said
        self.kills = kills


def split_key(key):
    execution, _, path = key.partition("/")
    return execution, path


class Checker:
    def __init__(self, evidence):
        self.e = evidence
        self.violations = []
        self.by_key = collections.defaultdict(list)
        for record in evidence.journal:
            self.by_key[record["key"]].append(record)

    def fail(self, invariant, text):
        self.violations.append(f"{invariant}: {text}")

    def run(self):
        self.starts()
        self.one_execution_a_key()
        for execution, rows in self.e.history.items():
            self.positions(execution, rows)
            self.outcome(execution, rows)
            self.order_of_steps(execution)
            self.order_of_undos(execution, rows)
            self.completed_steps(execution, rows)
        self.intents()
        self.one_body_a_key()
        self.ended()
        if not self.e.balance.get("balanced"):
            self.fail("I17", f"the ledgers do not add up: {json.dumps(self.e.balance)}")
        return self.violations

    def starts(self):
        for start in self.e.acknowledged:
            rows = self.e.history.get(start["id"])
            if not rows:
                self.fail("I1", f"{start['id']} was acknowledged and has no history")
            elif rows[0]["kind"] != "ExecutionStarted" or rows[0]["data"]["input"]["orderId"] != start["orderId"]:
                self.fail("I1", f"{start['id']} does not begin with the start that was acknowledged")

    def one_execution_a_key(self):
        seen = {}
        for start in self.e.acknowledged:
            if seen.setdefault(start["key"], start["id"]) != start["id"]:
                self.fail("I2", f"the key {start['key']} was acknowledged as {seen[start['key']]} and as {start['id']}")
        stored = collections.Counter(x["idempotency_key"] for x in self.e.executions.values() if x["idempotency_key"])
        for key, count in stored.items():
            if count > 1:
                self.fail("I2", f"the key {key} has {count} executions")

    def positions(self, execution, rows):
        if [row["position"] for row in rows] != list(range(1, len(rows) + 1)):
            self.fail("I3", f"the positions of {execution} are not dense")
        kinds = [row["kind"] for row in rows]
        if "ExecutionEnded" in kinds:
            after = kinds[kinds.index("ExecutionEnded") + 1:]
            if [kind for kind in after if kind != "ExecutionReplayed"]:
                self.fail("I3", f"{execution} goes on after its end: {after}")
        epochs = [row["epoch"] for row in rows]
        if epochs != sorted(epochs):
            self.fail("I11", f"the epochs of {execution} go back")

    def intents(self):
        rows_by_path = collections.defaultdict(set)
        for execution, rows in self.e.history.items():
            for row in rows:
                if row["kind"] in STARTS_ATTEMPT:
                    rows_by_path[(execution, row["step"])].add((row["attempt"], row["epoch"]))
        for record in self.e.journal:
            if record["event"] != "received":
                continue
            execution, path = split_key(record["key"])
            if (record["attempt"], record["epoch"]) not in rows_by_path[(execution, path)]:
                self.fail("I4", f"{record['key']} attempt {record['attempt']} arrived without a durable intent")

    def first(self, key, events):
        for record in self.by_key.get(key, []):
            if record["event"] in events:
                return record["sequence"]
        return None

    def order_of_steps(self, execution):
        for before, after in zip(STEPS, STEPS[1:]):
            received = self.first(f"{execution}/{after}", {"received"})
            applied = self.first(f"{execution}/{before}", {"applied"})
            if received is not None and (applied is None or applied > received):
                self.fail("I5", f"{execution}: {after} was called before {before} had happened")

    def one_body_a_key(self):
        for key, records in self.by_key.items():
            if len({record["bodyHash"] for record in records}) > 1:
                self.fail("I6", f"{key} was sent with different bodies")

    def live_steps(self, execution):
        """Steps whose effect stands, judged by the order in which the participants applied things."""
        live, counts, undone = set(), collections.Counter(), set()
        records = []
        for step in STEPS:
            for key in (f"{execution}/{step}", f"{execution}/{step}/compensate"):
                records += [r for r in self.by_key.get(key, []) if r["event"] == "applied"]
        for record in sorted(records, key=lambda r: r["sequence"]):
            step = split_key(record["key"])[1].removesuffix("/compensate")
            if record["operation"] == "undo":
                live.discard(step)
                undone.add(step)
            else:
                live.add(step)
                counts[step] += 1
        return live, counts, undone

    def outcome(self, execution, rows):
        if rows[-1]["kind"] != "ExecutionEnded":
            return
        outcome = rows[-1]["data"]["outcome"]
        live, counts, undone = self.live_steps(execution)
        if any(count > 1 for count in counts.values()):
            self.fail("I7", f"{execution}: an effect happened twice: {dict(counts)}")
        if outcome == "completed" and (live != set(STEPS) or undone):
            self.fail("I7", f"{execution} completed, its standing effects are {sorted(live)}, undone {sorted(undone)}")
        if outcome in ("compensated", "cancelled") and live:
            self.fail("I7", f"{execution} is {outcome}, and {sorted(live)} stands")
        if outcome == "faulted" and rows[-1]["data"].get("compensation") is None and live:
            self.fail("I7", f"{execution} ended as if nothing had to be undone, and {sorted(live)} stands")

    def order_of_undos(self, execution, rows):
        ended = [r["step"] for r in rows if r["kind"] in ("StepCompleted", "StepFailed") and r["step"] in STEPS]
        undos = [r["step"].removesuffix("/compensate") for r in rows if r["kind"] == "UndoStarted"]
        expected = [step for step in reversed(ended) if step in undos]
        if undos != expected:
            self.fail("I8", f"{execution}: undone in the order {undos}, its steps ended in the order {ended}")
        applied = [self.first(f"{execution}/{step}/compensate", {"applied"}) for step in undos]
        known = [sequence for sequence in applied if sequence is not None]
        if known != sorted(known):
            self.fail("I8", f"{execution}: its undos took effect out of order")

    def completed_steps(self, execution, rows):
        for row in rows:
            if row["kind"] in ("StepCompleted", "UndoCompleted"):
                key = f"{execution}/{row['step']}"
                if self.first(key, {"applied"}) is None or self.first(key, {"replied"}) is None:
                    self.fail("I14", f"{key} is recorded as done, its participant did not do or did not answer it")

    def ended(self):
        for execution, row in self.e.executions.items():
            if row["phase"] in ("completed", "faulted", "cancelled"):
                continue
            if row["phase"] == "suspended" and row["open_incidents"] > 0:
                continue
            self.fail("I12", f"{execution} has neither ended nor is it parked: {row['phase']}")

    def counts(self):
        kinds = collections.Counter(row["kind"] for rows in self.e.history.values() for row in rows)
        outcomes = collections.Counter(row["outcome"] or row["phase"] for row in self.e.executions.values())
        return {
            "executions": len(self.e.executions),
            "acknowledged": len(self.e.acknowledged),
            "outcomes": dict(outcomes),
            "kills": self.e.kills,
            "requests": sum(r["event"] == "received" for r in self.e.journal),
            "repeated requests": sum(r["event"] == "repeated" for r in self.e.journal),
            "failed attempts": kinds["AttemptFailed"],
            "lost attempts": kinds["AttemptLost"],
            "settled": kinds["SettleEnded"],
            "undone": kinds["UndoCompleted"],
        }


def vacuous(counts):
    """What did not happen often enough for the run to prove anything."""
    minima = {"executions": 20, "kills": 3, "lost attempts": 3, "undone": 5, "failed attempts": 5, "settled": 1}
    return [f"{name}: {counts[name]} of at least {least}" for name, least in minima.items() if counts[name] < least]


def read_evidence(folder):
    lines = lambda name: [json.loads(line) for line in open(f"{folder}/{name}", encoding="utf-8")]
    database = sqlite3.connect(f"file:{folder}/skald.db?mode=ro", uri=True)
    database.row_factory = sqlite3.Row
    executions = {row["id"]: dict(row) for row in database.execute("SELECT * FROM executions")}
    history = collections.defaultdict(list)
    for row in database.execute("SELECT * FROM history ORDER BY execution, position"):
        history[row["execution"]].append({**dict(row), "data": json.loads(row["data"])})
    run = json.load(open(f"{folder}/run.json", encoding="utf-8"))
    return Evidence(lines("submitter.log"), lines("journal.log"), executions, history, run["balance"], run["kills"])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    checker = Checker(read_evidence(parser.parse_args().folder))
    violations = checker.run()
    counts = checker.counts()
    for name, count in counts.items():
        print(f"  {name:18} {count}")
    for violation in violations[:20]:
        print(f"  VIOLATION {violation}")
    print(f"{len(violations)} violations")
    if violations:
        return 1
    if missing := vacuous(counts):
        print("VACUOUS: " + "; ".join(missing))
        return 3
    return 0


if __name__ == "__main__":
    sys.exit(main())
