#!/usr/bin/env python3
"""Tests of the checker: a faultless run passes, and for every invariant there is one that breaks it and is caught."""
import io
import sys
import unittest
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import check
from evidence import Row, Stored, Submission
from histories import Run
from invariants import violations_of


def invariants_of(evidence):
    return {violation.invariant for violation in violations_of(evidence)}


def change(rows, number, **fields):
    """Replaces the row at position `number`."""
    rows[number - 1] = replace(rows[number - 1], **fields)


class Faultless(unittest.TestCase):
    def test_passes(self):
        run = Run()
        run.completed("a")
        run.compensated("b")
        run.restarted("c")
        run.retried("d")
        run.parked("e")
        self.assertEqual(violations_of(run.evidence()), [])

    def test_ended_with_nothing_done_passes(self):
        run = Run()
        story = run.story("a")
        story.refuse("charge")
        story.end("faulted")
        submissions = [replace(run.evidence().submissions[0], expected=("faulted",))]
        self.assertEqual(violations_of(run.evidence(submissions=submissions)), [])

    def test_parked_with_an_incident_passes(self):
        run = Run()
        run.parked("a")
        self.assertEqual(violations_of(run.evidence()), [])

    def test_late_do_refused_by_its_tombstone_passes(self):
        run = Run()
        story = run.story("a")
        story.event("StepStarted", "charge", 1)
        story.note("received", "charge")
        story.event("StepFailed", "charge", unknown=True)
        story.event("CompensationStarted")
        story.undo("charge")
        story.end("compensated")
        story.note("refused", "charge", 1, 409)
        self.assertEqual(violations_of(run.evidence()), [])


