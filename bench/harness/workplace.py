"""Where a bench run works: its programs, its folder, its copies of the workflows and adapters."""
import json
import os
import shutil
import subprocess
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
PARTICIPANT_ADDRESS = "127.0.0.1:18080"
SINK_ADDRESS = "127.0.0.1:18081"
ABSENT_ADDRESS = "127.0.0.1:18082"


class Workplace:
    def __init__(self, folder, binary, tools):
        self.root, self.binary, self.tools = Path(folder), Path(binary), Path(tools)
        shutil.rmtree(self.root, ignore_errors=True)
        self.root.mkdir(parents=True)

    def folder(self, name):
        made = self.root / name
        shutil.rmtree(made, ignore_errors=True)
        made.mkdir(parents=True)
        return made

    def adapters(self, folder, participant_port, sink_port=None, sink_concurrency=None, absent_port=None):
        text = (BENCH / "adapters.yaml").read_text().replace(PARTICIPANT_ADDRESS, f"127.0.0.1:{participant_port}")
        if sink_port:
            text = text.replace(SINK_ADDRESS, f"127.0.0.1:{sink_port}")
        if absent_port:
            text = text.replace(ABSENT_ADDRESS, f"127.0.0.1:{absent_port}")
        if sink_concurrency:
            text = text.replace("concurrency: 10000", f"concurrency: {sink_concurrency}")
        path = folder / "adapters.yaml"
        path.write_text(text)
        return path

    def program(self, name):
        return self.tools / name

    def tool(self, name, *arguments):
        """Runs a program that prints one line of JSON, and returns it parsed."""
        done = subprocess.run([str(self.program(name)), *map(str, arguments)], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{name} ended with code {done.returncode}: {done.stderr.strip()}")
        return json.loads(done.stdout)

    def on_memory_disk(self):
        """Whether commits here would cost nothing, because the file system is in memory."""
        mounts = [line.split() for line in Path("/proc/mounts").read_text().splitlines()]
        holding = [m for m in mounts if self.root.resolve().is_relative_to(m[1])]
        return max(holding, key=lambda m: len(m[1]))[2] in ("tmpfs", "ramfs")


def cores():
    return len(os.sched_getaffinity(0))
