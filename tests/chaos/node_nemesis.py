"""Kills, stalls, parts and drains nodes that share one PostgreSQL, and looks how soon the others have taken over."""
import signal
import time

from nemesis import Nemesis
from node_strikes import node_strikes, parted_from_the_database, requests_held_back

TAKEN_SECONDS_MAX = 30  # then the run has failed; what is allowed is the checker's to judge
# Of the kills.
STAYS_DOWN, ALL_AT_ONCE = 0.3, 0.1


class NodeNemesis(Nemesis):
    def __init__(self, cluster, database, submitter, folder, options):
        self.picked = None
        strikes = {**database.strikes(), **node_strikes(cluster, self.pick)}
        super().__init__(cluster, database, submitter, strikes, folder, options.kills, options.seed, options.pace)
        self.cluster, self.lease = cluster, cluster.lease
        self.numbers = {"stalls": 0, "partitions": 0, "isolations": 0, "drains": 0}
        self.takeovers = {"killed": [], "stalled": [], "parted": [], "isolated": [], "drained": []}  # seconds
        everywhere, alone = (max(1, round(share * options.kills)) for share in (ALL_AT_ONCE, STAYS_DOWN))
        self.struck = max(0, options.kills - everywhere - alone)
        self.rounds = (["all"] * everywhere + ["alone"] * alone + ["struck"] * self.struck + ["stall"] * options.stalls + ["partition"] * options.partitions + ["isolation"] * options.isolations +
                       ["drain"] * options.drains + ["restart"] * options.database_restarts)

    def pick(self):
        self.picked = self.random.choice(self.cluster.nodes)
        return self.picked

    def run(self):
        """A share of the orders is released before each round. Last of all every node is killed at once, so that what the
        processes count from then on is all there is."""
        orders = len(self.submitter.orders)
        self.random.shuffle(self.rounds)
        self.cluster.start()
        for number, name in enumerate(self.rounds, 1):
            if self.submitter.failure:
                raise self.submitter.failure
            self.submitter.release(orders * number // (len(self.rounds) + 1))
            time.sleep(self.moment())
            getattr(self, name + "_round")()
        self.kill_and_start(self.cluster.nodes)
        self.submitter.release(orders)

    def all_round(self):
        self.kill_and_start(self.cluster.nodes)

    def alone_round(self):
        """It stays down for longer than the lease."""
        node = self.ready_for_takeover()
        began = time.monotonic()
        self.kill(node)
        self.await_takeover("killed", node, began)
        time.sleep(self.moment())
        self.start_again([node])

    def struck_round(self):
        """With a strike before it that the node may not survive."""
        dies = self.random.random() < 0.3
        self.pick()
        with self.strikes.next():
            time.sleep(min(1.0, self.moment()))
            if dies:
                self.kill(self.picked)
        if dies:
            self.start_again([self.picked])
        else:
            time.sleep(self.moment())
            self.kill_and_start([self.picked])

    def stall_round(self):
        node = self.ready_for_takeover()
        with requests_held_back(node, self.lease * 1.7):
            time.sleep(0.1)  # some are on their way
            node.process.send_signal(signal.SIGSTOP)
            try:
                self.await_takeover("stalled", node, time.monotonic())
                time.sleep(self.moment())
            finally:
                node.process.send_signal(signal.SIGCONT)
            self.numbers["stalls"] += 1
            self.cluster.wait_until_shared()

    def partition_round(self):
        node = self.ready_for_takeover()
        with requests_held_back(node, self.lease * 1.7):
            time.sleep(0.1)
            with parted_from_the_database(node, self.random.random() < 0.5):
                self.await_takeover("parted", node, time.monotonic())
                time.sleep(self.moment())
            self.numbers["partitions"] += 1
            self.cluster.wait_until_shared()

    def isolation_round(self):
        """No packet of it gets anywhere, and it is told nothing."""
        node = self.ready_for_takeover()
        with node.namespace.cut():
            self.await_takeover("isolated", node, time.monotonic())
            time.sleep(self.moment())
        self.numbers["isolations"] += 1
        self.cluster.wait_until_shared()

    def drain_round(self):
        node = self.ready_for_takeover()
        code = node.drain()
        if code != 0:
            raise RuntimeError(f"the clean shutdown of {node.name} ended with {code}")
        self.await_takeover("drained", node, time.monotonic())
        self.numbers["drains"] += 1
        self.start_again([node])

    def restart_round(self):
        self.database.crash()

    def ready_for_takeover(self):
        """A node by chance, where all of them are well."""
        self.cluster.wait_until_shared()
        return self.pick()

    def await_takeover(self, how, node, began):
        if not self.cluster.wait_until_taken([node], TAKEN_SECONDS_MAX):
            raise TimeoutError(f"{node.name} was {how}, and its shards are not taken over after {TAKEN_SECONDS_MAX} s")
        self.takeovers[how].append(round(time.monotonic() - began, 3))

    def kill_and_start(self, nodes):
        for node in nodes:
            self.kill(node)
        self.start_again(nodes)

    def start_again(self, nodes):
        self.cluster.start(nodes)
        self.restarts += len(nodes)

    def finish(self):
        self.counts = {**self.numbers, "databaseRestarts": self.database.restarts, "takeovers": self.takeovers,
                       "inboxCommands": self.database.commands_given()}
