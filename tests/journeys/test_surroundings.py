"""What a command does when its surroundings fail it: streams closed or full, links, defects; and what it leaves behind."""

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from tests.journeys.rig import PROGRAM, Rig, call, clean

VERBS = ("export items", "tickets list", "check", "poll --json", "report --out laporan.html", "tickets --help")


@pytest.mark.parametrize("verb", VERBS)
def test_a_full_disk_is_said_in_one_line(polled: Rig, verb: str) -> None:
    with Path("/dev/full").open("wb") as full:
        command = [PROGRAM, "--config", str(polled.config), *verb.split()]
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, env=clean(polled.env), cwd=polled.folder)
    assert done.returncode == 1
    assert done.stderr.decode().startswith("output: No space left") and len(done.stderr.splitlines()) == 1


def test_of_a_starter_that_finds_no_room_nothing_is_left(tmp_path: Path) -> None:
    """In blocks of 512 bytes: what is written first fits, what comes after does not."""
    small = f"ulimit -f 8; exec {PROGRAM} init office"
    done = subprocess.run(["sh", "-c", small], cwd=tmp_path, capture_output=True)
    assert done.returncode == 2 and b"office: cannot be written" in done.stderr
    assert not list((tmp_path / "office").iterdir())
    call("init", "office", cwd=tmp_path)


def test_nobody_to_tell_changes_no_exit_code(polled: Rig) -> None:
    for line, codes in (("report | true", (0, 1)), ("tickets list | true", (0, 1)), ("pol 2>/dev/full", (2,))):
        command = f"{PROGRAM} --config {polled.config} {line}; exit ${{PIPESTATUS[0]}}"
        done = subprocess.run(["bash", "-c", command], env=clean(polled.env), cwd=polled.folder, stderr=subprocess.PIPE)
        assert done.returncode in codes and done.stderr == b""


@pytest.mark.parametrize("verb", VERBS)
def test_streams_that_are_closed_are_nothing_to_complain_of(polled: Rig, verb: str) -> None:
    line = f"{PROGRAM} --config {polled.config} {verb} >&- 2>&- <&-"
    assert subprocess.run(["sh", "-c", line], env=clean(polled.env), cwd=polled.folder).returncode == 0
    with closing(sqlite3.connect(polled.folder / "store.db")) as store:
        assert store.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def test_nothing_to_read_from_gives_no_verdict(tmp_path: Path) -> None:
    done = subprocess.run(["sh", "-c", f"{PROGRAM} classify <&-"], capture_output=True, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_link_is_neither_followed_nor_replaced(polled: Rig) -> None:
    kept, link = polled.folder / "kept.txt", polled.folder / "link.jsonl"
    kept.write_text("milik orang", "utf-8")
    link.symlink_to(kept)
    done = polled.run("export", "items", "--out", "link.jsonl", code=2)
    assert "link.jsonl" in done.err and len(done.err.splitlines()) == 1
    assert link.is_symlink() and kept.read_text("utf-8") == "milik orang"


def test_the_store_is_one_file_when_a_command_has_ended(rig: Rig) -> None:
    rig.run("poll")
    assert [one.name for one in rig.folder.glob("store.db*")] == ["store.db"]
    shutil.copy(rig.folder / "store.db", rig.folder / "backup.db")
    backup = {"NTBCARE_STORE_URL": f"sqlite:///{rig.folder / 'backup.db'}"}
    assert rig.run("export", "items", env=backup).out == rig.run("export", "items").out != ""


def test_what_is_made_is_its_owners_alone_whatever_the_umask(rig: Rig) -> None:
    made = {"NTBCARE_STORE_URL": f"sqlite:///{rig.folder / 'made' / 'store.db'}"}
    lines = ["migrate", "poll", "report --out made/laporan.html", "export raw --out made/raw.jsonl", "demo --out demo"]
    subprocess.run(
        ["sh", "-c", f"umask 000; exec {PROGRAM} init starter"], cwd=rig.folder, check=True, capture_output=True
    )
    starter = [rig.folder / "starter", *(rig.folder / "starter").iterdir()]
    assert not [str(one) for one in starter if one.stat().st_mode & 0o022], "who writes there says where tokens go"
    for line in lines:
        command = f"umask 000; exec {PROGRAM} --config {rig.config} {line}"
        done = subprocess.run(["sh", "-c", command], env=clean(rig.env | made), cwd=rig.folder, capture_output=True)
        assert done.returncode == 0, done.stderr
    found = [one for top in ("made", "demo") for one in [rig.folder / top, *(rig.folder / top).rglob("*")]]
    assert len(found) == 7
    wrong = {str(one): oct(one.stat().st_mode & 0o777) for one in found if one.stat().st_mode & 0o077}
    assert not wrong


def test_who_only_reads_waits_for_no_writer(polled: Rig) -> None:
    with closing(sqlite3.connect(polled.folder / "store.db", isolation_level=None)) as writer:
        writer.execute("BEGIN IMMEDIATE")
        assert polled.run("export", "items").records
        for verb in ("tickets list", "report --out laporan.html", "labels export", "replies list", "check"):
            polled.run(*verb.split())


def test_records_come_in_through_a_pipe(polled: Rig, tmp_path: Path) -> None:
    other = {"NTBCARE_STORE_URL": f"sqlite:///{tmp_path / 'other.db'}"}
    polled.run("migrate", env=other)
    raw = polled.run("export", "raw").out
    polled.run("import", "/dev/stdin", stdin=raw.encode(), env=other)
    assert len(polled.run("export", "items", env=other).records) == len(polled.stored())


def test_an_import_that_is_stopped_says_so(rig: Rig) -> None:
    rig.run("poll")
    raw, other = rig.run("export", "raw").out, {"NTBCARE_STORE_URL": f"sqlite:///{rig.folder / 'other.db'}"}
    rig.run("migrate", env=other)
    pipe = rig.folder / "pipa"
    os.mkfifo(pipe)
    command = [PROGRAM, "--config", str(rig.config), "import", str(pipe)]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, env=clean(rig.env | other), cwd=rig.folder)
    with pipe.open("w", encoding="utf-8") as lines:  # it reads, and so hears of signals
        process.send_signal(signal.SIGINT)
        lines.write(raw)
    assert "stopped before the end" in process.communicate(timeout=30)[1].decode()
    assert process.returncode == 1
    rig.run("import", "/dev/stdin", stdin=raw.encode(), env=other)
    assert len(rig.run("export", "items", env=other).records) == len(rig.stored())


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_export_that_nobody_reads_is_interrupted(polled: Rig, number: signal.Signals) -> None:
    command = [PROGRAM, "--config", str(polled.config), "export", "raw"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=clean(polled.env))
    assert process.stdout is not None and process.stdout.read(1) == b"{"
    process.send_signal(number)
    try:
        assert process.wait(30) == 130
    finally:
        process.kill()
        process.communicate()


