"""Fills a database with copies of an execution that the engine wrote itself: the engine's own rows, without its time.

A copy has its own id, of the time that it pretends to have started at, and every time in it moved by as much.
"""
import random
import re
from datetime import datetime, timezone

SHARDS, SHARD_FACTOR = 256, 0x15  # engine/base/ids.cpp: the lowest byte of the id, multiplied
EXECUTION_TIMES = ("started_at", "ended_at", "wake_at")
TIME_TEXT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


def new_id(millis, source):
    """UUIDv7, RFC 9562, section 5.7."""
    a, b = source.getrandbits(12), source.getrandbits(62) | 1 << 63
    return f"{millis >> 16 & 0xffffffff:08x}-{millis & 0xffff:04x}-7{a:03x}-{b >> 48:04x}-{b & 0xffffffffffff:012x}"


def shard_of(execution):
    return int(execution[-2:], 16) * SHARD_FACTOR % SHARDS


def moved_text(text, by):
    def moved(match):
        at = datetime.strptime(match[0], "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=timezone.utc).timestamp() + by / 1000
        return datetime.fromtimestamp(at, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
    return TIME_TEXT.sub(moved, text)


class Copier:
    """Of one execution: (columns, row) of `executions`, (columns, rows) of `history`."""

    def __init__(self, execution, history, seed=1):
        (self.columns, self.row), (self.history_columns, self.history) = execution, history
        self.place = {name: self.columns.index(name) for name in ("id", "shard", *EXECUTION_TIMES)}
        self.history_place = {name: self.history_columns.index(name) for name in ("execution", "at", "data")}
        # Most events have no time in their data, and reading for it is most of a copy's work.
        self.timeless = [not TIME_TEXT.search(event[self.history_place["data"]]) for event in self.history]
        self.started_at = self.row[self.place["started_at"]]
        self.source = random.Random(seed)

    def copy(self, started_at):
        """The row and the history of a copy that started then."""
        by, execution = started_at - self.started_at, new_id(started_at, self.source)
        row = list(self.row)
        row[self.place["id"]], row[self.place["shard"]] = execution, shard_of(execution)
        for name in EXECUTION_TIMES:
            if row[self.place[name]] is not None:
                row[self.place[name]] += by
        history = []
        for original, timeless in zip(self.history, self.timeless):
            event = list(original)
            event[self.history_place["execution"]] = execution
            event[self.history_place["at"]] += by
            if not timeless:
                event[self.history_place["data"]] = moved_text(event[self.history_place["data"]], by)
            history.append(event)
        return row, history

    def copies(self, starts):
        """In the order of their starts, as the engine would have written them."""
        return (self.copy(started_at) for started_at in starts)


def evenly(count, begin, end):
    """`count` times from `begin` on, in milliseconds."""
    return (begin + (end - begin) * i // max(count, 1) for i in range(count))


def fill(database, workflow, starts):
    """Copies the newest execution of `workflow`; the engine must not run."""
    database.write_copies(Copier(*database.newest(workflow)).copies(starts))
