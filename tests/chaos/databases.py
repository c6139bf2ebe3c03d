"""What the server stores in: a file, or a PostgreSQL that is started for the run, behind a wire, and struck with it."""
import json
import os
import shutil
import sqlite3
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from harness.databases import PrivatePostgres  # noqa: E402
from evidence import read_histories, row_of  # noqa: E402
from strikes import at_once, wire_strikes  # noqa: E402
from wire import Wire  # noqa: E402

TABLES = {
    "history": "execution, position, epoch, kind, step, attempt, data, at",
    "executions": "id, phase, outcome, idempotency_key, open_incidents",
}


class SqliteFile:
    def __init__(self, folder, disk=None):
        self.folder, self.disk = folder, disk
        self.storage = f"sqlite:{folder / 'skald.db'}"

    def environment(self):
        return self.disk.environment() if self.disk else {}

    def strikes(self):
        """A file dies with the process that has it open, unless its disk does something else."""
        return self.disk.strikes() if self.disk and not self.disk.loses_power else {}

    def may_end_the_process(self):
        return bool(self.strikes())

    def process_died(self, random):
        if self.disk:
            self.disk.cut_power(random)

    def minima(self, kills):
        if not self.disk:
            return {}
        return {"disk.powerCuts": kills, "disk.bytesLost": kills * 500} if self.disk.loses_power else {"exits": max(1, kills // 20)}

    def counts(self):
        if not self.disk:
            return {}
        return {"powerCuts": self.disk.cuts, "bytesLost": self.disk.lost_bytes,
                **{name: self.disk.count(name) for name in ("writes_failed", "syncs_failed", "syncs_lied")}}

    def some_histories(self, random, count):
        """Of a copy: a reader of the files themselves would do the recovery's work."""
        with tempfile.TemporaryDirectory(dir=self.folder) as copy:
            self.copy(copy)
            connection = sqlite3.connect(Path(copy) / "skald.db")
            try:
                known = [row[0] for row in connection.execute("SELECT id FROM executions")]
                return read_histories(connection, random.sample(known, min(len(known), count)))
            except sqlite3.OperationalError:
                return {}  # killed before it had a schema
            finally:
                connection.close()

    def copy(self, folder):
        for path in self.folder.glob("skald.db*"):
            if path.suffix != ".db-shm":
                shutil.copy(path, folder)

    def stop(self):
        pass


class Postgres:
    def __init__(self, folder):
        if os.geteuid() == 0:
            folder.chmod(0o711)
        self.server = PrivatePostgres(folder / "postgres")
        self.server.create("skald")
        self.socket, self.wires = folder / "postgres" / ".s.PGSQL.5432", []
        self.restarts, self.commands_before = 0, 0
        self.wire, self.storage = self.way()

    def way(self, host="127.0.0.1"):
        """(a wire of its own, the storage at its other end)."""
        wire = Wire(self.socket, postgres=True, host=host)
        self.wires.append(wire)
        return wire, f"postgresql://skald@{wire.address}/skald?sslmode=disable&gssencmode=disable"

    def environment(self):
        return {}

    def may_end_the_process(self):
        return False

    def process_died(self, random):
        pass

    def minima(self, kills):
        return {}

    def counts(self):
        return {}

    def query(self, sql):
        return self.server.query("skald", sql)

    def strikes(self):
        return {"databaseConnectionsEnded": lambda: at_once(self.end_connections), "databaseCrashed": lambda: at_once(self.crash),
                **wire_strikes("database", self.wire)}

    def end_connections(self):
        self.query("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                   " WHERE usename = 'skald' AND pid <> pg_backend_pid()")

    def crash(self):
        before = self.commands_given()
        self.server.stop("immediate")
        self.server.start()
        self.restarts += 1
        self.commands_before += before - self.commands_given()  # the sequence skips some

    def commands_given(self):
        """How many commands have gone through the table `inbox`."""
        if self.query("SELECT to_regclass('inbox')") == [""]:
            return self.commands_before
        last = self.query("SELECT coalesce(pg_sequence_last_value(pg_get_serial_sequence('inbox', 'id')), 0)")[0]
        return self.commands_before + int(last)

    def some_histories(self, random, count):
        if self.query("SELECT to_regclass('history')") == [""]:
            return {}
        known = self.query("SELECT id FROM executions")
        some = random.sample(known, min(len(known), count))
        listed = ", ".join(f"'{execution}'" for execution in some)
        rows = self.query("SELECT json_build_array(execution, position, epoch, kind, step, attempt, data, at) FROM history"
                          f" WHERE execution IN ({listed}) ORDER BY execution, position") if some else []
        histories = {}
        for execution, *row in map(json.loads, rows):
            histories.setdefault(execution, []).append(row_of(row))
        return histories

    def copy(self, folder):
        """The tables as they stand, as an SQLite file for the same reader."""
        connection = sqlite3.connect(Path(folder) / "skald.db")
        try:
            for table, columns in TABLES.items():
                names = columns.split(", ")
                connection.execute(f"CREATE TABLE {table} ({columns})")
                if self.query(f"SELECT to_regclass('{table}')") == [""]:
                    continue
                rows = self.query(f"SELECT json_build_array({columns}) FROM {table}")
                connection.executemany(f"INSERT INTO {table} SELECT " + ", ".join(
                    f"json_extract(?1, '$[{i}]')" for i in range(len(names))), [(row,) for row in rows])
            connection.commit()
        finally:
            connection.close()

    def stop(self):
        for wire in self.wires:
            wire.stop()
        self.server.stop()
