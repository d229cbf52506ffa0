"""What a daemon shows of itself: to systemd, in its metrics and its log, on the disk."""

import json
import re
import socket
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.sandbox import Fault, faults
from tests.journeys.rig import Rig, rigged, small_world, until
from tests.journeys.test_daemon import SOON, all_read


@pytest.fixture
def notify_socket(tmp_path: Path) -> Iterator[socket.socket]:
    """A socket as systemd has it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as receiver:
        receiver.bind(str(tmp_path / "n"))
        receiver.settimeout(30)
        yield receiver


def test_systemd_is_told_of_start_life_and_stop(rig: Rig, notify_socket: socket.socket) -> None:
    process = rig.start("run", env={"NOTIFY_SOCKET": notify_socket.getsockname()})
    assert notify_socket.recv(100) == b"READY=1"
    assert [notify_socket.recv(100) for _ in range(3)] == [b"WATCHDOG=1"] * 3
    process.stop()
    told = iter(lambda: notify_socket.recv(100), b"STOPPING=1")
    assert set(told) <= {b"WATCHDOG=1"}


def test_systemd_that_is_gone_stops_nothing(rig: Rig) -> None:
    process = rig.daemon(NOTIFY_SOCKET=str(rig.folder / "gone"))
    all_read(rig)
    process.stop()


def test_metrics_are_on_loopback_and_a_busy_port_is_only_a_warning(rig: Rig) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        rig.configure(metrics_port=port)
        second = rig.daemon()
        until(lambda: second.said("metrics_unavailable", level="warning"), SOON, "a warning")
        all_read(rig)
        second.stop()
    first = rig.daemon()
    until(lambda: first.said("pass", account="wagub"), SOON, "a pass")
    metrics = _scrape(port)
    assert re.search(r'ntbcare_passes_total\{account="wagub",outcome="ok"\} [1-9]', metrics)
    assert re.search(r'ntbcare_blocked\{account="wagub"\} 0', metrics)
    rig.assert_no_secret(metrics)
    listening = [line.split()[1] for line in Path(f"/proc/{first.pid}/net/tcp").read_text("utf-8").splitlines()[1:]]
    assert f"0100007F:{port:04X}" in listening and f"00000000:{port:04X}" not in listening
    first.stop()


def _scrape(port: int) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return str(answer.read().decode("utf-8"))


HOSTILE = (
    "jalan rusak\n2026 CRITICAL palsu\r\n",
    "\x1b[31m air mati \x07 lima hari \u202e",
    "nol \0 di tengah, banjir di Dompu",
)


def test_no_log_line_can_be_forged_and_no_token_is_anywhere(rig: Rig) -> None:
    page = rig.world.pages["gubernur"]
    for n, words in enumerate(HOSTILE):
        rig.world.add_visitor_post(page, words, f"Nama\n{n}\x1b[0m")
    rig.sandbox.faults.add(
        Fault(faults.error(1, "rusak\n\x1b[31m" + rig.sandbox.token("wagub")), path=page.id, times=3)
    )
    secret = {"NTBCARE_APP_SECRET": rig.sandbox.tokens.app_secret, "NTBCARE_APP_ID": rig.sandbox.tokens.app_id}
    process = rig.daemon(**secret)
    all_read(rig, 60)
    shown = Path(f"/proc/{process.pid}/cmdline").read_bytes().decode("utf-8")
    rig.sandbox.tokens.page(rig.world.pages["wagub"]).revoke()
    until(lambda: process.said("read_failed", account="wagub"), SOON, "a dead token is told")
    process.stop()
    lines = process.err.read_bytes()
    assert not re.search(rb"[\x00-\x09\x0b-\x1f\x7f]", lines) and lines.isascii()
    for line in lines.decode("ascii").splitlines():
        event = json.loads(line)
        assert event["action"] and event["level"] and event["timestamp"].endswith("Z")
    exports = [rig.run("export", what).out for what in ("raw", "items", "tickets")]
    rig.run("report", "--out", "laporan.html")
    kept = [p.read_bytes().decode("utf-8", "replace") for p in rig.folder.rglob("*") if p.is_file()]
    rig.assert_no_secret(shown, *exports, *kept)
    assert {item["text"] for item in rig.stored()} >= set(HOSTILE)


def test_only_the_owner_can_read_what_a_daemon_keeps(tmp_path: Path) -> None:
    import os

    before = os.umask(0)
    try:
        with rigged(tmp_path, small_world()) as rig:
            rig.run("migrate")
            daemon = rig.daemon()
            all_read(rig)
            modes = {p.name: p.stat().st_mode & 0o777 for p in tmp_path.glob("store.db*")}
            daemon.stop()
    finally:
        os.umask(before)
    assert len(modes) == 3 and set(modes.values()) == {0o600}, modes
