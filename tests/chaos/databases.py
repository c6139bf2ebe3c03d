"""What the server stores in: a file, or a PostgreSQL that is started for the run and struck with it."""
import os
import shutil
import sqlite3
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))

from harness.databases import PrivatePostgres  # noqa: E402

TABLES = {
    "history": "execution, position, epoch, kind, step, attempt, data, at",
    "executions": "id, phase, outcome, idempotency_key",
}


class SqliteFile:
    def __init__(self, folder):
        self.folder = folder
        self.storage = f"sqlite:{folder / 'skald.db'}"

    def strike(self, random):
        """A file dies with the process that has it open."""
        return 0

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
        self.storage = self.server.url("skald")
        self.strikes = 0

    def query(self, sql):
        return self.server.query("skald", sql)

    def strike(self, random):
        """Cuts the server's connections, or restarts the database as after a crash. Returns how often it has struck."""
        if random.random() < 0.3:
            self.server.stop("immediate")
            self.server.start()
        else:
            self.query("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
                       " WHERE usename = 'skald' AND pid <> pg_backend_pid()")
        self.strikes += 1
        return self.strikes

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
        self.server.stop()
