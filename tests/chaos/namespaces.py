"""A network of its own for a process: a namespace whose only way out is a pair of interfaces that can be cut. Then no packet
passes, and nobody is told. Needs root and iproute2."""
import os
import subprocess
from contextlib import contextmanager


def ip(*arguments):
    subprocess.run(["ip", *arguments], check=True)


class Namespace:
    def __init__(self, number):
        self.name = f"sk{os.getpid() % 1_000_000}n{number}"
        self.outer, self.inner = f"{self.name}o", f"{self.name}i"
        subnet = f"10.{64 + os.getpid() % 128}.{number}"
        self.outside, self.inside = f"{subnet}.1", f"{subnet}.2"
        self.prefix = ["ip", "netns", "exec", self.name]  # it becomes the command
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
        ip("link", "delete", self.outer)
        ip("netns", "delete", self.name)
