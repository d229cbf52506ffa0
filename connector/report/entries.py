"""One row of a list in the report: a ticket or an item with all that stands around it, ready to be shown. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from classifiers.explain import UNTOLD, Deciding

from ..records import FORGOTTEN, OPEN, Label
from ..routing import KABUPATEN
from . import words
from .summary import URGENCY_NAMES, Names
from .texts import Shown, line, link, shown

STATUS = {
    "diterima": "Diterima",
    "ditindaklanjuti": "Ditindaklanjuti",
    "tuntas": "Tuntas",
    "ditolak": "Ditolak",
}
KINDS = {
    "pengaduan": "Pengaduan",
    "aspirasi": "Aspirasi",
    "pertanyaan": "Pertanyaan",
    "apresiasi": "Apresiasi",
    "spam": "Spam",
    "lainnya": "Lainnya",
}
THINGS = {"post": "Kiriman", "comment": "Komentar", "message": "Pesan"}
_FILES = {"photo": "foto", "image": "foto", "video": "video", "sticker": "stiker", "share": "tautan", "file": "berkas"}
CONTEXT = 600
"""As much of a neighbour's text as is shown beside an item."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Something said around an item: what it is, who said it and when."""

    what: str
    author: str
    at: str
    text: Shown
    own: bool


@dataclass(frozen=True, slots=True)
class Around:
    """Rows of the store around one item."""

    post: Any = None
    parent: Any = None
    talk: Sequence[Any] = ()
    more: Sequence[Any] = ()
    label: Label | None = None
    why: Deciding = UNTOLD


@dataclass(frozen=True, slots=True)
class Scores:
    """The verdict, in words; `why`: the words of the item that decided."""

    kind: str
    complaint: str
    category: str
    category_score: str
    urgency: str
    urgent: str
    model: str
    why: Deciding


@dataclass(frozen=True, slots=True)
class Deadline:
    """By when to answer; `open` while nobody has."""

    at: datetime
    text: str
    remaining: str
    open: bool
    late: bool


@dataclass(frozen=True, slots=True)
class Alarm:
    """Who has what is urgent in hand, and since when; `by` is empty while nobody has, and `at` says since when it rings."""

    by: str
    at: str


