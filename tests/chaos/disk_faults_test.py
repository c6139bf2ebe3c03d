#!/usr/bin/env python3
"""Tests of what a power cut leaves: the log of disk_faults.c, played back."""
import random
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from disk import RECORD, SECTOR_BYTES, SYNC, TRUNCATE, UNLINK, WRITE, Disk


class Chances:
    """In place of random: what survives, in turn."""

    def __init__(self, *survive):
        self.survive = iter(survive)

    def choice(self, _):
        return 0.5

    def random(self):
        return 0 if next(self.survive) else 1


class PowerCut(unittest.TestCase):
    def setUp(self):
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.folder = Path(scratch.name).resolve()
        self.disk = Disk("unused.so", self.folder / "skald.db", self.folder, loses_power=True)

    def record(self, kind, name="skald.db", offset=0, data=b""):
        path = str(self.folder / name).encode()
        with open(self.disk.log, "ab") as log:
            log.write(RECORD.pack(kind, len(path), offset, len(data)) + path + data)

    def content(self, name="skald.db"):
        return (self.folder / name).read_bytes()

    def test_what_was_synced_survives(self):
        self.record(WRITE, data=b"abc")
        self.record(WRITE, offset=5, data=b"d")
        self.record(SYNC)
        self.disk.cut_power(Chances())
        self.assertEqual(self.content(), b"abc\0\0d")
        self.assertEqual((self.disk.cuts, self.disk.lost_bytes), (1, 0))

    def test_of_the_rest_a_part_survives_sector_by_sector(self):
        self.record(WRITE, data=b"a" * 3 * SECTOR_BYTES)
        self.record(SYNC)
        self.record(WRITE, data=b"b" * 3 * SECTOR_BYTES)
        self.disk.cut_power(Chances(True, False, True))
        self.assertEqual(self.content(), b"b" * SECTOR_BYTES + b"a" * SECTOR_BYTES + b"b" * SECTOR_BYTES)
        self.assertEqual(self.disk.lost_bytes, SECTOR_BYTES)

    def test_syncing_one_file_is_not_syncing_another(self):
        self.record(WRITE, data=b"abc")
        self.record(WRITE, "skald.db-wal", data=b"log")
        self.record(SYNC, "skald.db-wal")
        self.disk.cut_power(Chances(False))
        self.assertEqual((self.content(), self.content("skald.db-wal")), (b"", b"log"))

    def test_what_one_cut_leaves_the_next_one_keeps(self):
        self.record(WRITE, data=b"abc")
        self.disk.cut_power(Chances(True))
        self.record(WRITE, data=b"xyz")
        self.disk.cut_power(Chances(False))
        self.assertEqual(self.content(), b"abc")

    def test_truncation_and_removal(self):
        self.record(WRITE, data=b"abcdef")
        self.record(TRUNCATE, offset=2)
        self.record(SYNC)
        self.record(WRITE, "skald.db-journal", data=b"log")
        self.record(UNLINK, "skald.db-journal")
        (self.folder / "skald.db-shm").write_bytes(b"memory")
        self.disk.cut_power(random)
        self.assertEqual(self.content(), b"ab")
        self.assertEqual([path.name for path in self.folder.glob("skald.db*")], ["skald.db"])


if __name__ == "__main__":
    unittest.main()
