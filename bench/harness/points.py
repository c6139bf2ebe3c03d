"""One point of the bench: a variant of the standard work at one concurrency, on a fresh engine and a fresh database."""
from dataclasses import dataclass

from . import ceilings
from .servers import Engine
from .workplace import BENCH, cores, file_bytes, rows_by_table


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


def measure(place, nginx, measured_ceilings, name, concurrency, seconds, warmup):
    variant = VARIANTS[name]
    folder = place.folder(f"{name}-{concurrency}")
    adapters = place.adapters(folder, nginx.port)
    with Engine(place.binary, folder, BENCH / "workflows", adapters) as engine:
        load = place.tool("skald-load", "--server", f"127.0.0.1:{engine.port}", "--workflow", f"bench/{variant.workflow}",
                          "--expect-outcome", variant.outcome, "--connections", concurrency, "--seconds", seconds,
                          "--warmup", warmup, "--watch", f"engine={engine.pid}", "--watch", f"participant={nginx.worker_pid}")
        executions = load["good"] + load["bad"] + load["unanswered"]
        tables = {table: rows / executions for table, rows in rows_by_table(engine.database).items()} if executions else {}
        stored = file_bytes(engine.database) / executions if executions else None
    point = {"kind": "point", "variant": name, "concurrency": concurrency, "perSecond": load["perSecond"], "latencyMs": load["latencyMs"],
             "cpuMicros": {process: use["cpuMicros"] for process, use in load["processes"].items()},
             "waits": {process: use["waits"] for process, use in load["processes"].items()},
             "historyRows": tables.get("history", 0), "tables": tables,
             "writtenBytes": load["processes"]["engine"]["writtenBytes"], "storedBytes": stored,
             "residentBytes": load["processes"]["engine"]["residentBytes"],
             "residentPeakBytes": load["processes"]["engine"]["residentPeakBytes"],
             "measured": load["measured"], "bad": load["bad"], "unanswered": load["unanswered"],
             "badKinds": load["badKinds"], "firstBad": load["firstBad"]}
    if point["historyRows"]:
        point["ceiling"] = ceilings.ceiling(measured_ceilings, cores(), concurrency, variant.requests, variant.commits, point["historyRows"])
        point["ratio"] = point["perSecond"] / point["ceiling"]["perSecond"]
    return point
