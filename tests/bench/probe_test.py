"""skald-probe from outside: what is durable when it calls the participant and when it answers."""
import http.client
import sqlite3
import subprocess
import sys
import tempfile
import threading
import unittest
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from harness.probe import check_same  # noqa: E402
from harness.servers import Engine, Probe  # noqa: E402
from harness.workplace import BENCH, PARTICIPANT_ADDRESS  # noqa: E402

ORDER = ('{"orderId":"order-0000000042","amount":4999,"currency":"EUR","items":[{"sku":"book-17","quantity":2}],'
         '"address":{"street":"1 Main Street","city":"Berlin","country":"DE"}}')
START = "/v1/workflows/bench/three-steps/executions"
PROGRAM = ENGINE = None


class Participant(ThreadingHTTPServer):
    """Notes, for each call, how many rows of its execution another reader sees."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.database, self.calls, self.status = None, [], 200
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        rows, _ = rows_of(self.server.database, self.headers["Skald-Execution"])
        self.server.calls.append((self.path, rows))
        self.send_response(self.server.status)
        self.send_header("Content-Length", "10")
        self.end_headers()
        self.wfile.write(b'{"id":"x"}')

    def log_message(self, *_):
        pass


def rows_of(database, execution):
    reader = sqlite3.connect(f"file:{database.path}?mode=ro", uri=True, timeout=10)
    rows = reader.execute("SELECT count(*) FROM history WHERE execution = ?", (execution,)).fetchone()[0]
    phase = reader.execute("SELECT phase FROM executions WHERE id = ?", (execution,)).fetchone()[0]
    reader.close()
    return rows, phase


def start(client, body):
    client.request("POST", START, body, {"Content-Type": "application/json", "Prefer": "wait=30"})
    answer = client.getresponse()
    return answer, answer.read().decode()


class ProbeTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        self.participant = Participant()
        self.addCleanup(self.participant.server_close)
        self.addCleanup(self.participant.shutdown)
        self.probe = Probe(PROGRAM, self.folder.name, self.participant.port)
        self.participant.database = self.probe.database
        self.probe.__enter__()
        self.addCleanup(self.probe.__exit__)
        self.client = http.client.HTTPConnection("127.0.0.1", self.probe.port, timeout=20)
        self.addCleanup(self.client.close)

    def start(self, body=ORDER):
        return start(self.client, body)

    def test_every_call_and_the_answer_follow_a_commit(self):
        for _ in range(3):  # over the same connections
            self.participant.calls.clear()
            answer, body = self.start()
            self.assertEqual(answer.status, 201)
            self.assertIn('"outcome":"completed"', body)
            self.assertEqual(self.participant.calls, [("/done/first", 2), ("/done/second", 4), ("/done/third", 6)])
            self.assertEqual(rows_of(self.probe.database, answer.headers["Location"].rsplit("/", 1)[1]), (8, "completed"))

    def test_its_tables_and_rows_are_those_of_the_engine(self):
        adapters = Path(self.folder.name) / "adapters.yaml"
        adapters.write_text((BENCH / "adapters.yaml").read_text().replace(PARTICIPANT_ADDRESS, f"127.0.0.1:{self.participant.port}"))
        folder = Path(self.folder.name) / "engine"
        folder.mkdir()
        with Engine(ENGINE, folder, BENCH / "workflows", adapters) as engine:
            self.participant.database = engine.database
            client = http.client.HTTPConnection("127.0.0.1", engine.port, timeout=40)
            self.addCleanup(client.close)
            self.assertEqual(start(client, ORDER)[0].status, 201)
            work = engine.database.standard_work()
        self.participant.database = self.probe.database
        self.assertEqual(self.start()[0].status, 201)
        check_same(work, self.probe.database.standard_work())

    def test_other_input_is_refused_and_writes_nothing(self):
        self.assertEqual(self.start("{}")[0].status, 400)
        self.assertEqual(self.probe.database.rows(), {})
        self.assertEqual(self.start()[0].status, 201)

    def test_failing_participant_ends_the_connection_without_an_answer(self):
        self.participant.status = 503
        with self.assertRaises((http.client.RemoteDisconnected, ConnectionResetError)):
            self.start()
        self.client.close()
        self.participant.status = 200
        self.assertEqual(self.start()[0].status, 201)

    def test_existing_database_is_left_alone(self):
        command = [*self.probe.command[:-1], str(self.probe.database.path)]
        self.assertNotEqual(subprocess.run(command, capture_output=True).returncode, 0)


if __name__ == "__main__":
    ENGINE = sys.argv.pop(2)
    PROGRAM = sys.argv.pop(1)
    unittest.main()
