#!/usr/bin/env python3
"""Tests of I15 and I16: attempts, gaps and calls at once that are against the policy, and delays that are early."""
import sys
import unittest
from dataclasses import replace
from datetime import datetime, timezone
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import timing
from histories import Run
from invariants import violations_of
from plan import POLICY

NS_PER_MS = 1_000_000


class Timing(unittest.TestCase):
    def setUp(self):
        self.run_ = Run()

    def caught(self, **changes):
        return {violation.invariant for violation in violations_of(self.run_.evidence(**changes))}

    def shift(self, step, attempt, milliseconds):
        """Moves what the participant noted of an attempt in its own time."""
        self.run_.journal[:] = [replace(e, ns=e.ns + milliseconds * NS_PER_MS) if e.key.endswith(step) and e.attempt == attempt else e
                                for e in self.run_.journal]

    def test_as_planned_passes(self):
        self.run_.retried("a")
        self.assertEqual(self.caught(), set())
        self.assertEqual([retry.failures for _, retry, _ in timing.retries_received(self.run_.evidence())], [1, 2])

    def test_i15_planned_too_soon(self):
        story = self.run_.story("a")
        story.event("StepStarted", "charge", 1)
        story.fail("charge", 1)
        story.retry("charge", 2, 190)
        self.assertIn("I15", self.caught())

    def test_i15_the_delay_does_not_grow(self):
        story = self.run_.story("a")
        story.event("StepStarted", "charge", 1)
        for attempt in (1, 2):
            story.fail("charge", attempt)
            story.retry("charge", attempt + 1, 250)
        self.assertIn("I15", self.caught())

    def test_i15_planned_too_late(self):
        story = self.run_.story("a")
        story.event("StepStarted", "charge", 1)
        story.fail("charge", 1)
        story.retry("charge", 2, 310)
        self.assertIn("I15", self.caught())

    def test_i15_an_undo_follows_its_own_policy(self):
        story = self.run_.story("a")
        story.event("UndoStarted", "charge/compensate", 1)
        story.fail("charge/compensate", 1)
        story.retry("charge/compensate", 2, 250)
        self.assertIn("I15", self.caught())

    def test_i15_one_attempt_too_many(self):
        story = self.run_.story("a")
        story.event("StepStarted", "charge", 1)
        for attempt, delay in ((1, 200), (2, 400), (3, 800), (4, 1600)):
            story.fail("charge", attempt)
            story.retry("charge", attempt + 1, delay)
        story.fail("charge", 5)
        self.assertNotIn("I15", self.caught())
        story.retry("charge", 6, 3200)
        story.fail("charge", 6)
        self.assertIn("I15", self.caught())

    def test_i15_an_operator_begins_the_attempts_anew(self):
        story = self.run_.story("a")
        story.event("StepStarted", "charge", 1)
        story.fail("charge", 1)
        story.event("IncidentRaised", "charge", number=1)
        story.event("IncidentResolved", number=1)
        story.event("AttemptStarted", "charge", 2)
        for attempt, delay in ((2, 200), (3, 400), (4, 800), (5, 1600)):
            story.fail("charge", attempt)
            story.retry("charge", attempt + 1, delay)
        story.fail("charge", 6)
        self.assertNotIn("I15", self.caught())

    def test_i15_an_attempt_that_was_received_but_not_counted(self):
        story = self.run_.story("a")
        story.event("StepStarted", "charge", 1)
        story.note("received", "charge", 1)
        for attempt in (2, 3, 4, 5, 6):
            story.event("AttemptStarted", "charge", attempt)
            story.note("received", "charge", attempt)
        self.assertIn("I15", self.caught())
        story.rows[2:2] = [replace(story.rows[1], kind="AttemptLost", attempt=1)]
        self.assertNotIn("I15", self.caught())

    def test_i15_too_many_calls_at_once(self):
        for number in range(POLICY["concurrency"] + 1):
            if number == POLICY["concurrency"]:
                self.assertNotIn("I15", self.caught())
            story = self.run_.completed(f"e{number}")
            self.run_.journal[:] = [self.together(e) if e.key == f"{story.execution}/charge" else e for e in self.run_.journal]
        self.assertEqual(timing.most_at_once(self.run_.evidence()), (POLICY["concurrency"] + 1, "payments"))
        self.assertIn("I15", self.caught())

    @staticmethod
    def together(entry):
        return replace(entry, ns=10 * NS_PER_MS if entry.event == "replied" else 1)

    def test_i16_started_before_its_time(self):
        story = self.run_.retried("a")
        at = next(i for i, row in enumerate(story.rows) if row.kind == "AttemptStarted")
        story.rows[at] = replace(story.rows[at], at=story.rows[at].at - 1)
        self.assertIn("I16", self.caught())

    def test_i16_arrived_before_its_time(self):
        self.run_.retried("a")
        self.shift("charge", 1, -20)
        self.assertNotIn("I16", self.caught())
        self.shift("charge", 1, 40)
        self.assertIn("I16", self.caught())

    def test_i16_a_step_that_is_given_up_is_settled_at_once(self):
        """But an attempt that was not given up keeps its time."""
        for kind, caught in (("StepFailed", set()), ("StatusChanged", {"I16"})):
            self.setUp()
            story = self.run_.story("a")
            story.event("StepStarted", "charge", 1)
            story.fail("charge", 1)
            at = datetime.fromtimestamp((self.run_.now + 251) / 1000, timezone.utc).isoformat()
            story.event("RetryScheduled", "charge", 2, at=at)
            story.event(kind, "charge")
            story.event("CompensationStarted", reason="cancel")
            story.event("SettleStarted", "charge", 2)
            story.serve("charge", 2)
            story.event("SettleEnded", "charge", done=True)
            story.undo("charge")
            story.end("compensated", "cancelled")
            self.assertEqual(self.caught(), caught, kind)

    def test_i16_an_unanswered_attempt_may_arrive_late(self):
        story = self.run_.retried("a")
        self.shift("charge", 1, 20)
        story.rows[:] = [replace(row, data={**row.data, "error": {"title": "the connection was lost"}}) if row.kind == "AttemptFailed" else row
                         for row in story.rows]
        self.assertNotIn("I16", self.caught())


if __name__ == "__main__":
    unittest.main()
