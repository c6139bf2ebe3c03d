"""What the server stores in: a file, or a PostgreSQL that is started for the run and struck with it."""
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

PROGRAMS = Path("/usr/lib/postgresql/15/bin")
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
    """In `folder`/postgres, on a socket there; everything runs as the user postgres where this runs as root."""

    def __init__(self, folder):
        self.home = folder / "postgres"
        self.home.mkdir()
        if os.geteuid() == 0:
            shutil.chown(self.home, "postgres", "postgres")
            folder.chmod(0o711)
        self.run("initdb", "-D", self.home / "data", "-U", "skald", "-A", "trust", "--no-locale", "-E", "UTF8")
        self.start()
        self.run("createdb", "-h", self.home, "-U", "skald", "skald")
        self.storage = f"postgresql:///skald?host={self.home}&user=skald"
        self.strikes = 0

    def command(self, program, *arguments):
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        return [*user, PROGRAMS / program, *arguments]

    def run(self, program, *arguments):
        result = subprocess.run(self.command(program, *arguments), capture_output=True, text=True, cwd="/", check=False,
                                timeout=120)
        if result.returncode != 0:
            raise RuntimeError(f"{program} failed: {result.stderr}")
        return result.stdout

    def start(self):
        # The database inherits the standard streams: none of ours, or reading them would not end before it does.
        subprocess.run(self.command("pg_ctl", "-s", "-w", "-D", self.home / "data", "-l", self.home / "log",
                                    "-o", f"-k {self.home} -c listen_addresses=", "start"),
                       check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, timeout=120)

    def query(self, sql):
        return self.run("psql", "-h", self.home, "-U", "skald", "-d", "skald", "-X", "-q", "-A", "-t", "-c", sql)

    def strike(self, random):
        """Cuts the server's connections, or restarts the database as after a crash. Returns how often it has struck."""
        if random.random() < 0.3:
            self.run("pg_ctl", "-s", "-D", self.home / "data", "-m", "immediate", "stop")
            self.start()
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
                if not self.query(f"SELECT to_regclass('{table}')").strip():
                    continue
                rows = self.query(f"SELECT json_build_array({columns}) FROM {table}").splitlines()
                connection.executemany(f"INSERT INTO {table} SELECT " + ", ".join(
                    f"json_extract(?1, '$[{i}]')" for i in range(len(names))), [(row,) for row in rows])
            connection.commit()
        finally:
            connection.close()

    def stop(self):
        self.run("pg_ctl", "-s", "-D", self.home / "data", "-m", "fast", "stop")
