"""The arithmetic of bench/run, and that it finds what it replaces in its files."""
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from harness import ceilings, points, probe, report, shares, stored  # noqa: E402
from harness.workplace import BENCH, SINK_ADDRESS, PARTICIPANT_ADDRESS  # noqa: E402

MEASURED = {
    "requests": {1: {"perSecond": 10_000, "p50Ms": 0.1, "clientMicros": 20, "serverMicros": 20},
                 64: {"perSecond": 100_000, "p50Ms": 0.6, "clientMicros": 5, "serverMicros": 5}},
    "commits": {1: {"commitMs": 0.2, "cpuMicrosARow": 50, "rowsPerSecond": 5_000},
                28: {"commitMs": 0.3, "cpuMicrosARow": 5, "rowsPerSecond": 100_000},
                76: {"commitMs": 0.4, "cpuMicrosARow": 2.5, "rowsPerSecond": 400_000}}}


def point(**changes):
    return {"kind": "point", "variant": "completed", "concurrency": 64, "perSecond": 9_000, "latencyMs": {"p50": 1.0, "p99": 2.0},
            "cpuMicros": {"engine": 120.0}, "shareOfProbe": 0.6, "shareOfBound": 0.3, "bad": 0, "unanswered": 0, **changes}


class StoredTest(unittest.TestCase):
    def copier(self):
        columns = ["id", "shard", "started_at", "ended_at", "wake_at"]
        history = [["x", 1, 1_000, '{"at":"1970-01-01T00:00:02.500Z"}']]
        return stored.Copier((columns, ["x", 0, 1_000, None, 2_500]), (["execution", "position", "at", "data"], history))

    def test_a_copy_has_its_own_id_and_its_times_moved(self):
        row, history = self.copier().copy(61_000)
        self.assertEqual(row[1], stored.shard_of(row[0]))
        self.assertEqual(row[2:], [61_000, None, 62_500])
        self.assertEqual(history, [[row[0], 1, 61_000, '{"at":"1970-01-01T00:01:02.500Z"}']])

    def test_ids_are_uuid_7_and_grow(self):
        ids = [row[0] for row, _ in self.copier().copies(stored.evenly(100, 1_795_286_037_862, 1_795_286_040_000))]
        self.assertEqual(ids, sorted(ids))
        for text in ids:
            self.assertRegex(text, r"^01a1ff6[23]-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$")

    def test_shards_are_the_engines(self):
        self.assertEqual(stored.shard_of("01a1ff62-f566-7d9f-a3f2-6b1ebf195f4f"), 123)  # as an engine stored it


class GrowthGoalTest(unittest.TestCase):
    def met(self, **full):
        empty = {"perSecond": 1_000, "engineMicros": 100, "databaseMicros": 100, "bad": 0}
        record = {"kind": "growth", "database": "postgres", "executions": 10, "empty": empty, "full": {**empty, **full}}
        return [met for _, _, met in shares.goals(record)]

    def test_a_tenth_is_the_limit(self):
        self.assertEqual(self.met(), [True, True, True])
        self.assertEqual(self.met(engineMicros=125), [True, False, True])
        self.assertEqual(self.met(perSecond=890, bad=1), [False, True, False])


class PoisonTest(unittest.TestCase):
    def met(self, **poisoned):
        healthy = {"perSecond": 1_000, "bad": 0}
        return [met for _, _, met in shares.goals({"kind": "poison", "healthy": healthy, "poisoned": {**healthy, **poisoned}})]

    def test_a_tenth_is_the_limit(self):
        self.assertEqual(self.met(perSecond=910), [True, True])
        self.assertEqual(self.met(perSecond=890, bad=1), [False, False])


