"""Operators that put executions to sleep and wake them, cancel them, or have an undo that was refused tried again, at
whichever node they happen to talk to: half of the commands or more concern executions of another node."""
import http.client
import json
import random
import threading
import time
from collections import Counter

from programs import request

PAUSE_SECONDS = 0.05
ACCEPTED = 202
RETRIES = 3  # of one execution


class Operators:
    """Only orders whose scenario has a command are theirs."""

    def __init__(self, server, submitter, seed):
        self.server, self.submitter = server, submitter
        self.random = random.Random(seed + 5)
        self.stopped, self.told = threading.Event(), set()
        self.counts = Counter()
        self.asleep, self.retries = set(), {}
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            while not self.stopped.wait(PAUSE_SECONDS):
                self.look()
        except Exception as error:  # shown by the driver, which gives the run up
            self.submitter.failure = self.submitter.failure or error

    def look(self):
        for order in self.submitter.orders[:self.submitter.released]:
            execution = self.submitter.executions.get(order.key)
            if self.stopped.is_set():
                return
            if execution is None or order.key in self.told or order.scenario.command is None:
                continue
            self.told.add(order.key)
            if order.scenario.command == "retry":
                self.retries[execution] = RETRIES
            else:
                self.give(execution, order.scenario.command)
        for execution in list(self.asleep):
            self.wake(execution)
        for execution in [execution for execution, left in self.retries.items() if left > 0]:
            self.retry(execution)

    def give(self, execution, command):
        status = self.command(execution, command)
        if command == "suspend" and status not in (404, 409):
            self.asleep.add(execution)  # or perhaps: an answer that was lost tells nothing

    def wake(self, execution):
        """Until it says that it is awake. One whose command to sleep is still under way is looked after again."""
        if self.command(execution, "resume") == 409:
            status, view = self.ask("GET", f"/v1/executions/{execution}")
            if status == 200 and (view["endedAt"] is not None or any(i["open"] and i["kind"] != "quarantined" for i in view["incidents"])):
                self.asleep.discard(execution)

    def retry(self, execution):
        """What it is parked with."""
        status, view = self.ask("GET", f"/v1/executions/{execution}")
        for incident in view["incidents"] if status == 200 else ():
            if incident["open"]:
                status = self.command(execution, f"incidents/{incident['number']}/retry")
                self.retries[execution] -= status == ACCEPTED

    def command(self, execution, name):
        status, _ = self.ask("POST", f"/v1/executions/{execution}/{name}", {"reason": "by chance"})
        self.counts[name] += status == ACCEPTED
        return status

    def ask(self, method, path, body=None):
        try:
            return request(self.server.base, method, path, body, timeout=3)
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            return 0, None

    def close(self):
        self.stopped.set()
        self.thread.join(30)
