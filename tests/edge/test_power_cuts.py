"""R-12: power goes at any moment; what a disk had not synced by then is lost, in part and torn. What was committed stands."""

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from connector import process
from connector.store import migrate
from connector.store.engine import open_store
from tests.edge.power import Disk, Recorder, Step
from tests.edge.test_store_process import comment, desk, land

CUTS = int(os.environ.get("NTBCARE_CUTS", "200"))
BATCHES, SIZE = 60, 7
_COUNTS = [f"SELECT COUNT(*) FROM {table}" for table in ("raw_items", "items", "verdicts", "tickets", "ticket_events")]


def _counts(engine: Engine) -> list[int]:
    with engine.connect().execution_options(reading=True) as connection:
        return [connection.scalar(text(query)) or 0 for query in _COUNTS]


def _worked(folder: Path, synchronous: str | None = None) -> list[Step]:
    """A store is made, items are landed and processed; after each step it is noted what stands committed."""
    recorder = Recorder(folder)
    with recorder.recording():
        engine = open_store(f"sqlite:///{folder / 'store.db'}")
        if synchronous:
            event.listen(engine, "connect", lambda c, _: c.execute(f"PRAGMA synchronous={synchronous}"))
        migrate.migrate(engine)
        for n in range(BATCHES):
            recorder.mark(_counts(engine))
            land(engine, *(comment(f"1_{n * SIZE + i}", f"jalan rusak {n} {i}" * 20) for i in range(SIZE)))
            recorder.mark(_counts(engine))
            process.process_pending(engine, desk())
        recorder.mark(_counts(engine))
        steps = list(recorder.steps)
        engine.dispose()
    return steps


def _wrong(steps: Sequence[Step], folder: Path, dice: Random) -> list[str]:
    """What is amiss after a cut at some of the steps."""
    found, disk = [], Disk()
    cuts = sorted(dice.sample(range(len(steps)), min(CUTS, len(steps))))
    before, marks = 0, [step.said for step in steps if step.what == "mark"]
    passed = 0
    for cut in cuts:
        for step in steps[before:cut]:
            disk.take(step)
            passed += step.what == "mark"
        before = cut
        room = folder / f"cut{cut}"
        room.mkdir()
        disk.after_a_cut(room, dice)
        least = marks[passed - 1] if passed else None
        most = marks[passed] if passed < len(marks) else None
        found += [
            f"cut before step {cut}, {steps[cut].what}: {line}" for line in _looked_at(room / "store.db", least, most)
        ]
    return found


def _looked_at(file: Path, least: Any, most: Any) -> list[str]:
    """The store as it opens after the cut: whole, with all that was committed and nothing half done."""
    connection = sqlite3.connect(file)
    try:
        said = [row[0] for row in connection.execute("PRAGMA integrity_check")]
        if said != ["ok"]:
            return said
        if least is None:
            return []
        counts = [connection.execute(query).fetchone()[0] for query in _COUNTS]
    except sqlite3.DatabaseError as error:
        return [str(error)]
    finally:
        connection.close()
    if any(a > b for a, b in zip(least, counts, strict=True)):
        return [f"committed were {least}, there are {counts}"]
    if most is not None and any(a > b for a, b in zip(counts, most, strict=True)):
        return [f"there are {counts}, more than were ever written: {most}"]
    return [f"{counts[0]} items: part of a landing"] if counts[0] % SIZE else []


def test_what_was_committed_stands_after_a_power_cut(tmp_path: Path) -> None:
    (tmp_path / "live").mkdir()
    steps = _worked(tmp_path / "live")
    assert sum(step.what == "sync" for step in steps) > 2 * BATCHES
    assert {step.file for step in steps if step.file} >= {"store.db", "store.db-wal"}
    assert _wrong(steps, tmp_path, Random("cuts")) == []


@pytest.mark.parametrize("synchronous", ["OFF", "NORMAL"])
def test_the_cuts_would_show_what_is_not_synced(tmp_path: Path, synchronous: str) -> None:
    (tmp_path / "live").mkdir()
    assert _wrong(_worked(tmp_path / "live", synchronous), tmp_path, Random("cuts"))
