"""What a run has left behind, read into plain values. Nothing here is shared with the engine: only its database's two
tables and the participants' journal are known."""
import json
import sqlite3
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from views import Views, logs_of, read_views

CHANGED = "the shards of this node have changed"
LAPSED = "the lease could not be renewed in time"


@dataclass(frozen=True)
class Row:
    """One event of a history."""
    position: int
    epoch: int
    kind: str
    step: str = ""
    attempt: int = 0
    data: dict = field(default_factory=dict)
    at: int = 0  # milliseconds since 1970


@dataclass(frozen=True)
class Entry:
    """One line of the participants' journal."""
    sequence: int
    event: str  # received, applied, repeated, refused, replied, cut
    service: str
    operation: str  # do, undo
    key: str
    order: str
    attempt: int
    epoch: int
    body_hash: str
    status: int
    ns: int = 0  # monotonic


@dataclass(frozen=True)
class Submission:
    """A start that the submitter asked for, and every answer it got."""
    key: str
    order: str
    scenario: str
    input: dict
    expected: tuple  # outcomes that the scenario allows
    acknowledged: tuple = ()  # the execution of each acknowledgement
    sent: int = 1


@dataclass(frozen=True)
class Stored:
    """A row of the table `executions`."""
    phase: str
    outcome: str
    key: str
    open_incidents: int = 0


@dataclass
class Evidence:
    flow: list  # the steps of the workflow, in order
    submissions: list
    journal: list
    stored: dict  # execution -> Stored
    histories: dict  # execution -> [Row]
    balance: dict
    witnesses: list = field(default_factory=list)  # (execution, [Row]) as read before a restart
    nemesis: dict = field(default_factory=dict)  # {"kills", "restarts", "strikes": {kind: number}}
    policy: dict = field(default_factory=dict)  # as plan.POLICY
    views: Views = None  # what the server showed at the end
    integrity: str = "ok"
    nodes: int = 1
    lease_ms: int = 0
    wall_ahead_ns: int = 0  # of the monotonic clock
    changes_of_shards: int = 0  # that nodes have told of
    lapses: int = 0  # how often a node has found that its lease was not certain any more

    def __post_init__(self):
        self.by_key = defaultdict(list)
        for entry in self.journal:
            self.by_key[entry.key].append(entry)

    def key(self, execution, step):
        return f"{execution}/{step}"

    def end_of(self, execution):
        return next((row for row in self.histories.get(execution, []) if row.kind == "ExecutionEnded"), None)

    def open_incidents(self, execution):
        raised, resolved = set(), set()
        for row in self.histories.get(execution, []):
            if row.kind == "IncidentRaised":
                raised.add(row.data.get("number"))
            elif row.kind == "IncidentResolved":
                resolved.add(row.data.get("number"))
        return raised - resolved


def read_lines(path):
    return [json.loads(line) for line in Path(path).read_text().splitlines() if line]


def read_journal(path):
    return [Entry(line["sequence"], line["event"], line["service"], line["operation"], line["key"], line["orderId"],
                  line["attempt"], line["epoch"], line["bodyHash"], line["status"], line["monotonicNs"]) for line in read_lines(path)]


def read_submissions(path):
    plans, answers, sent = {}, defaultdict(list), defaultdict(int)
    for line in read_lines(path):
        if line["event"] == "planned":
            plans[line["key"]] = line
        elif line["event"] == "sent":
            sent[line["key"]] += 1
        elif line["event"] == "acknowledged":
            answers[line["key"]].append(line["execution"])
    return [Submission(key, plan["orderId"], plan["scenario"], plan["input"], tuple(plan["expected"]),
                       tuple(answers[key]), sent[key]) for key, plan in plans.items()]


def row_of(columns):
    position, epoch, kind, step, attempt, data, at = columns
    return Row(position, epoch, kind, step, attempt, json.loads(data), at)


def read_histories(connection, only=None):
    histories = defaultdict(list)
    where = "" if only is None else f" WHERE execution IN ({','.join('?' * len(only))})"
    columns = "execution, position, epoch, kind, step, attempt, data, at"
    query = f"SELECT {columns} FROM history{where} ORDER BY execution, position"
    for execution, *columns in connection.execute(query, only or []):
        histories[execution].append(row_of(columns))
    return dict(histories)


def read_database(path):
    """(stored, histories, integrity). The writer must have ended."""
    connection = sqlite3.connect(path)
    try:
        stored = {row[0]: Stored(*row[1:]) for row in connection.execute(
            "SELECT id, phase, outcome, idempotency_key, open_incidents FROM executions")}
        integrity = connection.execute("PRAGMA integrity_check").fetchone()[0]
        return stored, read_histories(connection), integrity
    finally:
        connection.close()


def logged(folder, text):
    return sum(path.read_text(errors="replace").count(text) for path in logs_of(folder))


def read_run(folder):
    folder = Path(folder)
    run = json.loads((folder / "run.json").read_text())
    stored, histories, integrity = read_database(folder / "skald.db")
    witnesses = [(line["execution"], [Row(**row) for row in line["rows"]])
                 for line in read_lines(folder / "witnesses.jsonl")]
    return Evidence(flow=run["flow"], submissions=read_submissions(folder / "submissions.jsonl"),
                    journal=read_journal(folder / "journal.jsonl"), stored=stored, histories=histories,
                    balance=json.loads((folder / "balance.json").read_text()), witnesses=witnesses,
                    nemesis=run["nemesis"], policy=run["policy"],
                    views=read_views(folder), integrity=integrity, nodes=run.get("nodes", 1), lease_ms=run.get("leaseMs", 0),
                    wall_ahead_ns=run.get("wallAheadNs", 0), changes_of_shards=logged(folder, CHANGED), lapses=logged(folder, LAPSED)), run["minima"]
