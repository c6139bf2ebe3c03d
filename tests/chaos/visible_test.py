#!/usr/bin/env python3
"""Tests of I10 and I18: what is parked but not shown, and what is shown but not so."""
import sys
import unittest
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from evidence import Stored
from histories import Run
from invariants import violations_of


class Shown(unittest.TestCase):
    def setUp(self):
        self.run_ = Run()
        self.run_.completed("a")
        self.story = self.run_.parked("b")
        self.views = self.run_.views()

    def caught(self, **changes):
        return {v.invariant for v in violations_of(self.run_.evidence(**{"views": self.views, **changes}))}

    def with_metric(self, name, value, **labels):
        return replace(self.views, metrics={**self.views.metrics, (name, tuple(labels.items())): value})

    def test_all_shown_passes(self):
        self.assertEqual(self.caught(), set())

    def test_i10_not_in_the_list(self):
        self.assertEqual(self.caught(views=replace(self.views, incidents=set())), {"I10"})

    def test_i10_in_the_list_but_resolved(self):
        self.views.incidents.add(("a", 1))
        self.assertEqual(self.caught(), {"I10"})

    def test_i10_never_logged(self):
        self.assertEqual(self.caught(views=replace(self.views, logged=set())), {"I10"})

    def test_i10_not_in_the_gauge(self):
        self.assertEqual(self.caught(views=self.with_metric("skald_incidents_open", 0)), {"I10"})

    def test_i10_not_in_its_row(self):
        self.run_.stored["b"] = replace(self.run_.stored["b"], open_incidents=0)
        self.assertEqual(self.caught(), {"I10"})

    def test_i10_goes_on_with_an_open_incident(self):
        self.run_.stored["b"] = Stored("running", "", self.story.key, 1)
        self.assertIn("I10", self.caught())

    def test_i18_stored_but_not_listed(self):
        del self.views.executions["a"]
        self.assertEqual(self.caught(), {"I18"})

    def test_i18_listed_with_another_outcome(self):
        self.views.executions["a"] = ("faulted", "compensated")
        self.assertEqual(self.caught(), {"I18"})

    def test_i18_counted_twice(self):
        self.assertEqual(self.caught(views=self.with_metric("skald_executions_finished_total", 2, outcome="completed")), {"I18"})

    def test_i18_counted_under_another_outcome(self):
        self.assertEqual(self.caught(views=self.with_metric("skald_executions_finished_total", 1, outcome="faulted")), {"I18"})

    def test_i18_only_the_last_process_counts(self):
        later = replace(self.views, since=self.run_.now + 1, metrics={
            key: value for key, value in self.views.metrics.items() if not key[0].endswith("_total")})
        self.assertEqual(self.caught(views=later), set())

    def test_i18_gauge_below_zero(self):
        self.assertEqual(self.caught(views=self.with_metric("skald_executions_active", -3, phase="running")), {"I18"})


if __name__ == "__main__":
    unittest.main()
