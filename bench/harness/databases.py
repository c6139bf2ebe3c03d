"""What the engine stores in: a file of SQLite, or a PostgreSQL of the run's own; and what can be learnt of it."""
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

# Of so many first rows the kinds are looked at: enough to hold every kind many times.
ROWS_LOOKED_AT = 20_000
PROGRAMS = Path("/usr/lib/postgresql/15/bin")
# As an operator would set it for a busy server of this size; what makes a commit durable stays on.
TUNED = ["-c", "shared_buffers=512MB", "-c", "max_wal_size=4GB", "-c", "checkpoint_timeout=15min"]


class SqliteFile:
    def __init__(self, folder):
        self.path = Path(folder) / "skald.db"
        self.storage = f"sqlite:{self.path}"

    def rows(self):
        """Rows of every table that has any, read while the engine may still run."""
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30) as reader:
            names = [name for (name,) in reader.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            counts = {name: reader.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0] for name in names}
        reader.close()
        return {name: count for name, count in counts.items() if count}

    def history_rows(self, kind):
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30) as reader:
            count = reader.execute("SELECT count(*) FROM history WHERE kind = ?", (kind,)).fetchone()[0]
        reader.close()
        return count

    def standard_work(self):
        """What one execution of the standard work is in here: the two tables, and every kind of row with its sizes."""
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30) as reader:
            tables = reader.execute("SELECT name, sql FROM sqlite_master WHERE tbl_name IN ('history', 'executions') ORDER BY name").fetchall()
            history = reader.execute("SELECT DISTINCT position, epoch, kind, version, step, attempt, actor, length(execution), length(data)"
                                     " FROM history WHERE rowid <= ? ORDER BY position", (ROWS_LOOKED_AT,)).fetchall()
            executions = reader.execute("SELECT DISTINCT namespace, workflow, version, length(digest), phase, outcome, status, labels, wake_at,"
                                        " open_incidents, idempotency_key, idempotency_fingerprint, replay_of FROM executions").fetchall()
        reader.close()
        return {"tables": tables, "history": history, "executions": executions}

    def stored_bytes(self):
        """Bytes of the file and its write-ahead log."""
        return sum(path.stat().st_size for suffix in ("", "-wal") if (path := Path(f"{self.path}{suffix}")).exists())

    def cpu_seconds(self):
        """Nothing beside the engine's own."""
        return None

    def close(self):
        pass


class PrivatePostgres:
    """In `folder`, on a socket there, until stop(); its programs run as the user postgres where this runs as root."""

    def __init__(self, folder, settings=()):
        self.folder, self.settings = Path(folder), list(settings)
        self.folder.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        self.run("initdb", "-D", self.folder / "data", "-U", "skald", "-A", "trust", "--no-locale", "-E", "UTF8")
        self.start()

    def command(self, program, *arguments):
        user = ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] if os.geteuid() == 0 else []
        return [str(part) for part in (*user, PROGRAMS / program, *arguments)]

    def run(self, program, *arguments):
        done = subprocess.run(self.command(program, *arguments), capture_output=True, text=True, cwd="/", timeout=120)
        if done.returncode != 0:
            raise RuntimeError(f"{program} ended with code {done.returncode}: {done.stderr.strip()}")
        return done.stdout

    def start(self):
        options = " ".join(["-k", str(self.folder), "-c", "listen_addresses=", *self.settings])
        # The server inherits the standard streams: none of ours, or reading them would not end before it does.
        subprocess.run(self.command("pg_ctl", "-s", "-w", "-D", self.folder / "data", "-l", self.folder / "log", "-o", options, "start"),
                       check=True, cwd="/", stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, timeout=120)

    def stop(self, mode="fast"):
        """"immediate" is as a crash."""
        self.run("pg_ctl", "-s", "-D", self.folder / "data", "-m", mode, "stop")

    def create(self, database):
        self.run("createdb", "-h", self.folder, "-U", "skald", database)

    def url(self, database):
        return f"postgresql:///{database}?host={self.folder}&user=skald"

    def query(self, database, sql):
        """Lines of the answer, columns parted by "|"."""
        return self.run("psql", "-h", self.folder, "-U", "skald", "-d", database, "-X", "-q", "-A", "-t", "-c", sql).splitlines()

    def cpu_seconds(self):
        """Of all its processes that live: nanoseconds on a core."""
        main = int((self.folder / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{main}/task/{main}/children").read_text().split()
        total = 0
        for pid in (main, *children):
            try:
                total += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
            except OSError:
                pass  # ended meanwhile
        return total / 1e9


class PostgresDatabase:
    """A fresh database of a server that goes with it."""

    def __init__(self, folder):
        folder = Path(folder)
        if os.geteuid() == 0:
            for path in (folder, folder.parent):
                path.chmod(0o711)
        self.server = PrivatePostgres(folder / "postgres", TUNED)
        self.server.create("skald")
        self.storage = self.server.url("skald")

    def rows(self):
        counts = {table: int(self.server.query("skald", f"SELECT count(*) FROM {table}")[0]) for table in ("history", "executions")}
        return {name: count for name, count in counts.items() if count}

    def stored_bytes(self):
        return int(self.server.query("skald", "SELECT pg_database_size('skald')")[0])

    def cpu_seconds(self):
        return self.server.cpu_seconds()

    def close(self):
        self.server.stop()
