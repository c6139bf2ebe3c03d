"""What befalls a run besides kills: each strike is a name and a context manager that begins it and ends it again. A
strike yields a function that tells, at its end, whether it has struck at all."""
import random as chance
import signal
import time
from collections import Counter
from contextlib import contextmanager

# How long a strike at a wire waits for something to strike.
PATIENCE_SECONDS = 3


def always():
    return True


@contextmanager
def server_stopped(server):
    """SIGSTOP: time passes for everybody else."""
    server.process.send_signal(signal.SIGSTOP)
    try:
        yield always
    finally:
        server.process.send_signal(signal.SIGCONT)  # one that was killed meanwhile takes no notice


@contextmanager
def wire_does(wire, counter, command, **more):
    before = wire.count(counter)
    deadline, struck = time.monotonic() + PATIENCE_SECONDS, False
    try:
        while not struck and time.monotonic() < deadline:
            wire.tell(command, **more)  # there may have been nothing to cut yet
            struck = wire.wait_until_grown(counter, before, 0.05)
        yield lambda: struck
    finally:
        wire.tell("pass")


@contextmanager
def answer_lost(wire):
    before = wire.count("lost")
    wire.tell("lose", count=1)
    struck = wire.wait_until_grown("lost", before, PATIENCE_SECONDS)
    wire.tell("pass")
    yield lambda: struck


@contextmanager
def at_once(action):
    action()
    yield always


def wire_strikes(name, wire):
    return {
        f"{name}Delayed": lambda: wire_does(wire, "delayed", "delay", seconds=0.2),
        f"{name}Cut": lambda: wire_does(wire, "cut", "cut"),
        f"{name}HalfOpen": lambda: wire_does(wire, "swallowed", "swallow"),
        f"{name}AnswerLost": lambda: answer_lost(wire),
    }


class Strikes:
    """All kinds in turn, in an order of chance, so that a short run meets each of them."""

    def __init__(self, kinds, seed):
        self.kinds, self.left = kinds, []
        self.random = chance.Random(seed)
        self.counts = Counter()

    @contextmanager
    def next(self):
        if not self.left:
            self.left = sorted(self.kinds)
            self.random.shuffle(self.left)
        name = self.left.pop()
        with self.kinds[name]() as has_struck:
            yield name
            self.counts[name] += has_struck()
            if not has_struck():
                self.left.insert(0, name)  # once more, later
