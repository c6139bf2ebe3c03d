"""A network of its own for a process: a namespace whose only way out is a pair of interfaces that can be cut. Then no packet
passes, and nobody is told. Needs root and iproute2."""
import atexit
import os
import re
import subprocess
from contextlib import contextmanager
from pathlib import Path

PIDS = 1_000_000


def ip(*arguments, check=True):
    return subprocess.run(["ip", *arguments], check=check, capture_output=not check, text=True).stdout


def remove_leftovers():
    """Of runs that were killed."""
    living = {int(entry.name) % PIDS for entry in Path("/proc").iterdir() if entry.name.isdigit()}
    for line in ip("netns", "list", check=False).splitlines():
        if (found := re.match(r"sk(\d+)n\d+\b", line)) and int(found[1]) not in living:
            remove(found[0])


def remove(name):
    ip("link", "delete", f"{name}o", check=False)
    ip("netns", "delete", name, check=False)


class Namespace:
    def __init__(self, number):
        remove_leftovers()
        self.name = f"sk{os.getpid() % PIDS}n{number}"
        self.outer, self.inner = f"{self.name}o", f"{self.name}i"
        subnet = f"10.{64 + os.getpid() % 128}.{number}"
        self.outside, self.inside = f"{subnet}.1", f"{subnet}.2"
        self.prefix = ["ip", "netns", "exec", self.name]  # it becomes the command
        atexit.register(remove, self.name)  # whatever happens before close()
        ip("netns", "add", self.name)
        ip("link", "add", self.outer, "type", "veth", "peer", "name", self.inner, "netns", self.name)
        ip("address", "add", f"{self.outside}/30", "dev", self.outer)
        ip("-n", self.name, "address", "add", f"{self.inside}/30", "dev", self.inner)
        ip("link", "set", self.outer, "up")
        ip("-n", self.name, "link", "set", self.inner, "up")

    @contextmanager
    def cut(self):
        ip("link", "set", self.outer, "down")
        try:
            yield
        finally:
            ip("link", "set", self.outer, "up")

    def close(self):
        """What ran in it must have ended."""
        remove(self.name)
