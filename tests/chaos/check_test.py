"""The checker's own tests: a clean run passes, and each violation is caught."""

import copy
import unittest

from check import Checker, Evidence, vacuous

ID = "0192f0c1-2b3c-7def-8abc-0123456789ab"
STEPS = ["chargePayment", "reserveInventory", "createShipment"]


def journal_of(*entries):
    """Entries are (event, path, operation)."""
    return [{"event": event, "key": f"{ID}/{path}", "operation": operation, "attempt": 1, "epoch": 1,
             "bodyHash": path, "sequence": number, "status": 200}
            for number, (event, path, operation) in enumerate(entries, 1)]


def rows_of(*entries):
    """Entries are (kind, step, attempt, data)."""
    return [{"position": number, "kind": kind, "step": step, "attempt": attempt, "data": data, "epoch": 1}
            for number, (kind, step, attempt, data) in enumerate(entries, 1)]


def completed():
    journal, rows = [], [("ExecutionStarted", "", 0, {"input": {"orderId": "A"}})]
    for step in STEPS:
        journal += [("received", step, "do"), ("applied", step, "do"), ("replied", step, "do")]
        rows += [("StepStarted", step, 1, {}), ("StepCompleted", step, 0, {})]
    rows.append(("ExecutionEnded", "", 0, {"outcome": "completed"}))
    return evidence(journal_of(*journal), rows_of(*rows), "completed")


def compensated():
    journal, rows = [], [("ExecutionStarted", "", 0, {"input": {"orderId": "A"}})]
    for step in STEPS[:2]:
        journal += [("received", step, "do"), ("applied", step, "do"), ("replied", step, "do")]
        rows += [("StepStarted", step, 1, {}), ("StepCompleted", step, 0, {})]
    journal += [("received", STEPS[2], "do"), ("refused", STEPS[2], "do"), ("replied", STEPS[2], "do")]
    rows += [("StepStarted", STEPS[2], 1, {}), ("StepFailed", STEPS[2], 0, {}), ("CompensationStarted", "", 0, {})]
    for step in reversed(STEPS[:2]):
        path = step + "/compensate"
        journal += [("received", path, "undo"), ("applied", path, "undo"), ("replied", path, "undo")]
        rows += [("UndoStarted", path, 1, {}), ("UndoCompleted", path, 0, {})]
    rows.append(("ExecutionEnded", "", 0, {"outcome": "compensated", "compensation": "completed"}))
    return evidence(journal_of(*journal), rows_of(*rows), "faulted")


def evidence(journal, rows, phase):
    return Evidence(acknowledged=[{"key": "A", "orderId": "A", "id": ID}], journal=journal,
                    executions={ID: {"phase": phase, "outcome": "", "idempotency_key": "A", "open_incidents": 0}},
                    history={ID: rows}, balance={"balanced": True}, kills=9)


class CheckerTest(unittest.TestCase):
    def expect(self, run, invariant):
        found = {violation.split(":")[0] for violation in Checker(run).run()}
        self.assertIn(invariant, found)

    def test_clean_runs_pass(self):
        self.assertEqual(Checker(completed()).run(), [])
        self.assertEqual(Checker(compensated()).run(), [])

    def test_a_lost_start_is_caught(self):
        run = completed()
        run.history = {}
        self.expect(run, "I1")

    def test_two_executions_of_a_key_are_caught(self):
        run = completed()
        run.executions["other"] = dict(run.executions[ID])
        self.expect(run, "I2")
        run = completed()
        run.acknowledged.append({"key": "A", "orderId": "A", "id": "other"})
        self.expect(run, "I2")

    def test_a_gap_and_a_row_after_the_end_are_caught(self):
        run = completed()
        run.history[ID][3]["position"] = 40
        self.expect(run, "I3")
        run = completed()
        run.history[ID] = run.history[ID] + [{**run.history[ID][1], "position": 9}]
        self.expect(run, "I3")

    def test_a_request_without_intent_is_caught(self):
        run = completed()
        run.journal[0]["attempt"] = 2
        self.expect(run, "I4")
        run = completed()
        run.journal[0]["epoch"] = 2
        self.expect(run, "I4")

    def test_a_step_before_its_predecessor_is_caught(self):
        run = completed()
        run.journal[1]["sequence"] = 99
        self.expect(run, "I5")

    def test_two_bodies_of_a_key_are_caught(self):
        run = completed()
        run.journal[1]["bodyHash"] = "other"
        self.expect(run, "I6")

    def test_missing_doubled_and_standing_effects_are_caught(self):
        run = completed()
        run.journal = [r for r in run.journal if not r["key"].endswith(STEPS[2])]
        self.expect(run, "I7")
        run = completed()
        run.journal.append({**copy.deepcopy(run.journal[1]), "sequence": 99})
        self.expect(run, "I7")
        run = compensated()
        run.journal.append({**copy.deepcopy(run.journal[1]), "sequence": 99})
        self.expect(run, "I7")

    def test_undos_in_forward_order_are_caught(self):
        run = compensated()
        rows = run.history[ID]
        first = next(i for i, row in enumerate(rows) if row["kind"] == "UndoStarted")
        for i in (first, first + 1):
            rows[i]["step"], rows[i + 2]["step"] = rows[i + 2]["step"], rows[i]["step"]
        self.expect(run, "I8")

    def test_a_stuck_execution_is_caught(self):
        run = completed()
        run.executions[ID]["phase"] = "running"
        self.expect(run, "I12")
        run.executions[ID].update(phase="suspended", open_incidents=1)
        self.assertEqual(Checker(run).run(), [])

    def test_an_invented_success_is_caught(self):
        run = completed()
        run.journal = [r for r in run.journal if r["event"] != "replied"]
        self.expect(run, "I14")

    def test_unbalanced_ledgers_are_caught(self):
        run = completed()
        run.balance = {"balanced": False}
        self.expect(run, "I17")

    def test_a_run_without_trouble_is_vacuous(self):
        self.assertTrue(vacuous(Checker(completed()).counts()))


if __name__ == "__main__":
    unittest.main()