@dataclass(frozen=True, slots=True)
class Said:
    """The item itself as shown: what it is, its text, who wrote it, when, and where it stands.

    `revision`: a correction is of these words, also where others are there when it comes in.
    """

    id: str
    revision: int
    what: str
    text: Shown
    files: str
    author: str
    at: str
    link: str | None
    marks: tuple[str, ...]
    reason: str
    account: str
    beside: tuple[Beside, ...]
    scores: Scores | None
    label: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of the report. `kind`, `category`, `urgency` are what a correction starts from."""

    said: Said | None
    kind: str
    category: str
    category_name: str
    urgency: str
    urgency_name: str
    account: str
    ticket: "TicketPart | None" = None


@dataclass(frozen=True, slots=True)
class TicketPart:
    """What only a ticket has."""

    number: str
    status: str
    status_name: str
    open: bool
    summary: str
    agency: str
    place: str
    unsure_place: bool
    deadline: Deadline | None
    opened: str
    answered: str
    link: str | None
    supporters: int
    merged_into: str
    items: int
    copied: int = 0
    waiting: str = ""
    alarm: Alarm | None = None


def ticket_entry(
    row: Any, item: Any, around: Around, count: int, names: Names, now: datetime, copied: int = 0, rang: Any = None
) -> Entry:
    """A ticket's row; `item` is its first one, None for one written by hand; `copied` is how many sent the very same words.

    `rang`: the row of its alarm, None where none has rung.
    """
    is_open = row.status in OPEN
    part = TicketPart(
        number=row.number,
        status=row.status,
        status_name=STATUS.get(row.status, row.status),
        open=is_open,
        summary=line(row.summary),
        agency=names.agency(row.agency),
        place=_place(row),
        unsure_place=bool(row.place_ambiguous),
        deadline=_deadline(row, is_open, now),
        opened=words.short_time(row.opened_at),
        answered=words.short_time(row.first_response_at) if row.first_response_at else "",
        link=link(row.permalink),
        supporters=row.supporters,
        merged_into=row.merged_into or "",
        items=count,
        copied=copied,
        waiting=words.short_time(row.waiting_since) if row.waiting_since else "",
        alarm=_alarm(rang, is_open) if rang is not None else None,
    )
    said = _said(item, around, names) if item is not None else None
    return _entry(said, "pengaduan", row.category, row.urgency, row.account, names, part)


def item_entry(item: Any, around: Around, names: Names) -> Entry:
    """The row of an item without a ticket."""
    label = around.label
    kind = label.kind if label else item.v_kind or "lainnya"
    category = label.category if label else item.category or "lainnya"
    urgency = label.urgency if label else item.urgency or "biasa"
    return _entry(_said(item, around, names), kind, category, urgency, item.account, names, None)


def _entry(
    said: Said | None, kind: str, category: str, urgency: str, account: str, names: Names, ticket: TicketPart | None
) -> Entry:
    named = URGENCY_NAMES.get(urgency, urgency)
    return Entry(said, kind, category, names.category(category), urgency, named, account, ticket)


def _said(item: Any, around: Around, names: Names) -> Said:
    label = around.label
    marks = [word for word, true in _marks(item) if true]
    return Said(
        id=item.external_id,
        revision=item.revision,
        what=THINGS.get(item.kind, item.kind) if item.parent_id is None else "Balasan",
        text=shown(item.text),
        files=_files(item.attachments),
        author=_author(item),
        at=words.short_time(item.created_at),
        link=link(item.permalink),
        marks=tuple(marks),
        reason=line(item.reason),
        account=names.account(item.account),
        beside=tuple(_beside(around)),
        scores=_scores(item, around.why, names),
        label=f"{KINDS[label.kind]} · {names.category(label.category)} · {URGENCY_NAMES[label.urgency]} "
        f"(oleh {line(label.by, 60)})"
        if label
        else "",
    )


def _marks(item: Any) -> tuple[tuple[str, bool], ...]:
    gone = item.deleted and item.reason != FORGOTTEN
    return ("dihapus di Facebook", gone), ("disunting", item.edited), ("disembunyikan", item.hidden)


def _author(item: Any) -> str:
    return line(item.author_name, 80) or ("akun sendiri" if item.by_account else "penulis tidak terlihat")


def _beside(around: Around) -> list[Beside]:
    found = [("Kiriman", around.post)] if around.post is not None else []
    found += [("Komentar yang dibalas", around.parent)] if around.parent is not None else []
    found += [("Pesan sebelum atau sesudahnya", row) for row in around.talk]
    found += [("Tambahan dalam tiket ini", row) for row in around.more]
    return [
        Beside(what, _author(row), words.short_time(row.created_at), _text(row), bool(row.by_account))
        for what, row in found
    ]


def _text(row: Any) -> Shown:
    got = shown(row.text, CONTEXT)
    files = _files(row.attachments)
    return got if got.text or not files else Shown(f"[{files}]")


def _scores(item: Any, why: Deciding, names: Names) -> Scores | None:
    if item.v_kind is None:
        return None
    return Scores(
        kind=KINDS.get(item.v_kind, item.v_kind),
        complaint=words.percent(item.complaint_score),
        category=names.category(item.category),
        category_score=words.percent(item.category_score),
        urgency=URGENCY_NAMES.get(item.urgency, item.urgency),
        urgent=words.percent(item.urgent_score),
        model=item.model,
        why=why,
    )


def _files(attachments: Sequence[Mapping[str, Any]] | None) -> str:
    kinds = Counter(_file(str(a.get("type") or "")) for a in attachments or ())
    return ", ".join(f"{n} {kind}" for kind, n in kinds.items())


def _file(kind: str) -> str:
    return next((word for name, word in _FILES.items() if name in kind), "lampiran")


def _place(row: Any) -> str:
    said, known = line(row.place_text, 60), KABUPATEN.get((row.kabupaten or "")[:5], "")
    if said and known and said.lower() not in known.lower():
        return f"{said}, {known}"
    return known or said


def _deadline(row: Any, is_open: bool, now: datetime) -> Deadline | None:
    if row.answer_by is None:
        return None
    waiting = is_open and row.first_response_at is None
    late = waiting and row.answer_by < now
    rest = words.remaining(row.answer_by, now) if waiting else ""
    return Deadline(row.answer_by, words.short_time(row.answer_by), rest, waiting, late)


def _alarm(rang: Any, is_open: bool) -> Alarm | None:
    if rang.acked_at is not None:
        return Alarm(line(rang.acked_by, 60) or "petugas", words.short_time(rang.acked_at))
    return Alarm("", words.short_time(rang.at)) if is_open else None
