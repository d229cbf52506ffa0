"""The backfill: its window holds for messages too; a rehearsal says nothing that it cannot know; a pause is called what it is."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from sqlalchemy import Engine

from connector.cli.backfilling import run_backfill
from connector.cli.reading import show
from connector.errors import Misuse
from connector.process import Result
from connector.records import Stream
from connector.sandbox import Fault, faults
from connector.store import accounts
from connector.store.engine import writing
from tests.edge.test_daemon_budget import usage
from tests.edge.test_daemon_pace import NOW, Office, message, opened, posts
from tests.edge.test_patience import BAD, by_hand, checked, in_report
from tests.reading import ALL

MESSAGES: tuple[Stream, ...] = ("messages",)


@pytest.fixture
def office(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with opened(sqlite_engine, tmp_path, monkeypatch) as made:
        yield made


def backfill(
    office: Office, days: float, until: float | None = None, streams: tuple[Stream, ...] = ALL, dry_run: bool = False
) -> None:
    """From so many days ago until so many days ago."""
    end = None if until is None else NOW - timedelta(days=until)
    since = NOW - timedelta(days=days)
    run_backfill(office.works, office.account, since, end, streams, dry_run=dry_run, as_json=False)


def test_messages_outside_the_window_are_left_out(office: Office) -> None:
    said = [message(office, f"halo {n}", at=NOW - timedelta(days=n)) for n in range(1, 10)]
    backfill(office, 6.5, 3.5, streams=MESSAGES)
    assert set(office.items()) == {one.id for one in said[3:6]}
    backfill(office, 60, 3.5, streams=MESSAGES)
    assert set(office.items()) == {one.id for one in said[3:]}
    office.tend()
    assert set(office.items()) == {one.id for one in said}, "the live reading takes a conversation whole"
    backfill(office, 6.5, 3.5, streams=MESSAGES)
    assert len(office.items()) == 9 and not any(row.deleted for row in office.items().values())


def test_a_backfill_of_what_is_to_come_is_refused(office: Office) -> None:
    with pytest.raises(Misuse, match="--since: lies in the future"):
        backfill(office, -1)


@pytest.mark.parametrize("dry_run", [True, False])
def test_what_was_not_read_to_its_end_is_said(
    office: Office, capsys: pytest.CaptureFixture[str], dry_run: bool
) -> None:
    made = posts(office, 3, comments=70)
    office.sandbox.faults.add(Fault(BAD, path=made[1].id, times=None))
    with pytest.raises(typer.Exit) as ended:
        backfill(office, 30, dry_run=dry_run)
    told = capsys.readouterr()
    assert ended.value.exit_code == 1 and made[1].id in told.err
    assert ("nothing can be said of the window" if dry_run else "the same command goes on from here") in told.err
    assert "would land" not in told.out


def test_a_rehearsal_keeps_the_pauses_of_account_and_messenger(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    posts(office, 1)
    message(office, "halo", at=NOW - timedelta(days=1))
    until = datetime.now(UTC) + timedelta(minutes=9)
    with writing(office.works.engine) as connection:
        accounts.set_stream(connection, "gubernur", "messages", paused_until=until)
    with pytest.raises(typer.Exit):
        backfill(office, 30, dry_run=True)
    told = capsys.readouterr()
    assert not any("conversations" in call.path for call in office.sandbox.calls)
    assert "messages: Graph asked for a pause until" in told.err and "nothing can be said" in told.err and not told.out
    office.sandbox.calls.clear()
    office.set(paused_until=until)
    with pytest.raises(typer.Exit):
        backfill(office, 30, dry_run=True)
    assert not office.sandbox.calls and not capsys.readouterr().out


def test_a_pause_of_our_own_is_not_called_graphs(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    posts(office, 1)
    office.tend()
    office.sandbox.faults.add(Fault(usage(96), times=None))
    done = by_hand(office, "posts")
    assert done.failures == () and done.paused_until
    show([done], Result(), False)
    assert "96 % of the call budget (pages) is used; the account pauses until" in capsys.readouterr().err
    (line,) = by_hand(office).failures
    assert "96 % of the call budget is used, a pause until" in line and "Graph asked" not in line


def test_a_pause_of_our_own_for_messenger_is_not_called_graphs(office: Office) -> None:
    message(office, "halo", at=NOW - timedelta(days=1))
    office.sandbox.faults.add(Fault(usage(97, kind="messenger"), path="conversations", times=None))
    (note,) = by_hand(office).notes
    assert "97 % of the call budget (messenger) is used; messages pause until" in note
    (line,) = by_hand(office).waiting
    assert "messages: 97 % of the call budget is used, a pause until" in line


def test_a_persons_token_is_called_that(office: Office) -> None:
    office.sandbox.faults.add(Fault(faults.error(32, "(#32) Page request limit reached"), times=None))
    (line,) = by_hand(office).failures
    assert "read with a person's token, which throttles a Page; use the Page's own token" in line


def test_another_version_in_the_configuration_is_no_news_of_graph(office: Office) -> None:
    office.tend()
    office.set(served_version="v19.0")
    assert checked(office).state == "ok" and "v19.0" not in checked(office).text
    assert in_report(office, "posts") == "baik"
