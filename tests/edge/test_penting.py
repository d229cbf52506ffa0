"""The office's rules for what is answered within a day: at opening, after an edit, beside a person's word, never ringing."""

from datetime import timedelta
from functools import partial

import pytest
from sqlalchemy import Engine

from connector import casework, process
from connector.labels import add
from connector.process import Desk
from connector.routing import Routes, class_of
from connector.settings import load_routing
from connector.store import raw
from connector.store.engine import reading, writing
from connector.store.schema import outbox
from tests.core.test_routing import written
from tests.edge.test_store_process import T0, clock, comment, desk, land, tickets_of

RULES = {"jalan_jembatan": frozenset({"52.01"}), "listrik": frozenset({"52"})}


@pytest.fixture
def ruled() -> Desk:
    """Roads in Lombok Barat, and electricity anywhere."""
    routes = Routes({}, frozenset(), {}, {}, {}, {}, RULES)
    return desk(class_of=partial(class_of, routes))


def classes(engine: Engine) -> dict[str, str]:
    found = tickets_of(engine)
    assert all(
        ticket["answer_by"]
        == {"penting": "2026-11-25T01:00:00Z", "biasa": "2026-11-26T01:00:00Z"}.get(ticket["urgency"])
        for ticket in found
        if ticket["urgency"] != "mendesak"
    )
    return {ticket["source_ids"][0]: ticket["urgency"] for ticket in found if ticket["source_ids"]}


def test_a_rule_raises_what_its_category_and_place_name(engine: Engine, ruled: Desk) -> None:
    said = ["jalan rusak di Gerung", "jalan rusak di Praya", "lampu rusak", "TOLONG lampu rusak", "jalan rusak"]
    land(engine, *(comment(f"1_{n}", words, f"700{n}", n) for n, words in enumerate(said)))
    process.process_pending(engine, ruled)
    expected = {"1_0": "penting", "1_1": "biasa", "1_2": "penting", "1_3": "mendesak", "1_4": "biasa"}
    assert classes(engine) == expected
    assert process.replay(engine, ruled, raw.Selection()).changes == []
    assert classes(engine) == expected
    with reading(engine) as connection:
        assert connection.execute(outbox.select()).all() == [], "a rule rings for nobody"


def test_other_words_are_classed_anew(engine: Engine, ruled: Desk) -> None:
    land(engine, comment("1_1", "jalan rusak di Gerung"))
    process.process_pending(engine, ruled)
    land(engine, comment("1_1", "TOLONG, jalan rusak di Gerung"), now=T0 + timedelta(minutes=1))
    process.process_pending(engine, ruled)
    assert classes(engine) == {"1_1": "mendesak"}
    land(engine, comment("1_1", "lampu rusak"), now=T0 + timedelta(minutes=2))
    process.process_pending(engine, ruled)
    assert classes(engine) == {"1_1": "penting"}


def test_who_corrects_the_category_leaves_the_class_and_who_names_a_class_sets_it(engine: Engine, ruled: Desk) -> None:
    land(engine, comment("1_1", "lampu rusak"), comment("1_2", "lampu rusak sekali", "7002"))
    process.process_pending(engine, ruled)
    with writing(engine) as connection:
        for record in ({"id": "1_1", "category": "listrik"}, {"id": "1_2", "urgency": "biasa"}):
            add(connection, record, clock(), ruled.deadline, ruled.route)
    process.process_pending(engine, ruled)
    assert classes(engine) == {"1_1": "penting", "1_2": "biasa"}


def test_what_staff_open_and_split_is_classed_too(engine: Engine, ruled: Desk) -> None:
    casework.open_new(engine, "lampu rusak", {}, who="Ani", desk=ruled, clock=clock)
    casework.open_new(engine, "lampu rusak", {"urgency": "biasa"}, who="Ani", desk=ruled, clock=clock)
    assert [ticket["urgency"] for ticket in tickets_of(engine)] == ["penting", "biasa"]


def test_rules_are_read_from_categories_toml(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = written(tmp_path_factory.mktemp("rules"), penting={"kesehatan": ["52.06.14"], "listrik": ["52"]})
    assert load_routing(folder).routes.penting["kesehatan"] == {"52.06.14"}
