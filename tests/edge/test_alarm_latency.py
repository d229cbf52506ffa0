"""How soon what is urgent is a ticket: while the pass still reads, and after a batch that lasts no longer than it may."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text

from classifiers.verdict import Verdict
from connector import process
from connector.hurrying import Hurry
from connector.ingest.reader import Progress
from connector.settings import Settings, load_routing
from connector.store import raw
from connector.store.engine import open_store, reading, writing
from connector.store.schema import raw_items
from connector.wiring import Works
from tests.edge.ringing import until
from tests.edge.test_store_process import T0, classify, comment, desk, land
from tests.journeys.rig import rigged, small_world


def test_what_is_urgent_is_processed_before_the_pass_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with rigged(tmp_path, small_world()) as rig:
        account = {"key": "gubernur", "id": rig.world.pages["gubernur"].id, "token_env": "TOKEN_GUBERNUR"}
        monkeypatch.setenv("TOKEN_GUBERNUR", rig.sandbox.token("gubernur"))
        settings = Settings.model_validate({"graph": {"base_url": rig.address}, "accounts": [account]})
        works = Works(settings, load_routing(None), open_store(rig.migrated().store_url), tmp_path)
        works.ready()
        begun: list[int] = []

        def process() -> None:
            with reading(works.engine) as connection:
                begun.append(raw.count_by_state(connection)["pending"])

        works.on_landed = Hurry(works, process).landed
        one = works.configured()[0]
        order = works.order(one.account.streams)
        for words, expected in (("jalan rusak di Praya", 0), ("Tolong ada kebakaran besar, orang terjebak api", 1)):
            rig.world.add_comment(rig.world.pages["gubernur"].posts[-1], words, "Siti")
            visit = works.read(one, order, lease="x", wait=0.0, progress=Progress())
            assert visit is not None and not visit.failures
            until(lambda n=expected: len(begun) == n)  # type: ignore[misc]
        with reading(works.engine) as connection:
            assert 0 < begun[0] <= raw.count_by_state(connection)["pending"]
        works.engine.dispose()


@pytest.mark.parametrize(
    ("a_text_takes", "sizes"), [(0.0, [250, 750]), (0.001, [250, 150, 150, 150, 150, 150]), (9.0, [250] + [50] * 15)]
)
def test_a_batch_is_as_large_as_an_alarm_can_wait(sqlite_engine: Engine, a_text_takes: float, sizes: list[int]) -> None:
    land(sqlite_engine, *(comment(f"1_{n}", "halo") for n in range(1000)), lane=raw.BULK)
    at, seen = [T0], list[int]()

    def slowly(texts: Sequence[str]) -> list[Verdict]:
        at[0] += timedelta(seconds=a_text_takes) * len(texts)
        seen.append(len(texts))
        return classify(texts)

    process.process_pending(sqlite_engine, desk(classify=slowly, clock=lambda: at[0]))
    assert seen == sizes


def test_of_a_fresh_backlog_no_more_is_touched_than_is_taken(engine: Engine) -> None:
    """Also while PostgreSQL has not counted it yet."""
    land(engine, *(comment(f"1_{n}", "halo") for n in range(200)), lane=raw.BULK)
    with writing(engine) as connection:
        if engine.dialect.name == "postgresql":
            names = [column.name for column in raw_items.c]
            shown = ", ".join({"id": "n + 1000", "external_id": "'2_' || n"}.get(name, name) for name in names)
            many = f"SELECT {shown} FROM (SELECT * FROM raw_items LIMIT 1) one, generate_series(1, 60000) n"
            connection.execute(text(f"INSERT INTO raw_items ({', '.join(names)}) {many}"))
        assert len(raw.pending(connection, 100)) == 100
        if engine.dialect.name == "postgresql":
            touched = "SELECT idx_tup_fetch FROM pg_stat_xact_user_tables WHERE relname = 'raw_items'"
            assert connection.scalar(text(touched)) <= 1000
