"""Rows of the report's lists."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from connector.records import Label
from connector.report.entries import CONTEXT, Alarm, Around, item_entry, ticket_entry
from connector.report.summary import Names
from connector.report.texts import Shown
from connector.report.unreadable import broken

NOW = datetime(2026, 11, 24, 14, 5, tzinfo=UTC)
NAMES = Names({"listrik": "Listrik"}, {"pln": "PLN NTB"}, {"gub": "Gubernur NTB"})


def item(**more: Any) -> Any:
    values = {
        "id": 1, "external_id": "1_2", "kind": "comment", "account": "gub", "parent_id": None, "author_name": "Baiq",
        "by_account": False, "permalink": "https://www.facebook.com/1", "hidden": False, "edited": False,
        "deleted": False, "revision": 1, "attachments": None, "reason": "pengaduan", "text": "Lampu mati", "created_at": NOW,
        "v_kind": "pengaduan", "complaint_score": 0.9, "category": "listrik", "category_score": 0.8,
        "urgency": "penting", "urgent_score": 0.1, "model": "m", "is_complaint": True,
    }  # fmt: skip
    return SimpleNamespace(**{**values, **more})


def ticket(**more: Any) -> Any:
    values = {
        "number": "NTB-2026-000001", "status": "diterima", "urgency": "mendesak", "category": "listrik",
        "agency": "pln", "summary": "Lampu mati", "account": "gub", "supporters": 1, "kabupaten": None,
        "place_text": None, "place_ambiguous": False, "permalink": "javascript:alert(1)", "opened_at": NOW,
        "answer_by": NOW + timedelta(hours=1), "first_response_at": None, "merged_into": None, "waiting_since": None,
    }  # fmt: skip
    return SimpleNamespace(**{**values, **more})


def part(**more: Any) -> Any:
    return ticket_entry(ticket(**more), item(), Around(), 1, NAMES, NOW).ticket


def test_who_wrote_again_is_shown() -> None:
    assert part().waiting == "" and part(status="tuntas", waiting_since=NOW).waiting == "24 Nov 2026 22.05"


def test_who_has_the_alarm_in_hand_is_shown() -> None:
    def shown(status: str, **rang: Any) -> Any:
        alarm = SimpleNamespace(**({"at": NOW, "acked_at": None, "acked_by": None} | rang))
        return ticket_entry(ticket(status=status), item(), Around(), 1, NAMES, NOW, rang=alarm).ticket

    later = NOW + timedelta(minutes=3)
    assert part().alarm is None
    assert shown("diterima").alarm == Alarm("", "24 Nov 2026 22.05")
    taken = Alarm("Baiq (Telegram)", "24 Nov 2026 22.08")
    assert shown("diterima", acked_at=later, acked_by="Baiq (Telegram)").alarm == taken
    assert shown("tuntas", acked_at=later, acked_by="Baiq (Telegram)").alarm == taken
    assert shown("diterima", acked_at=later).alarm == Alarm("petugas", "24 Nov 2026 22.08")
    assert shown("tuntas").alarm is None, "nothing waits for anybody any more"


def test_a_ticket() -> None:
    entry = ticket_entry(ticket(), item(), Around(), 3, NAMES, NOW)
    assert entry.ticket and entry.said
    assert (entry.kind, entry.urgency_name, entry.category_name) == ("pengaduan", "Mendesak", "Listrik")
    assert (entry.ticket.agency, entry.ticket.items, entry.ticket.link) == ("PLN NTB", 3, None)
    assert (entry.said.what, entry.said.author, entry.said.link) == ("Komentar", "Baiq", "https://www.facebook.com/1")
    assert entry.said.scores and entry.said.scores.complaint == "90%"


def test_a_ticket_written_by_hand() -> None:
    entry = ticket_entry(ticket(permalink="https://fb.com/1"), None, Around(), 0, NAMES, NOW)
    assert entry.said is None
    assert entry.ticket and entry.ticket.link == "https://fb.com/1"


def test_deadlines() -> None:
    due = part().deadline
    assert (due.remaining, due.open, due.late) == ("sisa 1 jam", True, False)
    due = part(answer_by=NOW - timedelta(hours=3)).deadline
    assert (due.remaining, due.open, due.late) == ("terlambat 3 jam", True, True)
    answered = part(answer_by=NOW - timedelta(hours=3), first_response_at=NOW)
    assert (answered.deadline.remaining, answered.deadline.late, answered.answered) == ("", False, "24 Nov 2026 22.05")
    closed = part(answer_by=NOW - timedelta(hours=3), status="ditolak", merged_into="NTB-2026-000002")
    assert (closed.deadline.open, closed.open, closed.merged_into) == (False, False, "NTB-2026-000002")
    assert part(answer_by=None).deadline is None


@pytest.mark.parametrize(
    ("text", "code", "shown"),
    [
        (None, None, ""), ("Gerung", None, "Gerung"), (None, "52.01", "Kab. Lombok Barat"),
        ("Gerung", "52.01", "Gerung, Kab. Lombok Barat"), ("lombok barat", "52.01", "Kab. Lombok Barat"),
        ("x", "99.99", "x"),
    ],
)  # fmt: skip
def test_places(text: str | None, code: str | None, shown: str) -> None:
    assert part(place_text=text, kabupaten=code).place == shown


def test_an_item_to_review() -> None:
    entry = item_entry(item(v_kind=None, category=None, urgency=None), Around(), NAMES)
    assert (entry.kind, entry.category, entry.urgency, entry.ticket) == ("lainnya", "lainnya", "biasa", None)
    assert entry.said and entry.said.scores is None
    labelled = item_entry(item(), Around(label=Label("spam", "listrik", "biasa", "Ani\0")), NAMES)
    assert (labelled.kind, labelled.urgency) == ("spam", "biasa")
    assert labelled.said and labelled.said.label == "Spam · Listrik · Biasa (oleh Ani\ufffd)"


def test_unknown_words_are_shown_as_they_are() -> None:
    entry = item_entry(item(kind="story", v_kind="baru", urgency="sangat", category="c"), Around(), NAMES)
    assert entry.said and entry.said.scores
    assert (entry.said.what, entry.said.scores.kind, entry.urgency_name) == ("story", "baru", "sangat")


def test_who_and_what() -> None:
    said = item_entry(
        item(
            author_name=None, parent_id="9", deleted=True, edited=True, hidden=True, permalink=None, text=None,
            attachments=[{"type": "photo"}, {"type": "photo"}, {"type": "video_inline"}, {"type": None}],
        ),
        Around(),
        NAMES,
    ).said  # fmt: skip
    assert said
    assert (said.author, said.what, said.link, said.text) == ("penulis tidak terlihat", "Balasan", None, Shown(""))
    assert said.marks == ("dihapus di Facebook", "disunting", "disembunyikan")
    assert said.files == "2 foto, 1 video, 1 lampiran"


def test_what_stands_around() -> None:
    around = Around(
        post=item(author_name=None, by_account=True, text="p" * 1000),
        parent=item(text="induk"),
        talk=[item(text=None, attachments=[{"type": "image/jpeg"}]), item(text=None)],
        more=[item(text="HP 081234567890")],
    )
    said = item_entry(item(), around, NAMES).said
    assert said
    assert [(b.what, b.text.text[:20], b.own) for b in said.beside] == [
        ("Kiriman", "p" * 20, True),
        ("Komentar yang dibalas", "induk", False),
        ("Pesan sebelum atau sesudahnya", "[1 foto]", False),
        ("Pesan sebelum atau sesudahnya", "", False),
        ("Tambahan dalam tiket ini", "HP [telepon]", False),
    ]
    assert said.beside[0].author == "akun sendiri"
    assert said.beside[0].text == Shown("p" * CONTEXT, cut=True)


def test_what_could_not_be_read() -> None:
    row = SimpleNamespace(
        kind="comment",
        fetched_at=NOW,
        account="gub",
        external_id="1\0",
        reason="no id",
        payload='{"message": "081234567890"}',
    )
    got = broken(row, NAMES)
    assert (got.id, got.what, got.account, got.reason) == ("1\ufffd", "Komentar", "Gubernur NTB", "no id")
    assert got.payload == '{"message": "[telepon]"}'
    row.reason = "message is a dict, not a text"
    assert broken(row, NAMES).reason == "isinya bukan teks"
    row.reason = None
    assert broken(row, NAMES).reason == ""
