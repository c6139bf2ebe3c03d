#!/usr/bin/env python3
"""Two nodes on one PostgreSQL, one of which is told to end while a call of it is in flight: how soon the other one has
its shards.

handover_test.py --skald build/release/skald --samples build/release/skald-samples
"""
import time

from databases import Postgres
from programs import request
from server_case import ServerCase, main

SHARDS = 256
HANDED_OVER_SECONDS = 2
CALL_SECONDS = 5
SLOW = """document: { dsl: '1.0.3', namespace: shop, name: slow, version: '1.0.0' }
do:
  - ship:
      call: shipping.create
      with: { orderId: a, address: b, items: [{ sku: book, quantity: 1 }] }
      timeout: { after: PT30S }
      compensate: { call: shipping.cancel, with: { orderId: a } }
  - reserve:
      call: inventory.reserve
      with: { orderId: a, items: [{ sku: book, quantity: 1 }] }
      compensate: { call: inventory.release, with: { orderId: a } }
"""


class Handover(ServerCase):
    def setUp(self):
        super().setUp()
        self.database = Postgres(self.folder)
        self.addCleanup(self.database.stop)
        self.workflows = self.folder / "workflows"
        self.workflows.mkdir()
        (self.workflows / "slow.yaml").write_text(SLOW)
        self.nodes = [self.make_node(name) for name in ("stays", "ends")]
        for node in self.nodes:
            node.spawn()
            node.wait_until_ready()
        self.wait_for(lambda: sorted(self.shards().values()), [SHARDS // 2, SHARDS // 2])

    def make_node(self, name):
        folder = self.folder / name
        folder.mkdir()
        return self.make_server(self.database.storage, folder=folder, workflows=self.workflows, arguments=("--node-name", name))

    def shards(self):
        items = request(self.nodes[0].base, "GET", "/v1/nodes")[1]["items"]
        return {item["name"]: item["shards"] for item in items}

    def seconds_until(self, began, count):
        self.wait_for(lambda: self.shards()["stays"] >= count, True)
        return time.monotonic() - began

    def test_only_what_is_in_flight_keeps_its_shard(self):
        stays, ends = self.nodes
        self.samples.add_fault({"service": "shipping", "operation": "do", "mode": "delay", "delayMs": CALL_SECONDS * 1000, "count": 1})
        status, begun = request(ends.base, "POST", "/v1/workflows/shop/slow/executions", {})
        self.assertEqual(status, 201)
        time.sleep(0.5)  # the slow call is on its way
        began = time.monotonic()
        ends.process.terminate()
        first = self.seconds_until(began, SHARDS - 1)
        self.assertIsNone(ends.process.poll())
        last = self.seconds_until(began, SHARDS)
        print(f"255 shards after {first:.2f} s, the last one after {last:.2f} s", flush=True)
        self.assertLess(first, HANDED_OVER_SECONDS)
        self.assertGreater(last, CALL_SECONDS / 2)
        self.assertLess(last, CALL_SECONDS + HANDED_OVER_SECONDS)

        self.wait_for(lambda: self.phase(stays, begun["id"]), "completed")
        self.assertEqual(ends.process.wait(10), 0)


if __name__ == "__main__":
    main(__doc__)
