"""What is deleted on Facebook is erased here within a day: words and author go, id, time and count stay."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, text

from connector import casework
from connector.process import replay
from connector.retention import HELD, erase_deleted
from connector.sandbox import World
from connector.store import history, raw, tickets
from connector.store.engine import reading, writing
from tests.reading import Bench, calm_bench, one_page

NOW = datetime.now(UTC)
WORDS = "Jembatan di Sekotong rusak parah dan hampir ambruk, tolong segera diperbaiki pak"
OTHER = "Jalan di Praya rusak parah berlubang besar, tolong segera diperbaiki pak"


@pytest.fixture
def world() -> World:
    made = one_page()
    made.add_post(made.pages["gubernur"], "Kunjungan kerja", at=NOW - timedelta(days=2))
    return made


@pytest.fixture
def reader(engine: Engine, world: World) -> Iterator[Bench]:
    with calm_bench(engine, world) as made:
        yield made


def complain(world: World, words: str, who: str, hours: float = 5) -> Any:
    post = world.pages["gubernur"].posts[0]
    return world.add_comment(post, words, who, at=NOW - timedelta(hours=hours))


def read(reader: Bench, **more: Any) -> None:
    assert reader.poll(**more).failures == ()
    reader.process()


def erase(reader: Bench, hours: float) -> int:
    count = erase_deleted(reader.engine, lambda: datetime.now(UTC) + timedelta(hours=hours))
    reader.process()
    return count


def everything(reader: Bench) -> str:
    tables = ["raw_items", "raw_revisions", "items", "tickets", "ticket_events", "verdicts"]
    with reading(reader.engine) as connection:
        return "\n".join(str(tuple(row)) for t in tables for row in connection.execute(text(f"SELECT * FROM {t}")))


def test_words_and_author_go_and_id_time_and_count_stay(reader: Bench, world: World) -> None:
    gone, kept = complain(world, WORDS, "Sahrip"), complain(world, OTHER, "Murni")
    read(reader)
    world.edit(gone, WORDS + " segera")
    read(reader, full=True)
    world.delete(gone)
    read(reader, full=True)
    assert erase(reader, hours=19) == 0, "Facebook may show it again, and staff is told meanwhile"
    assert WORDS in everything(reader)
    assert erase(reader, hours=21) == 1 and timedelta(hours=24) > HELD
    found, whole = reader.items(), everything(reader)
    assert WORDS not in whole and "Sahrip" not in whole and gone.author.id not in whole
    assert found[gone.id]["deleted"] and found[gone.id]["text"] is None and found[gone.id]["created_at"]
    assert found[kept.id]["text"] == OTHER
    first = reader.tickets()[0]
    assert (
        first["summary"] == "[dihapus di Facebook]"
        and first["reporter_id"] is None
        and first["source_ids"] == [gone.id]
    )
    assert first["category"] and first["status"] == "diterima"
    assert erase(reader, hours=30) == 0
    with reading(reader.engine) as connection:
        assert list(history.faults(connection)) == []


def test_a_replay_changes_nothing_afterwards(reader: Bench, world: World) -> None:
    gone = [
        complain(world, WORDS, "Sahrip"),
        complain(world, "terima kasih pak", "Ida"),
        complain(world, "kapan?", "Edi"),
    ]
    read(reader)
    for comment in gone:
        world.delete(comment)
    read(reader, full=True)
    assert erase(reader, hours=21) == 3
    before = everything(reader)
    assert replay(reader.engine, reader.desk(), raw.Selection()).changes == []
    assert everything(reader) == before


def test_what_a_person_has_set_stays(reader: Bench, world: World) -> None:
    gone = complain(world, WORDS, "Sahrip")
    read(reader)
    number = reader.tickets()[0]["number"]
    with writing(reader.engine) as connection:
        tickets.change(connection, number, {"summary": "Jembatan Sekotong"}, who="Ayu", what="edited", now=NOW)
    world.delete(gone)
    read(reader, full=True)
    assert erase(reader, hours=21) == 1
    assert reader.tickets()[0]["summary"] == "Jembatan Sekotong"


def test_a_ticket_goes_on_with_the_sources_that_are_left(reader: Bench, world: World) -> None:
    first = complain(world, WORDS, "Sahrip", hours=6)
    second = world.add_comment(first, "Betul, " + WORDS.lower(), "Sahrip", at=NOW - timedelta(hours=5))
    read(reader)
    (ticket,) = reader.tickets()
    assert ticket["source_ids"] == [first.id, second.id]
    with writing(reader.engine) as connection:
        raw.bury(connection, {"external_id": first.id}, datetime.now(UTC) + timedelta(hours=1), datetime.now(UTC))
    reader.process()
    assert erase(reader, hours=21) == 1
    (ticket,) = reader.tickets()
    assert ticket["summary"] == "Betul, " + WORDS.lower() and ticket["reporter_id"] == second.author.id


def test_what_comes_back_is_there_again_and_not_called_edited(reader: Bench, world: World) -> None:
    held = complain(world, WORDS, "Sahrip")
    read(reader)
    world.hold(held)
    read(reader, full=True)
    assert erase(reader, hours=21) == 1
    world.approve(held)
    read(reader, full=True)
    item = reader.items()[held.id]
    assert (item["text"], item["deleted"], item["edited"]) == (WORDS, False, False)
    (ticket,) = reader.tickets()
    assert ticket["reporter_id"] == held.author.id and ticket["permalink"] == item["permalink"]
    world.add_comment(held, "Sudah kami tunggu sebulan, fotonya menyusul", held.author.name, at=datetime.now(UTC))
    read(reader, full=True)
    assert len(reader.tickets()[0]["source_ids"]) == 2, "what he adds goes on with his ticket"


def test_a_supporter_who_deletes_his_words_takes_no_note_of_staff_along(reader: Bench, world: World) -> None:
    complain(world, WORDS, "Sahrip", hours=6)
    gone = complain(world, WORDS, "Murni")
    read(reader)
    (ticket,) = reader.tickets()
    assert ticket["supporters"] == 2
    casework.note(reader.engine, ticket["number"], "PUPR sudah ditelepon", who="Ani", now=NOW)
    world.delete(gone)
    read(reader, full=True)
    assert erase(reader, hours=21) == 1
    with reading(reader.engine) as connection:
        told = history.events_of(connection, tickets.get(connection, ticket["number"]).id)
    assert {"text": "PUPR sudah ditelepon"} in [event.data for event in told]
    assert gone.author.id not in everything(reader)


def test_what_the_account_itself_wrote_stays(reader: Bench, world: World) -> None:
    page = world.pages["gubernur"]
    own = world.add_comment(page.posts[0], "Sudah kami teruskan", page, at=NOW - timedelta(hours=3))
    read(reader)
    world.delete(own)
    complain(world, "lain", "Ida")
    read(reader, full=True)
    assert erase(reader, hours=21) == 0
    assert reader.items()[own.id]["deleted"] and reader.items()[own.id]["text"] == "Sudah kami teruskan"
