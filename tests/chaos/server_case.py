"""Tests against one running server, or more: what they all set up, ask and wait for."""
import argparse
import sys
import tempfile
import time
import unittest
from pathlib import Path

from programs import Samples, Server, checkout_alone, request

WORKFLOWS = Path(__file__).resolve().parents[2] / "workflows"
START = "/v1/workflows/shop/checkout/executions"
SECONDS = 30
ENDED = ("completed", "faulted", "cancelled")


class ServerCase(unittest.TestCase):
    PROGRAMS = None  # the options of main()

    def setUp(self):
        scratch = tempfile.TemporaryDirectory(prefix="skald-server-")
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name)
        self.samples = Samples(self.PROGRAMS.samples, self.folder, seed=1)
        self.addCleanup(self.samples.stop)

    def make_server(self, storage, environment=None, folder=None, workflows=None, arguments=()):
        """Not spawned yet. Without `workflows` it has checkout.yaml."""
        workflows = workflows or checkout_alone(WORKFLOWS, self.folder)
        server = Server(self.PROGRAMS.skald, folder or self.folder, storage, workflows, self.samples.base, environment, arguments)
        self.addCleanup(self.stop_cleanly, server)
        return server

    def stop_cleanly(self, server):
        try:
            if server.process and server.process.poll() is None:
                self.assertEqual(server.stop(), 0)
        finally:
            server.close()

    def wait_for(self, what, wanted, seconds=SECONDS):
        deadline = time.monotonic() + seconds
        while (found := what()) != wanted:
            self.assertLess(time.monotonic(), deadline, f"still {found}, not {wanted}")
            time.sleep(0.05)

    def readiness(self, server):
        return request(server.base, "GET", "/readyz")[0]

    def phase(self, server, execution):
        return request(server.base, "GET", f"/v1/executions/{execution}")[1]["phase"]


def main(description, **arguments):
    """Runs the tests of the script. `arguments`: what it needs beside the programs, as add_argument() takes it."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skald", required=True)
    parser.add_argument("--samples", required=True)
    for name, settings in arguments.items():
        parser.add_argument(f"--{name}", **settings)
    ServerCase.PROGRAMS = parser.parse_args()
    unittest.main(argv=sys.argv[:1], warnings="ignore")  # the helpers leave their logs to the end of the process
