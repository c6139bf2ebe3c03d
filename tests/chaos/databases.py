"""What the server stores in: a file, or a PostgreSQL that is started for the run, behind a wire, and struck with it."""
import os
import shutil
import sqlite3
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from harness.databases import PrivatePostgres  # noqa: E402
from strikes import at_once, wire_strikes  # noqa: E402
from wire import Wire  # noqa: E402

TABLES = {
    "history": "execution, position, epoch, kind, step, attempt, data, at",
    "executions": "id, phase, outcome, idempotency_key, open_incidents",
}


class SqliteFile:
    def __init__(self, folder):
        self.folder = folder
        self.storage = f"sqlite:{folder / 'skald.db'}"

    def strikes(self):
        """None: a file dies with the process that has it open."""
        return {}

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
        self.wire = Wire(folder / "postgres" / ".s.PGSQL.5432", postgres=True)
        self.storage = f"postgresql://skald@{self.wire.address}/skald?sslmode=disable&gssencmode=disable"

    def query(self, sql):
        return self.server.query("skald", sql)

    def strikes(self):
        return {"databaseConnectionsEnded": lambda: at_once(self.end_connections), "databaseCrashed": lambda: at_once(self.crash),
                **wire_strikes("database", self.wire)}

    def end_connections(self):
        self.query("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                   " WHERE usename = 'skald' AND pid <> pg_backend_pid()")

    def crash(self):
        self.server.stop("immediate")
        self.server.start()

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
        self.wire.stop()
        self.server.stop()
