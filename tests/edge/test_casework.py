"""What follows from a ticket, on three databases: answers seen, reporters who write again, nothing changed by a replay."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, update

from connector import casework, process
from connector.platforms.facebook.parse import raw_comment, raw_message, raw_post
from connector.records import RawItem
from connector.store import history, raw, replies, tickets
from connector.store.engine import reading, writing
from connector.store.schema import tickets as ticket_table
from tests.edge.test_store_process import ACCOUNT, PAGE, T0, comment, desk, dump, land

SITI = {"id": "7001", "name": "Siti"}
US = {"id": PAGE, "name": "Gubernur NTB"}


def under(key: str, words: str, parent: str | None, minute: int, author: Any = US) -> RawItem:
    """A comment under the post or, with a parent, a reply."""
    node = {"id": key, "message": words, "created_time": (T0 + timedelta(minutes=minute)).isoformat(), "from": author}
    return raw_comment(ACCOUNT, f"{PAGE}_1", node | ({"parent": {"id": parent}} if parent else {}))


def message(key: str, words: str, minute: int, author: Any) -> RawItem:
    at = (T0 + timedelta(minutes=minute)).isoformat()
    return raw_message(ACCOUNT, "t_1", {"id": key, "message": words, "created_time": at, "from": author})


def work(engine: Engine, *batch: RawItem, at: datetime = T0, **changes: Any) -> None:
    """Lands and processes at some time."""
    land(engine, *batch, now=at)
    process.process_pending(engine, desk(clock=lambda: at, **changes))


def ticket(engine: Engine, number: str = "NTB-2026-000001") -> Any:
    with reading(engine) as connection:
        return tickets.get(connection, number)


def told(engine: Engine, number: str = "NTB-2026-000001") -> list[str]:
    with reading(engine) as connection:
        assert list(history.faults(connection)) == []
        return [e.what for e in history.events_of(connection, tickets.get(connection, number).id)]


def close(engine: Engine, status: str = "tuntas", at: datetime = T0) -> None:
    casework.move(engine, "NTB-2026-000001", status, who="Ani", reason="kurang data", now=at)


def later(minutes: float) -> datetime:
    return T0 + timedelta(minutes=minutes)


def test_the_first_answer_under_a_comment_counts_whatever_comes_in_which_order(engine: Engine) -> None:
    work(engine, under("1_9", "kami cek", "1_1", 9), under("1_5", "Terima kasih, sudah kami teruskan", "1_1", 5))
    work(engine, comment("1_1", "jalan rusak"), under("1_2", "selamat pagi", None, 2))
    assert ticket(engine).first_response_at == later(5)
    work(engine, under("1_3", "segera", "1_1", 3))
    assert ticket(engine).first_response_at == later(3) and told(engine) == ["opened", "answered", "answered"]
    before = dump(engine)
    assert process.replay(engine, desk(), raw.Selection()).changes == []
    assert dump(engine) == before


def test_an_answer_in_a_conversation_and_under_a_visitors_post(engine: Engine) -> None:
    siti, budi = {"id": "7001", "name": "Siti"}, {"id": "7002", "name": "Budi"}
    work(engine, message("m_0", "halo", 0, US), message("m_1", "jalan rusak", 1, siti), message("m_2", "baik", 4, US))
    assert ticket(engine).first_response_at == later(4)
    post = {"id": f"{PAGE}_1", "message": "lampu rusak", "created_time": T0.isoformat(), "from": budi}
    work(engine, raw_post(ACCOUNT, post))
    assert ticket(engine, "NTB-2026-000002").first_response_at is None
    work(engine, under("1_7", "kami catat", None, 7))
    assert ticket(engine, "NTB-2026-000002").first_response_at == later(7)


def test_an_answer_is_seen_when_only_later_is_known_whose_thread_it_stands_in(engine: Engine) -> None:
    land(engine, under("1_1", "halo", None, 0, SITI), lane=raw.BULK)
    with writing(engine) as connection:
        assert raw.bury(connection, {"external_id": "1_1"}, later(1), later(1)) == 1
    work(engine, under("1_2", "jalan rusak", "1_1", 2, SITI), under("1_3", "kami cek", "1_1", 3))
    assert ticket(engine).first_response_at == later(3)
    before = dump(engine)
    assert process.replay(engine, desk(), raw.Selection()).changes == [] and dump(engine) == before


def test_what_this_program_sent_by_itself_is_no_answer(engine: Engine) -> None:
    work(engine, comment("1_1", "jalan rusak"))
    with writing(engine) as connection:
        row = tickets.get(connection, "NTB-2026-000001")
        item = next(iter(tickets.of_items(connection, [1, 2, 3])))
        values = {
            "ticket_id": row.id,
            "event_id": 1,
            "channel": "comment",
            "kind": "opened",
            "item_id": item,
            "target": "1_1",
        }
        more = {
            "text": "Diterima, nomor NTB-2026-000001",
            "state": "sent",
            "sent_id": "1_2",
            "made_at": T0,
            "due_at": T0,
        }
        replies.add(connection, {**values, **more, "account": "gubernur", "author_id": "7001"})
    work(engine, under("1_2", "Diterima, nomor NTB-2026-000001", "1_1", 1))
    assert ticket(engine).first_response_at is None
    work(engine, under("1_3", "Besok diperbaiki", "1_1", 2))
    assert ticket(engine).first_response_at == later(2)


def test_who_writes_again_waits_for_the_person_who_closed_it(engine: Engine) -> None:
    work(engine, comment("1_1", "jalan rusak"))
    close(engine, at=later(10))
    work(engine, under("1_2", "masih rusak", "1_1", 20, SITI), at=later(21))
    row = ticket(engine)
    assert (row.status, row.waiting_since) == ("tuntas", later(21))
    assert told(engine) == ["opened", "moved", "appended", "wrote_again"]
    with reading(engine) as connection:
        assert [t.number for t in tickets.every(connection, waiting=True)] == [row.number]
    before = dump(engine)
    assert process.replay(engine, desk(), raw.Selection()).changes == [] and dump(engine) == before
    casework.move(engine, row.number, "ditindaklanjuti", who="Ani", reason="", now=later(30))
    assert ticket(engine).waiting_since is None and told(engine)[-1] == "reopened"


def test_where_the_office_wants_it_who_writes_again_opens_his_ticket(engine: Engine) -> None:
    work(engine, comment("1_1", "jalan rusak"))
    close(engine, at=later(10))
    work(engine, under("1_2", "masih rusak", "1_1", 20, SITI), at=later(21), reopens=True)
    row = ticket(engine)
    assert (row.status, row.closed_at, row.waiting_since) == ("ditindaklanjuti", None, None)
    assert told(engine) == ["opened", "moved", "appended", "reopened"]
    before = dump(engine)
    assert process.replay(engine, desk(reopens=True), raw.Selection()).changes == [] and dump(engine) == before
    close(engine, at=later(30))
    work(engine, under("1_3", "masih rusak juga", "1_1", 40, SITI), at=later(41))
    assert (ticket(engine).status, ticket(engine).waiting_since) == ("tuntas", later(41))


def test_the_accounts_own_word_ends_the_waiting(engine: Engine) -> None:
    work(engine, comment("1_1", "jalan rusak"))
    close(engine, at=later(10))
    work(engine, under("1_2", "masih rusak pak", "1_1", 20, SITI), at=later(21))
    assert ticket(engine).waiting_since == later(21)
    work(engine, under("1_3", "kami cek lagi", "1_1", 25), at=later(26))
    assert ticket(engine).waiting_since is None
    assert told(engine)[-2:] == ["answered", "answered_again"]


def test_a_ticket_that_no_person_closed_opens_again(engine: Engine) -> None:
    work(engine, comment("1_1", "jalan rusak"))
    close(engine, at=later(10))
    with writing(engine) as connection:
        connection.execute(update(ticket_table).values(touched=None))
    work(engine, under("1_2", "jalan masih rusak", "1_1", 20, SITI), at=later(21))
    row = ticket(engine)
    assert (row.status, row.closed_at, row.waiting_since) == ("ditindaklanjuti", None, None)
    assert told(engine)[-1] == "reopened"


@pytest.mark.parametrize(
    ("words", "days", "author", "number"),
    [
        ("jalan rusak lagi", 13.9, "7001", "NTB-2026-000001"),
        ("jalan rusak lagi", 15, "7001", "NTB-2026-000002"),  # too late: a new ticket
        ("jalan rusak juga", 1, "7002", "NTB-2026-000002"),  # another person
        ("lampu rusak", 1, "7001", "NTB-2026-000002"),  # another matter
        ("TOLONG rusak", 1, "7001", "NTB-2026-000002"),  # urgent now
        ("jalan rusak", -1, "7001", "NTB-2026-000002"),  # written before the ticket was: an old one that was read late
    ],
)
def test_within_ten_working_days_it_is_the_same_ticket_later_a_new_one(
    sqlite_engine: Engine, words: str, days: float, author: str, number: str
) -> None:
    siti, who = {"id": "7001", "name": "Siti"}, {"id": author, "name": "X"}
    work(sqlite_engine, under("1_1", "jalan rusak", None, 0, siti))
    close(sqlite_engine)
    when = int(days * 24 * 60)
    work(sqlite_engine, under("1_2", words, "1_1", when, who), at=later(when + 1))
    with reading(sqlite_engine) as connection:
        assert dict(tickets.of_items(connection, [1, 2]).values()).get(number) is not None
        assert tickets.of_items(connection, [2])[2][0] == number
    assert (ticket(sqlite_engine).waiting_since is not None) is (number == "NTB-2026-000001")


def test_a_corrected_place_keeps_the_agency_that_the_words_named(engine: Engine) -> None:
    at = desk(route=lambda category, place, text="": "bpjs" if "BPJS" in text else f"{category}-{place.kabupaten}")
    work(engine, comment("1_1", "jalan rusak ke kantor BPJS"), route=at.route)
    assert ticket(engine).agency == "bpjs"
    casework.amend(engine, "NTB-2026-000001", {"kabupaten": "52.01"}, who="Ani", now=later(1), desk=at)
    assert (ticket(engine).agency, ticket(engine).kabupaten) == ("bpjs", "52.01")
