#!/usr/bin/env python3
"""Tests of the proxy: what it does to a connection, by command; and what it understands of PostgreSQL's protocol."""
import socket
import socketserver
import sys
import threading
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from postgres_wire import Conversation
from wire import Wire


class Echo(socketserver.StreamRequestHandler):
    def handle(self):
        for line in self.rfile:
            self.server.seen.append(line)
            self.wfile.write(line)


class Proxying(unittest.TestCase):
    def setUp(self):
        self.echo = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Echo)
        self.echo.daemon_threads, self.echo.seen = True, []
        threading.Thread(target=self.echo.serve_forever, args=(0.05,), daemon=True).start()
        self.addCleanup(self.echo.server_close)
        self.addCleanup(self.echo.shutdown)
        self.wire = Wire("127.0.0.1:%d" % self.echo.server_address[1])
        self.addCleanup(self.wire.stop)
        self.client = self.connect()

    def connect(self):
        client = socket.create_connection(("127.0.0.1", self.wire.port), timeout=5)
        self.addCleanup(client.close)
        return client

    def ask(self, client=None, seconds=5):
        """The echo; b"" where the connection was cut; None where nothing comes."""
        client = client or self.client
        client.settimeout(seconds)
        try:
            client.sendall(b"hello\n")
            return client.recv(100)
        except TimeoutError:
            return None
        except OSError:
            return b""

    def test_passes(self):
        self.assertEqual(self.ask(), b"hello\n")
        self.assertEqual(self.wire.tell("count"), {"connections": 1})

    def test_delays(self):
        self.wire.tell("delay", seconds=0.2)
        self.assertIsNone(self.ask(seconds=0.1))
        self.client.settimeout(5)
        self.assertEqual(self.client.recv(100), b"hello\n")

    def test_cuts_once(self):
        self.assertEqual(self.ask(), b"hello\n")
        self.assertEqual(self.wire.tell("cut")["cut"], 1)
        self.assertEqual(self.ask(), b"")
        self.assertEqual(self.ask(self.connect()), b"hello\n")

    def test_refuses(self):
        self.wire.tell("refuse")
        self.assertEqual(self.ask(self.connect()), b"")

    def test_half_open_swallows_until_it_is_cut(self):
        self.wire.tell("swallow")
        self.assertIsNone(self.ask(seconds=0.1))
        self.wire.tell("pass")
        self.assertEqual(self.ask(), b"")
        self.assertEqual(self.echo.seen, [])
        self.assertEqual(self.ask(self.connect()), b"hello\n")

    def test_loses_an_answer_to_what_has_arrived(self):
        self.wire.tell("lose", count=1)
        self.assertEqual(self.ask(), b"")
        self.assertEqual(self.echo.seen, [b"hello\n"])
        self.assertTrue(self.wire.wait_until_grown("lost", 0, 1))
        self.assertEqual(self.ask(self.connect()), b"hello\n")


def message(kind, body):
    return kind + (len(body) + 4).to_bytes(4, "big") + body


READY_IDLE, READY_INSIDE = message(b"Z", b"I"), message(b"Z", b"T")
DONE, FAILED = message(b"C", b"INSERT 0 1\0"), message(b"E", b"SERROR\0\0")


class Postgres(unittest.TestCase):
    def setUp(self):
        self.talk = Conversation()
        self.talk.client_says(message(b"", b"\0\3\0\0user\0skald\0\0"))

    def execute(self, query, name=b"st"):
        self.talk.client_says(message(b"P", name + b"\0" + query + b"\0\0\0") + message(b"S", b""))
        self.assertFalse(self.talk.server_says(message(b"1", b"") + READY_IDLE))
        self.talk.client_says(message(b"B", b"\0" + name + b"\0\0\0\0\0\0\0") + message(b"E", b"\0\0\0\0\0") + message(b"S", b""))

    def test_a_statement_that_writes_commits_by_itself(self):
        self.execute(b"WITH made AS (INSERT INTO history VALUES (1)) SELECT 1")
        self.assertTrue(self.talk.is_writing())
        self.assertTrue(self.talk.server_says(message(b"2", b"") + DONE + READY_IDLE))
        self.assertFalse(self.talk.is_writing())

    def test_a_message_may_come_in_pieces(self):
        self.execute(b"insert into history values (1)")
        answer = DONE + READY_IDLE
        told = [self.talk.server_says(answer[i:i + 1]) for i in range(len(answer))]
        self.assertEqual(told, [False] * (len(answer) - 1) + [True])

    def test_reading_commits_nothing(self):
        self.execute(b"SELECT position FROM history")
        self.assertFalse(self.talk.server_says(DONE + READY_IDLE))

    def test_an_error_commits_nothing(self):
        self.execute(b"INSERT INTO history VALUES (1)")
        self.assertFalse(self.talk.server_says(FAILED + READY_IDLE))

    def test_inside_a_transaction_only_its_commit_counts(self):
        for query, ready, committed in ((b"BEGIN\0", READY_INSIDE, False), (b"DELETE FROM t\0", READY_INSIDE, False),
                                        (b"COMMIT\0", READY_IDLE, True), (b"BEGIN\0", READY_INSIDE, False)):
            self.talk.client_says(message(b"Q", query))
            self.assertEqual(self.talk.server_says(DONE + ready), committed, query)


if __name__ == "__main__":
    unittest.main()
