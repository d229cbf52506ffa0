"""Real PostgreSQL and MariaDB servers for tests: in a temporary folder, on a socket of their own, gone afterwards.

`python -m tests.servers COMMAND…` runs a command with both up, named by NTBCARE_TEST_POSTGRESQL and NTBCARE_TEST_MARIADB.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

NAMES = {"postgresql": "NTBCARE_TEST_POSTGRESQL", "mariadb": "NTBCARE_TEST_MARIADB"}


def program(name: str) -> str:
    """Where a server program is; Debian keeps PostgreSQL's and some of MariaDB's off the PATH."""
    places = [
        *sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True),
        Path("/usr/sbin"),
        Path("/usr/local/bin"),
    ]
    found = shutil.which(name) or next((str(p / name) for p in places if (p / name).exists()), None)
    if found is None:
        raise FileNotFoundError(f"{name} is missing; run: apt-get install -y postgresql mariadb-server chromium")
    return found


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _account() -> str | None:
    """PostgreSQL refuses to run as root: then it runs as postgres or nobody."""
    if os.getuid() != 0:
        return None
    names = [entry.pw_name for entry in pwd.getpwall()]
    return "postgres" if "postgres" in names else "nobody"


@dataclass
class Server:
    """A database server that can be killed and started again. `address` is without a database."""

    address: str
    command: list[str]
    port: int
    folder: Path
    user: str | None = None
    popen: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        """Starts it and waits until it listens; after a kill that may want a second try."""
        with (self.folder / "log").open("ab") as log:
            self.popen = subprocess.Popen(
                self.command, user=self.user, stdout=log, stderr=log, cwd=self.folder, start_new_session=True
            )
        _wait(self.port, self.popen, self.folder / "log")

    def kill(self) -> None:
        """Kills it and all its processes without warning."""
        assert self.popen
        self._signal(signal.SIGKILL)
        self.popen.wait()

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """Meanwhile it is there and does nothing: what is sent to it arrives and stays unanswered."""
        self._signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        assert self.popen
        pid = self.popen.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii").split()
        for one in (pid, *map(int, children)):
            with suppress(ProcessLookupError):
                os.kill(one, number)

    def stop(self, how: signal.Signals) -> None:
        """Stops it cleanly."""
        if self.popen:
            _stop(self.popen, how)


@contextmanager
def postgresql_server() -> Iterator[Server]:
    """A fresh PostgreSQL that can be killed."""
    user, port = _account(), _free_port()
    with tempfile.TemporaryDirectory(prefix="ntbcare-pg-") as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, user)
        data = str(folder / "data")
        make = [program("initdb"), "-D", data, "-U", "care", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"]
        subprocess.run(make, check=True, user=user, stdout=subprocess.DEVNULL, cwd=folder)
        options = ["-c", f"port={port}", "-c", "listen_addresses=127.0.0.1", "-c", f"unix_socket_directories={folder}"]
        quick = ["-c", "max_connections=300", "-c", "shared_buffers=64MB"]
        command = [program("postgres"), "-D", data, *options, *quick]
        server = Server(f"postgresql+psycopg://care@127.0.0.1:{port}/", command, port, folder, user)
        try:
            server.start()
            yield server
        finally:
            server.stop(signal.SIGINT)


@contextmanager
def mariadb_server() -> Iterator[Server]:
    """A fresh MariaDB that can be killed."""
    port = _free_port()
    with tempfile.TemporaryDirectory(prefix="ntbcare-my-") as name:
        folder = Path(name)
        data = f"--datadir={folder / 'data'}"
        make = [program("mariadb-install-db"), "--no-defaults", data, "--auth-root-authentication-method=normal"]
        as_root = ["--user=root"] if os.getuid() == 0 else []
        subprocess.run(
            [*make, *as_root, "--skip-test-db"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        options = [data, f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder}/socket"]
        quick = ["--innodb-buffer-pool-size=128M", "--skip-log-bin", "--max-connections=400", "--skip-name-resolve"]
        command = [program("mariadbd"), "--no-defaults", *options, *quick, *as_root]
        server = Server(f"mysql+pymysql://root@127.0.0.1:{port}/", command, port, folder)
        try:
            server.start()
            yield server
        finally:
            server.stop(signal.SIGTERM)


@contextmanager
def postgresql() -> Iterator[str]:
    """A fresh PostgreSQL; yields its address without a database."""
    with postgresql_server() as server:
        yield server.address


@contextmanager
def mariadb() -> Iterator[str]:
    """A fresh MariaDB; yields its address without a database."""
    with mariadb_server() as server:
        yield server.address


def _wait(port: int, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(600):
        if server.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError(f"the server did not start:\n{log.read_text('utf-8', 'replace')[-2000:]}")


def _stop(server: subprocess.Popen[bytes], how: signal.Signals) -> None:
    server.send_signal(how)
    try:
        server.wait(30)
    except subprocess.TimeoutExpired:
        server.kill()
        server.wait()


def main(command: list[str]) -> int:
    """Runs a command with both servers up; gives back its exit code."""
    with ExitStack() as stack:
        addresses = {
            NAMES["postgresql"]: stack.enter_context(postgresql()),
            NAMES["mariadb"]: stack.enter_context(mariadb()),
        }
        return subprocess.run(command, env={**os.environ, **addresses}, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
