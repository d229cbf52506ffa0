"""From a comment in the sandbox to the answer under it: by the daemon, after a kill, by two daemons, rehearsed, or not at all."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from connector.sandbox import Fault, faults
from connector.store import replies
from connector.store.engine import open_store, reading, writing
from connector.store.schema import replies as table
from tests.journeys.rig import Rig, until
from tests.journeys.test_daemon import complain

WITHIN = 60.0  # a bound for what takes about five seconds on a quiet machine


def answers(rig: Rig, mode: str, *more: str) -> Rig:
    """Lets the accounts answer."""
    lines = "\n".join((f'answers = "{mode}"', *more, "every_seconds"))
    rig.config.write_text(rig.config.read_text("utf-8").replace("every_seconds", lines), "utf-8")
    return rig


def under(comment: Any) -> list[str]:
    """What the Page said right under a comment."""
    return [one.text for one in comment.replies or () if one.author.id == comment.post.page.id]


def under_ids(comment: Any) -> list[str]:
    """The ids of what stands right under a comment."""
    return [one.id for one in comment.replies or ()]


def posts(rig: Rig) -> list[str]:
    return [call.path for call in rig.sandbox.calls if call.method != "GET"]


def rows(rig: Rig) -> list[Any]:
    engine = open_store(rig.store_url)
    try:
        with reading(engine) as connection:
            return list(replies.every(connection))
    finally:
        engine.dispose()


def an_hour_later(rig: Rig) -> None:
    """What was noted, was noted two hours earlier."""
    engine = open_store(rig.store_url)
    with writing(engine) as connection:
        for row in list(replies.every(connection)):
            times = {n: getattr(row, n) for n in ("due_at", "tried_at", "sent_at", "made_at")}
            values = {n: at - timedelta(hours=2) for n, at in times.items() if at}
            connection.execute(update(table).where(table.c.id == row.id).values(**values))
    engine.dispose()


def test_a_new_comment_is_answered_and_so_is_what_becomes_of_it(rig: Rig) -> None:
    answers(rig, "on")
    daemon = rig.daemon()
    until(lambda: rig.sandbox.calls and rows(rig), WITHIN, "the conversation of this morning is answered")
    comment = complain(rig)
    (text,) = until(lambda: under(comment), WITHIN, "an answer under it")
    number = rig.ticket_of(comment)
    assert number and number in text
    until(lambda: rig.ids().count(under_ids(comment)[0]), WITHIN, "the answer is read back")
    an_hour_later(rig)
    rig.run("tickets", "move", number, "ditindaklanjuti", "--by", "Ani")
    until(lambda: len(under(comment)) == 2, WITHIN, "the second answer")
    an_hour_later(rig)
    rig.run("tickets", "move", number, "ditolak", "--reason", "bukan wewenang", "--by", "Ani")
    until(lambda: len(under(comment)) == 3, WITHIN, "the third answer")
    assert "bukan wewenang" in under(comment)[2]
    daemon.stop()
    assert daemon.said("answer", account="gubernur", mode="on")
    rig.run("poll", "--full")
    rig.assert_whole()
    assert [t["source_ids"] for t in rig.stored("tickets") if under_ids(comment)[0] in t["source_ids"]] == []
    old = [c for page in rig.world.pages.values() for p in page.posts for c in p.comments if c is not comment]
    assert all(not c.replies or "NTB-" not in "".join(under(c)) for c in old), (
        "what is older than a day is not answered"
    )
    history = rig.run("tickets", "show", number, "--json").answer["history"]
    assert [e["what"] for e in history].count("replied") == 3


def test_off_by_default_sends_nothing_at_all(rig: Rig) -> None:
    daemon = rig.daemon()
    comment = complain(rig)
    until(lambda: rig.ticket_of(comment), WITHIN, "a ticket")
    passes = len(daemon.said("pass", account="gubernur"))
    until(lambda: len(daemon.said("pass", account="gubernur")) >= passes + 4, WITHIN, "four more passes")
    daemon.stop()
    assert posts(rig) == [] and rows(rig) == [] and rig.run("replies", "list").out == ""
    assert "no account answers" in rig.run("replies", "send", code=2).err


def test_a_rehearsal_calls_nobody_and_shows_what_would_be_said(rig: Rig) -> None:
    answers(rig, "dry_run")
    comment = complain(rig)
    rig.run("poll")
    rig.sandbox.calls.clear()
    assert "planned" in rig.run("replies", "send").out
    assert rig.sandbox.calls == []
    number = rig.ticket_of(comment)
    listed = rig.run("replies", "list", "--state", "dry_run", "--json").records
    assert number in {one["ticket"] for one in listed} and all(number and one["text"] for one in listed)
    assert str(number) in rig.run("replies", "list", "--ticket", str(number)).out
    assert "tuntas" in rig.run("replies", "preview", str(number), "--kind", "tuntas").out
    assert "Tampi asih" in rig.run("replies", "preview", str(number), "--kind", "received", "--language", "sasak").out
    rig.run("replies", "preview", str(number), "--kind", "salah", code=2)
    rig.run("replies", "list", "--state", "salah", code=2)
    assert rig.run("replies", "resume", "--account", "gubernur").out == "gubernur: was not paused\n"
    answers_on = rig.config.read_text("utf-8").replace('"dry_run"', '"on"')
    rig.config.write_text(answers_on, "utf-8")
    assert rig.run("replies", "send", "--dry-run", "--json").answer["accounts"]["gubernur"] == {"planned": 0}
    rig.run("replies", "send")
    assert posts(rig) == [], "what was rehearsed is not sent afterwards"


def test_killed_between_the_answer_and_its_note_nobody_is_answered_twice(rig_on: Rig) -> None:
    rig = answers(rig_on, "on")
    rig.sandbox.options.refuse_duplicates = False
    rig.run("poll")
    rig.run("replies", "send")
    comment = complain(rig)
    fault = rig.sandbox.faults.add(Fault(faults.lost(), path="/comments", method="POST"))
    daemon = rig.daemon()
    until(lambda: fault.hits, WITHIN, "the answer is on its way")
    daemon.kill()
    assert len(under(comment)) == 1 and [r.state for r in rows(rig) if r.target == comment.id] == ["trying"]
    an_hour_later(rig)
    again = rig.daemon()
    (row,) = until(
        lambda: [r for r in rows(rig) if r.target == comment.id and r.state == "sent"], WITHIN, "it is found"
    )
    again.stop()
    assert len(under(comment)) == 1 and row.sent_id == under_ids(comment)[0] and row.tries == 1


def test_two_daemons_answer_once(rig_on: Rig) -> None:
    rig = answers(rig_on, "on")
    rig.sandbox.options.refuse_duplicates = False
    both = [rig.start("run"), rig.start("run")]
    for daemon in both:
        daemon.ready()
    comments = [complain(rig, ("gubernur", "wagub")[n % 2], n) for n in range(8)]
    until(lambda: all(under(c) for c in comments), 60, "all are answered")
    for daemon in both:
        daemon.stop()
    assert [len(under(c)) for c in comments] == [1] * 8


def test_a_block_is_said_and_a_person_lifts_it(rig: Rig) -> None:
    answers(rig, "on")
    comment = complain(rig)
    rig.run("poll")
    rig.world.pages["gubernur"].blocked = True
    assert "replies resume" in rig.run("replies", "send", "--account", "gubernur", code=1).err
    assert "368" in rig.run("replies", "list").out
    found = {f["what"]: f for f in rig.run("check", "--json", code=1).answer["findings"]}
    assert found["answers gubernur"]["state"] == "broken" and found["answers wagub"]["state"] == "ok"
    rig.world.pages["gubernur"].blocked = False
    assert "answers again" in rig.run("replies", "resume", "--account", "gubernur").out
    rig.run("replies", "send", "--account", "gubernur")
    assert len(under(comment)) == 1


def test_check_names_the_permission_that_answering_lacks(rig: Rig) -> None:
    answers(rig, "on", 'answer_language = "sasak"')
    rig.sandbox.tokens.page(rig.world.pages["gubernur"]).drop("pages_manage_engagement")
    found = {f["what"]: f for f in rig.run("check", "--json", code=1).answer["findings"]}
    mine = found["answers gubernur"]
    assert mine["state"] == "broken" and mine["facts"]["missing_scopes"] == ["pages_manage_engagement"]
    assert found["answers wagub"]["state"] == "warning" and "sasak" in found["answers wagub"]["text"]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ('[id]\nreceived = "{nama}"', "{nama}"),
        ('[id]\nreceived = "x {nomor.real}"', "{nomor.real}"),
        ('[id]\nhalo = "x"', "id.halo"),
        ("[sasak]\nreviewed = false", "id"),
        ('[id]\nreceived = "{nomor}"', "expected each of these texts"),
    ],
)
def test_a_text_that_cannot_be_filled_in_is_named_before_anything_starts(rig: Rig, text: str, named: str) -> None:
    Path(rig.folder / "answers.toml").write_text(text, "utf-8")
    for verb in (["run", "--once"], ["poll"], ["check"]):
        err = rig.run(*verb, code=2).err
        assert "answers.toml" in err and named in err


def test_a_wrong_setting_is_named(rig: Rig) -> None:
    answers(rig, "maybe")
    assert "answers" in rig.run("check", code=2).err
