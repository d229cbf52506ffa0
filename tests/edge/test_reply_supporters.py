"""Who made the same complaint is answered like the reporter: by the Page that he wrote to, also of how it goes on."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine

from connector.records import Label
from connector.reply import idle
from connector.store import addressees, items, merging, tickets
from connector.store.engine import writing
from tests.answering import COMPLAINT, Desk, answering, classify
from tests.reading import register

WORDS = "Jembatan gantung di Sambelia Lombok Timur rusak pak, anak sekolah tidak bisa menyeberang, tolong diperbaiki"


@contextmanager
def two_pages(engine: Engine) -> Iterator[tuple[Desk, Any, dict[str, Any]]]:
    """One complaint under a post of the Governor's and, by another person, of the Vice Governor's: one ticket.

    With the second comment, and what answering for the second account takes.
    """
    with answering(engine) as desk:
        page = desk.world.add_page("wagub", "100000000000002", "Wakil Gubernur NTB")
        account = replace(desk.bench.account, key=page.key, id=page.id, name=page.name)
        register(engine, account)
        other = replace(desk.bench, account=account, token=desk.sandbox.token("wagub"))
        desk.comes(WORDS)
        same = desk.world.add_comment(desk.world.add_post(page, "Selamat pagi"), WORDS, "Budi")
        desk.time.pass_by(seconds=2)
        other.poll(full=True)
        desk.bench.process()
        (ticket,) = desk.bench.tickets()
        assert ticket["supporters"] == 2
        yield desk, same, {"account": account, "graph": other.graph}


def supports(desk: Desk, text: str, author: str, under: Any = None, kind: Any = "pengaduan") -> Any:
    """A comment that staff hang to the first ticket, as a complaint unless told otherwise."""
    desk.bench.classify = lambda texts: [v._replace(kind="lainnya", is_complaint=False) for v in classify(texts)]
    comment = desk.comes(text, author, under)
    desk.bench.classify = classify
    with writing(desk.bench.engine) as connection:
        row = items.find(connection, comment.id)
        assert row is not None
        items.add_label(connection, row.id, Label(kind, "jalan_jembatan", "biasa", "Ani"), desk.time())
        tickets.append(connection, [(desk.number(), row.id, "pengaduan yang sama oleh orang lain")], desk.time())
    return comment


def test_a_supporter_is_answered_by_the_page_that_he_wrote_to(engine: Engine) -> None:
    with two_pages(engine) as (desk, same, other):
        assert desk.answer().counts == {"planned": 1, "sent": 1}
        assert not idle(engine, "wagub", desk.time())
        assert desk.answer(**other).counts == {"planned": 1, "sent": 1}
        (text,) = desk.under(same)
        assert desk.number() in text and "gabungkan" in text
        assert {row.kind: row.account for row in desk.rows()} == {"received": "gubernur", "supported": "wagub"}


def test_each_page_tells_its_own_how_it_goes_on(engine: Engine) -> None:
    with two_pages(engine) as (desk, same, other):
        desk.time.pass_by(hours=2)
        desk.move(desk.number(), "tuntas", "sudah diganti")
        assert desk.answer().counts == {"planned": 1, "sent": 1}
        assert not idle(engine, "wagub", desk.time()), "what one account has answered another has not"
        assert desk.answer(**other).counts == {"planned": 1, "sent": 1}
        (text,) = desk.under(same)
        assert desk.number() in text and "sudah diganti" in text
        assert desk.answer().counts == desk.answer(**other).counts == {"planned": 0}


def test_all_who_complained_are_told_once_each_and_one_place_is_answered_once(engine: Engine) -> None:
    with answering(engine) as desk:
        first = desk.comes()
        budi = supports(desk, "rusak juga di sini", "Budi")
        again = supports(desk, "masih rusak", "Budi")
        inaq = supports(desk, "betul rusak", "Inaq", under=budi)
        thanks = supports(desk, "terima kasih", "Amaq", kind="apresiasi")
        gone = supports(desk, "rusak sekali", "Lale")
        desk.answer()
        desk.world.delete(gone)
        desk.read()
        desk.time.pass_by(hours=2)
        before = {one.id: len(desk.under(one)) for one in (first, budi, again, thanks)}
        desk.move(desk.number(), "ditindaklanjuti")
        assert desk.answer().counts == {"planned": 2, "sent": 2}
        more = {one.id: len(desk.under(one)) - before[one.id] for one in (first, budi, again, thanks)}
        assert more == {first.id: 1, budi.id: 1, again.id: 0, thanks.id: 0}
        assert desk.under(inaq) == [], "she reads it in the thread that she wrote in"


def test_no_more_than_a_bounded_number_of_persons_is_told(engine: Engine, monkeypatch: Any) -> None:
    monkeypatch.setattr(addressees, "MOST_PERSONS", 2)
    with answering(engine) as desk:
        told = [desk.comes(), supports(desk, "rusak", "Budi")]
        late = supports(desk, "rusak pak", "Inaq")
        desk.answer()
        desk.time.pass_by(hours=2)
        desk.move(desk.number(), "ditindaklanjuti")
        assert desk.answer().counts == {"planned": 2, "sent": 2}
        assert [len(desk.under(one)) for one in (*told, late)] == [2, 2, 1]


def test_whose_ticket_was_merged_is_told_how_the_other_goes_on(engine: Engine) -> None:
    with answering(engine) as desk:
        desk.comes()
        desk.answer()
        second = desk.comes(author="Budi")
        with writing(engine) as connection:
            merging.merge(connection, desk.number(1), desk.number(0), "Ani", desk.time())
        assert desk.answer().counts == {"planned": 0}
        assert desk.under(second) == [], "a merged ticket is not answered as its own"
        desk.time.pass_by(hours=2)
        desk.move(desk.number(0), "tuntas")
        assert desk.answer().counts == {"planned": 2, "sent": 2}
        assert desk.number(0) in desk.under(second)[0]


def test_who_makes_the_same_complaint_is_told_its_number(engine: Engine) -> None:
    with answering(engine) as desk:
        desk.comes()
        desk.answer()
        second = supports(desk, COMPLAINT, "Budi")
        assert desk.answer().counts == {"planned": 1, "sent": 1}
        assert "gabungkan" in desk.under(second)[0] and desk.number() in desk.under(second)[0]
