"""What alarms, digests and notes say, in Bahasa Indonesia: short, place first, personal numbers masked. Pure."""

import unicodedata
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from .masking import mask
from .wita import clock

READ = 4000
"""So many characters of a text are looked at, however long it is."""
SHOWN, PLACE, LISTED = 400, 80, 10
LESSON = (
    "Bila warga melapor, ajak mereka menulis di NTB Care: sebutkan tempatnya (desa, dusun, jalan atau patokan), sertakan "
    "foto, dan ceritakan apa yang terjadi serta sejak kapan. Jangan menulis NIK, nomor telepon atau nama orang lain. "
    "Bila nyawa terancam, hubungi 112 lebih dahulu."
)
"""The standard text for duta: what makes a report useful."""


@dataclass(frozen=True, slots=True)
class Message:
    """What goes out on a channel."""

    title: str
    body: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a ticket when it is told of. `text` is the citizen's, as he wrote it."""

    number: str
    urgency: str
    status: str
    category: str
    place: str
    text: str
    permalink: str | None
    opened_at: datetime
    answer_by: datetime | None
    acked_by: str | None = None


def plain(text: str, size: int) -> str:
    """One line of at most `size` characters without control, format or unassigned characters, personal numbers masked."""
    return _cut(mask(_line(text)), size)


def _line(text: str) -> str:
    shown = "".join(c if c == " " or unicodedata.category(c)[0] not in "CZ" else " " for c in text[:READ])
    return " ".join(shown.split())


def _cut(line: str, size: int) -> str:
    return line if len(line) <= size else line[: size - 1].rstrip() + "…"


def alarm(facts: Facts, key: str, link: str | None, *, answers: bool) -> Message:
    """The alarm for a ticket. `key` is the same in every repetition; `link` acknowledges; `answers`: the chat is read."""
    place = plain(facts.place, PLACE) or "Tempat belum diketahui"
    lines = [plain(facts.text, SHOWN), ""]
    due = f", jawab sebelum {clock(facts.answer_by)}" if facts.answer_by else ""
    lines.append(f"Tiket {facts.number}, masuk {clock(facts.opened_at)}{due} WITA")
    if facts.urgency != "mendesak" or facts.status != "diterima":
        lines.append(f"Kini: {facts.urgency}, {facts.status}")
    if facts.permalink and _facebook(facts.permalink):
        lines.append(facts.permalink)
    if facts.acked_by:
        lines.append(f"Sudah diterima oleh {plain(facts.acked_by, 60)}")
    else:
        lines += [f"Saya tangani: {link}"] if link else []
        lines += [f"Atau balas: ok {facts.number}" if link else f"Balas: ok {facts.number}"] if answers else []
    lines.append(f"Ref {key}")
    return Message(f"{place}: MENDESAK, {plain(facts.category, 60)}", "\n".join(lines))


def _facebook(address: str) -> bool:
    host = urlsplit(address).hostname or ""
    return address.startswith("https://") and address.isascii() and ("." + host).endswith(".facebook.com")


def digest(area: str, open_ones: Sequence[Facts], total: int, now: datetime) -> Message:
    """The week's open complaints of an area: what, where, since when; nobody's name and nobody's words. And the lesson."""
    left = f"{total} pengaduan masih terbuka" if total else "tidak ada pengaduan yang terbuka"
    title = f"{plain(area, PLACE)}: {left}"
    lines = [
        f"- {plain(f.category, 60)}, {plain(f.place, PLACE) or 'tempat belum diketahui'}: {f.status}, "
        f"{_age(now - f.opened_at)} ({f.number})"
        for f in open_ones[:LISTED]
    ]
    if total > len(lines):
        lines.append(f"dan {total - len(lines)} lainnya")
    return Message(title, "\n".join([*lines, "", LESSON]).lstrip())


def _age(span: timedelta) -> str:
    return f"{span.days} hari" if span.days else "hari ini"


def note(text: str) -> Message:
    """A short note to a chat or to the operator, in our own words; of several lines the first is its title."""
    title, _, body = text.partition("\n")
    lines = [_cut(_line(line), 600) for line in (body or title).split("\n")[:20]]
    return Message(_cut(_line(title), 120) if body else "", "\n".join(lines))


def taken(number: str, who: str) -> str:
    """Confirms an acknowledgement."""
    return f"{number} tercatat: diterima oleh {plain(who, 60)}"


def which(waiting: Iterable[str]) -> str:
    """Asks which ticket is meant."""
    numbers = sorted(waiting)
    if not numbers:
        return "Tidak ada alarm yang menunggu jawaban di percakapan ini."
    return "Tiket yang mana? Balas dengan nomornya, misalnya: ok " + ", ok ".join(numbers[:5])
