#!/usr/bin/env python3
"""Tests of what a run leaves: the same evidence read from files, and the plan of the orders."""
import io
import json
import sqlite3
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import check
from evidence import read_run
from histories import FLOW, Run
from plan import SCENARIOS, make_orders, minima_of, strike_minima_of


class Files(unittest.TestCase):
    """The same evidence, read from what a run leaves."""

    def write(self, folder, run):
        evidence = run.evidence()
        connection = sqlite3.connect(folder / "skald.db")
        connection.execute("CREATE TABLE executions (id, phase, outcome, idempotency_key, open_incidents)")
        connection.execute("CREATE TABLE history (execution, position, epoch, at, kind, version, step, attempt, actor, data)")
        for execution, stored in evidence.stored.items():
            connection.execute("INSERT INTO executions VALUES (?, ?, ?, ?, ?)",
                               (execution, stored.phase, stored.outcome, stored.key, stored.open_incidents))
        for execution, rows in evidence.histories.items():
            connection.executemany(
                "INSERT INTO history VALUES (?, ?, ?, ?, ?, 1, ?, ?, '', ?)",
                [(execution, r.position, r.epoch, r.at, r.kind, r.step, r.attempt, json.dumps(r.data)) for r in rows])
        connection.commit()
        connection.close()
        names = {"order": "orderId", "body_hash": "bodyHash", "ns": "monotonicNs"}
        lines = [{names.get(k, k): v for k, v in vars(entry).items()} for entry in evidence.journal]
        (folder / "journal.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
        submitted = []
        for s in evidence.submissions:
            submitted += [{"event": "planned", "key": s.key, "orderId": s.order, "scenario": s.scenario, "input": s.input,
                           "expected": s.expected}, {"event": "sent", "key": s.key}, {"event": "unanswered", "key": s.key},
                          {"event": "sent", "key": s.key},
                          {"event": "acknowledged", "key": s.key, "execution": s.acknowledged[0]}]
        (folder / "submissions.jsonl").write_text("".join(json.dumps(line) + "\n" for line in submitted))
        rows = [vars(row) for row in evidence.histories["a"][:2]]
        (folder / "witnesses.jsonl").write_text(json.dumps({"execution": "a", "rows": rows}) + "\n")
        (folder / "balance.json").write_text(json.dumps(evidence.balance))
        self.write_views(folder, evidence.views)
        (folder / "run.json").write_text(json.dumps({"flow": FLOW, "policy": evidence.policy, "nemesis": evidence.nemesis, "minima": {"resubmitted": 2}}))

    def write_views(self, folder, views):
        metrics = "".join("%s{%s} %s\n" % (name, ",".join(f'{label}="{value}"' for label, value in labels), value)
                          for (name, labels), value in views.metrics.items())
        (folder / "views.json").write_text(json.dumps({"spawnedAtMs": views.since, "nodes": {"server": {
            "metrics": "# HELP of something\n" + metrics, "executions": [{"id": e, "phase": phase, "outcome": outcome or None} for e, (phase, outcome) in views.executions.items()],
            "incidents": [{"execution": e, "number": number} for e, number in views.incidents]}}}))
        told = [{"severity_text": "ERROR", "attributes": {"execution": e, "incident": str(number)}} for e, number in views.logged]
        (folder / "server.log").write_text("".join(json.dumps(line) + "\n" for line in told) + '{"cut off')

    def test_round_trip(self):
        run = Run()
        run.completed("a")
        run.compensated("b")
        run.parked("c")
        with tempfile.TemporaryDirectory() as name:
            self.write(Path(name), run)
            evidence, minima = read_run(name)
            self.assertEqual(check.report(evidence, minima, io.StringIO()), 0)
            self.assertEqual(evidence.histories, run.evidence().histories)
            self.assertEqual(evidence.journal, run.journal)
            self.assertEqual(evidence.views, run.evidence().views)
            self.assertEqual(len(evidence.witnesses), 1)


class Plans(unittest.TestCase):
    def test_same_seed_same_orders(self):
        self.assertEqual(make_orders(100, 7), make_orders(100, 7))
        self.assertNotEqual(make_orders(100, 7), make_orders(100, 8))

    def test_every_scenario_is_met(self):
        orders = make_orders(300, 1)
        self.assertEqual({order.scenario.name for order in orders}, {scenario.name for scenario in SCENARIOS})
        self.assertEqual(len({order.key for order in orders}), 300)

    def test_minima_of_strikes(self):
        kinds = [str(number) for number in range(10)]
        self.assertEqual(strike_minima_of(10, kinds)["strike.3"], 0)  # too short to meet each
        self.assertEqual(strike_minima_of(14, kinds)["strike.3"], 1)
        self.assertEqual(strike_minima_of(90, kinds), {"strikes": 45, **{f"strike.{kind}": 3 for kind in kinds}})

    def test_minima_grow_with_the_run(self):
        small, large = minima_of(300, 12), minima_of(5000, 200)
        self.assertTrue(all(0 < small[name] <= large[name] for name in small))


if __name__ == "__main__":
    unittest.main()