class Caught(unittest.TestCase):
    """One spoiled run for each invariant."""

    def setUp(self):
        self.run_ = Run()

    def assert_caught(self, invariant, **changes):
        self.assertIn(invariant, invariants_of(self.run_.evidence(**changes)))

    def test_i1_acknowledged_start_lost(self):
        self.run_.completed("a")
        lost = Submission("k", "o", "plain", {"amount": 1}, ("completed",), ("gone",))
        self.assert_caught("I1", submissions=self.run_.evidence().submissions + [lost])

    def test_i1_history_without_its_beginning(self):
        story = self.run_.completed("a")
        change(story.rows, 1, kind="StepStarted")
        self.assert_caught("I1")

    def test_i1_input_altered(self):
        story = self.run_.completed("a")
        change(story.rows, 1, data={"input": {**story.input, "amount": 1}})
        self.assert_caught("I1")

    def test_i2_key_answered_with_two_executions(self):
        self.run_.completed("a")
        self.run_.completed("b")
        first, second = self.run_.evidence().submissions
        self.assert_caught("I2", submissions=[replace(first, acknowledged=("a", "b")), second])

    def test_i2_order_started_twice(self):
        self.run_.completed("a")
        story = self.run_.completed("b")
        change(story.rows, 1, data={"input": {"orderId": "order-a"}})
        self.assert_caught("I2")

    def test_i2_execution_of_nobody(self):
        self.run_.completed("a")
        self.run_.completed("b")
        self.assert_caught("I2", submissions=self.run_.evidence().submissions[:1])

    def test_i3_gap(self):
        story = self.run_.completed("a")
        del story.rows[2]
        self.assert_caught("I3")

    def test_i3_event_after_the_end(self):
        story = self.run_.completed("a")
        story.event("StepStarted", "ship", 1)
        self.assert_caught("I3")

    def test_i3_row_and_history_disagree(self):
        story = self.run_.completed("a")
        self.run_.stored["a"] = Stored("faulted", "compensated", story.key)
        self.assert_caught("I3")

    def test_i4_request_before_its_intent(self):
        story = self.run_.completed("a")
        story.note("received", "ship", 2)
        self.assert_caught("I4")

    def test_i4_request_with_an_epoch_of_its_own(self):
        story = self.run_.completed("a")
        change(story.rows, 2, epoch=0)
        self.assert_caught("I4")

    def test_i5_step_before_its_predecessor(self):
        story = self.run_.story("a")
        for step in ("reserve", "charge", "ship"):
            story.do(step)
        story.end("completed", "completed")
        self.assert_caught("I5")

    def test_i5_step_beside_its_predecessor(self):
        story = self.run_.story("a")
        story.note("received", "charge")
        story.note("received", "reserve")
        story.note("applied", "charge", 1, 201)
        self.assert_caught("I5")

    def test_i6_another_body(self):
        story = self.run_.completed("a")
        story.note("received", "charge", 1, body="other")
        self.assert_caught("I6")

    def test_i7_completed_with_an_effect_missing(self):
        story = self.run_.story("a")
        story.do("charge")
        story.do("reserve")
        story.end("completed", "completed")
        self.assert_caught("I7")

    def test_i7_completed_with_an_effect_twice(self):
        story = self.run_.completed("a")
        story.note("applied", "charge", 2, 201)
        self.assert_caught("I7")

    def test_i7_completed_with_an_effect_undone(self):
        story = self.run_.completed("a")
        story.undo("ship")
        self.assert_caught("I7")

    def test_i7_compensated_with_an_undo_missing(self):
        story = self.run_.story("a")
        story.do("charge")
        story.do("reserve")
        story.refuse("ship")
        story.undo("reserve")
        story.end("compensated")
        self.assert_caught("I7")

    def test_i7_compensated_with_a_late_effect_after_its_undo(self):
        story = self.run_.compensated("a")
        story.note("applied", "charge", 1, 201)  # as many undos as effects: only their order tells
        self.assert_caught("I7")

    def test_i7_faulted_with_an_effect_standing(self):
        story = self.run_.story("a")
        story.do("charge")
        story.end("faulted")
        self.assert_caught("I7")

    def test_i8_undone_in_forward_order(self):
        story = self.run_.story("a")
        story.do("charge")
        story.do("reserve")
        story.refuse("ship")
        story.undo("charge")
        story.undo("reserve")
        story.end("compensated")
        self.assert_caught("I8")

    def test_i8_undone_without_waiting(self):
        story = self.run_.compensated("a")
        received = next(e for e in self.run_.journal if e.key == "a/charge/compensate")
        applied = next(e for e in self.run_.journal if e.key == "a/reserve/compensate" and e.event == "applied")
        journal = [replace(e, sequence=applied.sequence - 0.5) if e is received else e for e in self.run_.journal]
        self.assertEqual(story.rows[-1].data["outcome"], "compensated")
        self.assert_caught("I8", journal=journal)

    def test_i9_step_begins_while_undoing(self):
        story = self.run_.compensated("a")
        story.rows.insert(-1, Row(0, 1, "StepStarted", "ship", 1))
        self.assert_caught("I9")

    def test_i11_epoch_goes_back(self):
        story = self.run_.restarted("a")
        change(story.rows, len(story.rows), epoch=1)
        self.assert_caught("I11")

    def test_i12_neither_ended_nor_parked(self):
        story = self.run_.story("a")
        self.run_.stored["a"] = Stored("running", "", story.key)
        self.assert_caught("I12")

    def test_i12_incident_resolved_and_nothing_more(self):
        story = self.run_.story("a")
        story.event("IncidentRaised", number=1)
        story.event("IncidentResolved", number=1)
        self.assert_caught("I12")

    def test_i12_start_never_acknowledged(self):
        self.run_.completed("a")
        self.assert_caught("I12", submissions=[replace(self.run_.evidence().submissions[0], acknowledged=())])

    def test_i13_history_rewritten(self):
        story = self.run_.completed("a")
        before = [replace(row, attempt=9) for row in story.rows[:3]]
        self.assert_caught("I13", witnesses=[("a", before)])
        self.assertNotIn("I13", invariants_of(self.run_.evidence(witnesses=[("a", story.rows[:3])])))

    def test_i13_history_lost(self):
        self.run_.completed("a")
        self.assert_caught("I13", witnesses=[("b", [Row(1, 1, "ExecutionStarted")])])

    def test_i14_success_that_nobody_applied(self):
        story = self.run_.story("a")
        story.event("StepStarted", "charge", 1)
        story.note("received", "charge")
        story.event("StepCompleted", "charge")
        self.assert_caught("I14")

    def test_i14_success_without_an_answer(self):
        story = self.run_.story("a")
        story.event("StepStarted", "charge", 1)
        story.note("received", "charge")
        story.note("applied", "charge", 1, 201)
        story.note("cut", "charge", 1, 201)
        story.event("StepCompleted", "charge")
        self.assert_caught("I14")

    def test_i14_undo_that_nobody_applied(self):
        story = self.run_.story("a")
        story.do("charge")
        story.event("UndoStarted", "charge/compensate", 1)
        story.event("UndoCompleted", "charge/compensate")
        self.assert_caught("I14")

    def test_i17_books_disagree(self):
        self.run_.completed("a")
        self.assert_caught("I17", balance={"balanced": False, "money": {"shopCents": 1250}})

    def test_i17_money_without_a_charge(self):
        self.run_.completed("a")
        self.assert_caught("I17", balance={"balanced": True, "money": {"shopCents": 1251}})

    def test_plan_another_outcome(self):
        self.run_.compensated("a")
        self.assert_caught("plan", submissions=[replace(self.run_.evidence().submissions[0], expected=("completed",))])

    def test_plan_running_out_of_time_is_no_other_outcome(self):
        story = self.run_.compensated("a")
        failed = next(row for row in story.rows if row.kind == "StepFailed")
        began = next(row for row in story.rows if row.kind == "StepStarted" and row.step == failed.step).at
        change(story.rows, failed.position, at=began + 29_999)
        submissions = [replace(self.run_.evidence().submissions[0], expected=("completed",))]
        self.assert_caught("plan", submissions=submissions)
        change(story.rows, failed.position, at=began + 30_000)
        self.assertEqual(invariants_of(self.run_.evidence(submissions=submissions)), set())

    def test_plan_five_failed_attempts_are_no_other_outcome(self):
        story = self.run_.compensated("a")
        submissions = [replace(self.run_.evidence().submissions[0], expected=("completed",))]
        at = next(i for i, row in enumerate(story.rows) if row.kind == "StepFailed")
        failures = [Row(0, 1, "AttemptFailed", "ship", n, {"outcome": "unknown", "error": {"title": ""}}) for n in (1, 2, 3)]
        story.rows[at:at] = failures
        self.assert_caught("plan", submissions=submissions)
        story.rows[at:at] = [replace(failures[0], attempt=4)]
        self.assertNotIn("plan", invariants_of(self.run_.evidence(submissions=submissions)))

    def test_plan_parked_where_it_should_end(self):
        self.run_.parked("a")
        self.assert_caught("plan", submissions=[replace(self.run_.evidence().submissions[0], expected=("compensated",))])

    def test_database_corrupt(self):
        self.run_.completed("a")
        self.assert_caught("database", integrity="row 3 missing from index")


class Verdict(unittest.TestCase):
    def setUp(self):
        self.run_ = Run()
        self.run_.completed("a")
        self.run_.compensated("b")
        self.run_.restarted("c")

    def report(self, minima, **changes):
        out = io.StringIO()
        return check.report(self.run_.evidence(**changes), minima, out), out.getvalue()

    def test_counts_what_happened(self):
        counts = check.counts_of(self.run_.evidence())
        wanted = {"orders": 3, "kills": 1, "attemptsLost": 1, "repeatedKeys": 1, "undos": 2, "lostReplies": 1,
                  "outcome.completed": 2, "outcome.compensated": 1}
        self.assertEqual({name: counts[name] for name in wanted}, wanted)

    def test_holds(self):
        self.assertEqual(self.report({"kills": 1})[0], 0)

    def test_too_little_is_vacuous(self):
        code, text = self.report({"kills": 2})
        self.assertEqual(code, 3)
        self.assertIn("too few kills: 1, at least 2 are needed\nVACUOUS\n", text)

    def test_violation_outranks_vacuity(self):
        code, text = self.report({"kills": 2}, integrity="broken")
        self.assertEqual(code, 1)
        self.assertIn("VIOLATED: database 1 times", text)


if __name__ == "__main__":
    unittest.main()
