"""Every way in which an answer goes wrong: refused, throttled, lost on the way, half noted. Nobody is ever answered twice."""

from typing import Any

import pytest
from sqlalchemy import Engine, event

from connector.errors import LeaseLost
from connector.sandbox import Fault, faults
from connector.store import accounts, pauses
from connector.store.engine import reading, writing
from tests.answering import Desk, answering

REFUSED = [
    (506, None, "skipped"),
    (551, 1545041, "skipped"),
    (100, 33, "skipped"),
    (100, None, "failed"),
    (100, 2534025, "skipped"),
]
RESTS = [(4, None), (17, None), (32, None), (341, None), (613, 2534040), (80001, None), (80006, None)]
LACKS = [(200, None), (10, None), (283, None), (190, 460)]
BLOCKED = [(368, None), (10, 1893063)]
PASSING = [(1, None), (1, 99), (2, None), (1, 1357046)]


def refuse(desk: Desk, code: int, subcode: int | None, times: int | None = 1) -> Fault:
    return desk.sandbox.faults.add(Fault(faults.error(code, subcode=subcode), method="POST", times=times))


def pause_of(desk: Desk) -> Any:
    with reading(desk.bench.engine) as connection:
        return pauses.paused(connection, "gubernur", desk.time())


@pytest.mark.parametrize(("code", "subcode", "state"), REFUSED)
def test_a_refusal_for_good_ends_that_answer_only(sqlite_engine: Engine, code: int, subcode: Any, state: str) -> None:
    with answering(sqlite_engine) as desk:
        first, second = desk.comes(), desk.comes(author="Budi")
        refuse(desk, code, subcode)
        done = desk.answer()
        assert done.counts == {"planned": 2, state: 1, "sent": 1}
        assert [desk.under(first), len(desk.under(second))] == [[], 1]
        assert bool(done.failures) == (state == "failed")
        desk.time.pass_by(hours=3)
        assert desk.answer().counts == {"planned": 0}


@pytest.mark.parametrize(("code", "subcode"), RESTS)
def test_a_throttle_rests_the_account_and_is_not_probed(sqlite_engine: Engine, code: int, subcode: Any) -> None:
    with answering(sqlite_engine) as desk:
        comments = [desk.comes(author=f"Warga {n}") for n in range(3)]
        fault = refuse(desk, code, subcode, times=None)
        assert desk.answer().failures and fault.hits == 1 and pause_of(desk)
        with reading(sqlite_engine) as connection:
            read_too = accounts.account_states(connection)["gubernur"].paused_until
        assert (read_too is None) == (code in (341, 613))
        desk.sandbox.calls.clear()
        desk.time.pass_by(minutes=4)
        assert desk.answer().counts == {"planned": 0} and desk.sandbox.calls == []
        desk.sandbox.faults.clear()
        desk.time.pass_by(minutes=2)
        desk.answer()
        assert [len(desk.under(c)) for c in comments] == [1, 1, 1]


@pytest.mark.parametrize(("code", "subcode"), LACKS)
def test_a_missing_permission_rests_the_account_for_an_hour(sqlite_engine: Engine, code: int, subcode: Any) -> None:
    with answering(sqlite_engine) as desk:
        comment = desk.comes()
        refuse(desk, code, subcode)
        assert desk.answer().failures
        desk.time.pass_by(minutes=59)
        assert desk.answer().counts == {"planned": 0}
        desk.time.pass_by(minutes=2)
        assert desk.answer().counts == {"planned": 0, "sent": 1} and len(desk.under(comment)) == 1
        other = desk.comes(author="Budi")
        refuse(desk, code, subcode)
        desk.answer()
        with writing(sqlite_engine) as connection:
            pauses.resume(connection, "gubernur")
        assert desk.answer().counts == {"planned": 0, "sent": 1}, "whoever is resumed answers at once"
        assert len(desk.under(other)) == 1


@pytest.mark.parametrize(("code", "subcode"), BLOCKED)
def test_a_block_for_policy_stops_the_account_until_a_person_resumes_it(
    engine: Engine, code: int, subcode: Any
) -> None:
    with answering(engine) as desk:
        comment = desk.comes()
        refuse(desk, code, subcode)
        (line,) = desk.answer().failures
        assert "replies resume" in line
        desk.time.pass_by(hours=12)
        desk.sandbox.calls.clear()
        assert desk.answer().counts == {"planned": 0} and desk.sandbox.calls == []
        with writing(engine) as connection:
            assert pauses.resume(connection, "gubernur") and not pauses.resume(connection, "gubernur")
        assert desk.answer().counts == {"planned": 0, "sent": 1} and len(desk.under(comment)) == 1


