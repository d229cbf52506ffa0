"""What is shared: the app's own limit by all accounts, one account's row by the readings that go on side by side."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.daemon import Daemon
from connector.ingest.reader import Progress
from connector.sandbox import Fault, faults
from connector.settings import Settings
from connector.store import accounts
from connector.store.checkpoints import Shelf
from connector.store.engine import reading, writing
from tests.edge.test_daemon_budget import usage
from tests.edge.test_daemon_pace import NOW, TOKEN, Office, message, opened, posts


@pytest.fixture
def office(engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    """An office with two accounts; `tend` is the first one's."""
    with opened(engine, tmp_path, monkeypatch) as made:
        second = made.world.add_page("wagub", "100000000000002", "Wakil Gubernur NTB")
        monkeypatch.setenv("NTBCARE_PACE_SECOND", made.sandbox.token("wagub"))
        more = {"key": "wagub", "id": second.id, "token_env": "NTBCARE_PACE_SECOND"}
        first = {"key": "gubernur", "id": made.account.id, "token_env": TOKEN}
        graph = {"base_url": made.works.settings.graph.base_url}
        made.works.settings = Settings.model_validate({"graph": graph, "accounts": [first, more]})
        made.works.register()
        made.daemon = Daemon(made.works, made.log, made.metrics, lambda: 0.0)
        yield made


def pauses(office: Office) -> dict[str, datetime | None]:
    with reading(office.works.engine) as connection:
        return {key: state.paused_until for key, state in accounts.account_states(connection).items()}


def app_usage(percent: int) -> Any:
    def act(request: Any, proceed: Any) -> Any:
        answer = proceed()
        answer.headers["X-App-Usage"] = json.dumps({"call_count": percent, "total_time": 1, "total_cputime": 1})
        return answer

    return act


@pytest.mark.parametrize("told", [faults.error(4, "(#4) Application request limit reached", http=403), app_usage(97)])
def test_the_apps_own_limit_pauses_every_account(office: Office, told: Any) -> None:
    for account in office.works.settings.accounts:
        office.daemon.tend(account)
    office.sandbox.faults.add(Fault(told, times=None))
    office.tend()
    until = pauses(office)
    assert until["gubernur"] == until["wagub"] and (until["wagub"] or NOW) > datetime.now(UTC) + timedelta(minutes=4)
    office.sandbox.calls.clear()
    office.daemon.tend(office.works.settings.accounts[1])
    assert not office.sandbox.calls


def test_one_pages_limit_is_its_own(office: Office) -> None:
    office.tend()
    office.sandbox.faults.add(Fault(faults.error(80001, "too many calls"), times=None))
    office.tend()
    until = pauses(office)
    assert until["gubernur"] and until["wagub"] is None


def test_a_backfill_that_leaves_the_apps_budget_to_what_is_urgent_pauses_nobody(office: Office) -> None:
    office.tend()
    office.sandbox.faults.add(Fault(app_usage(80), times=None))
    order = replace(office.works.sweep(["posts", "comments"]), scope="backfill:x")
    office.works.read(office.account, order, lease="x", wait=0.0, progress=Progress())
    assert pauses(office) == {"gubernur": None, "wagub": None}


def test_a_reading_beside_that_ends_late_takes_back_nothing_of_what_the_live_one_noted(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The token dies while a sweep is at it: another token is tried at once all the same."""
    posts(office, 2)
    office.tend()
    token = office.sandbox.tokens.page(office.world.pages["gubernur"])

    def dies(request: Any, proceed: Any) -> Any:
        token.revoke(460)
        office.tend()
        return proceed()

    office.sandbox.faults.add(Fault(dies, path=f"{office.account.id}/feed", times=1))
    office.works.read(office.account, office.works.sweep(["posts"]), lease="x", wait=0.0, progress=Progress())
    assert office.state.blocked
    monkeypatch.setenv(TOKEN, office.sandbox.tokens.issue("PAGE", page_id=office.account.id).value)
    office.daemon.tend(office.account)
    assert office.state.blocked is None


def test_a_full_messenger_slows_no_post_down(office: Office) -> None:
    """Messenger has a budget of its own: posts keep their interval, hot ones are read again, and all are swept."""
    (post,) = posts(office, 1, hours=1)
    message(office, "halo", at=NOW - timedelta(days=1))
    office.tend()
    office.sandbox.faults.add(Fault(usage(90, kind="messenger"), times=None))
    office.tend()
    assert (office.state.due_at or NOW) - datetime.now(UTC) < timedelta(seconds=61)
    edited = post.comments[0]
    office.world.edit(edited, "jalan sudah baik")
    office.later(25)
    office.beside()
    assert office.items()[edited.id].text == "jalan sudah baik"


def test_messages_alone_are_read_more_seldom_while_their_budget_runs_low(office: Office) -> None:
    message(office, "halo", at=NOW - timedelta(days=1))
    office.tend()
    office.sandbox.faults.add(Fault(usage(90, kind="messenger"), times=None))
    office.tend()
    office.tend()
    assert not any("conversations" in call.path + call.query for call in office.sandbox.calls)
    assert (office.state.used or {})["messenger"] == 90, "what was not asked is as full as before"
    with writing(office.works.engine) as connection:
        accounts.set_stream(connection, office.account.key, "messages", ok_at=NOW - timedelta(minutes=9))
    office.sandbox.faults.clear()
    office.tend()
    assert any("conversations" in call.path + call.query for call in office.sandbox.calls)
    assert (office.state.used or {}).get("messenger", 0) < 75


def test_posts_are_swept_while_messenger_pauses(office: Office) -> None:
    (post,) = posts(office, 1, hours=30 * 24)
    message(office, "halo", at=NOW - timedelta(days=1))
    office.tend()
    with writing(office.works.engine) as connection:
        until = NOW + timedelta(hours=9)
        accounts.set_stream(connection, office.account.key, "messages", paused_until=until)
    office.world.edit(post.comments[0], "jalan sudah baik")
    office.later(25)
    office.beside()
    assert office.items()[post.comments[0].id].text == "jalan sudah baik"
    assert (office.state.swept_at or NOW - timedelta(days=1)) > NOW - timedelta(hours=1)


def test_the_next_sweep_counts_from_where_the_last_one_began(office: Office) -> None:
    posts(office, 2, hours=30 * 24)
    office.tend()
    office.later(25)
    began = datetime.now(UTC) - timedelta(hours=5)
    with writing(office.works.engine) as connection:  # its walk is done; messages took it so long
        for stream in ("posts", "comments", "visitor_posts"):
            Shelf("gubernur", stream, "sweep").put(connection, newest=began, complete_at=began)
    office.beside()
    assert office.state.swept_at == began
