"""One bad post, conversation or stream never slows the reading of the others; by hand all is tried at once."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.checkup import Finding, examine
from connector.ingest import Visit
from connector.ingest.patience import REST
from connector.ingest.reader import Progress
from connector.records import Stream
from connector.report.gather import facts_of
from connector.report.health import judge
from connector.sandbox import Fault, faults
from connector.store import accounts
from connector.store.checkpoints import Shelf
from connector.store.engine import reading, writing
from connector.store.summary import Window
from tests.edge.test_daemon_pace import NOW, TOKEN, Office, message, opened, posts

BAD = faults.error(100, "(#100) cannot be read", http=400)
REFUSED = faults.error(200, "(#200) requires pages_messaging", http=403)


@pytest.fixture
def office(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with opened(sqlite_engine, tmp_path, monkeypatch) as made:
        yield made


def wait(office: Office) -> timedelta:
    """How long until the next pass."""
    return (office.state.due_at or NOW) - datetime.now(UTC)


def by_hand(office: Office, *streams: Stream) -> Visit:
    """A pass as `poll` makes it."""
    order, progress = office.works.order(streams or office.account.streams), Progress()
    done = office.works.read(office.account, order, lease="account:gubernur", wait=0.0, progress=progress)
    assert done is not None
    return done


def asked(office: Office, what: str) -> int:
    return sum(what in call.path for call in office.sandbox.calls)


def of_stream(office: Office, stream: str) -> accounts.StreamState:
    with reading(office.works.engine) as connection:
        return next(s for s in accounts.stream_states(connection) if s.stream == stream)


def checked(office: Office) -> Finding:
    return next(f for f in examine(office.works) if f.what == "reading gubernur")


def in_report(office: Office, stream: str) -> str:
    with reading(office.works.engine) as connection:
        now = datetime.now(UTC)
        facts = facts_of(connection, Window(now))
    fact = next(s for s in facts.streams if s.stream == stream)
    return judge(fact, facts.accounts, "Gubernur", now).state


def rested(office: Office, scope: str = "live") -> None:
    """As if the rests were over."""
    shelf = Shelf("gubernur", "comments", scope)
    with writing(office.works.engine) as connection:
        for row in shelf.failing(connection):
            rest = {**(row.position or {})[REST], "until": (NOW - timedelta(hours=1)).isoformat()}
            shelf.put(connection, row.object_id, position={REST: rest})


def test_one_bad_post_slows_nobody_and_rests_until_it_moves(office: Office) -> None:
    made = posts(office, 5, hours=1)
    message(office, "halo", at=NOW - timedelta(days=1))
    office.tend()
    bad = made[2]
    office.world.add_comment(bad, "tidak terbaca", "Warga")
    fault = office.sandbox.faults.add(Fault(BAD, path=bad.id, times=None))
    for n in range(6):
        fresh = office.world.add_comment(made[0], f"air mati {n}", "Warga Baru")
        office.tend()
        assert fresh.id in office.items() and wait(office) < timedelta(seconds=61), n
    assert fault.hits == 3 and len(office.log.said("read_failed")) == 3
    assert in_report(office, "comments") == "sebagian gagal" and not of_stream(office, "comments").troubled
    office.world.add_comment(bad, "bergerak lagi", "Warga")
    office.tend()
    assert fault.hits == 4, "it moved"
    assert by_hand(office).failures and fault.hits == 5, "a person asks"
    office.sandbox.faults.clear()
    rested(office)
    office.tend()
    assert sum(row.post_id == bad.id for row in office.items().values()) == 4
    assert in_report(office, "comments") == "baik"


def test_a_bad_hot_post_takes_no_other_ones_turn(office: Office) -> None:
    bad, other = posts(office, 2, comments=2, hours=0.5)
    office.tend()
    fault = office.sandbox.faults.add(Fault(BAD, path=bad.id, times=None))
    office.world.edit(other.stream[0], "sudah diperbaiki")
    for _ in range(6):
        office.later(0.3)
        office.beside()
    assert fault.hits == 3
    assert office.items()[other.stream[0].id].text == "sudah diperbaiki"
    office.sandbox.faults.clear()
    office.world.edit(bad.stream[0], "ini juga")
    rested(office, "again")
    for _ in range(2):
        office.later(0.3)
        office.beside()
    assert office.items()[bad.stream[0].id].text == "ini juga"


def test_a_stream_without_permission_is_asked_again_by_the_hour_and_somebody_is_told(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    (post,) = posts(office, 1)
    told = message(office, "halo", at=NOW - timedelta(days=1))
    office.sandbox.faults.add(Fault(REFUSED, path="conversations", times=None))
    sample = office.metrics.registry.get_sample_value
    for n in range(3):
        fresh = office.world.add_comment(post, f"air mati {n}", "Warga Baru")
        office.tend()
        assert fresh.id in office.items() and wait(office) < timedelta(seconds=61)
        assert asked(office, "conversations") == (n == 0)
        office.daemon.watch()
        assert sample("ntbcare_blocked", {"account": "gubernur"}) == 1
    assert checked(office).state == "broken" and "messages cannot be read" in checked(office).text
    assert in_report(office, "messages") == "terhenti"
    office.sandbox.calls.clear()
    assert by_hand(office).refused == {"messages"} and asked(office, "conversations")
    office.sandbox.faults.clear()
    office.tend()
    assert told.id not in office.items(), "the hour is not over"
    monkeypatch.setenv(TOKEN, office.sandbox.tokens.issue("PAGE", page_id=office.account.id).value)
    office.tend()
    assert told.id in office.items() and of_stream(office, "messages").blocked is None
    late = message(office, "masih halo")
    office.tend()
    office.daemon.watch()
    assert late.id in office.items() and sample("ntbcare_blocked", {"account": "gubernur"}) == 0
    assert checked(office).state == "ok"


def test_a_feed_without_permission_keeps_no_message_back(office: Office) -> None:
    posts(office, 1)
    office.sandbox.faults.add(Fault(REFUSED, path="/feed", times=None))
    for n in range(3):
        fresh = message(office, f"halo {n}")
        office.tend()
        assert fresh.id in office.items() and wait(office) < timedelta(seconds=61)
        assert asked(office, "/feed") == 0 or n == 0
    assert in_report(office, "posts") == "terhenti"


def test_a_list_of_messages_that_fails_is_tried_more_seldom_and_slows_no_post(office: Office) -> None:
    (post,) = posts(office, 1)
    office.sandbox.faults.add(Fault(faults.error(100, "(#100) no", http=400), path="conversations", times=None))
    tries = 0
    for n in range(5):
        fresh = office.world.add_comment(post, f"air mati {n}", "Warga Baru")
        office.tend()
        tries += asked(office, "conversations") > 0
        assert fresh.id in office.items() and wait(office) < timedelta(seconds=61)
    assert tries == 1 and in_report(office, "messages") == "galat", "the second time comes after two intervals"
    assert by_hand(office).failures
    office.sandbox.faults.clear()
    told = message(office, "halo")
    assert not by_hand(office).failures and in_report(office, "messages") == "baik"
    office.tend()
    assert told.id in office.items()


def test_a_feed_that_fails_slows_its_account(office: Office) -> None:
    posts(office, 1)
    office.sandbox.faults.add(Fault(BAD, path="/feed", times=None))
    office.tend()
    assert timedelta(seconds=110) < wait(office) < timedelta(seconds=125)


def test_a_paused_messenger_is_not_called_healthy(office: Office) -> None:
    posts(office, 1)
    message(office, "halo", at=NOW - timedelta(days=1))
    throttled: Any = faults.error(80006, "too many calls")
    office.sandbox.faults.add(Fault(throttled, path="conversations", times=1))
    office.tend()
    assert office.state.swept_at is None, "not all was read"
    for _ in range(2):
        office.tend()
        assert by_hand(office).waiting
        state = of_stream(office, "messages")
        assert state.ok_at is None and state.error and in_report(office, "messages") != "baik"
    assert checked(office).state == "warning" and "messages paused by Graph until" in checked(office).text