def test_the_sandbox_blocks_mutes_and_closes_as_facebook_does(sqlite_engine: Engine) -> None:
    with answering(sqlite_engine, prefers="message") as desk:
        desk.page.deaf[desk.world.profile(desk.page, "Siti").id] = 1545041
        desk.page.deaf[desk.world.profile(desk.page, "Budi").id] = 2018108
        desk.comes()
        desk.writes(author="Budi")
        assert desk.answer().counts == {"planned": 2, "skipped": 2}
        desk.page.muted = True
        desk.comes(author="Amir")
        assert "1893063" in desk.answer().failures[0]


def test_where_comments_are_closed_nothing_is_tried(sqlite_engine: Engine) -> None:
    with answering(sqlite_engine) as desk:
        comment = desk.comes()
        desk.page.posts[0].closed = True
        assert desk.answer().counts["skipped"] == 1 and desk.under(comment) == []


@pytest.mark.parametrize(("code", "subcode"), PASSING)
def test_a_passing_fault_is_looked_into_before_the_second_try(sqlite_engine: Engine, code: int, subcode: Any) -> None:
    with answering(sqlite_engine) as desk:
        comment = desk.comes()
        refuse(desk, code, subcode)
        assert desk.answer().counts == {"planned": 1, "later": 1}
        assert desk.answer().counts == {"planned": 0}, (
            "not within the minute in which the first may still be on its way"
        )
        desk.time.pass_by(seconds=61)
        desk.sandbox.calls.clear()
        assert desk.answer().counts == {"planned": 0, "sent": 1} and len(desk.under(comment)) == 1
        assert next(c.method for c in desk.sandbox.calls) == "GET" and len(desk.posts()) == 1


@pytest.mark.parametrize("prefers", ["comment", "message"])
@pytest.mark.parametrize("act", [faults.reset(), faults.truncated(), faults.html(502), faults.spoilt(lambda v: {})])
def test_an_answer_whose_receipt_is_lost_is_found_and_not_given_again(engine: Engine, act: Any, prefers: Any) -> None:
    with answering(engine, prefers=prefers) as desk:
        comment = desk.comes()
        desk.writes(author="Budi")
        desk.sandbox.options.refuse_duplicates = False
        fault = desk.sandbox.faults.add(Fault(_done_then(act), method="POST", times=2))
        assert desk.answer().counts == {"planned": 2, "later": 2} and fault.hits == 2
        desk.time.pass_by(seconds=61)
        assert desk.answer().counts == {"planned": 0, "sent": 2}
        assert len(desk.said_to("Budi")) == 1
        said = desk.under(comment) if prefers == "comment" else desk.said_to("Siti")
        assert len(said) == 1 and fault.hits == 2 and len(desk.posts()) == 2
        assert all(row.sent_id for row in desk.rows())


def _done_then(act: Any) -> Any:
    """What was asked is done, then the answer goes wrong."""

    def both(request: Any, proceed: Any) -> Any:
        honest = proceed()
        return act(request, lambda: honest)

    return both


@pytest.mark.parametrize("code", [506, 10900])
def test_graph_says_it_stands_there_already_and_it_is_ours(engine: Engine, code: int) -> None:
    """The look came too early to see it, and the second try was refused: then it is looked for again."""
    with answering(engine, prefers="comment" if code == 506 else "message") as desk:
        comment = desk.comes()
        desk.sandbox.faults.add(Fault(_done_then(faults.reset()), method="POST"))
        desk.answer()
        desk.time.pass_by(seconds=61)
        path = f"{comment.id}/comments" if code == 506 else "conversations"
        desk.sandbox.faults.add(Fault(faults.answer(200, b'{"data":[]}', "application/json"), path=path, method="GET"))
        if code == 10900:
            desk.sandbox.faults.add(
                Fault(faults.answer(200, b'{"id":"1"}', "application/json"), path="can_reply_privately", method="GET")
            )
        assert desk.answer().counts == {"planned": 0, "sent": 1}
        assert len(desk.under(comment) or desk.said_to("Siti")) == 1


