#!/usr/bin/env python3
"""A PostgreSQL that goes away and comes back under a running `skald serve`: what the API says meanwhile, and that what ran
goes on.

outage_test.py --skald build/release/skald --samples build/release/skald-samples
"""
import threading
import time

from databases import Postgres
from plan import make_orders
from programs import request
from server_case import ENDED, START, ServerCase, main


class Outage(ServerCase):
    def setUp(self):
        super().setUp()
        self.database = Postgres(self.folder)
        self.addCleanup(self.database.stop)
        self.server = self.make_server(self.database.storage)
        self.server.spawn()
        self.server.wait_until_ready()
        self.inputs = [order.input for order in make_orders(3, seed=1)]

    def start(self, number):
        return request(self.server.base, "POST", START, self.inputs[number], timeout=30)

    def test_starts_are_refused_and_what_ran_goes_on(self):
        status, begun = self.start(0)
        self.assertEqual(status, 201)
        self.database.server.stop("immediate")
        for _ in range(2):
            status, problem = self.start(1)
            self.assertEqual((status, problem["code"]), (503, "store.unavailable"))
        self.wait_for(lambda: self.readiness(self.server), 503)
        self.assertEqual(request(self.server.base, "GET", "/livez")[0], 200)
        self.database.server.start()
        self.wait_for(lambda: self.readiness(self.server), 200)
        status, _ = self.start(2)
        self.assertEqual(status, 201)
        self.wait_for(lambda: self.phase(self.server, begun["id"]) in ENDED, True)

    def test_a_database_that_takes_bytes_and_says_nothing_is_given_up(self):
        """A connection that is half open, a server that is stopped: nothing below says that it is gone."""
        if not self.PROGRAMS.silent:
            self.skipTest("--silent SECONDS was not given")
        self.database.wire.tell("swallow")
        began, answers = time.monotonic(), []
        path, patience = self.server.base, self.PROGRAMS.silent
        doubtful = threading.Thread(target=lambda: answers.append(request(path, "POST", START, self.inputs[0], timeout=patience)))
        doubtful.start()
        time.sleep(1)
        while request(path, "GET", "/readyz", timeout=patience)[0] == 200:
            self.assertLess(time.monotonic() - began, patience)
            time.sleep(0.5)
        print(f"not ready after {time.monotonic() - began:.1f} s", flush=True)
        for number in (1, 2):
            status, problem = request(path, "POST", START, self.inputs[number], timeout=30)
            self.assertEqual((status, problem["code"]), (503, "store.unavailable"))
        doubtful.join()
        print(f"the doubtful start was answered {answers} after {time.monotonic() - began:.1f} s", flush=True)
        self.assertEqual(answers[0][0], 503)
        self.database.wire.tell("pass")
        self.wait_for(lambda: self.readiness(self.server), 200)
        self.assertEqual(self.start(1)[0], 201)


if __name__ == "__main__":
    main(__doc__, silent={"type": float, "help": "seconds within which a silent database must be given up; not asked by default"})
