"""What executions in flight and executions that wait cost in memory."""
import time

from .servers import Engine, Sink, poll
from .workplace import BENCH

IN_FLIGHT = 10_000
WAITING = 100_000
STEADY_SECONDS = 3
STEADY_SECONDS_MAX = 20


def steady_memory(engine):
    """Resident bytes once they have moved by less than 1 % for some seconds, and the peak."""
    deadline = time.monotonic() + STEADY_SECONDS_MAX
    seen = [engine.memory()[0]]
    while time.monotonic() < deadline:
        time.sleep(0.5)
        seen.append(engine.memory()[0])
        recent = seen[-2 * STEADY_SECONDS:]
        if len(recent) == 2 * STEADY_SECONDS and max(recent) - min(recent) < 0.01 * max(recent):
            break
    return engine.memory()


def start_many(place, engine, workflow, count):
    load = place.tool("skald-load", "--server", f"127.0.0.1:{engine.port}", "--workflow", f"bench/{workflow}", "--idle", count,
                      "--connections", 64)
    if load["good"] != count:
        raise RuntimeError(f"{load['bad']} of {count} starts failed, the first with {load['firstBad']}")
    return load["perSecond"]


def in_flight(place, nginx, calls_open):
    """Executions whose participant never answers, `calls_open` of them with an open call, the others queued for one."""
    folder = place.folder(f"in-flight-{calls_open}")
    with Sink() as sink:
        adapters = place.adapters(folder, nginx.port, sink.port, calls_open)
        with Engine(place.binary, folder, BENCH / "workflows", adapters) as engine:
            empty, _ = engine.memory()
            starts = start_many(place, engine, "held", IN_FLIGHT)
            poll(lambda: len(sink.accepted) >= calls_open, 60, f"{calls_open} calls open")
            resident, peak = steady_memory(engine)
            opened = len(sink.accepted)
            # Its calls would be awaited to their deadline; what was to be measured is measured.
            engine.process.kill()
            engine.process.wait()
    return {"kind": "memory", "what": f"{IN_FLIGHT} in flight, {opened} calls open", "executions": IN_FLIGHT,
            "emptyBytes": empty, "residentBytes": resident, "residentPeakBytes": peak, "startsPerSecond": starts}


def waiting(place, nginx):
    """Executions that wait an hour for the next attempt; and the same after a restart."""
    folder = place.folder("waiting")
    adapters = place.adapters(folder, nginx.port)
    results = []
    with Engine(place.binary, folder, BENCH / "workflows", adapters) as engine:
        empty, _ = engine.memory()
        starts = start_many(place, engine, "waiting", WAITING)
        poll(lambda: engine.database.history_rows("RetryScheduled") >= WAITING, 120, "all executions wait")
        resident, peak = steady_memory(engine)
        results.append({"kind": "memory", "what": f"{WAITING} waiting for a retry", "executions": WAITING, "emptyBytes": empty,
                        "residentBytes": resident, "residentPeakBytes": peak, "startsPerSecond": starts,
                        "storedBytes": engine.database.stored_bytes() / WAITING})
    begun = time.monotonic()
    with Engine(place.binary, folder, BENCH / "workflows", adapters) as engine:
        ready = time.monotonic() - begun
        resident, peak = steady_memory(engine)
    results.append({"kind": "memory", "what": f"{WAITING} waiting, after a restart", "executions": WAITING, "emptyBytes": empty,
                    "residentBytes": resident, "residentPeakBytes": peak, "secondsToReady": ready})
    return results


def measure(place, nginx):
    yield in_flight(place, nginx, IN_FLIGHT)
    yield in_flight(place, nginx, 64)
    yield from waiting(place, nginx)
