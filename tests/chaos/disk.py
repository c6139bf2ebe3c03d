"""A disk for one SQLite database that fails on command, and loses at a power cut what was not synced. The library
disk_faults.c does it inside the server; here are its switches, and the file system that a power cut leaves."""
import errno
import mmap
import struct
import time
from contextlib import contextmanager
from pathlib import Path

SWITCHES = ("write_errno", "write_millionths", "sync_errno", "sync_millionths", "sync_lies_millionths", "sync_micros", "free_bytes")
COUNTERS = ("writes_failed", "syncs_failed", "syncs_lied", "writes", "syncs")
ALWAYS = 1_000_000
NUMBER = struct.Struct("<q")
RECORD = struct.Struct("<4q")
WRITE, TRUNCATE, SYNC, UNLINK = 1, 2, 3, 4
PATIENCE_SECONDS = 3
SYNC_MICROS = 20_000  # of a disk that a power cut meets at work
SECTOR_BYTES = 4096  # what a disk writes as a whole


class Disk:
    def __init__(self, library, database, folder, loses_power=False, lies=False):
        self.database, self.library = Path(database).resolve(), library
        self.page, self.log = folder / "disk.control", folder / "disk.log"
        self.page.write_bytes(bytes(NUMBER.size * (len(SWITCHES) + len(COUNTERS))))
        with open(self.page, "r+b") as file:
            self.memory = mmap.mmap(file.fileno(), 0)
        self.switch(free_bytes=-1)
        self.loses_power, self.cuts, self.lost_bytes = loses_power, 0, 0
        self.lies = lies
        if loses_power:
            self.switch(sync_micros=SYNC_MICROS, sync_lies_millionths=ALWAYS if lies else 0)
        self.synced = {}  # path -> content that a power cut leaves

    def environment(self):
        more = {"DISK_FAULTS_LOG": str(self.log)} if self.loses_power else {}
        return {"LD_PRELOAD": str(self.library), "DISK_FAULTS_FILES": str(self.database),
                "DISK_FAULTS_CONTROL": str(self.page), **more}

    def switch(self, **values):
        for name, value in values.items():
            NUMBER.pack_into(self.memory, SWITCHES.index(name) * NUMBER.size, value)

    def count(self, name):
        return NUMBER.unpack_from(self.memory, (len(SWITCHES) + COUNTERS.index(name)) * NUMBER.size)[0]

    @contextmanager
    def fault(self, counter, wait=False, **switches):
        """Until its end. Yields a function that tells whether it has struck, for which it waits a while with `wait`; with
        `counter` None it always has."""
        before = self.count(counter) if counter else -1
        self.switch(**switches)
        deadline = time.monotonic() + PATIENCE_SECONDS

        def has_struck():
            return counter is None or self.count(counter) > before

        try:
            while wait and not has_struck() and time.monotonic() < deadline:
                time.sleep(0.01)
            yield has_struck
        finally:
            self.switch(write_millionths=0, sync_millionths=0, free_bytes=-1)

    def strikes(self):
        return {
            "diskFull": lambda: self.fault("writes_failed", True, write_errno=errno.ENOSPC, write_millionths=ALWAYS),
            "diskFullAtTimes": lambda: self.fault("writes_failed", True, write_errno=errno.ENOSPC, write_millionths=ALWAYS // 10),
            "diskLow": lambda: self.fault(None, free_bytes=100 << 20),
            "diskWriteError": lambda: self.fault("writes_failed", True, write_errno=errno.EIO, write_millionths=ALWAYS // 20),
            "diskSyncError": lambda: self.fault("syncs_failed", True, sync_errno=errno.EIO, sync_millionths=ALWAYS // 2),
        }

    def cut_power(self, random):
        """After the process was killed: every file becomes what was synced and a random part of what was written later."""
        if not self.loses_power:
            return
        pending = self.replay()
        survives = 0 if self.lies else random.choice((0, 0.5, 0.5, 0.9))
        for path, operations in pending.items():
            content = self.synced.setdefault(path, bytearray())
            for kind, offset, data in operations:
                if kind == TRUNCATE:
                    apply(content, kind, offset, data)
                    continue
                for start in range(0, len(data), SECTOR_BYTES):
                    if random.random() < survives:
                        apply(content, WRITE, offset + start, data[start:start + SECTOR_BYTES])
                    else:
                        self.lost_bytes += len(data[start:start + SECTOR_BYTES])
        self.cuts += 1
        self.write_back()

    def replay(self):
        """Applies what the log knows to be synced; returns what it does not, by path."""
        pending, log = {}, self.log.read_bytes() if self.log.exists() else b""
        at = 0
        while at < len(log):
            kind, name_size, offset, size = RECORD.unpack_from(log, at)
            at += RECORD.size
            path, at = log[at:at + name_size].decode(), at + name_size
            data = b""
            if kind == WRITE:
                data, at = log[at:at + size], at + size
            if kind == UNLINK:
                pending.pop(path, None)
                self.synced.pop(path, None)
            elif kind == SYNC:
                content = self.synced.setdefault(path, bytearray())
                for operation in pending.pop(path, ()):
                    apply(content, *operation)
            else:
                pending.setdefault(path, []).append((kind, offset, data))
        return pending

    def write_back(self):
        for path in self.database.parent.glob(f"{self.database.name}*"):
            if path.suffix != ".lock":
                path.unlink()
        for path, content in self.synced.items():
            Path(path).write_bytes(content)
        self.log.write_bytes(b"")


def apply(content, kind, offset, data):
    if kind == TRUNCATE:
        del content[offset:]
    end = offset + len(data)
    if len(content) < end:
        content.extend(bytes(end - len(content)))
    content[offset:end] = data
