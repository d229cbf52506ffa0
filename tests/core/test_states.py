"""The table of states: what may follow what, what a rejection is for, and how long a reporter may take his ticket up."""

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import Conflict, Misuse
from connector.records import CLOSED, Status
from connector.states import (
    GROUNDS,
    MOVES,
    REOPENED,
    Said,
    check_move,
    ground_of,
    responds,
    takes_up,
    ten_days,
)

STATES = get_args(Status)
T0 = datetime(2026, 11, 24, tzinfo=UTC)


@given(st.lists(st.sampled_from(STATES)))
def test_no_way_leads_out_of_the_table(wanted: list[Status]) -> None:
    """Every state is left only to where the table allows, and nothing is ever again what it was at first."""
    status: Status = "diterima"
    for after in wanted:
        if after in MOVES[status]:
            status = check_move("T", status, after, "kurang data", "--reason")
            assert status == after != "diterima"
        else:
            with pytest.raises(Conflict, match=f"T is {status}"):
                check_move("T", status, after, "kurang data", "--reason")


def test_every_state_stands_in_the_table_and_each_closed_one_can_be_opened() -> None:
    assert set(MOVES) == set(STATES) and all(REOPENED in MOVES[status] for status in CLOSED)


def test_an_unknown_state_and_a_rejection_without_reason_are_misuse() -> None:
    with pytest.raises(Misuse, match="selesai: expected one of diterima"):
        check_move("T", "diterima", "selesai", "", "--reason")
    with pytest.raises(Misuse, match="say why in --reason, such as bukan wewenang"):
        check_move("T", "diterima", "ditolak", " \n", "--reason")


@pytest.mark.parametrize(
    ("said", "ground"),
    [
        ("bukan wewenang", "bukan wewenang"),
        ("Bukan  Wewenang: ini milik PLN", "bukan wewenang"),
        ("kurang_data", "kurang data"),
        ("sudah dijawab minggu lalu", "lainnya"),
        ("", "lainnya"),
    ],
)
def test_a_reason_begins_with_its_ground(said: str, ground: str) -> None:
    assert ground_of(said) == ground and ground in GROUNDS


def test_only_what_is_written_in_its_time_takes_a_ticket_up() -> None:
    until = ten_days(T0)
    assert until - T0 == timedelta(days=14)
    assert takes_up(T0, T0, until) and takes_up(until, T0, until)
    assert not takes_up(None, T0, until)
    assert not takes_up(T0 - timedelta(microseconds=1), T0, until)
    assert not takes_up(until + timedelta(microseconds=1), T0, until)


def said(kind: str, key: str, minute: int = 0, **more: str | None) -> Said:
    facts: dict[str, str | None] = {"thread": None, "post": None, "parent": None, "author": None, "name": None}
    return Said(kind=kind, id=key, at=T0 + timedelta(minutes=minute), **{**facts, "text": None, **more})


TOP = said("comment", "c1", thread="c1", post="p", author="siti", name="Siti  Aminah")
REPLY = said("comment", "c2", 1, thread="c1", post="p", parent="c1", author="budi", name="Budi Wijaya")

ANIS = said("comment", "c4", 1, thread="c1", parent="c1", author="ani", name="Ani")
HERS = said("comment", "c3", 2, thread="c1", parent="c1", author="siti")
NOBODYS = said("comment", "c3", 2, thread="c1", parent="c1", name=" ")
POST = said("post", "p", thread="p", name="Siti")


@pytest.mark.parametrize(
    ("asked", "own", "counts"),
    [
        (TOP, said("comment", "o", 5, thread="c1", parent="c1"), True),
        (TOP, said("comment", "o", -1, thread="c1", parent="c1"), False),  # it stood there before
        (TOP, said("comment", "o", 5, thread="o", post="p"), False),  # a comment beside it
        (TOP, said("comment", "o", 5, thread="c1", parent="c2"), False),  # to somebody else in his thread
        (REPLY, said("comment", "o", 5, thread="c1", parent="c2"), True),
        (REPLY, said("comment", "o", 5, thread="c1", parent="c1", text="Baik, sudah kami cek"), False),
        (REPLY, said("comment", "o", 5, thread="c1", parent="c1", text="Pak budi wijaya, sudah kami cek"), True),
        (ANIS, said("comment", "o", 5, thread="c1", parent="c1", text="Baik, segera kami tangani"), False),
        (ANIS, said("comment", "o", 5, thread="c1", parent="c1", text="Bu Ani, segera kami cek"), True),
        (HERS, said("comment", "o", 5, thread="c1", parent="c1"), True),
        (NOBODYS, said("comment", "o", 5, thread="c1", parent="c1", text="ya"), False),
        (said("message", "m1", thread="t"), said("message", "o", 5, thread="t"), True),
        (said("message", "m1", thread="t"), said("message", "o", 5, thread="u"), False),
        (said("message", "m1", thread="t"), said("comment", "o", 5, thread="t"), False),
        (POST, said("comment", "o", 5, thread="o", post="p"), True),
        (POST, said("comment", "o", 5, thread="c1", post="p", parent="c1"), False),
        (POST, said("comment", "o", 5, thread="c1", post="p", parent="c1", text="Siti"), True),
        (said("post", "p", thread="p"), said("comment", "o", 5, thread="o", post="q"), False),
        (said("post", "p", thread="p"), said("message", "o", 5, thread="p", post="p"), False),
    ],
)  # fmt: skip
def test_what_counts_as_an_answer(asked: Said, own: Said, counts: bool) -> None:
    assert responds(own, asked, "siti" if asked.thread == "c1" else None) is counts
