"""`ntbcare` over and over without its start-up: one process has all of it imported and forks a child for each command.

As a program it reads one command a line from stdin (a JSON list of arguments and a file for the output) and answers
`started PID`, later `ended PID CODE`. The children are whole processes; what kills them is real.
"""

import json
import os
import selectors
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parents[2]


@dataclass
class Zygote:
    """What forks. `ended` holds exit codes by pid, a signal as its negative number."""

    popen: subprocess.Popen[str]
    folder: Path
    ended: dict[int, int] = field(default_factory=dict)
    count: int = 0

    @property
    def output(self) -> Path:
        """Where the last command's output goes; its name changes now and then, so that no file grows for ever."""
        return self.folder / f"zygote-{self.count // 100}.log"

    def start(self, *args: str) -> int:
        """Forks a command; gives its pid."""
        assert self.popen.stdin
        self.count += 1
        self.popen.stdin.write(json.dumps([str(self.output), *args]) + "\n")
        self.popen.stdin.flush()
        while True:
            word, pid = self._line()
            if word == "started":
                return pid

    def wait(self, pid: int) -> int:
        """Its exit code, when it has ended and is no zombie any more."""
        while pid not in self.ended:
            self._line()
        return self.ended.pop(pid)

    def kill(self, pid: int, how: signal.Signals = signal.SIGKILL) -> int:
        """Kills one that we started; gives its exit code."""
        if pid not in self.ended:
            with suppress(ProcessLookupError):
                os.kill(pid, how)
        return self.wait(pid)

    def _line(self) -> tuple[str, int]:
        assert self.popen.stdout
        line = self.popen.stdout.readline().split()
        assert line, "the zygote is dead"
        if line[0] == "ended":
            self.ended[int(line[1])] = int(line[2])
        return line[0], int(line[1])


@contextmanager
def zygote(folder: Path, env: dict[str, str]) -> Iterator[Zygote]:
    """A zygote whose children run in `folder` with this environment; all of them are gone afterwards."""
    command = [sys.executable, "-W", "ignore", "-m", "tests.journeys.zygote", str(folder)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=env, cwd=ROOT, start_new_session=True
    ) as popen:
        try:
            yield Zygote(popen, folder)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(popen.pid, signal.SIGKILL)


def _imported() -> None:
    """Everything that a command would import."""
    import alembic
    import numpy
    import psycopg
    import pymysql

    import classifiers
    import connector.checkup
    import connector.cli
    import connector.daemon
    import connector.telling
    import connector.wiring

    classifiers.load()(["jalan rusak"])
    assert alembic and numpy and psycopg and pymysql and connector.wiring


def _fork(output: str, args: Sequence[str], folder: str) -> int:
    pid = os.fork()
    if pid:
        return pid
    code = 70
    try:
        os.chdir(folder)
        with Path(output).open("ab") as log:
            os.dup2(log.fileno(), 1)
            os.dup2(log.fileno(), 2)
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        sys.argv = ["ntbcare", *args]
        from connector.cli import main

        main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    finally:
        sys.stdout.flush()
        os._exit(code)


def serve(folder: str) -> None:
    """Until stdin ends."""
    _imported()
    woken, wake = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    select = selectors.DefaultSelector()
    select.register(0, selectors.EVENT_READ)
    select.register(woken, selectors.EVENT_READ)
    rest = b""
    while True:
        for key, _ in select.select():
            got = os.read(key.fd, 65536)
            if key.fd == woken:
                continue
            if not got:
                return
            *lines, rest = (rest + got).split(b"\n")
            for line in lines:
                output, *args = json.loads(line)
                print("started", _fork(output, args, folder), flush=True)
        with suppress(ChildProcessError):
            while (ended := os.waitpid(-1, os.WNOHANG))[0]:
                print("ended", ended[0], os.waitstatus_to_exitcode(ended[1]), flush=True)


if __name__ == "__main__":
    serve(sys.argv[1])
