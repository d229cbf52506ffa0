"""R-03, R-04: a crash, or a failing disk, at every single seam of each kind of work; then the same work again."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from sqlalchemy import inspect

from connector.store import migrate
from connector.store.engine import open_store, reading
from connector.store.schema import metadata

from .rehearsal import WORKS, Fall, Fault, Rehearsal
from .seams import Crash, Seams, disk_error
from .store import Store, fast_folder

EVERY = 5_000  # no work here has as many seams


def _falls() -> Iterator[Any]:
    """Every kind of work with every kind of fall; the longest wait for `make soak`."""
    for work in WORKS:
        for fault in get_args(Fault):
            long = work == "full" or (work == "backfill" and fault == "disk")
            yield pytest.param(work, fault, marks=[pytest.mark.soak] if long else [])


@pytest.mark.parametrize(("work", "fault"), list(_falls()))
def test_a_fall_at_any_seam_loses_and_doubles_nothing(simulated: Store, work: str, fault: Fault) -> None:
    seams = []
    for n in range(1, EVERY):
        fall = Fall(n, fault)
        wrong = Rehearsal(simulated, fall).rehearse(work).wrong
        assert not wrong, "\n".join([f"{work}: {fault} at seam {n}, {fall.seam}", *wrong])
        if not fall.seam:
            break
        seams.append(fall.seam)
    assert {"begin", "statement", "commit", "committed"} <= set(seams)


@pytest.mark.parametrize("fault", get_args(Fault))
def test_a_migration_is_whole_or_not_at_all(tmp_path: Path, fault: Fault) -> None:
    folder = Path(fast_folder() or tmp_path)
    n, fell = 0, True
    while fell:
        n += 1
        file = folder / f"ntbcare-migrate-{tmp_path.name}-{n}.db"
        try:
            fell = _migrated_at(f"sqlite:///{file}", n, fault)
        finally:
            for one in folder.glob(f"{file.name}*"):
                one.unlink()
    assert n > 20


def _migrated_at(url: str, n: int, fault: Fault) -> bool:
    """Whether the migration met its n-th seam; after it, and once more, the store is whole."""
    engine, met = open_store(url), 0
    seams = Seams(engine)

    def told(seam: str, _statement: str) -> None:
        nonlocal met
        met += seam != "undone"
        if met == n and seam != "undone":
            raise Crash(seam) if fault == "crash" else disk_error(seam)

    seams.told = told
    try:
        migrate.migrate(engine)
    except (Crash, Exception):
        met = max(met, n)
    fell, seams.told = met >= n, None
    engine.dispose()
    again = open_store(url)
    with reading(again) as connection:
        assert migrate.current(connection) in (None, migrate.newest())
    migrate.migrate(again)
    assert set(metadata.tables) <= set(inspect(again).get_table_names())
    with reading(again) as connection:
        assert migrate.current(connection) == migrate.newest()
    again.dispose()
    return fell
