"""Two nodes on one PostgreSQL: the load spread over both beside one alone, and what becomes of one node's work when it dies or leaves."""
import json
import signal
import subprocess
import time
from contextlib import ExitStack, closing

from .databases import PostgresDatabase
from .memory import start_many
from .servers import Engine, Sink, poll
from .workplace import BENCH

WORKFLOW = "three-steps"
CONCURRENCY = 64
SHARDS = 256
HELD = 200  # calls in flight of the node that dies


class Cluster:
    """Nodes that share a database, each with a port and a lease of its own."""

    def __init__(self, place, nginx, name, stack, sink, options=()):
        self.place, self.stack, self.options = place, stack, options
        self.folder = place.folder(name)
        self.adapters = place.adapters(self.folder, nginx.port, sink.port)
        self.database = stack.enter_context(closing(PostgresDatabase(self.folder)))
        self.nodes = {}

    def join(self, *names):
        """Returns once the shards are shared out."""
        for name in names:
            self.nodes[name] = self.stack.enter_context(Engine(self.place.binary, self.folder, BENCH / "workflows", self.adapters, self.database,
                                                               ("--node-name", name, *self.options)))
        poll(lambda: all(self.shards(name) == SHARDS // len(self.nodes) for name in self.nodes), 120, "the shards are shared out")

    def shards(self, name):
        found = self.database.query(f"SELECT count(*) AS n FROM shards WHERE owner = (SELECT id FROM nodes WHERE name = '{name}')")
        return found[0]["n"]

    def load(self, name, seconds, connections):
        engine = self.nodes[name]
        command = [self.place.program("skald-load"), "--server", f"127.0.0.1:{engine.port}", "--workflow", f"bench/{WORKFLOW}", "--expect-outcome",
                   "completed", "--connections", connections, "--seconds", seconds, "--warmup", 1, "--watch", f"engine={engine.pid}"]
        return subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def loaded(cluster, seconds):
    """Figures of all nodes together under the standard work."""
    before = cluster.database.cpu_seconds()
    loads = {name: cluster.load(name, seconds, CONCURRENCY // len(cluster.nodes)) for name in cluster.nodes}
    answers = {name: json.loads(load.communicate()[0]) for name, load in loads.items()}
    total = sum(answer["perSecond"] for answer in answers.values())
    database = (cluster.database.cpu_seconds() - before) * 1e6 / (total * (seconds + 1))
    return {"perSecond": total, "databaseMicros": database, "bad": sum(answer["bad"] + answer["unanswered"] for answer in answers.values()),
            "nodes": {name: {"perSecond": answer["perSecond"], "p50Ms": answer["latencyMs"]["p50"], "p99Ms": answer["latencyMs"]["p99"],
                             "engineMicros": answer["processes"]["engine"]["cpuMicros"]} for name, answer in answers.items()}}


def throughput(place, nginx, turns, seconds):
    """One node and two in turns, on a database each."""
    with ExitStack() as stack:
        sink = stack.enter_context(Sink())
        clusters = [Cluster(place, nginx, f"nodes-{n}", stack, sink) for n in (1, 2)]
        clusters[0].join("alone")
        clusters[1].join("a", "b")
        found = [[loaded(cluster, seconds) for cluster in clusters] for _ in range(turns)]
    return {"kind": "nodes", "one": [one for one, _ in found], "two": [two for _, two in found]}


def first_resumed(database, after_millis):
    """When the other node wrote its first event about an execution that was in flight."""
    found = database.query(f"SELECT min(at) AS at FROM history WHERE kind = 'AttemptLost' AND at > {after_millis}")
    return found[0]["at"]


def takeover(place, nginx, lease):
    """kill -9 of one node under load: from its last renewal, and from its death, to the other node's first event about its work."""
    with ExitStack() as stack:
        sink = stack.enter_context(Sink())
        cluster = Cluster(place, nginx, f"takeover-{lease}", stack, sink, ("--node-lease", lease))
        cluster.join("a", "b")
        start_many(place, cluster.nodes["b"], "held", HELD)
        loads = [cluster.load(name, 120, CONCURRENCY // 2) for name in cluster.nodes]
        time.sleep(3)
        cluster.nodes["b"].process.kill()
        died = time.time() * 1000
        cluster.nodes["b"].process.wait()
        row = cluster.database.query("SELECT lease_until AS until FROM nodes WHERE name = 'b'")[0]
        resumed = poll(lambda: first_resumed(cluster.database, died), 400, "the other node resumes")
        poll(lambda: lost(cluster.database, died) >= HELD, 60, "all of them are resumed")
        last = cluster.database.query(f"SELECT max(at) AS at FROM history WHERE kind = 'AttemptLost' AND at > {died}")[0]["at"]
        for load in loads:
            load.kill()
            load.communicate()
        end(cluster.nodes["a"])
        seconds = parse_seconds(lease)
    renewed = row["until"] - 1000 * seconds
    return {"kind": "takeover", "lease": lease, "fromRenewal": (resumed - renewed) / 1000, "fromDeath": (resumed - died) / 1000,
            "allFromDeath": (last - died) / 1000, "held": HELD}


def lost(database, after_millis):
    return database.query(f"SELECT count(*) AS n FROM history WHERE kind = 'AttemptLost' AND at > {after_millis}")[0]["n"]


def parse_seconds(lease):
    """Of PT15S and its like."""
    return float(lease.removeprefix("PT").removesuffix("S"))


def end(engine):
    """Its open calls would be awaited to their deadline."""
    engine.process.kill()
    engine.process.wait()


def hand_over(place, nginx):
    """SIGTERM of one node under load: until the other one has all shards, and until the process has ended."""
    with ExitStack() as stack:
        sink = stack.enter_context(Sink())
        cluster = Cluster(place, nginx, "hand-over", stack, sink)
        cluster.join("a", "b")
        loads = [cluster.load(name, 30, CONCURRENCY // 2) for name in cluster.nodes]
        time.sleep(3)
        begun = time.time()
        cluster.nodes["b"].process.send_signal(signal.SIGTERM)
        poll(lambda: cluster.shards("a") == SHARDS, 60, "the other node has all shards")
        moved = time.time() - begun
        cluster.nodes["b"].process.wait(60)
        ended = time.time() - begun
        for load in loads:
            load.kill()
            load.communicate()
        time.sleep(1)
        left = cluster.database.query("SELECT count(*) AS n FROM executions WHERE wake_at IS NOT NULL")[0]["n"]
    return {"kind": "handOver", "seconds": moved, "secondsToEnd": ended, "leftLive": left}


def measure(place, nginx, turns, seconds, leases):
    yield throughput(place, nginx, turns, seconds)
    for lease in leases:
        yield takeover(place, nginx, lease)
    yield hand_over(place, nginx)
