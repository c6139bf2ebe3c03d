#!/usr/bin/env python3
"""What one node registers the others know: at once where it is named, within moments where it is the newest.

definitions_test.py --skald build/release/skald --samples build/release/skald-samples
"""
from databases import Postgres
from plan import make_orders
from programs import request
from server_case import START, WORKFLOWS, ServerCase, main

NOTICED_SECONDS = 5  # much sooner than a node looks by itself


def workflow(version, value=1):
    return {"document": {"dsl": "1.0.3", "namespace": "demo", "name": "greet", "version": version},
            "do": [{"hello": {"set": {"value": value}}}]}


class Definitions(ServerCase):
    def setUp(self):
        super().setUp()
        self.database = Postgres(self.folder)
        self.addCleanup(self.database.stop)

    def run_nodes(self, workflows):
        nodes = []
        for name in ("one", "two"):
            folder = self.folder / name
            folder.mkdir()
            nodes.append(self.make_server(self.database.storage, folder=folder, workflows=workflows, arguments=("--node-name", name)))
        for node in nodes:
            node.spawn()
        for node in nodes:
            node.wait_until_ready()
        return nodes

    def register(self, node, version, value=1):
        status, body = request(node.base, "POST", "/v1/workflows", workflow(version, value))
        return (status, body.get("code"))

    def start(self, node, version=None):
        """(status, the version it chose)"""
        path = "/v1/workflows/demo/greet/executions" + (f"?version={version}" if version else "")
        status, body = request(node.base, "POST", path, {})
        return status, body.get("workflow", {}).get("version")

    def test_nodes_that_start_together_share_a_folder(self):
        for node, order in zip(self.run_nodes(WORKFLOWS), make_orders(2, seed=1)):
            self.assertEqual(request(node.base, "POST", START, order.input)[0], 201)

    def test_what_one_registers_the_others_know(self):
        empty = self.folder / "workflows"
        empty.mkdir()
        one, two = self.run_nodes(empty)
        self.assertEqual(self.start(two)[0], 404)
        self.assertEqual(self.register(one, "1.0.0"), (201, None))
        self.assertEqual(self.start(two), (201, "1.0.0"))
        self.assertEqual(self.register(two, "1.0.0"), (200, None))
        self.assertEqual(self.register(two, "1.0.0", value=2), (409, "definition.conflict"))
        self.assertEqual(self.register(two, "1.1.0"), (201, None))
        self.assertEqual(self.start(one, "1.1.0"), (201, "1.1.0"))
        self.assertEqual(self.register(one, "1.2.0"), (201, None))
        self.wait_for(lambda: self.start(two), (201, "1.2.0"), NOTICED_SECONDS)


if __name__ == "__main__":
    main(__doc__)
