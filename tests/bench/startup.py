"""(d) How long a command takes to start."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from .commands import NTBCARE, configured
from .figures import head, rounds, show, timed
from .standin import standing_in

ROUNDS = 7


def run() -> None:
    """Against a bare interpreter, which nothing can undercut."""
    head("Start-up")
    bare = rounds(ROUNDS, lambda: timed(lambda: subprocess.run([sys.executable, "-c", ""], check=True)))
    show("python -c ''", f"{bare:.2f} s", "baseline")
    told = rounds(ROUNDS, lambda: timed(lambda: _quiet(NTBCARE, "--help")))
    show("ntbcare --help", f"{told:.2f} s")
    with standing_in(100) as graph, TemporaryDirectory(prefix="ntbcare-bench-") as folder:
        command, environment = configured(Path(folder), graph)
        ready = rounds(ROUNDS, lambda: _ready([*command, "run"], environment, Path(folder) / "notify"))
    show("ntbcare run, until it tells systemd that it is ready", f"{ready:.2f} s")


def _quiet(*command: str) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def _ready(command: list[str], environment: dict[str, str], address: Path) -> float:
    address.unlink(missing_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(address))
        ear.settimeout(30)
        began = time.perf_counter()
        environment = {**environment, "NOTIFY_SOCKET": os.fspath(address)}
        with subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as daemon:
            while b"READY=1" not in ear.recv(1024):
                pass
            took = time.perf_counter() - began
            daemon.send_signal(signal.SIGTERM)
    return took
