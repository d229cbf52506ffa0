"""Fixtures of the journeys: rigs with a small world, on SQLite or on each of the three databases."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from connector.sandbox import demo_world
from tests.journeys.rig import Rig, now, rigged, small_world


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    """A small world and a migrated SQLite store."""
    with rigged(tmp_path, small_world()) as made:
        yield made.migrated()


@pytest.fixture
def rig_on(tmp_path: Path, store_url: str) -> Iterator[Rig]:
    """A small world and a migrated store on each of the three databases."""
    with rigged(tmp_path, small_world(), store_url) as made:
        yield made.migrated()


@pytest.fixture(scope="session")
def _read_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with rigged(tmp_path_factory.mktemp("polled"), demo_world(now())) as made:
        made.migrated().run("poll")
        yield made


@pytest.fixture
def polled(_read_once: Rig, tmp_path: Path) -> Rig:
    """The demo world, read: a store of one's own, a sandbox shared with other tests and so left as it is."""
    for file in _read_once.folder.glob("store.db*"):
        shutil.copy(file, tmp_path)
    r = _read_once
    return Rig(tmp_path, r.world, r.sandbox, r.address, f"sqlite:///{tmp_path / 'store.db'}", r.every)
