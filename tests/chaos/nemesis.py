"""Kills the server at random moments, strikes it and what it talks to, and starts it again, while the submitter goes on."""
import json
import random
import time

from programs import NotReady
from strikes import Strikes, server_stopped

WITNESSES_A_KILL = 12
EXIT_UNKNOWN_COMMIT = 70
STRIKE_SECONDS_MAX = 1.5  # shorter than the timeout of an attempt: one strike costs a step one attempt


class Nemesis:
    def __init__(self, server, database, submitter, strikes, folder, kills, seed, pace=1):
        self.server, self.database, self.submitter, self.folder = server, database, submitter, folder
        self.kills, self.exits, self.restarts = 0, 0, 0
        self.strikes = Strikes({"serverStopped": lambda: server_stopped(server), **strikes}, seed + 2)
        self.wanted, self.pace = kills, pace
        self.random = random.Random(seed + 1)
        self.counts = {}
        self.struck = kills  # rounds that begin with a strike
        self.witnesses = open(folder / "witnesses.jsonl", "a", encoding="utf-8")

    def run(self):
        """A share of the orders is released before each kill, so that every kill finds work under way."""
        orders = len(self.submitter.orders)
        self.server.spawn()
        self.server.wait_until_ready()
        rounds = 0
        while self.kills < self.wanted or rounds < self.wanted:
            if self.submitter.failure:
                raise self.submitter.failure
            rounds += 1
            self.submitter.release(orders * rounds // (self.wanted + 1))
            time.sleep(self.moment())
            self.strike_and_kill()
            self.server.spawn()
            self.restarts += 1
            if self.random.random() < 0.1 and self.kills < self.wanted:
                # A restart that does not survive its own recovery.
                time.sleep(self.random.uniform(0, 0.15))
                self.kill()
                self.server.spawn()
                self.restarts += 1
            self.server.wait_until_ready()
        self.submitter.release(orders)

    def strike_and_kill(self):
        """A third dies of it; the others live to see its end, and how they go on."""
        dies = self.random.random() < 0.3
        with self.strikes.next():
            time.sleep(min(STRIKE_SECONDS_MAX, self.moment()))
            if dies:
                self.kill()
        if not dies:
            time.sleep(self.moment())
            self.kill()

    def moment(self):
        """Seconds until the next kill: half of them at once, half after some work, so that every phase is met. Five
        deaths in a row under one call have it put aside, so not all may be quick."""
        return self.pace * (10 ** self.random.uniform(-2.3, 0) if self.random.random() < 0.5 else self.random.uniform(0.3, 1.5))

    def kill(self, server=None):
        """Or finds that it has ended by itself, as it does where the fate of a commit on SQLite is not known."""
        server = server or self.server
        if server.kill():
            self.kills += 1
        elif server.process.returncode == EXIT_UNKNOWN_COMMIT and self.database.may_end_the_process():
            self.exits += 1
        else:
            raise NotReady(f"the server had ended by itself with {server.process.returncode}; see server.log")
        self.database.process_died(self.random)
        self.bear_witness()

    def finish(self):
        """All has ended, and the database is still there."""

    def bear_witness(self):
        for execution, rows in self.database.some_histories(self.random, WITNESSES_A_KILL).items():
            self.witnesses.write(json.dumps({"execution": execution, "rows": [vars(row) for row in rows]}) + "\n")
        self.witnesses.flush()
