"""Several nodes on one PostgreSQL, each with a name, a log, a way to the database and a way to the participants of its own.
For the submitter they are one server, of which it sees another node every time."""
import http.client
import json
import random
import threading
import time

from namespaces import Namespace
from programs import NotReady, Server, request
from views import metrics_of, read_metrics
from wire import Wire

SHARDS = 256
LOOK_SECONDS = 0.03
BALANCED_SECONDS = 40
GAUGE_SECONDS = 1.2


class Node(Server):
    def __init__(self, number, options, folder, database, participants):
        self.name = f"node{number}"
        self.folder = folder / self.name
        self.folder.mkdir()
        self.namespace = Namespace(number) if options.isolations else None
        host = self.namespace.outside if self.namespace else "127.0.0.1"
        self.database, storage = database.way(host)
        self.participants = Wire(participants, host=host)
        super().__init__(options.skald, self.folder, storage, options.workflows, f"http://{self.participants.address}",
                         arguments=("--node-name", self.name, "--node-lease", f"PT{options.lease:g}S"), namespace=self.namespace)

    def drain(self):
        """SIGTERM: the exit code. Clients come to it as long as it lives."""
        self.process.terminate()
        code = self.process.wait(60)
        self.up.clear()
        self.process.stdout.close()
        return code


class AnyUp:
    """Set while any node is."""

    def __init__(self, nodes):
        self.nodes = nodes

    def wait(self, seconds):
        deadline = time.monotonic() + seconds
        while not (found := any(node.up.is_set() for node in self.nodes)) and time.monotonic() < deadline:
            time.sleep(0.01)
        return found


class Cluster:
    def __init__(self, options, folder, database, participants):
        self.lease = options.lease
        self.nodes = [Node(number, options, folder, database, participants) for number in range(options.nodes)]
        self.up = AnyUp(self.nodes)
        self.random, self.lock = random.Random(options.seed + 4), threading.Lock()

    @property
    def base(self):
        """Of a node by chance that lives, as far as anybody knows."""
        with self.lock:
            return self.random.choice([node for node in self.nodes if node.up.is_set()] or self.nodes).base

    def start(self, nodes=None):
        for node in nodes or self.nodes:
            node.spawn()
        for node in nodes or self.nodes:
            node.wait_until_ready()

    @property
    def spawned_at_ms(self):
        return min(node.spawned_at_ms for node in self.nodes)

    def shards_by(self, seen_by):
        """name -> shards, as one of the nodes tells it; {} where it does not."""
        try:
            status, body = request(seen_by.base, "GET", "/v1/nodes", timeout=2)
            return {item["name"]: item["shards"] for item in body["items"]} if status == 200 else {}
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            return {}

    def wait_until_taken(self, without, seconds):
        """Until one that is left tells that all shards are with those that are left. False where that took too long."""
        left = [node for node in self.nodes if node not in without]
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            shards = self.shards_by(left[0])
            if sum(shards.get(node.name, 0) for node in left) == SHARDS:
                return True
            time.sleep(LOOK_SECONDS)
        return False

    def wait_until_shared(self):
        """Until every node has its part, which it must get."""
        deadline = time.monotonic() + BALANCED_SECONDS
        while time.monotonic() < deadline:
            shards = [self.shards_by(node) for node in self.nodes]
            if all(sum(each.values()) == SHARDS and all(each.get(node.name) for node in self.nodes) for each in shards):
                return
            time.sleep(LOOK_SECONDS)
        raise NotReady(f"the shards are not shared after {BALANCED_SECONDS} s: {shards}")

    def stop(self):
        """A clean shutdown of all, one after the other. The worst exit code."""
        return max((node.drain() for node in self.nodes), key=abs)

    def bases(self):
        return {node.name: node.base for node in self.nodes}

    def settle(self):
        """A node looks at its shards each second; one that had no time for its lease may have none for a while."""
        self.wait_until_shared()
        deadline = time.monotonic() + BALANCED_SECONDS
        while time.monotonic() < deadline:
            time.sleep(GAUGE_SECONDS)
            shown = (read_metrics(metrics_of(node.base)) for node in self.nodes)
            if sum(metrics["skald_node_leases", ()] for metrics in shown) == SHARDS:
                return

    def close(self):
        for node in self.nodes:
            node.close()

    def stop_wires(self):
        for node in self.nodes:
            node.participants.stop()
            if node.namespace:
                node.namespace.close()