class BoundTest(unittest.TestCase):
    def test_busy_machine_is_bound_by_cpu(self):
        found = ceilings.bound(MEASURED, cores=2, concurrency=64, requests=4, commits=4, rows=8)
        self.assertEqual(found["boundBy"], "cpu")
        self.assertAlmostEqual(found["perSecond"], 2e6 / (4 * 10 + 8 * 2.5))
        self.assertAlmostEqual(found["bounds"]["disk"], 50_000)

    def test_one_in_flight_is_bound_by_latency(self):
        found = ceilings.bound(MEASURED, cores=2, concurrency=1, requests=4, commits=4, rows=8)
        self.assertEqual(found["boundBy"], "latency")
        self.assertAlmostEqual(found["perSecond"], 1 / 0.0012)

    def test_more_rows_lower_the_ceiling(self):
        few, many = (ceilings.bound(MEASURED, 2, 64, 4, 4, rows)["perSecond"] for rows in (8, 80))
        self.assertLess(many, few)


class GoalTest(unittest.TestCase):
    def missed(self, record):
        return [what for what, _, met in report.goals_of_point(record) if not met]

    def test_good_point_misses_nothing(self):
        self.assertEqual(self.missed(point()), [])

    def test_each_goal_can_be_missed(self):
        for changes in ({"bad": 1}, {"unanswered": 1}, {"perSecond": 7_999}, {"shareOfProbe": 0.49}, {"cpuMicros": {"engine": 141.0}},
                        {"variant": "refused", "perSecond": 4_999},
                        {"concurrency": 1, "latencyMs": {"p50": 2.0, "p99": 3.0}}):
            self.assertEqual(len(self.missed(point(**changes))), 1, changes)

    def test_point_without_a_good_answer_misses_its_goals(self):
        empty = point(perSecond=0, latencyMs={"p50": None, "p99": None}, cpuMicros={"engine": None}, bad=5)
        del empty["shareOfProbe"]
        self.assertEqual(len(self.missed(empty)), 4)

    def test_share_of_the_bound_is_shown_and_no_goal(self):
        self.assertEqual(self.missed(point(shareOfBound=0.1)), [])
        values = [value for what, value, _ in report.goals_of_point(point()) if "half" in what]
        self.assertEqual(values, ["60 %; of the bound 30 %"])

    def test_memory_goals_are_by_kind(self):
        for executions, fits, tight in ((10_000, 149e6, 151e6), (100_000, 99e6, 101e6)):
            for resident, met in ((fits, True), (tight, False)):
                record = {"what": "x", "executions": executions, "residentBytes": resident}
                self.assertEqual([goal[2] for goal in report.goals_of_memory(record)], [met])


class ProbeTest(unittest.TestCase):
    work = {"tables": [("history", "CREATE TABLE history ...")], "history": [(1, "ExecutionStarted", 314), (2, "StepStarted", 160)]}

    def test_same_rows_pass_and_the_engine_may_have_more(self):
        probe.check_same(self.work, self.work)
        probe.check_same({**self.work, "history": [*self.work["history"], (3, "AttemptFailed", 80)]}, self.work)

    def test_other_rows_and_tables_are_named(self):
        for what, other in (("history", (2, "StepStarted", 161)), ("tables", ("history", "CREATE TABLE history () WITHOUT ROWID"))):
            with self.assertRaisesRegex(RuntimeError, f"does not write what the engine writes: {what}"):
                probe.check_same(self.work, {**self.work, what: [other]})

    def test_an_index_that_only_the_engine_has_is_named(self):
        with self.assertRaisesRegex(RuntimeError, "tables .*by_time"):
            probe.check_same({**self.work, "tables": [*self.work["tables"], ("by_time", "CREATE INDEX by_time ...")]}, self.work)

    def test_completed_on_sqlite_alone_has_a_probe(self):
        self.assertEqual([points.has_probe(name, postgres) for name in points.VARIANTS for postgres in (False, True)],
                         [True, False, False, False])


class DefinitionTest(unittest.TestCase):
    def test_addresses_are_there_to_be_replaced(self):
        adapters = (BENCH / "adapters.yaml").read_text()
        for text in (PARTICIPANT_ADDRESS, SINK_ADDRESS, "concurrency: 10000"):
            self.assertIn(text, adapters)

    def test_every_variant_has_its_workflow(self):
        for variant in points.VARIANTS.values():
            self.assertIn(f"name: {variant.workflow},", (BENCH / "workflows" / f"{variant.workflow}.yaml").read_text())


if __name__ == "__main__":
    unittest.main()
