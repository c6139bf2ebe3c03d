#!/usr/bin/env python3
"""What `skald serve` on SQLite says and does while its disk is low, full or failing, and that nothing acknowledged is lost.

disk_test.py --skald build/release/skald --samples build/release/skald-samples --disk build/release/tests/chaos/libdisk_faults.so
"""
import errno
import http.client
import time

from databases import SqliteFile
from disk import ALWAYS, Disk
from plan import make_orders
from programs import request
from server_case import SECONDS, START, ServerCase, main

EXIT_UNKNOWN_COMMIT = 70


class DiskTest(ServerCase):
    def setUp(self):
        super().setUp()
        database = SqliteFile(self.folder, Disk(self.PROGRAMS.disk, self.folder / "skald.db", self.folder))
        self.disk = database.disk
        self.server = self.make_server(database.storage, self.disk.environment())
        self.server.spawn()
        self.server.wait_until_ready()
        self.orders = (order for order in make_orders(1000, seed=1) if order.scenario.name == "plain")

    def start(self, order=None):
        """(status, body); (None, None) where no answer came."""
        order = order or next(self.orders)
        try:
            return request(self.server.base, "POST", START, order.input, {"Idempotency-Key": f'"{order.key}"'})
        except (OSError, http.client.HTTPException):
            return None, None

    def test_low_on_space_refuses_starts_and_ends_what_runs(self):
        self.samples.add_fault({"service": "payments", "operation": "do", "mode": "delay", "delayMs": 500, "count": 1})
        status, running = self.start()
        self.assertEqual(status, 201)
        with self.disk.fault(None, free_bytes=255 << 20):
            self.wait_for(lambda: self.start()[0], 503)
            self.assertEqual(self.readiness(self.server), 503)
            self.wait_for(lambda: self.phase(self.server, running["id"]), "completed")
            replay = {"from": "start", "acceptStanding": True}
            status, problem = request(self.server.base, "POST", f"/v1/executions/{running['id']}/replay", replay)
            self.assertEqual((status, problem["code"]), (503, "store.full"))
        self.wait_for(lambda: self.start()[0], 201)

    def test_full_refuses_starts_keeps_what_runs_and_resumes(self):
        self.samples.add_fault({"service": "payments", "operation": "do", "mode": "delay", "delayMs": 300, "count": 1})
        status, running = self.start()
        self.assertEqual(status, 201)
        with self.disk.fault("writes_failed", write_errno=errno.ENOSPC, write_millionths=ALWAYS) as has_struck:
            status, problem = self.start()
            self.assertEqual((status, problem["code"]), (503, "store.unavailable"))
            time.sleep(0.5)  # the answer of the payment arrives and cannot be written
            self.assertEqual(self.phase(self.server, running["id"]), "running")
            self.assertIsNone(self.server.process.poll())
            self.assertTrue(has_struck())
        self.wait_for(lambda: self.phase(self.server, running["id"]), "completed")
        self.wait_for(lambda: self.start()[0], 201)

    def test_a_failed_sync_ends_the_process_and_the_next_one_reads_what_is_there(self):
        status, before = self.start()
        self.assertEqual(status, 201)
        doubtful = next(self.orders)
        with self.disk.fault("syncs_failed", sync_errno=errno.EIO, sync_millionths=ALWAYS):
            status, _ = self.start(doubtful)
            self.assertNotIn(status, (200, 201))
            self.assertEqual(self.server.process.wait(SECONDS), EXIT_UNKNOWN_COMMIT)
        self.server.kill()
        self.server.spawn()
        self.server.wait_until_ready()
        status, begun = self.start(doubtful)
        self.assertIn(status, (200, 201))
        for execution in (before["id"], begun["id"]):
            self.wait_for(lambda: self.phase(self.server, execution), "completed")
        self.assertEqual(self.start(doubtful)[1]["id"], begun["id"])


if __name__ == "__main__":
    main(__doc__, disk={"required": True, "help": "libdisk_faults.so"})