def test_the_second_message_the_person_gets_from_somebody_else_is_no_answer_of_ours(sqlite_engine: Engine) -> None:
    with answering(sqlite_engine, prefers="message") as desk:
        comment = desk.comes()
        comment.answered_privately = True
        assert desk.answer().counts == {"planned": 1, "skipped": 1}
        assert desk.said_to("Siti") == []


def test_tries_end(sqlite_engine: Engine) -> None:
    with answering(sqlite_engine) as desk:
        desk.comes()
        fault = refuse(desk, 2, None, times=None)
        for _ in range(12):
            desk.answer()
            desk.time.pass_by(minutes=61)
        assert fault.hits == 6
        (row,) = desk.rows()
        assert row.state == "failed" and "6 kali" in row.reason


def test_what_cannot_be_known_is_left_to_a_person(sqlite_engine: Engine) -> None:
    with answering(sqlite_engine) as desk:
        desk.comes(author="Budi")
        refuse(desk, 2, None)
        desk.answer()
        desk.time.pass_by(minutes=2)
        desk.sandbox.faults.add(Fault(faults.endless("a"), path="/comments", method="GET", times=None))
        assert desk.answer().counts == {"planned": 0, "unsure": 1}


def test_a_fall_at_any_statement_or_commit_answers_exactly_once(sqlite_engine: Engine) -> None:
    """The process dies at the n-th statement that writes, or right after Graph took the answer; then it starts again."""
    with answering(sqlite_engine) as desk:
        desk.sandbox.options.refuse_duplicates = False
        for n in range(1, 60):
            comment = desk.comes(author=f"Warga {n}")
            fallen = _falls_at(desk, n)
            for _ in range(3):
                desk.time.pass_by(minutes=6)
                desk.answer()
            assert len(desk.under(comment)) == 1, n
            if not fallen:
                assert n > 5
                return
        raise AssertionError("it never ended")


def _falls_at(desk: Desk, n: int) -> bool:
    left = [n]

    def strike(_c: Any, _k: Any, sql: str, *_: Any) -> None:
        if sql.startswith(("INSERT", "UPDATE", "DELETE")):
            left[0] -= 1
            if left[0] == 0:
                raise ConnectionAbortedError(n)

    event.listen(desk.bench.engine, "before_cursor_execute", strike)
    try:
        desk.answer()
    except ConnectionAbortedError:
        return True
    finally:
        event.remove(desk.bench.engine, "before_cursor_execute", strike)
    return False


def test_whoever_lost_the_lease_sends_no_more(engine: Engine) -> None:
    with answering(engine) as desk:
        comment = desk.comes()
        held = [True] * 4

        def guard(_: Any) -> None:
            if not held:
                raise LeaseLost("answer:gubernur: another process has taken over")
            held.pop()

        with pytest.raises(LeaseLost):
            desk.answer(guard=guard)
        assert len(desk.under(comment)) == 1, "the fourth step notes the try, the fifth the outcome"
        desk.time.pass_by(seconds=61)
        assert desk.answer().counts == {"planned": 0, "sent": 1} and len(desk.under(comment)) == 1


def test_the_same_words_twice_are_two_answers(sqlite_engine: Engine) -> None:
    """What an earlier answer said is never taken for a later one of the same words."""
    texts = {"ditindaklanjuti": "Laporan {nomor} ditindaklanjuti."}
    with answering(sqlite_engine) as desk:
        comment = desk.comes()
        wording = desk.work.wording
        desk.work = type(desk.work)(**{**_fields(desk.work), "wording": type(wording)({**wording.texts, **texts})})
        desk.answer()
        for status in ("ditindaklanjuti", "tuntas", "ditindaklanjuti"):
            desk.time.pass_by(hours=2)
            desk.move(desk.number(), status)
            desk.answer()
        assert desk.under(comment).count(f"Laporan {desk.number()} ditindaklanjuti.") == 1
        assert [row.state for row in desk.rows()] == ["sent", "sent", "sent", "skipped"]


def _fields(work: Any) -> dict[str, Any]:
    return {name: getattr(work, name) for name in work.__slots__}


def test_answers_that_waited_too_long_are_dropped(sqlite_engine: Engine) -> None:
    with answering(sqlite_engine) as desk:
        comment = desk.comes()
        refuse(desk, 368, None)
        desk.answer()
        desk.time.pass_by(hours=25)
        with writing(sqlite_engine) as connection:
            pauses.resume(connection, "gubernur")
        assert desk.answer().counts == {"planned": 0, "skipped": 1}
        assert desk.under(comment) == []
