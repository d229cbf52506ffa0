"""R-27, R-33: the daemon's plan: the newest each interval, all by a slower walk, hot posts again, a daily sweep, in budget."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, update

from connector.beside import Beside
from connector.checkup import examine
from connector.daemon import Daemon
from connector.sandbox import Fault, Limits, Options, Sandbox, World, faults, serve
from connector.settings import Settings, load_routing
from connector.store import accounts, items
from connector.store.engine import reading, writing
from connector.store.schema import accounts as account_table
from connector.store.schema import checkpoints
from connector.telling import Metrics
from connector.wiring import Works

NOW = datetime.now(UTC)
TOKEN = "NTBCARE_PACE_TOKEN"


class Log:
    """Keeps what the daemon says."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, str]] = []

    def _say(self, line: str, *, action: str, **_facts: Any) -> None:
        self.lines.append((action, line))

    def exception(self, line: str, **_facts: Any) -> None:
        """A defect: never in these tests."""
        raise

    info = warning = _say

    def said(self, action: str) -> list[str]:
        """What was said of one kind."""
        return [line for name, line in self.lines if name == action]


class Office:
    """A daemon, its store and its Page; time goes on by turning back the store's own times."""

    def __init__(self, works: Works, sandbox: Sandbox, world: World) -> None:
        self.works, self.sandbox, self.world = works, sandbox, world
        self.log, self.metrics = Log(), Metrics()
        self.daemon = Daemon(works, self.log, self.metrics, lambda: 0.0)
        self.account = works.settings.accounts[0]

    def tend(self) -> int:
        """One due pass; how many calls it took."""
        self.set(due_at=NOW - timedelta(hours=9))
        self.sandbox.calls.clear()
        self.daemon.tend(self.account)
        return len(self.sandbox.calls)

    def beside(self) -> int:
        """What is due beside it; how many calls it took."""
        self.sandbox.calls.clear()
        self.daemon.beside(self.account)
        return len(self.sandbox.calls)

    def set(self, **values: Any) -> None:
        """Changes the account's row."""
        with writing(self.works.engine) as connection:
            accounts.set_account(connection, self.account.key, **values)

    @property
    def state(self) -> accounts.AccountState:
        """The account's row."""
        with reading(self.works.engine) as connection:
            return accounts.account_states(connection)[self.account.key]

    def later(self, hours: float) -> None:
        """As if the last walks and readings had been so long ago."""
        c = checkpoints.c
        with writing(self.works.engine) as connection:
            for row in connection.execute(checkpoints.select().where(c.complete_at.is_not(None))).all():
                same = (
                    c.account == row.account,
                    c.scope == row.scope,
                    c.stream == row.stream,
                    c.object_id == row.object_id,
                )
                at = row.complete_at - timedelta(hours=hours)
                connection.execute(update(checkpoints).where(*same).values(complete_at=at))
            swept = self.state.swept_at
            if swept:
                connection.execute(update(account_table).values(swept_at=swept - timedelta(hours=hours)))

    def items(self) -> dict[str, Any]:
        """All items, by id."""
        with reading(self.works.engine) as connection:
            return {row.external_id: row for row in items.every(connection)}


