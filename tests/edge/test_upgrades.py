"""R-34: the store is brought to another schema while a daemon of the old program runs."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from connector import upgrades
from connector.errors import StoreMismatch
from connector.store.engine import writing
from tests.edge.test_daemon_pace import Office, opened, posts


@pytest.fixture
def office(sqlite_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    with opened(sqlite_engine, tmp_path, monkeypatch) as made:
        yield made


def test_a_daemon_whose_store_is_upgraded_stops_and_says_why(office: Office) -> None:
    office.daemon.watch()
    office.daemon.watch()
    assert not office.works.stop.is_set()

    def upgraded() -> None:
        with writing(office.works.engine) as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
        office.daemon.watch()

    with pytest.raises(StoreMismatch, match=r"to 9999 while this program ran; start the ntbcare that fits"):
        office.daemon.run(upgraded)
    posts(office, 3, hours=1)
    assert office.tend() == 0, "nothing is read any more"


def test_the_review_page_is_served_no_more_once_its_store_is_another(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upgrades, "EVERY", 0.01)
    stop = threading.Event()
    schema = upgrades.Schema(sqlite_engine, stop)
    schema.look()
    looking = threading.Thread(target=schema.keep_looking)
    looking.start()
    schema.refuse()
    with writing(sqlite_engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    assert stop.wait(20)
    looking.join(20)
    with pytest.raises(StoreMismatch, match="to 9999 while"):
        schema.refuse()
