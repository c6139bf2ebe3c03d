"""PostgreSQL's protocol, as far as it takes to know that a transaction which wrote has been committed (PostgreSQL 15,
chapter 55). Follows one connection without encryption."""
import re
from collections import deque

WRITES = re.compile(rb"\b(?:INSERT|UPDATE|DELETE|COMMIT|END)\b", re.I)


class Messages:
    """Cuts a stream into (type, body). The first message of a client has no type."""

    def __init__(self, starts_untyped=False):
        self.rest, self.untyped = b"", starts_untyped

    def feed(self, data):
        self.rest += data
        while True:
            head = 0 if self.untyped else 1
            if len(self.rest) < head + 4:
                return
            size = head + int.from_bytes(self.rest[head:head + 4], "big")
            if len(self.rest) < size:
                return
            kind, body = self.rest[:head], self.rest[head + 4:size]
            self.rest, self.untyped = self.rest[size:], False
            yield kind, body


class Conversation:
    def __init__(self):
        self.asked, self.answered = Messages(starts_untyped=True), Messages()
        self.statements, self.portals = {}, {}  # name -> whether it writes
        self.writing = False  # what is being asked for, up to the next Sync
        self.waiting = deque()  # whether what was asked up to each Sync writes; one ReadyForQuery answers each
        self.failed = False

    def client_says(self, data):
        for kind, body in self.asked.feed(data):
            if kind == b"Q":
                self.waiting.append(bool(WRITES.search(body)))
            elif kind == b"P":
                name, query = body.split(b"\0", 2)[:2]
                self.statements[name] = bool(WRITES.search(query))
            elif kind == b"B":
                portal, statement = body.split(b"\0", 2)[:2]
                self.portals[portal] = self.statements.get(statement, False)
            elif kind == b"E":
                self.writing |= self.portals.get(body.split(b"\0", 1)[0], False)
            elif kind == b"S":
                self.waiting.append(self.writing)
                self.writing = False

    def is_writing(self):
        """Whether an answer is owed that may tell of a commit."""
        return any(self.waiting)

    def server_says(self, data):
        """True where this tells that what was written is committed."""
        committed = False
        for kind, body in self.answered.feed(data):
            if kind == b"E":
                self.failed = True
            elif kind == b"Z":
                wrote = self.waiting.popleft() if self.waiting else False
                committed |= wrote and not self.failed and body == b"I"
                self.failed = False
        return committed
