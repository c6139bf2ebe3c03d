"""Very many executions that wait for their next attempt: what an engine that starts among them costs, and whether those
that become due meanwhile go on in time."""
import time
from contextlib import closing

from . import stored
from .databases import PostgresDatabase, SqliteFile
from .memory import start_many, steady_memory
from .servers import Engine, poll
from .workplace import BENCH

WORKFLOW = "waiting"
HOUR_MILLIS = 3_600_000
DUE = 2_000           # of them within DUE_SECONDS
DUE_FIRST_SECONDS = 60
DUE_SECONDS = 10
IDLE_SECONDS = 8


def fill(database, count):
    """Each waits an hour: most began to in the last half hour, DUE of them a little less than an hour ago. Returns when those are due."""
    now = int(time.time() * 1000)
    stored.fill(database, WORKFLOW, stored.evenly(count - DUE, now - HOUR_MILLIS // 2, now))
    due = int(time.time() + DUE_FIRST_SECONDS) * 1000
    stored.fill(database, WORKFLOW, stored.evenly(DUE, due - HOUR_MILLIS, due - HOUR_MILLIS + DUE_SECONDS * 1000))
    return due / 1000


def lateness(database):
    """Milliseconds from when each retry was due until its attempt began."""
    rows = database.query("SELECT a.at AS begun, f.at AS failed FROM history AS a, history AS f WHERE a.kind = 'AttemptStarted'"
                          " AND f.execution = a.execution AND f.kind = 'RetryScheduled' AND f.position = a.position - 1")
    return sorted(row["begun"] - row["failed"] - HOUR_MILLIS for row in rows)


def measure(place, nginx, count, postgres):
    folder = place.folder(f"waiting-{count}")
    adapters = place.adapters(folder, nginx.port)
    with closing((PostgresDatabase if postgres else SqliteFile)(folder)) as database:
        def engine():
            return Engine(place.binary, folder, BENCH / "workflows", adapters, database)
        with engine() as first:
            empty, _ = first.memory()
            start_many(place, first, WORKFLOW, 1)
            poll(lambda: database.history_rows("RetryScheduled") >= 1, 30, "the execution waits")
        bytes_before = database.stored_bytes()
        due = fill(database, count)
        size = (database.stored_bytes() - bytes_before) / count
        begun = time.monotonic()
        with engine() as second:
            ready = time.monotonic() - begun
            resident, _ = steady_memory(second)
            cpu = second.cpu_seconds()
            time.sleep(IDLE_SECONDS)
            idle = (second.cpu_seconds() - cpu) / IDLE_SECONDS
            time.sleep(max(0, due + DUE_SECONDS + 2 - time.time()))
            poll(lambda: database.history_rows("AttemptStarted") >= DUE, 300, f"{DUE} due executions go on")
            _, peak = second.memory()
        late = lateness(database)
    return {"kind": "waiting", "database": "postgres" if postgres else "sqlite", "executions": count, "secondsToReady": ready, "emptyBytes": empty,
            "residentBytes": resident, "residentPeakBytes": peak, "idleCpuShare": idle, "storedBytes": size, "due": len(late),
            "lateMs": {"p50": late[len(late) // 2], "p99": late[len(late) * 99 // 100], "max": late[-1], "min": late[0]}}
