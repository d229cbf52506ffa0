"""When a citizen is answered: the last word counts, not more than one an hour, and only inside of Messenger's window."""

from typing import Any

from sqlalchemy import Engine

from tests.answering import Desk, answering


def told_of(desk: Desk, status: str) -> Any:
    """A comment whose receipt is acknowledged, and five minutes later a move that waits to be told."""
    comment = desk.comes()
    desk.answer()
    desk.time.pass_by(minutes=5)
    desk.move(desk.number(), status)
    assert desk.answer().counts == {"planned": 1}
    return comment


def test_of_two_moves_at_once_the_last_is_told(engine: Engine) -> None:
    with answering(engine) as desk:
        comment = desk.comes()
        desk.answer()
        desk.time.pass_by(minutes=2)
        for status in ("ditindaklanjuti", "tuntas"):
            desk.move(desk.number(), status)
        assert desk.answer().counts == {"planned": 1}
        assert desk.answer().counts == {"planned": 0}
        desk.time.pass_by(minutes=59)
        assert desk.answer().counts == {"planned": 0, "sent": 1}
        assert "tuntas" in desk.under(comment)[-1]


def test_nobody_is_told_that_it_is_done_after_he_said_that_it_is_not(engine: Engine) -> None:
    with answering(engine) as desk:
        comment = told_of(desk, "tuntas")
        desk.comes("masih rusak pak, belum ada yang datang", under=comment)
        desk.time.pass_by(minutes=60)
        desk.answer()
        assert not any("tuntas" in text for text in desk.under(comment))
        assert [(row.state, row.kind) for row in desk.rows()][1] == ("skipped", "tuntas")


def test_one_answer_for_a_person_in_a_thread_within_an_hour(engine: Engine) -> None:
    with answering(engine) as desk:
        comment = told_of(desk, "ditindaklanjuti")
        desk.time.pass_by(minutes=10)
        desk.move(desk.number(), "tuntas")
        assert desk.answer().counts == {"planned": 1}
        desk.time.pass_by(minutes=44)
        assert desk.answer().counts == {"planned": 0}
        desk.time.pass_by(minutes=2)
        assert desk.answer().counts == {"planned": 0, "sent": 1}
        assert ["tuntas" in text for text in desk.under(comment)] == [False, True]
        assert {row.kind: row.state for row in desk.rows()} == {
            "received": "sent",
            "ditindaklanjuti": "skipped",
            "tuntas": "sent",
        }
        other = desk.comes(author="Budi")
        desk.answer()
        assert len(desk.under(other)) == 1, "another person is answered at once"


def test_a_message_is_answered_within_24_hours_of_the_last_word_only(engine: Engine) -> None:
    with answering(engine) as desk:
        desk.writes()
        desk.answer()
        assert desk.number() in desk.said_to("Siti")[0]
        desk.time.pass_by(hours=25)
        desk.move(desk.number(), "ditindaklanjuti")
        assert desk.answer().counts == {"planned": 0}
        desk.writes("apa kabar laporan saya?")
        desk.move(desk.number(), "tuntas")
        assert desk.answer().counts == {"planned": 1, "sent": 1}
        assert len(desk.said_to("Siti")) == 2


def test_no_more_than_so_many_an_hour(engine: Engine) -> None:
    with answering(engine, per_hour=3) as desk:
        comments = [desk.comes(author=f"Warga {n}") for n in range(5)]
        desk.answer()
        assert sum(len(desk.under(c)) for c in comments) == 3
        desk.time.pass_by(minutes=61)
        desk.answer()
        assert [len(desk.under(c)) for c in comments] == [1] * 5