def test_an_interrupt_while_all_is_loaded_is_no_traceback(tmp_path: Path) -> None:
    code = "import os, signal, sys\nclass Loading:\n    def find_spec(self, name, *_):\n"
    code += "        if name == 'connector.cli.app':\n            os.kill(os.getpid(), signal.SIGINT)\n"
    code += "sys.meta_path.insert(0, Loading())\nfrom connector.cli import main\nmain()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, env=clean({}), cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (-signal.SIGINT, b"", b"")


def test_a_defect_is_one_line_that_says_where(tmp_path: Path) -> None:
    code = "import typer; from connector.cli.outcome import run; app = typer.Typer(pretty_exceptions_enable=False)\n"
    code += "@app.command()\ndef broken():\n    [][1]\nraise SystemExit(run(app))"
    command = [sys.executable, "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, env=clean({}), cwd=tmp_path)
    assert done.returncode == 1 and done.stdout == "" and len(done.stderr.splitlines()) == 1
    assert "IndexError" in done.stderr and "<string>:4" in done.stderr
    more = subprocess.run(command, capture_output=True, text=True, env=os.environ | {"NTBCARE_TRACEBACK": "1"})
    assert "Traceback" in more.stderr and more.returncode == 1


def test_too_little_memory_is_no_defect(tmp_path: Path) -> None:
    code = "import typer; from connector.cli.outcome import run; app = typer.Typer()\n"
    code += "@app.command()\ndef greedy():\n    bytes(1 << 62)\nraise SystemExit(run(app))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=clean({}), cwd=tmp_path)
    assert done.returncode == 1 and done.stderr.startswith("out of memory") and len(done.stderr.splitlines()) == 1


def test_a_port_in_use_is_not_what_a_full_disk_is_called(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([PROGRAM, "sandbox"], stdout=full, stderr=subprocess.PIPE, cwd=tmp_path, timeout=60)
    assert done.returncode == 1 and b"port" not in done.stderr and b"No space left" in done.stderr
    assert call("sandbox", "--port", "99999", code=None, cwd=tmp_path).code in (1, 2)
