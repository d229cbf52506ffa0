"""R-34: the store is brought to another schema while a daemon of the old program runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

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
