"""Whether executions that go wrong in every way leave the others their throughput: one engine with them and one without,
in turns under the same load."""
import http.client
import itertools
import json
import threading
import time
from contextlib import ExitStack, closing

from .growth import Ground
from .servers import Sink, free_port
from .workplace import BENCH

# How many a second of each; README.md says what is wrong with them.
RATES = {"silent": 2, "absent": 2, "garbage": 2, "storm": 1, "spin": 1, "large": 1}
LARGE_BYTES = 250_000
SINK_CONCURRENCY = 64


class Poisoner:
    """Starts poisoned executions on an engine, evenly over time, until it is left."""

    def __init__(self, engine):
        self.port, self.ending, self.statuses, self.failures = engine.port, threading.Event(), {}, []
        self.threads = [threading.Thread(target=self._run, args=(name, rate)) for name, rate in RATES.items()]

    def _run(self, name, rate):
        try:
            self._start_at(name, rate)
        except Exception as failure:  # told by started()
            self.failures.append(f"{name}: {failure!r}")

    def _start_at(self, name, rate):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        due = time.monotonic()
        for number in itertools.count():
            if self.ending.wait(max(0, due - time.monotonic())):
                break
            body = {"orderId": f"poison-{number}", **({"ballast": "x" * LARGE_BYTES} if name == "large" else {})}
            connection.request("POST", f"/v1/workflows/bench/poison-{name}/executions", json.dumps(body), {"Content-Type": "application/json"})
            response = connection.getresponse()
            response.read()
            counts = self.statuses.setdefault(name, {})
            counts[response.status] = counts.get(response.status, 0) + 1
            due += 1 / rate
        connection.close()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        for thread in self.threads:
            thread.join()

    def started(self):
        """name -> how many. Every one must have been taken."""
        odd = {name: self.statuses.get(name) for name in RATES if set(self.statuses.get(name, {})) != {201}}
        if odd or self.failures:
            raise RuntimeError(f"not every poisoned execution was started: {odd} {self.failures}")
        return {name: counts[201] for name, counts in self.statuses.items()}


def ends_of(database):
    """(workflow, phase) -> how many poisoned executions."""
    rows = database.query("SELECT workflow, phase, count(*) AS many FROM executions WHERE workflow LIKE 'poison-%' GROUP BY workflow, phase")
    return {f"{row['workflow'].removeprefix('poison-')} {row['phase']}": row["many"] for row in rows}


def measure(place, nginx, turns, seconds, postgres):
    started = dict.fromkeys(RATES, 0)
    with ExitStack() as stack:
        sink = stack.enter_context(Sink())
        grounds = [Ground(place, nginx, name, 0, postgres) for name in ("healthy", "poisoned")]
        for ground in grounds:
            stack.enter_context(closing(ground.database))
            ground.adapters = place.adapters(ground.folder, nginx.port, sink.port, SINK_CONCURRENCY, free_port())
        engines = [stack.enter_context(ground.engine()) for ground in grounds]
        for turn in range(turns):
            for i in (0, 1) if turn % 2 == 0 else (1, 0):
                with ExitStack() as during:
                    poisoner = during.enter_context(Poisoner(engines[i])) if i else None
                    grounds[i].turn(engines[i], nginx, seconds, warmup=1)
                if poisoner:
                    started = {name: started[name] + count for name, count in poisoner.started().items()}
        healthy, poisoned = (ground.figures() for ground in grounds)
        ends = ends_of(grounds[1].database)
    return {"kind": "poison", "database": "postgres" if postgres else "sqlite", "started": started, "ends": ends, "healthy": healthy, "poisoned": poisoned}
