"""How the standard work fares on a database that holds many ended executions, beside an empty one in the same minutes.

Both engines run all the while and take turns: what the neighbours do to this machine, they do to both.
"""
import time
from contextlib import ExitStack, closing

from . import stored
from .databases import PostgresDatabase, SqliteFile
from .memory import start_many, steady_memory
from .servers import Engine
from .workplace import BENCH

WORKFLOW = "three-steps"
CONCURRENCY = 64
DAYS, HOUR_MILLIS = 20, 3_600_000  # ended within so many days: retention is not to remove them meanwhile


class Ground:
    """A database with `count` ended executions, and an engine on it."""

    def __init__(self, place, nginx, name, count, postgres):
        self.place, self.count = place, count
        self.folder = place.folder(name)
        self.adapters = place.adapters(self.folder, nginx.port)
        self.database = (PostgresDatabase if postgres else SqliteFile)(self.folder)
        self.seconds, self.good, self.bad, self.engine_cpu, self.database_cpu, self.p50, self.p99 = 0, 0, 0, 0, 0, [], []

    def engine(self):
        return Engine(self.place.binary, self.folder, BENCH / "workflows", self.adapters, self.database)

    def fill(self):
        """Returns rows and bytes an execution, and how long the next start takes until it is ready."""
        with self.engine() as engine:
            start_many(self.place, engine, WORKFLOW, 1)
            time.sleep(1)
        if self.count:
            bytes_before, now = self.database.stored_bytes(), int(time.time() * 1000)
            stored.fill(self.database, WORKFLOW, stored.evenly(self.count, now - DAYS * 24 * HOUR_MILLIS, now - HOUR_MILLIS))
            rows, size = self.database.rows(), self.database.stored_bytes() - bytes_before
            shape = {"historyRows": rows["history"] / rows["executions"], "storedBytes": size / self.count}
        else:
            shape = {}
        begun = time.monotonic()
        with self.engine() as engine:
            shape["secondsToReady"] = time.monotonic() - begun
            shape["residentBytes"] = steady_memory(engine)[0]
        return shape

    def turn(self, engine, nginx, seconds, warmup):
        database_before = self.database.cpu_seconds()
        load = self.place.tool("skald-load", "--server", f"127.0.0.1:{engine.port}", "--workflow", f"bench/{WORKFLOW}", "--expect-outcome",
                               "completed", "--connections", CONCURRENCY, "--seconds", seconds, "--warmup", warmup, "--watch", f"engine={engine.pid}")
        self.seconds += seconds
        self.good += load["perSecond"] * seconds
        self.bad += load["bad"] + load["unanswered"]
        self.engine_cpu += load["processes"]["engine"]["cpuMicros"] * load["perSecond"] * seconds
        if database_before is not None:
            # Over the warm-up too: its processes come and go.
            self.database_cpu += (self.database.cpu_seconds() - database_before) * 1e6 * seconds / (seconds + warmup)
        self.p50.append(load["latencyMs"]["p50"])
        self.p99.append(load["latencyMs"]["p99"])

    def figures(self):
        figures = {"perSecond": self.good / self.seconds, "p50Ms": sum(self.p50) / len(self.p50), "p99Ms": sum(self.p99) / len(self.p99),
                   "engineMicros": self.engine_cpu / self.good, "bad": self.bad}
        if self.database_cpu:
            figures["databaseMicros"] = self.database_cpu / self.good
        return figures


def measure(place, nginx, count, turns, seconds, postgres):
    with ExitStack() as stack:
        grounds = [Ground(place, nginx, f"growth-{n}", n, postgres) for n in (0, count)]
        for ground in grounds:
            stack.enter_context(closing(ground.database))
        shape = [ground.fill() for ground in grounds][1]
        engines = [stack.enter_context(ground.engine()) for ground in grounds]
        for turn in range(turns):
            order = (0, 1) if turn % 2 == 0 else (1, 0)
            for i in order:
                grounds[i].turn(engines[i], nginx, seconds, warmup=1)
        empty, full = (ground.figures() for ground in grounds)
    return {"kind": "growth", "database": "postgres" if postgres else "sqlite", "executions": count, "empty": empty, "full": full, **shape}
