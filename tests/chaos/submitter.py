"""Submits orders, each under its Idempotency-Key, and again under the same key for as long as no answer came; some hang
up before the first answer. Then waits for their ends. Everything is logged before it is sent and after it was answered."""
import http.client
import json
import queue
import threading
import time

from programs import request

START = "/v1/workflows/shop/checkout/executions"
PAUSE_SECONDS = 0.05  # between two looks at what only time changes


class Log:
    """JSON lines, one writer at a time."""

    def __init__(self, path):
        self.file = open(path, "a", encoding="utf-8")
        self.lock = threading.Lock()

    def write(self, **line):
        with self.lock:
            self.file.write(json.dumps(line) + "\n")
            self.file.flush()


class Submitter:
    def __init__(self, server, samples, orders, log, concurrency, patience=10):
        self.server, self.samples, self.log = server, samples, log
        self.orders, self.patience = orders, patience
        self.work = queue.SimpleQueue()
        self.executions = {}  # key -> id
        self.failure = None
        self.stopped = threading.Event()
        self.threads = [threading.Thread(target=self.run, daemon=True) for _ in range(concurrency)]
        self.released = 0
        for order in orders:
            log.write(event="planned", key=order.key, orderId=order.id, scenario=order.scenario.name, input=order.input,
                      expected=order.scenario.expected)
        for thread in self.threads:
            thread.start()

    def release(self, count):
        """Lets the first `count` orders be submitted."""
        for order in self.orders[self.released:count]:
            self.work.put(order)
        self.released = max(self.released, count)

    def run(self):
        while (order := self.work.get()) is not None:
            try:
                for rule in order.rules():
                    self.samples.add_fault(rule)
                hang_up = order.hasty
                while not self.stopped.is_set() and not self.submit(order, hang_up):
                    hang_up = False
            except Exception as error:  # shown by the driver, which gives the run up
                self.failure = self.failure or error
                return

    def submit(self, order, hang_up):
        if not self.server.up.wait(1):
            return False
        base = self.server.base
        self.log.write(event="sent", key=order.key)
        try:
            status, body = request(base, "POST", START, order.input, {"Idempotency-Key": f'"{order.key}"'},
                                   self.patience, hang_up)
        except (OSError, http.client.HTTPException, json.JSONDecodeError):
            self.log.write(event="unanswered", key=order.key)
            self.stopped.wait(PAUSE_SECONDS / 5)
            return False
        if status in (200, 201):
            self.log.write(event="acknowledged", key=order.key, status=status, execution=body["id"])
            self.executions[order.key] = body["id"]
            return True
        self.log.write(event="refused", key=order.key, status=status, body=body)
        if status not in (429, 503):
            raise RuntimeError(f"the start of {order.key} was answered {status}: {body}")
        self.stopped.wait(PAUSE_SECONDS)
        return False

    def close(self):
        self.stopped.set()
        for _ in self.threads:
            self.work.put(None)
        for thread in self.threads:
            thread.join(30)

    def wait_until_started(self, deadline):
        self.wait_for(lambda: len(self.executions) == len(self.orders), deadline, "every start is acknowledged")

    def wait_until_ended(self, deadline):
        """Or are parked. Quarantined steps, which five deaths in a row have put aside, are retried as an operator would."""
        left = set(self.executions.values())

        def look():
            for execution in list(left):
                status, view = request(self.server.base, "GET", f"/v1/executions/{execution}")
                if status == 404 or (status == 200 and view["endedAt"] is not None):
                    left.discard(execution)  # one that is lost is the checker's to judge
                for incident in view["incidents"] if status == 200 else ():
                    if incident["open"] and incident["kind"] != "quarantined" and view["phase"] == "suspended":
                        left.discard(execution)
                    elif incident["open"] and incident["kind"] == "quarantined":
                        request(self.server.base, "POST", f"/v1/executions/{execution}/incidents/{incident['number']}/retry",
                                {"reason": "the kills are over"})
            return not left

        if not self.wait_for(look, deadline, None):
            self.log.write(event="unfinished", executions=sorted(left))
        return left

    def wait_for(self, condition, deadline, what):
        while not condition():
            if self.failure:
                raise self.failure
            if time.monotonic() > deadline:
                if what:
                    raise TimeoutError(f"gave up waiting until {what}")
                return False
            self.stopped.wait(PAUSE_SECONDS)
        return True
