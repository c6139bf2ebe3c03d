"""The measured ceiling: the standard work with no engine in it, at one concurrency, on a fresh database."""
from .servers import Probe

SECONDS = 4
WARMUP = 1


def measure(place, nginx, concurrency, engine_work):
    """`engine_work`: what the engine's database holds of an execution, which the probe's is to equal."""
    folder = place.folder(f"probe-{concurrency}")
    with Probe(place.program("skald-probe"), folder, nginx.port) as probe:
        load = place.tool("skald-load", "--server", f"127.0.0.1:{probe.port}", "--expect-outcome", "completed",
                          "--connections", concurrency, "--seconds", SECONDS, "--warmup", WARMUP,
                          "--watch", f"probe={probe.pid}", "--watch", f"participant={nginx.worker_pid}")
        if load["bad"] or load["unanswered"]:
            raise RuntimeError(f"the probe did not answer as it should: {load['bad']} bad, {load['unanswered']} unanswered: {load['firstBad']}")
        check_same(engine_work, probe.database.standard_work())
        tables = {table: rows / load["good"] for table, rows in probe.database.rows().items()}
    return {"perSecond": load["perSecond"], "latencyMs": load["latencyMs"], "tables": tables,
            "cpuMicros": {process: use["cpuMicros"] for process, use in load["processes"].items()},
            "writtenBytes": load["processes"]["probe"]["writtenBytes"]}


def check_same(engine_work, probe_work):
    """A probe that writes other rows, or has other tables, measures nothing. The engine may have more kinds of rows: it tries again."""
    for what, found in probe_work.items():
        other = set(found) - set(engine_work[what])
        if what == "tables":
            other |= set(engine_work[what]) - set(found)
        other = sorted(other, key=str)
        if other:
            raise RuntimeError(f"the probe does not write what the engine writes: {what} {other[0]}, the engine {engine_work[what]}")
