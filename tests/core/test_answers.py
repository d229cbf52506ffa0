"""The pure part of answering: templates that cannot surprise anybody, and every rule about whether and when."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import config
from connector.answers.choosing import About, Facts, Send, Skip, choose
from connector.answers.outcomes import judge, wait
from connector.answers.wording import KINDS, LONGEST, PARTS, Case, faults, moment, say
from connector.errors import (
    AlreadyDone,
    BadRequest,
    Gone,
    GraphError,
    NotPermitted,
    NotSent,
    SendingBlocked,
    TokenRejected,
    Transient,
    TryLater,
)
from connector.settings import load_wordings

NOW = datetime(2026, 11, 24, 2, 5, tzinfo=UTC)
TEXTS = load_wordings(None)["id"].texts
CASE = Case("NTB-2026-000017", "Dinas PUPR", "Jalan", "Gubernur NTB", NOW + timedelta(days=2), NOW)
ABOUT = About("comment", NOW - timedelta(minutes=5), NOW - timedelta(minutes=4), "7001", False, False, False)
FACTS = Facts("received", NOW, NOW, "diterima", False, ABOUT, False, False, "comment")


def about(**changes: Any) -> Facts:
    return replace(FACTS, item=replace(ABOUT, **changes))


@pytest.mark.parametrize(
    ("key", "template", "found"),
    [
        ("received", "Nomor {nomor}. {permintaan}", ""),
        ("received", "Nomor {nomer}", "{nomer}"),
        ("received", "Nomor", "{nomor} is missing"),
        ("received", "Nomor {nomor.__class__}", "{nomor.__class__}"),
        ("received", "Nomor {nomor!r}", "takes no format"),
        ("received", "Nomor {nomor:>99999999}", "takes no format"),
        ("received", "Nomor {nomor} {0}", "{0}"),
        ("received", "Nomor {nomor} {}", "unknown placeholder {}"),
        ("received", "Nomor {nomor", "braces"),
        ("received", "Nomor } {nomor}", "braces"),
        ("received", "{nomor}" + "x" * 1200, "at most"),
        ("ask_place", "Di mana?", ""),
        ("ask_place", "Di mana, {nomor}?", "expected none here"),
        ("ask_photo", "  ", "is empty"),
        ("note", "Keterangan: {alasan}", ""),
        ("note", "Keterangan", "{alasan} is missing"),
        ("note", "{nomor} {alasan}", "one of {alasan}"),
        ("tuntas", "{{tetap}} {nomor}", ""),
    ],
)
def test_a_template_is_checked_before_anybody_waits_for_it(key: str, template: str, found: str) -> None:
    told = "; ".join(faults(key, template))
    assert found in told and bool(found) == bool(told)


def test_the_defaults_are_whole_in_every_language() -> None:
    wordings = load_wordings(None)
    assert list(wordings) == ["id", "sasak", "samawa", "mbojo"]
    for wording in wordings.values():
        assert set(wording.texts) == {*KINDS, *PARTS}
        for kind in KINDS:
            said = say(kind, replace(CASE, wants_place=True, wants_photo=True, reason="x"), wording.texts)
            assert CASE.number in said and "{" not in said and "  " not in said
    assert [w.reviewed for w in wordings.values()] == [True, False, False, False]


def test_what_is_missing_is_asked_for_and_a_reason_is_told_in_one_line() -> None:
    assert TEXTS["ask_place"] in say("received", replace(CASE, wants_place=True), TEXTS)
    assert TEXTS["ask_photo"] in say("received", replace(CASE, wants_photo=True), TEXTS)
    both = say("received", replace(CASE, wants_place=True, wants_photo=True), TEXTS)
    assert TEXTS["ask_both"] in both and "26 November 2026 pukul 10.05 WITA" in both
    bare = say("received", replace(CASE, answer_by=None), TEXTS)
    assert "secepatnya" in bare and "Mohon" not in bare
    assert "Keterangan: a b." in say("ditolak", replace(CASE, reason=" a\n\x00b\u202e. "), TEXTS)
    assert "Keterangan" not in say("ditolak", CASE, TEXTS)
    assert moment(datetime(2026, 12, 31, 16, 0, tzinfo=UTC)) == "1 Januari 2027 pukul 00.00 WITA"
    assert say("tuntas", CASE, {**TEXTS, "tuntas": "\n{nomor}\n\n\n\n{waktu} \n"}).count("\n") == 2


def test_whom_else_to_turn_to_is_told_where_the_agency_is_not_the_governments() -> None:
    with (Path(config.__file__).parent / "answers.toml").open("rb") as file:
        texts = {**TEXTS, **{key: text for key, text in tomllib.load(file)["id"].items() if key in KINDS}}
    pln = replace(CASE, outside="hubungi PLN di\n123. ")
    for kind in ("received", "received_urgent", "ditolak"):
        assert "Hubungi PLN di 123." in say(kind, pln, texts)
        assert "  " not in say(kind, CASE, texts)
    assert say("ditindaklanjuti", pln, texts) == say("ditindaklanjuti", CASE, texts)


@given(st.text(max_size=5000), st.sampled_from(KINDS))
def test_whatever_the_office_writes_fits_and_breaks_nothing(reason: str, kind: Any) -> None:
    said = say(kind, replace(CASE, reason=reason, agency=reason, account=reason), TEXTS)
    assert len(said) <= LONGEST and said == said.strip()
    said.encode("utf-8")


def test_a_plain_case_is_answered_at_once() -> None:
    assert choose(FACTS) == Send("comment", NOW)
    assert choose(about(kind="post")) == Send("comment", NOW)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (about(by_account=True), "akun resmi"),
        (replace(FACTS, official=True), "akun resmi"),
        (about(author_id=None), "penulis"),
        (replace(FACTS, barred=True), "permintaan warga"),
        (about(deleted=True), "dihapus"),
        (about(hidden=True), "disembunyikan"),
        (replace(FACTS, merged=True), "digabung"),
        (about(created_at=None), "waktu"),
        (about(created_at=NOW - timedelta(hours=25)), "lama"),
        (about(bulk=True), "lama"),
        (replace(FACTS, event_at=NOW - timedelta(hours=25)), "terlambat"),
        (about(created_at=NOW - timedelta(days=8), landed_at=NOW - timedelta(days=8)), "terlambat"),
        (replace(FACTS, kind="tuntas", status="tuntas", event_at=NOW - timedelta(hours=73)), "terlambat"),
        (replace(FACTS, status="ditindaklanjuti"), "disusul"),
        (replace(FACTS, kind="tuntas", status="ditindaklanjuti"), "disusul"),
        (replace(FACTS, kind="supported", status="ditolak"), "disusul"),
        (replace(FACTS, kind="tuntas", status="tuntas", protested=True), "menulis lagi"),
        (about(kind="message"), "24 jam"),
    ],
)
def test_reasons_not_to_answer(facts: Facts, reason: str) -> None:
    decision = choose(facts)
    assert isinstance(decision, Skip) and reason in decision.reason


def test_what_was_fresh_when_first_read_may_be_answered_days_later() -> None:
    old = about(created_at=NOW - timedelta(days=3), landed_at=NOW - timedelta(days=3))
    assert isinstance(choose(old), Send)
    later = replace(
        old, item=replace(old.item, created_at=NOW - timedelta(days=60), landed_at=NOW - timedelta(days=60))
    )
    assert isinstance(choose(replace(later, kind="tuntas", status="tuntas")), Send)
    assert isinstance(choose(replace(FACTS, kind="supported", status="ditindaklanjuti")), Send)


def test_one_answer_an_hour_waits_and_a_second_acknowledgement_does_not() -> None:
    told = replace(FACTS, told_at=NOW - timedelta(minutes=10))
    assert choose(told) == Send("comment", NOW + timedelta(minutes=50))
    assert isinstance(choose(replace(told, waits=True)), Skip)
    change = replace(told, kind="tuntas", status="tuntas", waits=True)
    assert choose(change) == Send("comment", NOW + timedelta(minutes=50))
    assert choose(replace(FACTS, told_at=NOW - timedelta(hours=1))) == Send("comment", NOW)


def test_metas_windows() -> None:
    private = replace(FACTS, prefers="message")
    assert choose(private) == Send("private", NOW)
    week = timedelta(days=6, hours=23, minutes=56)
    assert isinstance(choose(replace(private, item=replace(ABOUT, created_at=NOW - week, landed_at=NOW - week))), Skip)
    assert choose(replace(private, wrote_at=NOW - timedelta(hours=23))) == Send("message", NOW)
    assert choose(replace(about(kind="message"), wrote_at=NOW)) == Send("message", NOW)
    tuntas = replace(private, kind="tuntas", status="tuntas")
    assert isinstance(choose(tuntas), Skip), "a private reply is for the comment, once"
    assert choose(replace(tuntas, wrote_at=NOW)) == Send("message", NOW)
    assert isinstance(choose(replace(tuntas, wrote_at=NOW - timedelta(hours=23, minutes=56))), Skip)


def later() -> GraphError:
    error = TryLater("x", code=4)
    error.retry_after = 900
    return error


@pytest.mark.parametrize(
    ("error", "state", "rest", "stop", "final"),
    [
        (later(), "due", 15, False, False),
        (SendingBlocked("x", code=368), "due", None, True, False),
        (NotSent("x", code=10, subcode=1893063), "due", None, True, False),
        (NotPermitted("x", code=200), "due", 60, False, False),
        (TokenRejected("x", code=190), "due", 60, False, False),
        (Gone("x"), "skipped", None, False, False),
        (AlreadyDone("x", code=10900), "look", None, False, True),
        (NotSent("x", code=506), "look", None, False, True),
        (NotSent("x", code=10, subcode=2018278), "skipped", None, False, False),
        (NotSent("x", code=551), "skipped", None, False, False),
        (NotSent("x"), "skipped", None, False, False),
        (BadRequest("x"), "failed", None, False, False),
        (Transient("x"), "look", None, False, False),
    ],
)
def test_what_an_error_means(error: GraphError, state: str, rest: Any, stop: bool, final: bool) -> None:
    outcome = judge(error, writing=True)
    assert (outcome.state, outcome.stop, outcome.final) == (state, stop, final) and outcome.reason
    assert outcome.pause == (timedelta(minutes=rest) if rest else None)


def test_a_fault_while_looking_leaves_the_answer_as_it_was() -> None:
    assert judge(Transient("x"), writing=False).state == "due"


def test_waits_grow_and_are_never_shorter_than_a_call_may_last() -> None:
    assert [wait(n).total_seconds() / 60 for n in range(6)] == [1, 1, 5, 25, 60, 60]
