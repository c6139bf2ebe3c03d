"""The processes a bench run needs: nginx or a silent socket as the participant, and the engine itself.

Each server is a context manager; leaving it ends the process it started and no other.
"""
import http.client
import os
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

from .databases import SqliteFile

READY_SECONDS = 20
STOP_SECONDS = 20

NGINX_CONFIG = """\
{user}
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx-error.log warn;
events {{ worker_connections 16384; }}
http {{
  access_log off;
  server_tokens off;
  default_type application/json;
  keepalive_requests 1000000000;
  keepalive_timeout 3600s;
  client_body_temp_path {folder}/nginx-body;
  proxy_temp_path {folder}/nginx-proxy;
  fastcgi_temp_path {folder}/nginx-fastcgi;
  uwsgi_temp_path {folder}/nginx-uwsgi;
  scgi_temp_path {folder}/nginx-scgi;
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location /done {{ return 200 '{{"id":"x"}}'; }}
    location /refused {{ return 409; }}
    location /busy {{ return 503; }}
    location /garbage {{ return 200 '{{"id":'; }}
  }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def poll(condition, seconds, what):
    """Calls `condition` until it returns something true, and returns that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise TimeoutError(f"{what}: not within {seconds} s")


def answers(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
    try:
        connection.request("GET", path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


class Server:
    """A child process that is ready when a GET of `ready_path` answers 200."""

    def __init__(self, command, port, ready_path, log):
        self.command, self.port, self.ready_path, self.log = command, port, ready_path, Path(log)
        self.process = None

    def __enter__(self):
        with self.log.open("ab") as output:
            self.process = subprocess.Popen(self.command, stdout=output, stderr=subprocess.STDOUT)
        try:
            poll(self._ready, READY_SECONDS, f"{self.command[0]} is not ready")
        except BaseException:
            self.__exit__()
            raise
        return self

    @property
    def pid(self):
        return self.process.pid

    def _ready(self):
        if self.process.poll() is not None:
            tail = self.log.read_text(errors="replace")[-2000:]
            raise RuntimeError(f"{self.command[0]} ended with code {self.process.returncode}:\n{tail}")
        return answers(self.port, self.ready_path)

    def __exit__(self, *_):
        if self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Nginx(Server):
    def __init__(self, folder):
        self.folder, port = Path(folder), free_port()
        # A worker of another user could not write below the work folder.
        user = "user root;" if os.geteuid() == 0 else ""
        config = self.folder / "nginx.conf"
        config.write_text(NGINX_CONFIG.format(user=user, folder=self.folder, port=port))
        command = ["nginx", "-c", str(config), "-e", str(self.folder / "nginx-error.log")]
        super().__init__(command, port, "/done/first", self.folder / "nginx.log")

    @property
    def worker_pid(self):
        pid = self.process.pid
        return int(Path(f"/proc/{pid}/task/{pid}/children").read_text().split()[0])


class Sink:
    """Accepts every connection, reads nothing, answers nothing."""

    def __enter__(self):
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(4096)
        self.port = self.listener.getsockname()[1]
        self.accepted = []
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def _accept(self):
        while True:
            try:
                self.accepted.append(self.listener.accept()[0])
            except OSError:
                return

    def __exit__(self, *_):
        self.listener.close()
        for connection in self.accepted:
            connection.close()


class Engine(Server):
    """`skald serve` on a database, else on a SQLite file in `folder`; it keeps its content when the engine is started again."""

    def __init__(self, binary, folder, workflows, adapters, database=None, options=()):
        self.database = database or SqliteFile(folder)
        port = free_port()
        command = [str(binary), "serve", "--listen", f"127.0.0.1:{port}", "--storage", self.database.storage,
                   "--workflows", str(workflows), "--adapters", str(adapters), *map(str, options)]
        super().__init__(command, port, "/readyz", Path(folder) / "skald.log")

    def cpu_seconds(self):
        """Nanoseconds on a core, of all threads."""
        return sum(int((task / "schedstat").read_text().split()[0]) for task in Path(f"/proc/{self.pid}/task").iterdir()) / 1e9

    def memory(self):
        """Resident bytes and their peak."""
        fields = dict(line.split(":", 1) for line in Path(f"/proc/{self.pid}/status").read_text().splitlines())
        return tuple(int(fields[name].split()[0]) * 1024 for name in ("VmRSS", "VmHWM"))


class Probe(Server):
    """The standard work with no engine in it, on a fresh SQLite file in `folder`."""

    def __init__(self, program, folder, participant_port):
        self.database = SqliteFile(folder)
        port = free_port()
        command = [str(program), "--listen", f"127.0.0.1:{port}", "--participant", f"127.0.0.1:{participant_port}",
                   "--database", str(self.database.path)]
        super().__init__(command, port, "/readyz", Path(folder) / "probe.log")
