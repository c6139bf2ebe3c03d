#!/usr/bin/env python3
"""Tests of what is judged over several nodes: takeovers that are late, requests that are stale, lists that differ."""
import sys
import unittest
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import takeovers
from histories import Run
from invariants import violations_of
from plan import POLICY
from timing_test import NS_PER_MS


class SeveralNodes(unittest.TestCase):
    def setUp(self):
        self.run_ = Run()

    def evidence(self, times=None, views=None, **changes):
        views = views or self.run_.views()
        views = replace(views, metrics={("skald_node_leases", ()): 256, **views.metrics})
        nemesis = {"kills": 1, "takeovers": times or {}}
        return self.run_.evidence(**{"nodes": 2, "lease_ms": 3000, "nemesis": nemesis, "views": views, **changes})

    def caught(self, **changes):
        return {v.invariant for v in violations_of(self.evidence(**changes))}

    def test_taken_over_in_time(self):
        self.run_.restarted("a")
        self.assertEqual(self.caught(times={"killed": [4.9], "stalled": [6.9], "drained": [1.9]}), set())

    def test_taken_over_late(self):
        for how, seconds in (("killed", 5.1), ("stalled", 7.1), ("parted", 7.1), ("drained", 2.1)):
            self.assertEqual(self.caught(times={how: [0.5, seconds]}), {"takeover"}, how)

    def test_a_stale_delivery_is_counted_and_allowed(self):
        story = self.run_.restarted("a")
        self.assertEqual(list(takeovers.stale_deliveries(self.evidence())), [])
        received = next(e for e in self.run_.journal if e.event == "received")
        stale = replace(received, sequence=1000, ns=self.run_.tick() * NS_PER_MS)
        self.run_.journal += [stale, replace(stale, event="repeated", sequence=1001)]
        self.assertEqual(list(takeovers.stale_deliveries(self.evidence())), [stale])
        self.assertEqual(self.caught(), set())
        self.assertEqual(takeovers.moved(self.evidence()), 1)
        self.assertEqual(story.rows[0].epoch, stale.epoch)

    def test_a_stale_delivery_that_the_old_owner_never_intended(self):
        self.run_.restarted("a")
        received = next(e for e in self.run_.journal if e.event == "received")
        self.run_.journal.append(replace(received, sequence=1000, attempt=2))
        self.assertEqual(self.caught(), {"I4"})

    def test_i15_is_for_each_node(self):
        for number in range(2 * POLICY["concurrency"] + 1):
            self.assertEqual(self.caught(), set())
            story = self.run_.completed(f"e{number}")
            self.run_.journal[:] = [self.together(e) if e.key == f"{story.execution}/charge" else e for e in self.run_.journal]
        self.assertEqual(self.caught(), {"I15"})

    @staticmethod
    def together(entry):
        return replace(entry, ns=10 * NS_PER_MS if entry.event == "replied" else 1)

    def test_i18_nodes_tell_different_things(self):
        self.assertEqual(self.caught(views=replace(self.run_.views(), differing=["b"])), {"I18"})

    def test_i18_a_shard_without_a_node(self):
        views = self.run_.views()
        self.assertEqual(self.caught(views=replace(views, metrics={**views.metrics, ("skald_node_leases", ()): 255})), {"I18"})


if __name__ == "__main__":
    unittest.main()
