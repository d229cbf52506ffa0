"""The daemon within Graph's call budget, with a dead token or a silent Graph, and what it tells of that."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.beside import Beside
from connector.checkup import examine
from connector.sandbox import Fault, faults
from connector.store.checkpoints import Shelf
from connector.store.engine import writing
from connector.wita import WITA
from tests.edge.test_daemon_pace import NOW, TOKEN, Office, message, opened, posts


@pytest.fixture
def office(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with opened(sqlite_engine, tmp_path, monkeypatch) as made:
        yield made


def usage(percent: int, kind: str = "pages", minutes: int = 0) -> Any:
    def act(request: Any, proceed: Any) -> Any:
        answer = proceed()
        entry = {"type": kind, "call_count": percent, "total_time": 1, "total_cputime": 1}
        told = {"100000000000001": [entry | {"estimated_time_to_regain_access": minutes}]}
        answer.headers["X-Business-Use-Case-Usage"] = json.dumps(told)
        return answer

    return act


def test_from_75_percent_on_intervals_grow_and_what_can_wait_waits(office: Office) -> None:
    posts(office, 3, hours=1)
    office.tend()
    office.sandbox.faults.add(Fault(usage(85), times=None))
    office.tend()
    wait = (office.state.due_at or NOW) - datetime.now(UTC)
    assert timedelta(seconds=310) < wait < timedelta(seconds=340) and (office.state.used or {})["pages"] == 85
    office.later(25)
    assert office.beside() == 0
    office.set(used={"pages": 20})
    assert office.beside() > 0


def test_at_95_percent_no_more_is_asked_for_the_minutes_that_graph_names(office: Office) -> None:
    made = posts(office, 3, hours=1)
    office.tend()
    for post in made:
        office.world.add_comment(post, "baru", "Warga Baru")
    office.sandbox.faults.add(Fault(usage(96, minutes=33), times=None))
    assert office.tend() == 1, "the look told of 96 %, and no other call was made"
    pause = (office.state.paused_until or NOW) - datetime.now(UTC)
    assert timedelta(minutes=32) < pause <= timedelta(minutes=34)
    assert office.tend() == 0 and office.beside() == 0
    office.sandbox.faults.clear()
    office.set(paused_until=None)
    office.tend()
    assert sum(row.text == "baru" for row in office.items().values()) == 3


def test_a_quiet_pass_that_hears_of_95_percent_asks_no_more_either(office: Office) -> None:
    posts(office, 1, hours=1)
    message(office, "halo", at=NOW - timedelta(days=1))
    office.tend()
    office.sandbox.faults.add(Fault(usage(96, minutes=33), times=None))
    assert office.tend() == 1
    pause = (office.state.paused_until or NOW) - datetime.now(UTC)
    assert timedelta(minutes=32) < pause <= timedelta(minutes=34)
    assert office.tend() == 0 and not office.log.said("read_failed")


def asks_messenger(office: Office) -> int:
    """How many calls of the last pass went to Messenger, too."""
    return sum("conversations" in call.path + call.query for call in office.sandbox.calls)


def test_a_messenger_near_its_bound_is_asked_nothing_while_posts_are_read_on(office: Office) -> None:
    (post,) = posts(office, 1, hours=1)
    message(office, "halo", at=NOW - timedelta(days=1))
    office.tend()
    office.sandbox.faults.add(Fault(usage(97, kind="messenger", minutes=33), times=None))
    office.tend()
    assert asks_messenger(office) == 1 and office.state.paused_until is None
    fresh = office.world.add_comment(post, "air mati", "Warga Baru")
    office.tend()
    assert asks_messenger(office) == 0 and fresh.id in office.items()


@pytest.mark.parametrize("code", [80006, 613])
def test_a_throttled_messenger_is_asked_once_and_then_left_alone(office: Office, code: int) -> None:
    posts(office, 1, hours=1)
    message(office, "halo", at=NOW - timedelta(days=1))
    office.tend()

    def refuse(request: Any, proceed: Any) -> Any:
        asked = "conversations" in request.path + request.params.get("fields", "")
        return (faults.error(code, "too many calls")(request, proceed)) if asked else proceed()

    office.sandbox.faults.add(Fault(refuse, times=None))
    office.tend()
    assert asks_messenger(office) == 1
    office.tend()
    assert asks_messenger(office) == 0


@pytest.mark.parametrize("code", [80006, 613])
def test_a_throttled_messenger_keeps_no_post_back(office: Office, code: int) -> None:
    (post,) = posts(office, 1, hours=1)
    message(office, "halo", at=NOW - timedelta(days=1))
    office.tend()
    office.sandbox.faults.add(Fault(faults.error(code, "too many calls"), path="conversations", times=None))
    fresh = office.world.add_comment(post, "air mati", "Warga Baru")
    office.tend()
    assert fresh.id in office.items() and office.state.paused_until is None
    office.sandbox.faults.clear()
    late = message(office, "masih halo")
    office.tend()
    assert late.id not in office.items(), "Messenger pauses"


def test_a_dead_token_is_said_once_and_the_gap_is_read_after_renewal(office: Office) -> None:
    made = posts(office, 3, hours=1)
    message(office, "halo", at=NOW - timedelta(days=1))
    office.tend()
    token = office.sandbox.tokens.page(office.world.pages["gubernur"])
    token.revoke(460)
    for _ in range(3):
        assert office.tend() <= 1
    assert len(office.log.said("read_failed")) == 1
    assert (office.state.due_at or NOW) - datetime.now(UTC) > timedelta(minutes=55)
    missed = [office.world.add_comment(post, "selama itu", "Warga") for post in made]
    missed.append(message(office, "selama itu"))
    token.dead = 0
    office.later(2)
    office.tend()
    assert {thing.id for thing in missed} <= set(office.items())
    assert office.state.blocked is None and office.log.said("unblocked")


def test_another_token_is_tried_at_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    (post,) = posts(office, 1)
    office.tend()
    office.sandbox.tokens.page(office.world.pages["gubernur"]).revoke(460)
    office.tend()
    missed = office.world.add_comment(post, "selama itu", "Warga")
    office.sandbox.calls.clear()
    office.daemon.tend(office.account)
    assert not office.sandbox.calls, "the same token is tried after an hour"
    monkeypatch.setenv(TOKEN, office.sandbox.tokens.issue("PAGE", page_id=office.account.id).value)
    office.daemon.tend(office.account)
    assert missed.id in office.items() and office.state.blocked is None and office.log.said("unblocked")


def test_a_retired_graph_version_is_warned_of_once(office: Office) -> None:
    posts(office, 1)

    def older(request: Any, proceed: Any) -> Any:
        answer = proceed()
        (name,) = [key for key in answer.headers if key.lower() == "facebook-api-version"]
        answer.headers[name] = "v27.0"
        return answer

    office.sandbox.faults.add(Fault(older, times=None))
    office.tend()
    office.tend()
    (line,) = office.log.said("version_retired")
    assert "v26.0 was asked, v27.0 answered" in line and office.state.served_version == "v27.0"
    office.daemon.watch()
    sample = office.metrics.registry.get_sample_value
    assert sample("ntbcare_graph_version_retired", {"account": "gubernur"}) == 1


def test_silence_for_three_intervals_is_called_blindness_once(office: Office) -> None:
    posts(office, 1)
    office.daemon.watch()
    office.tend()
    office.daemon.watch()
    assert not office.log.said("blind")
    office.daemon.started = NOW - timedelta(hours=1)
    office.set(heard_at=NOW - timedelta(minutes=30))
    office.daemon.watch()
    office.daemon.watch()
    assert len(office.log.said("blind")) == 1
    sample = office.metrics.registry.get_sample_value
    assert sample("ntbcare_blind", {"account": "gubernur"}) == 1
    office.tend()
    office.daemon.watch()
    assert office.log.said("sees_again") and sample("ntbcare_blind", {"account": "gubernur"}) == 0


def test_three_passes_that_failed_as_a_whole_are_blindness_though_something_is_heard(office: Office) -> None:
    posts(office, 150)
    office.tend()
    office.sandbox.faults.add(Fault(faults.html(502), path="after=", times=None))
    for _ in range(3):
        office.later(24)
        office.set(due_at=None, heard_at=office.daemon.clock())
        office.tend()
        office.daemon.watch()
    assert office.state.fails == 3 and len(office.log.said("blind")) == 1
    office.sandbox.faults.clear()
    office.set(due_at=None)
    office.tend()
    office.daemon.watch()
    assert office.log.said("sees_again")


def test_a_daemon_that_has_just_started_is_not_blind_yet(office: Office) -> None:
    office.set(heard_at=NOW - timedelta(hours=8))
    office.daemon.watch()
    assert not office.log.said("blind")


def test_nothing_is_read_beside_while_the_account_is_blocked(office: Office) -> None:
    posts(office, 1, hours=1)
    office.tend()
    office.later(25)
    office.set(blocked="token")
    assert Beside(office.works, office.account, office.daemon.clock).do() == []


def test_check_tells_plan_budget_pause_and_blindness(office: Office) -> None:
    posts(office, 2, comments=3, hours=1)
    office.tend()
    finding = next(f for f in examine(office.works) if f.what == "reading gubernur")
    assert finding.state == "ok" and finding.facts["plan"]["newest"] == 1440 and not finding.facts["blind"]
    assert 0 < finding.facts["plan"]["total"] < 3600
    office.set(
        heard_at=NOW - timedelta(hours=2), paused_until=datetime.now(UTC) + timedelta(minutes=9), used={"pages": 96}
    )
    finding = next(f for f in examine(office.works) if f.what == "reading gubernur")
    assert finding.state == "warning" and finding.facts["blind"] and finding.facts["paused_until"]
    assert all(word in finding.text for word in ("blind", "96 %", "paused"))
    since = (NOW - timedelta(hours=2)).astimezone(WITA)
    assert f"since {since.day} " in finding.text and f"{since:%H.%M} WITA" in finding.text
    books = next(f for f in examine(office.works) if f.what == "completeness")
    assert books.text == "gubernur/comments 6 of 6" and books.facts["streams"][0]["counted"] == 6


def test_check_names_the_fields_that_graph_knows_no_more_for_as_long_as_they_are_left_out(office: Office) -> None:
    posts(office, 1, comments=3, hours=1)
    gone = faults.error(100, "(#100) Tried accessing nonexisting field (is_private) on node type (Comment)", http=400)
    office.sandbox.faults.add(Fault(gone, path="is_private", times=None))
    office.tend()
    finding = next(f for f in examine(office.works) if f.what == "reading gubernur")
    assert (finding.state, finding.facts["unknown_fields"]) == ("warning", ["is_private"])
    assert "Graph knows is_private no more" in finding.text and "install the next release" in finding.text
    office.set(quirks={"feed_whole": {"dropped": ["is_private"], "at": (NOW - timedelta(days=2)).isoformat()}})
    finding = next(f for f in examine(office.works) if f.what == "reading gubernur")
    assert (finding.state, finding.facts["unknown_fields"]) == ("ok", [])


def test_the_ledger_is_in_the_metrics(office: Office) -> None:
    posts(office, 2, comments=3)
    office.tend()
    office.daemon.keep_house()
    labels = {"account": "gubernur", "stream": "comments", "part": "stored"}
    assert office.metrics.registry.get_sample_value("ntbcare_ledger", labels) == 6


def test_what_waits_and_what_fails_is_in_check_and_in_the_metrics(office: Office) -> None:
    bad, slow = posts(office, 2, comments=3, hours=1)
    office.tend()
    office.sandbox.faults.add(Fault(faults.html(502), path=bad.id, times=None))
    office.world.add_comment(bad, "air mati", "Warga Baru")
    office.tend()
    with writing(office.works.engine) as connection:
        Shelf("gubernur", "comments").put(connection, slow.id, done=None)
    books = next(f for f in examine(office.works) if f.what == "completeness")
    assert books.text.endswith(", posts waiting: 2, posts failing: 1")
    office.daemon.keep_house()
    sample = office.metrics.registry.get_sample_value
    found = [
        sample("ntbcare_unread", {"account": "gubernur", "stream": "comments", "state": s})
        for s in ("waiting", "failing")
    ]
    assert found == [2, 1]
