"""A proxy (tcp_proxy.py) in a process of its own, and the hand that commands it. One thread at a time."""
import json
import subprocess
import sys
import time
from pathlib import Path

PROGRAM = Path(__file__).parent / "tcp_proxy.py"


class Wire:
    def __init__(self, target, postgres=False, host="127.0.0.1"):
        command = [sys.executable, "-B", PROGRAM, "--to", str(target), "--host", host] + (["--postgres"] if postgres else [])
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = int(self.process.stdout.readline())
        self.address = f"{host}:{self.port}"

    def tell(self, what, **more):
        """Returns what has happened so far, in numbers."""
        self.process.stdin.write(json.dumps({"do": what, **more}) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def count(self, name):
        return self.tell("count").get(name, 0)

    def wait_until_grown(self, name, before, seconds):
        """Whether that number has grown within the time."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.count(name) > before:
                return True
            time.sleep(0.01)
        return False

    def stop(self):
        self.process.stdin.close()
        self.process.wait(10)
        self.process.stdout.close()
