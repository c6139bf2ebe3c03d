"""Kills the server at random moments while orders come in, and has check.py judge what is left.

  kill_test.py --skald BINARY --samples BINARY [--orders 300] [--kills 12] [--seed 1] [--concurrency 8] [--folder DIR]

Everything is on loopback; only processes that this script started are killed.
"""

import argparse
import concurrent.futures
import http.client
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEADLINE_SECONDS = 600


class Process:
    """A child whose first line of output says where it listens."""

    def __init__(self, command, log):
        self.log = open(log, "ab")
        self.child = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=self.log)
        line = self.child.stdout.readline().decode()
        if "http://" not in line:
            self.child.wait()
            raise SystemExit(f"{command[0]} did not start (exit {self.child.returncode}); see {log}")
        self.address = line.split("http://")[1].strip()
        threading.Thread(target=self.child.stdout.read, daemon=True).start()

    def kill(self):
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()

    def end(self):
        self.child.send_signal(signal.SIGTERM)
        return self.child.wait(timeout=60)


def call(address, method, path, body=None, headers=None, timeout=10):
    connection = http.client.HTTPConnection(address, timeout=timeout)
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers or {})
        reply = connection.getresponse()
        text = reply.read()
        return reply.status, json.loads(text) if text else None
    finally:
        connection.close()


def order(number, random_source, shop):
    """An order and the trouble it will meet."""
    name = f"O-{number}"
    body = {"orderId": name, "amount": 10 + number % 90, "currency": "EUR", "address": "Main Street 1",
            "items": [{"sku": "book", "quantity": 1 + number % 3}]}
    trouble = random_source.random()
    rule = None
    if trouble < 0.10:
        rule = {"service": "shipping", "mode": "refuse", "status": 422}
    elif trouble < 0.18:
        body["items"].append({"sku": "sold-out", "quantity": 1})
    elif trouble < 0.24:
        rule = {"service": "payments", "mode": "lostReply", "count": 1}
    elif trouble < 0.30:
        rule = {"service": "inventory", "mode": "error", "status": 503, "count": 2}
    elif trouble < 0.36:
        rule = {"service": "shipping", "mode": "lostReply", "count": 5}
    elif trouble < 0.40:
        rule = {"service": "shipping", "mode": "garbage", "count": 1}
    elif trouble < 0.44:
        rule = {"service": "payments", "mode": "refuse", "status": 402}
    elif trouble < 0.50:
        rule = {"service": "inventory", "mode": "delay", "delayMs": 120}
    if rule:
        call(shop, "POST", "/admin/faults", {**rule, "operation": "do", "orderId": name})
    if trouble >= 0.92:  # and some undos that do not work at once
        call(shop, "POST", "/admin/faults", {"service": "shipping", "operation": "do", "orderId": name, "mode": "refuse"})
        call(shop, "POST", "/admin/faults",
             {"service": "payments", "operation": "undo", "orderId": name, "mode": "lostReply", "count": 1})
    return name, body


class Run:
    def __init__(self, options, folder):
        self.options = options
        self.folder = folder
        self.random = random.Random(options.seed)
        self.shop = Process([options.samples, "--listen", "127.0.0.1:0", "--data", f"{folder}/shop.db",
                             "--journal", f"{folder}/journal.log"], f"{folder}/shop.log")
        self.prepare_files()
        self.listen = "127.0.0.1:0"
        self.server = None
        self.start_server()
        self.submitted = open(f"{folder}/submitter.log", "w", encoding="utf-8")
        self.lock = threading.Lock()
        self.acknowledged = {}
        self.deadline = time.monotonic() + DEADLINE_SECONDS
        self.done = threading.Event()
        self.kills = 0

    def prepare_files(self):
        adapters = (ROOT / "adapters/samples/adapters.yaml").read_text()
        (self.folder / "adapters.yaml").write_text(adapters.replace("127.0.0.1:9090", self.shop.address))
        (self.folder / "workflows").mkdir()
        checkout = (ROOT / "workflows/checkout.yaml").read_text()
        (self.folder / "workflows/checkout.yaml").write_text(checkout)

    def start_server(self):
        self.server = Process([self.options.skald, "serve", "--listen", self.listen,
                               "--storage", f"sqlite:{self.folder}/skald.db", "--workflows", f"{self.folder}/workflows",
                               "--adapters", f"{self.folder}/adapters.yaml"], f"{self.folder}/server.log")
        self.listen = self.server.address

    def submit(self, number):
        """Resends the same order under the same key until it is acknowledged."""
        name, body = order(number, random.Random(self.options.seed * 1_000_003 + number), self.shop.address)
        while time.monotonic() < self.deadline:
            try:
                status, answer = call(self.listen, "POST", "/v1/workflows/shop/checkout/executions", body,
                                      {"Idempotency-Key": f'"{name}"', "Content-Type": "application/json"})
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(0.02)
                continue
            if status in (200, 201):
                with self.lock:
                    self.acknowledged[answer["id"]] = name
                    self.submitted.write(json.dumps({"key": name, "orderId": name, "id": answer["id"]}) + "\n")
                return
            if status not in (429, 503):
                raise SystemExit(f"a start was answered {status}: {answer}")
            time.sleep(0.05)
        raise SystemExit("the orders were not taken in time")

    def nemesis(self):
        while self.kills < self.options.kills and time.monotonic() < self.deadline:
            if self.done.wait(self.random.uniform(0.05, 0.8)):
                self.done.clear()  # everything is submitted: what is left still has to survive the remaining kills
            self.server.kill()
            self.kills += 1
            self.start_server()

    def wait_until_all_ended(self):
        while time.monotonic() < self.deadline:
            live = 0
            for phase in ("running", "pending", "waiting"):
                live += len(call(self.listen, "GET", f"/v1/executions?phase={phase}&limit=50")[1]["items"])
            if live == 0:
                return
            time.sleep(0.1)
        print("not everything ended in time", file=sys.stderr)

    def play(self):
        killer = threading.Thread(target=self.nemesis)
        killer.start()
        with concurrent.futures.ThreadPoolExecutor(self.options.concurrency) as pool:
            list(pool.map(self.submit, range(self.options.orders)))
        killer.join()
        self.submitted.close()
        self.wait_until_all_ended()
        balance = call(self.shop.address, "GET", "/audit/balance")[1]
        (self.folder / "run.json").write_text(json.dumps({"balance": balance, "kills": self.kills}))

    def end(self):
        for process in (self.server, self.shop):
            if process.child.poll() is None:
                process.end()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--skald", required=True)
    parser.add_argument("--samples", required=True)
    parser.add_argument("--orders", type=int, default=300)
    parser.add_argument("--kills", type=int, default=12)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--concurrency", type=int, default=8)
    parser.add_argument("--folder", help="kept; a temporary one otherwise")
    options = parser.parse_args()
    print(f"seed {options.seed}, {options.orders} orders, {options.kills} kills")
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(options.folder or temporary)
        folder.mkdir(parents=True, exist_ok=True)
        run = Run(options, folder)
        try:
            run.play()
        finally:
            run.end()
        check = subprocess.run([sys.executable, pathlib.Path(__file__).with_name("check.py"), folder], check=False)
    return check.returncode


if __name__ == "__main__":
    sys.exit(main())
