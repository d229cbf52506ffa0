"""Answers to citizens against the sandbox on all three databases: given once, in time, to the right person, or not at all."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from connector import casework, person
from connector.answers.wording import moment
from connector.central import take_states
from connector.errors import NotFound
from connector.export import zulu
from connector.reply import idle, plan, preview
from connector.store import replies
from connector.store.engine import writing
from tests.answering import COMPLAINT, START, answering


def test_a_complaint_is_acknowledged_under_it_with_number_place_and_photo_asked_for(engine: Engine) -> None:
    with answering(engine) as desk:
        comment = desk.comes()
        done = desk.answer()
        assert done.counts == {"planned": 1, "sent": 1} and not done.failures
        (text,) = desk.under(comment)
        due = moment(START + timedelta(hours=48))
        assert desk.number() in text and "lokasinya" in text and "foto" in text and due in text
        (row,) = desk.rows()
        assert (row.state, row.sent_id, row.tries) == ("sent", comment.replies[0].id, 1)
        assert desk.answer().counts == {"planned": 0}


def test_every_state_is_told_with_its_reason(engine: Engine) -> None:
    with answering(engine) as desk:
        comment = desk.comes()
        desk.answer()
        desk.read()
        assert desk.bench.tickets()[0]["first_response_at"] is None, "a receipt is no answer"
        for status, reason in (
            ("ditindaklanjuti", ""),
            ("tuntas", "sudah ditambal 081234567890."),
            ("ditindaklanjuti", ""),
            ("ditolak", "bukan wewenang"),
        ):
            desk.time.pass_by(hours=2)
            desk.move(desk.number(), status, reason)
            assert desk.answer().counts["sent"] == 1
        assert desk.bench.tickets()[0]["first_response_at"] == zulu(START + timedelta(hours=2, seconds=4))
        said = desk.under(comment)
        assert len(said) == 5 and all(desk.number() in text for text in said)
        assert "Keterangan: sudah ditambal [telepon]." in said[2] and "Keterangan: bukan wewenang." in said[4]


def test_a_state_that_the_central_application_tells_late_is_told_as_of_its_own_time(
    engine: Engine, tmp_path: Path
) -> None:
    with answering(engine) as desk:
        comment = desk.comes()
        desk.answer()
        desk.time.pass_by(hours=30)
        then = START + timedelta(hours=5)
        file = tmp_path / "status.jsonl"
        file.write_text(json.dumps({"number": desk.number(), "status": "tuntas", "at": then.isoformat()}), "utf-8")
        assert take_states(engine, file, desk.time()).moved == 1
        desk.answer()
        assert moment(then) in desk.under(comment)[-1]


def test_who_writes_of_what_is_not_ours_is_told_whom_to_turn_to(engine: Engine) -> None:
    with answering(engine) as desk:
        comment = desk.comes()
        agency = desk.bench.tickets()[0]["agency"]
        wording = replace(desk.work.wording, texts={**desk.work.wording.texts, "received": "{nomor}. {arahan}"})
        desk.answer(wording=wording, outside={agency: "hubungi balai jalan nasional"})
        assert desk.under(comment) == [f"{desk.number()}. Hubungi balai jalan nasional."]


def test_off_sends_nothing_and_a_dry_run_only_writes_down(engine: Engine) -> None:
    with answering(engine, mode="dry_run") as desk:
        comment = desk.comes()
        desk.sandbox.calls.clear()
        assert desk.answer().counts == {"planned": 1}
        assert desk.sandbox.calls == [] and desk.under(comment) == []
        (row,) = desk.rows()
        assert row.state == "dry_run" and desk.number() in row.text
        desk.answer(mode="on")
        assert desk.posts() == [], "what was rehearsed is never sent later"


@pytest.mark.parametrize("what", ["hidden", "deleted", "post deleted"])
def test_never_under_what_is_hidden_or_gone_though_the_store_does_not_know_yet(engine: Engine, what: str) -> None:
    with answering(engine) as desk:
        comment = desk.comes()
        match what:
            case "hidden":
                desk.world.hide(comment)
            case "deleted":
                desk.world.delete(comment)
            case _:
                desk.world.delete(comment.post)
        assert desk.answer().counts == {"planned": 1, "skipped": 1}
        assert desk.posts() == []


def test_a_reply_is_answered_under_the_top_comment_of_its_thread(engine: Engine) -> None:
    """Facebook itself hangs an answer to a reply there: under the reply nobody would find it again."""
    with answering(engine) as desk:
        top = desk.comes("semoga lekas baik", author="Amaq")
        reply = desk.world.add_comment(top, COMPLAINT, "Siti")
        desk.read()
        assert desk.answer().counts["sent"] == 1
        (text,) = desk.under(top)
        assert desk.number() in text and desk.under(reply) == []


@pytest.mark.parametrize("which", ["reply", "top"])
def test_a_reply_is_not_answered_where_it_or_its_thread_is_hidden(engine: Engine, which: str) -> None:
    with answering(engine) as desk:
        top = desk.comes("semoga lekas baik", author="Amaq")
        reply = desk.world.add_comment(top, COMPLAINT, "Siti")
        desk.read()
        desk.world.hide(reply if which == "reply" else top)
        assert desk.answer().counts == {"planned": 1, "skipped": 1}
        assert desk.posts() == []


def test_never_about_what_is_old_and_never_to_the_account_itself(engine: Engine) -> None:
    with answering(engine) as desk:
        desk.world.add_comment(desk.page.posts[0], COMPLAINT, "Lama", at=desk.time() - timedelta(hours=25))
        desk.world.add_comment(desk.page.posts[0], f"{COMPLAINT} kami cek", desk.page)
        desk.read()
        assert desk.answer().counts == {"planned": 0}
        desk.move(desk.number(), "tuntas")
        assert desk.answer().counts == {"planned": 0}
        assert desk.posts() == []


def test_private_accounts_answer_a_comment_by_message_and_never_in_public(engine: Engine) -> None:
    with answering(engine, prefers="message") as desk:
        comment = desk.comes()
        visitor = desk.world.add_visitor_post(desk.page, COMPLAINT, "Amir")
        desk.read()
        assert desk.answer().counts == {"planned": 2, "sent": 2}
        assert len(desk.said_to("Siti")) == len(desk.said_to("Amir")) == 1
        assert desk.under(comment) == desk.under(visitor) == []
        desk.time.pass_by(hours=2)
        desk.move(desk.number(0), "tuntas")
        assert desk.answer().counts == {"planned": 0}, "a private reply opens no window"


def test_a_visitors_post_is_answered_under_it(engine: Engine) -> None:
    with answering(engine) as desk:
        visitor = desk.world.add_visitor_post(desk.page, COMPLAINT, "Amir")
        desk.read()
        desk.answer()
        assert desk.number() in desk.under(visitor)[0]


def test_a_person_who_asked_not_to_be_processed_is_not_answered(engine: Engine) -> None:
    with answering(engine) as desk:
        first = desk.comes()
        assert plan(desk.work) == 1
        person.restrict(person.request(engine, [first.author.id], "Ani", desk.time))
        assert desk.answer().counts == {"planned": 0, "skipped": 1}
        desk.comes("TOLONG kebakaran")
        assert [t["urgency"] for t in desk.bench.tickets()] == ["biasa", "mendesak"]
        assert desk.answer().counts == {"planned": 0}
        assert desk.posts() == []


def test_own_answers_read_back_are_context_and_known_as_automatic(engine: Engine) -> None:
    with answering(engine) as desk:
        comment = desk.comes()
        talk = desk.writes(author="Budi")
        desk.answer()
        desk.world.reply(comment, "Saya sendiri yang menjawab")
        desk.read()
        own = {i: r for i, r in desk.bench.items().items() if r["by_account"] and r["kind"] != "post"}
        assert len(own) == 3 and len(desk.bench.tickets()) == 2
        with writing(engine) as connection:
            known = replies.automatic(connection, "gubernur", [(i, r["text"]) for i, r in own.items()])
            assert known == {comment.replies[0].id, talk.messages[-1].id}
            lost = [("9_9", f" {own[comment.replies[0].id]['text']}\n"), ("9_8", "lain")]
            assert replies.automatic(connection, "gubernur", lost) == {"9_9"}
            assert replies.automatic(connection, "wagub", lost) == set()


def test_what_is_seen_to_is_not_looked_at_again(engine: Engine) -> None:
    with answering(engine) as desk:
        desk.comes()
        desk.answer()
        desk.time.pass_by(minutes=6)
        desk.answer()
        with writing(engine) as connection:
            assert replies.mark(connection, "gubernur") == replies.newest_event(connection)
        assert idle(engine, "gubernur", desk.time()) and not idle(engine, "wagub", desk.time())
        desk.comes(author="Budi")
        assert not idle(engine, "gubernur", desk.time())


def test_a_preview_says_what_would_be_said_and_changes_nothing(engine: Engine) -> None:
    with answering(engine, mode="off") as desk:
        desk.comes()
        assert desk.number() in preview(desk.work, desk.number(), None, "")
        assert "Keterangan: salah alamat." in preview(desk.work, desk.number(), "ditolak", "salah alamat")
        casework.move(engine, desk.number(), "tuntas", who="Ani", reason="sudah ditambal", now=desk.time())
        assert "Keterangan: sudah ditambal." in preview(desk.work, desk.number(), None, "")
        assert "Keterangan" not in preview(desk.work, desk.number(), "ditolak", "")
        assert desk.rows() == [] and desk.posts() == []
        by_hand = casework.open_new(engine, COMPLAINT, {}, who="Ani", desk=desk.bench.desk(), clock=desk.time)
        with pytest.raises(NotFound, match="by hand"):
            preview(desk.work, by_hand, None, "")
