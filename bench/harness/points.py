"""One point of the bench: a variant of the standard work at one concurrency, on a fresh engine and a fresh database."""
from contextlib import closing
from dataclasses import dataclass

from . import ceilings, probe
from .databases import PostgresDatabase, SqliteFile
from .servers import Engine
from .workplace import BENCH, cores


@dataclass(frozen=True)
class Variant:
    workflow: str
    outcome: str
    requests: int  # an execution: its start and its calls
    commits: int   # an execution: a step's end and the next one's start are one


VARIANTS = {
    "completed": Variant("three-steps", "completed", requests=4, commits=4),
    "refused": Variant("three-steps-refused", "compensated", requests=6, commits=6),
}


def has_probe(name, postgres):
    """It does the standard work on SQLite, and that alone."""
    return name == "completed" and not postgres


def measure(place, nginx, measured_ceilings, name, concurrency, seconds, warmup, postgres=False):
    variant = VARIANTS[name]
    folder = place.folder(f"{name}-{concurrency}")
    adapters = place.adapters(folder, nginx.port)
    with closing((PostgresDatabase if postgres else SqliteFile)(folder)) as database, \
            Engine(place.binary, folder, BENCH / "workflows", adapters, database) as engine:
        database_before = database.cpu_seconds()
        load = place.tool("skald-load", "--server", f"127.0.0.1:{engine.port}", "--workflow", f"bench/{variant.workflow}",
                          "--expect-outcome", variant.outcome, "--connections", concurrency, "--seconds", seconds,
                          "--warmup", warmup, "--watch", f"engine={engine.pid}", "--watch", f"participant={nginx.worker_pid}")
        database_after = database.cpu_seconds()
        executions = load["good"] + load["bad"] + load["unanswered"]
        tables = {table: rows / executions for table, rows in database.rows().items()} if executions else {}
        stored = database.stored_bytes() / executions if executions else None
        work = database.standard_work() if has_probe(name, postgres) else None
    point = {"kind": "point", "variant": name, "concurrency": concurrency, "perSecond": load["perSecond"], "latencyMs": load["latencyMs"],
             "cpuMicros": {process: use["cpuMicros"] for process, use in load["processes"].items()},
             "waits": {process: use["waits"] for process, use in load["processes"].items()},
             "historyRows": tables.get("history", 0), "tables": tables,
             "writtenBytes": load["processes"]["engine"]["writtenBytes"], "storedBytes": stored,
             "residentBytes": load["processes"]["engine"]["residentBytes"],
             "residentPeakBytes": load["processes"]["engine"]["residentPeakBytes"],
             "measured": load["measured"], "bad": load["bad"], "unanswered": load["unanswered"],
             "badKinds": load["badKinds"], "firstBad": load["firstBad"]}
    if database_before is not None and executions:
        # Over the warm-up too: its processes come and go.
        point["cpuMicros"]["database"] = (database_after - database_before) * 1e6 / executions
    elif point["historyRows"]:
        point["bound"] = ceilings.bound(measured_ceilings, cores(), concurrency, variant.requests, variant.commits, point["historyRows"])
        point["shareOfBound"] = point["perSecond"] / point["bound"]["perSecond"]
    if work and load["good"]:
        point["probe"] = probe.measure(place, nginx, concurrency, work)
        point["shareOfProbe"] = point["perSecond"] / point["probe"]["perSecond"]
        if point["cpuMicros"]["engine"]:
            point["cpuShareOfProbe"] = point["probe"]["cpuMicros"]["probe"] / point["cpuMicros"]["engine"]
    return point
