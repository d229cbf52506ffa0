"""What one daemon's metrics tell of accounts that another one reads, and of letters that another one delivers."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine

from connector.daemon import Daemon
from connector.sandbox import Fault, faults
from connector.store import accounts, outbox
from connector.store.engine import writing
from connector.telling import Metrics
from tests.edge.test_daemon_budget import usage
from tests.edge.test_daemon_pace import NOW, Office, message, opened, posts


@pytest.fixture
def office(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with opened(sqlite_engine, tmp_path, monkeypatch) as made:
        yield made


def scraped(office: Office) -> Any:
    """The metrics of a daemon that has read nothing itself, by name."""
    other = Daemon(office.works, office.log, Metrics(), lambda: 0.0)
    other.watch()

    def sample(name: str, **labels: str) -> Any:
        return other.metrics.registry.get_sample_value(f"ntbcare_{name}", labels)

    return sample


def test_what_another_daemon_read_is_shown(office: Office) -> None:
    posts(office, 1)
    message(office, "halo", at=NOW - timedelta(days=1))
    assert scraped(office)("last_success_seconds", account="gubernur") is None
    office.sandbox.faults.add(Fault(usage(41), times=None))
    office.tend()
    now, sample = datetime.now(UTC).timestamp(), scraped(office)
    assert now - 60 < sample("last_success_seconds", account="gubernur") <= now
    assert sample("graph_usage_percent", account="gubernur") == 41
    assert sample("graph_version_retired", account="gubernur") == sample("blocked", account="gubernur") == 0
    office.set(served_version="v27.0", blocked="190: expired")
    sample = scraped(office)
    assert sample("graph_version_retired", account="gubernur") == sample("blocked", account="gubernur") == 1


def test_the_last_success_is_that_of_posts_and_comments_where_they_are_read(office: Office) -> None:
    posts(office, 1)
    (bad,) = posts(office, 1)
    office.tend()
    for stream in ("posts", "comments", "visitor_posts"):
        at = NOW - timedelta(hours=3)
        with writing(office.works.engine) as connection:
            accounts.set_stream(connection, "gubernur", stream, ok_at=at)
    assert scraped(office)("last_success_seconds", account="gubernur") == at.timestamp()
    office.sandbox.faults.add(Fault(faults.html(502), path=bad.id, times=None))
    office.world.add_comment(bad, "baru", "Warga")
    office.tend()
    late = scraped(office)("last_success_seconds", account="gubernur")
    assert late > at.timestamp(), "one bad post does not make a pass that read nothing"


def test_what_waits_for_another_daemon_to_deliver_is_shown(office: Office) -> None:
    with writing(office.works.engine) as connection:
        letters = [outbox.Letter(key, outbox.OPERATOR, "mail:one", text="x") for key in "abc"]
        outbox.post(connection, letters, NOW)
        outbox.rest(connection, "mail:one", 3, NOW, NOW, "550")
    sample = scraped(office)
    assert (sample("letters_waiting"), sample("channels_down")) == (3, 1)
