"""The two programs of a run: the participants, which live through all of it, and the server, which is killed."""
import http.client
import json
import os
import re
import select
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from plan import POLICY

READY_SECONDS = 30
# Some of the calls take a moment, so that kills meet calls in flight.
SLOWNESS = "?delay=PT0.02S&probability=0.5"
ADAPTERS = """adapters:
  payments:
    baseUrl: {base}/payments
    limits: {{ concurrency: {concurrency} }}
    operations:
      charge: {{ method: post, path: '/charges{slow}' }}
      refund: {{ method: post, path: '/orders/{{orderId}}/refunds{slow}' }}
  inventory:
    baseUrl: {base}/inventory
    limits: {{ concurrency: {concurrency} }}
    operations:
      reserve: {{ method: post, path: '/reservations{slow}' }}
      release: {{ method: post, path: '/orders/{{orderId}}/releases{slow}' }}
  shipping:
    baseUrl: {base}/shipping
    limits: {{ concurrency: {concurrency} }}
    operations:
      create: {{ method: post, path: '/shipments{slow}' }}
      cancel: {{ method: post, path: '/orders/{{orderId}}/cancellations{slow}' }}
  notifications:
    baseUrl: {base}/notifications
    operations:
      send: {{ method: post, path: /messages }}
"""


class NotReady(Exception):
    pass


def wait_for_address(process, seconds):
    """Reads standard output until the line with the address; NotReady where the program ends or stays silent."""
    deadline, text = time.monotonic() + seconds, b""
    while True:
        found = re.search(rb"(http://[0-9.:]+)\s", text)
        if found:
            return found.group(1).decode()
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
            raise NotReady(f"no address after {seconds} s")
        chunk = process.stdout.read1(4096)
        if not chunk:
            raise NotReady(f"it ended with {process.wait()} before it was ready")
        text += chunk


def request(base, method, path, body=None, headers=None, timeout=10, hang_up=False):
    """(status, JSON or None). Raises OSError or http.client.HTTPException where no answer came; with `hang_up` none is
    waited for."""
    connection = http.client.HTTPConnection(urlsplit(base).netloc, timeout=timeout)
    try:
        connection.request(method, path, None if body is None else json.dumps(body),
                           {"Content-Type": "application/json", **(headers or {})})
        if hang_up:
            raise ConnectionAbortedError("hung up before the answer")
        response = connection.getresponse()
        text = response.read()
        return response.status, json.loads(text) if text else None
    finally:
        connection.close()


class Samples:
    def __init__(self, binary, folder, seed):
        self.process = subprocess.Popen(
            [binary, "--listen", "127.0.0.1:0", "--data", folder / "samples.db", "--journal", folder / "journal.jsonl",
             "--seed", str(seed)], stdout=subprocess.PIPE)
        self.base = wait_for_address(self.process, READY_SECONDS)
        self.address = urlsplit(self.base).netloc

    def add_fault(self, rule):
        status, _ = request(self.base, "POST", "/admin/faults", rule)
        if status != 204:
            raise RuntimeError(f"the fault {rule} was answered {status}")

    def balance(self):
        return request(self.base, "GET", "/audit/balance", timeout=60)[1]

    def stop(self):
        self.process.terminate()
        self.process.wait(READY_SECONDS)


class Abuser:
    """The abuser before the participants. `counts` is known when it has ended."""

    def __init__(self, target, folder, seed):
        program = Path(__file__).parent / "abuser.py"
        self.process = subprocess.Popen([sys.executable, "-B", program, "--to", target, "--log", folder / "abuser.jsonl",
                                         "--seed", str(seed)],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.address = f"127.0.0.1:{self.process.stdout.readline().strip()}"
        self.counts = {}

    def stop(self):
        self.process.stdin.close()
        self.counts = json.loads(self.process.stdout.readline())
        self.process.wait(10)


def checkout_alone(workflows, folder):
    """A folder below `folder` with checkout.yaml: nothing in it starts by the clock, whatever hour the test runs at."""
    alone = folder / "workflows"
    if not alone.exists():
        alone.mkdir()
        shutil.copy(workflows / "checkout.yaml", alone)
    return alone


class Server:
    """Started, killed and started again on the same database. `base` is None while it is down; any thread may look."""

    def __init__(self, binary, folder, storage, workflows, participants, environment=None, arguments=(), namespace=None):
        adapters = folder / "adapters.yaml"
        adapters.write_text(ADAPTERS.format(base=participants, slow=SLOWNESS, concurrency=POLICY["concurrency"]))
        prefix, host = (namespace.prefix, namespace.inside) if namespace else ([], "127.0.0.1")
        self.command = [*prefix, binary, "serve", "--listen", f"{host}:0", "--storage", storage,
                        "--workflows", workflows, "--adapters", adapters, "--engine-recovery-ramp", "PT0.1S",
                        "--log-format", "json", *arguments]
        self.environment = {**os.environ, **(environment or {})}
        self.log = open(folder / "server.log", "ab")
        self.up = threading.Event()
        self.base = None
        self.process = None

    def spawn(self):
        self.spawned_at_ms = time.time_ns() // 1_000_000
        self.process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=self.log, env=self.environment)

    def wait_until_ready(self):
        self.base = wait_for_address(self.process, READY_SECONDS)
        self.up.set()

    def kill(self):
        """SIGKILL, by the handle of the process that was started here. True if it was alive until then."""
        alive = self.process.poll() is None
        self.up.clear()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        return alive

    def bases(self):
        return {"server": self.base}

    def settle(self):
        """Until what it shows is what it will show."""

    def close(self):
        if self.process and self.process.poll() is None:
            self.kill()

    def stop(self):
        """A clean shutdown; returns the exit code."""
        self.process.terminate()
        return self.process.wait(60)