@pytest.fixture
def office(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    world = World()
    page = world.add_page("gubernur", "100000000000001", "Gubernur NTB")
    sandbox = Sandbox(world, options=Options(conversations_per_second=None), limits=Limits(pages=None, messenger=None))
    monkeypatch.setenv(TOKEN, sandbox.token("gubernur"))
    with serve(sandbox) as address:
        settings = Settings.model_validate(
            {
                "graph": {"base_url": address},
                "accounts": [{"key": "gubernur", "id": page.id, "token_env": TOKEN, "every_seconds": 60.0}],
            }
        )
        works = Works(settings, load_routing(None), sqlite_engine, tmp_path)
        works.register()
        yield Office(works, sandbox, world)


def posts(office: Office, count: int, comments: int = 1, hours: float = 3) -> list[Any]:
    page, made = office.world.pages["gubernur"], []
    for n in range(count):
        at = NOW - timedelta(hours=hours * (count - n))
        post = office.world.add_post(page, f"Kunjungan {n}", at=at)
        for m in range(comments):
            office.world.add_comment(post, f"jalan rusak {n} {m}", f"Warga {m}", at=at + timedelta(minutes=m + 1))
        made.append(post)
    return made


def message(office: Office, text: str, **more: Any) -> Any:
    talk = office.world.conversation(office.world.pages["gubernur"], "Siti")
    return office.world.add_message(talk, text, **more)


def test_a_quiet_interval_costs_one_call_for_posts_and_messages(office: Office) -> None:
    made = posts(office, 120)
    message(office, "halo", at=NOW - timedelta(days=1))
    office.tend()
    assert office.tend() == 1
    office.world.add_comment(made[-1], "air mati", "Warga Baru")
    late = message(office, "banjir di Sekotong")
    assert office.tend() == 3
    assert late.id in office.items()
    hidden = office.world.add_comment(made[0], "di kiriman lama", "Warga Baru")
    assert office.tend() == 1 and hidden.id not in office.items()
    office.later(0.6)
    assert office.tend() == 2 + 1 + 1, "all posts by a walk of two calls, conversations, and the one that moved"
    assert hidden.id in office.items()


def test_where_graph_refuses_both_lists_at_once_they_are_asked_for_one_by_one(office: Office) -> None:
    made = posts(office, 3)
    message(office, "halo", at=NOW - timedelta(days=1))
    office.tend()
    refusal = faults.error(100, "(#100) unsupported", http=400)
    office.sandbox.faults.add(Fault(refusal, path="conversations.platform", times=None))
    office.world.add_comment(made[0], "air mati", "Warga Baru")
    assert office.tend() == 1 + 2 + 1
    assert office.tend() == 2, "the refusal is remembered"
    assert not office.log.said("read_failed")


def test_a_page_without_conversations_costs_one_call_too(office: Office) -> None:
    posts(office, 3)
    office.tend()
    assert office.tend() == 1
    first = message(office, "halo")
    office.tend()
    assert first.id in office.items()


def test_hot_posts_are_re_read_and_edits_hides_and_deletions_found(office: Office) -> None:
    fresh, older = posts(
        office, 2, comments=4, hours=0.7
    )  # both far on the hot side of two hours, however slow the machine
    office.tend()
    assert office.beside() == 0, "all was read a moment ago"
    office.world.edit(fresh.stream[0], "sudah diperbaiki")
    office.world.hide(fresh.stream[1])
    office.world.delete(fresh.stream[2])
    for _ in range(2):  # one each time; which of the two is first is no matter
        office.later(0.3)
        assert office.beside() == 1
    stored = office.items()
    assert stored[fresh.stream[0].id].text == "sudah diperbaiki" and stored[fresh.stream[1].id].hidden
    assert sum(row.deleted for row in stored.values()) == 1
    assert older.id in stored


def test_a_hot_post_that_is_deleted_is_found_without_a_failure(office: Office) -> None:
    (post,) = posts(office, 1, comments=2, hours=1)
    office.tend()
    office.world.delete(post)
    for _ in range(3):
        office.later(0.3)
        assert office.beside() == 1
    assert all(row.deleted for row in office.items().values())
    assert not office.log.said("read_failed")


def test_all_that_is_recent_is_swept_daily_and_a_cut_sweep_goes_on(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = posts(office, 60, comments=2, hours=24)
    office.tend()
    office.world.delete(made[0].stream[0])
    office.world.delete(made[1])
    office.later(21)
    monkeypatch.setattr("connector.beside.SLICE", timedelta(0))
    office.beside()
    assert office.state.swept_at and office.state.swept_at < NOW, "cut before its end"
    monkeypatch.setattr("connector.beside.SLICE", timedelta(minutes=10))
    while office.state.swept_at < NOW:
        assert office.beside() < 40
    assert sum(row.deleted for row in office.items().values()) == 1 + 3
    assert office.beside() == 0


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
    assert timedelta(seconds=310) < wait < timedelta(seconds=340) and office.state.used == {"pages": 85}
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
    books = next(f for f in examine(office.works) if f.what == "completeness")
    assert books.text == "gubernur/comments 6 of 6" and books.facts["streams"][0]["counted"] == 6


def test_the_ledger_is_in_the_metrics(office: Office) -> None:
    posts(office, 2, comments=3)
    office.tend()
    office.daemon.keep_house()
    labels = {"account": "gubernur", "stream": "comments", "part": "stored"}
    assert office.metrics.registry.get_sample_value("ntbcare_ledger", labels) == 6
