"""What the engine stores in: a file of SQLite, or a PostgreSQL of the run's own; and what can be learnt of it."""
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
from pathlib import Path

# Of so many first rows the kinds are looked at: enough to hold every kind many times.
ROWS_LOOKED_AT = 20_000
COPIES_AT_ONCE = 10_000
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

    def newest(self, workflow):
        """(columns, row) of `executions` and (columns, rows) of `history`."""
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30) as reader:
            execution = reader.execute("SELECT * FROM executions WHERE workflow = ? ORDER BY id DESC LIMIT 1", (workflow,))
            columns, row = [column[0] for column in execution.description], execution.fetchone()
            history = reader.execute("SELECT * FROM history WHERE execution = ? ORDER BY position", (row[columns.index("id")],))
            found = (columns, row), ([column[0] for column in history.description], history.fetchall())
        reader.close()
        return found

    def write_copies(self, copies):
        """While no engine runs."""
        writer = sqlite3.connect(self.path, isolation_level=None)
        writer.execute("PRAGMA synchronous = OFF")
        writer.execute("PRAGMA cache_size = -262144")
        while part := list(itertools.islice(copies, COPIES_AT_ONCE)):
            writer.execute("BEGIN")
            writer.executemany(f"INSERT INTO executions VALUES ({', '.join('?' * len(part[0][0]))})", (row for row, _ in part))
            events = (event for _, history in part for event in history)
            writer.executemany(f"INSERT INTO history VALUES ({', '.join('?' * len(part[0][1][0]))})", events)
            writer.execute("COMMIT")
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        writer.close()
        os.sync()  # or the measurement would pay for it

    def query(self, sql):
        """Rows of the answer, by column."""
        with sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=30) as reader:
            reader.row_factory = sqlite3.Row
            found = [dict(row) for row in reader.execute(sql)]
        reader.close()
        return found

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

    def run(self, program, *arguments, seconds=120):
        done = subprocess.run(self.command(program, *arguments), capture_output=True, text=True, cwd="/", timeout=seconds)
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

    def query(self, database, sql, seconds=120):
        """Lines of the answer, columns parted by "|"."""
        return self.run("psql", "-h", self.folder, "-U", "skald", "-d", database, "-X", "-q", "-A", "-t", "-c", sql, seconds=seconds).splitlines()

    def copy_in(self, database, table, rows):
        """Rows of values, as fast as the server takes them."""
        escapes = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
        command = self.command("psql", "-h", self.folder, "-U", "skald", "-d", database, "-X", "-q", "-c", f"COPY {table} FROM STDIN")
        with subprocess.Popen(command, stdin=subprocess.PIPE, text=True, cwd="/") as process:
            for row in rows:
                process.stdin.write("\t".join("\\N" if value is None else str(value).translate(escapes) for value in row) + "\n")
            process.stdin.close()
        if process.returncode != 0:
            raise RuntimeError(f"COPY {table} ended with code {process.returncode}")

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

    def newest(self, workflow):
        """(columns, row) of `executions` and (columns, rows) of `history`."""
        found = self.query(f"SELECT * FROM executions WHERE workflow = '{workflow}' ORDER BY id DESC LIMIT 1")
        history = self.query(f"SELECT * FROM history WHERE execution = '{found[0]['id']}' ORDER BY position")
        return (list(found[0]), list(found[0].values())), (list(history[0]), [list(row.values()) for row in history])

    def write_copies(self, copies):
        """While no engine runs. Autovacuum has then been, and what is measured is not what it does about the copies."""
        while part := list(itertools.islice(copies, 10 * COPIES_AT_ONCE)):
            self.server.copy_in("skald", "executions", (row for row, _ in part))
            self.server.copy_in("skald", "history", (event for _, history in part for event in history))
        for statement in ("VACUUM (ANALYZE) executions", "VACUUM (ANALYZE) history", "CHECKPOINT"):
            self.server.query("skald", statement, seconds=600)
        os.sync()

    def query(self, sql):
        """Rows of the answer, by column."""
        lines = self.server.query("skald", f"SELECT to_json(t) FROM ({sql}) AS t")
        return [json.loads(line) for line in lines]

    def history_rows(self, kind):
        return int(self.server.query("skald", f"SELECT count(*) FROM history WHERE kind = '{kind}'")[0])

    def rows(self):
        counts = {table: int(self.server.query("skald", f"SELECT count(*) FROM {table}")[0]) for table in ("history", "executions")}
        return {name: count for name, count in counts.items() if count}

    def stored_bytes(self):
        return int(self.server.query("skald", "SELECT pg_database_size('skald')")[0])

    def cpu_seconds(self):
        return self.server.cpu_seconds()

    def close(self):
        self.server.stop()
