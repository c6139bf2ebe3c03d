#!/usr/bin/env python3
"""A participant whose name has two addresses, the first of which swallows every packet: it is reached by the second, within
the first attempt. Needs root: the server sees an /etc/hosts of its own.

addresses_test.py --skald build/release/skald --samples build/release/skald-samples
"""
import argparse
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from databases import SqliteFile
from programs import request
from server_case import ServerCase, main

NAME = "two-addresses.test"
SILENT, ALIVE = "127.0.0.1", "127.0.0.9"  # as they are sorted (RFC 6724)
# Becomes the server, in a namespace of mounts.
WRAPPER = """#!/bin/sh
exec unshare --mount sh -c 'mount --bind {hosts} /etc/hosts && exec {skald} "$@"' sh "$@"
"""
WORKFLOW = """document: { dsl: '1.0.3', namespace: shop, name: charge, version: '1.0.0' }
do:
  - charge:
      call: payments.charge
      timeout: { after: PT10S }
"""


class Participant(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_):
        pass


class Addresses(ServerCase):
    def setUp(self):
        super().setUp()
        alive = ThreadingHTTPServer((ALIVE, 0), Participant)
        thread = threading.Thread(target=alive.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(alive.server_close)
        self.addCleanup(alive.shutdown)
        self.samples.base = f"http://{NAME}:{alive.server_port}"
        self.swallow((SILENT, alive.server_port))
        hosts, wrapper, workflows = self.folder / "hosts", self.folder / "skald", self.folder / "workflows"
        hosts.write_text(f"127.0.0.1 localhost\n{SILENT} {NAME}\n{ALIVE} {NAME}\n")
        wrapper.write_text(WRAPPER.format(hosts=hosts, skald=self.PROGRAMS.skald))
        wrapper.chmod(0o700)
        workflows.mkdir()
        (workflows / "charge.yaml").write_text(WORKFLOW)
        self.PROGRAMS = argparse.Namespace(skald=wrapper)
        self.server = self.make_server(SqliteFile(self.folder).storage, workflows=workflows)
        self.server.spawn()
        self.server.wait_until_ready()

    def swallow(self, address):
        """Nobody accepts, and the queue is full: what asks for a connection hears nothing."""
        listener = socket.create_server(address, backlog=0)
        self.addCleanup(listener.close)
        for _ in range(4):
            filler = socket.socket()
            self.addCleanup(filler.close)
            filler.setblocking(False)
            filler.connect_ex(address)

    def charge(self):
        status, ended = request(self.server.base, "POST", "/v1/workflows/shop/charge/executions", {}, {"Prefer": "wait=20"}, timeout=30)
        self.assertEqual((status, ended["outcome"]), (201, "completed"))
        return ended["id"]

    def test_the_second_address_answers_within_the_first_attempt(self):
        events = request(self.server.base, "GET", f"/v1/executions/{self.charge()}/history")[1]["items"]
        self.assertEqual([event["type"] for event in events],
                         ["ExecutionStarted", "StepStarted", "StepCompleted", "ExecutionEnded"])
        for _ in range(5):
            self.charge()


if __name__ == "__main__":
    main(__doc__)
