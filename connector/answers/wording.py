"""The words of an answer: templates with placeholders, checked when they are loaded, filled in when they are needed. Pure."""

import re
import string
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args

from ..wita import MONTHS, WITA

Kind = Literal["received", "received_urgent", "supported", "ditindaklanjuti", "tuntas", "ditolak"]
Language = Literal["id", "sasak", "samawa", "mbojo"]
KINDS: tuple[Kind, ...] = get_args(Kind)
LANGUAGES: tuple[Language, ...] = get_args(Language)
PARTS = ("ask_place", "ask_photo", "ask_both", "note")
"""Sentences that stand in an answer only when there is reason: what is missing, and what the office said."""
PLACEHOLDERS = ("nomor", "instansi", "kategori", "tenggat", "waktu", "akun", "permintaan", "keterangan", "arahan")
LONGEST = 1900
"""Messenger takes 2000 characters of text (Send API); a comment takes more."""
_LONGEST_TEMPLATE = 1200
_LONGEST_REASON = 300


@dataclass(frozen=True, slots=True)
class Wording:
    """The templates of one language; `reviewed` says that a speaker of it has read them."""

    texts: Mapping[str, str]
    reviewed: bool = True


@dataclass(frozen=True, slots=True)
class Case:
    """What an answer tells: of the ticket, of the office's reason, and what is missing. All of it may be shown in public.

    `outside`: whom to turn to besides, when the agency is not the government's.
    """

    number: str
    agency: str
    category: str
    account: str
    answer_by: datetime | None
    at: datetime
    reason: str = ""
    wants_place: bool = False
    wants_photo: bool = False
    outside: str = ""


def faults(key: str, template: str) -> list[str]:
    """What is wrong with a template, in plain English; nothing when it can be used."""
    known = ("alasan",) if key == "note" else () if key in PARTS else PLACEHOLDERS
    try:
        fields = [(name, spec, conversion) for _, name, spec, conversion in string.Formatter().parse(template)]
    except ValueError as error:
        return [f"braces that do not match ({error}); a brace of the text itself is written twice"]
    used = [name for name, _, _ in fields if name is not None]
    found = [f"unknown placeholder {{{name}}}; expected {_listed(known)}" for name in used if name not in known]
    found += [
        f"{{{name}}} takes no format" for name, spec, conversion in fields if name is not None and (spec or conversion)
    ]
    if key in KINDS and "nomor" not in used:
        found.append("{nomor} is missing: without the ticket's number nobody can ask about it")
    if key == "note" and "alasan" not in used:
        found.append("{alasan} is missing: it is what the office said")
    if not template.strip():
        found.append("is empty")
    if len(template) > _LONGEST_TEMPLATE:
        found.append(f"has {len(template)} characters; at most {_LONGEST_TEMPLATE}")
    return found


def _listed(names: tuple[str, ...]) -> str:
    return "one of " + ", ".join(f"{{{name}}}" for name in names) if names else "none here"


def say(kind: Kind, case: Case, texts: Mapping[str, str]) -> str:
    """The answer in words: one paragraph a line, without control characters, at most LONGEST characters."""
    reason = _cut(one_line(case.reason), _LONGEST_REASON).rstrip(" .,;")
    outside = one_line(case.outside).rstrip(" .")
    values = {
        "nomor": case.number,
        "instansi": one_line(case.agency),
        "kategori": one_line(case.category),
        "tenggat": moment(case.answer_by) if case.answer_by else "secepatnya",
        "waktu": moment(case.at),
        "akun": one_line(case.account),
        "permintaan": _request(case, texts),
        "keterangan": texts["note"].format(alasan=reason) if reason else "",
        "arahan": f"{outside[0].upper()}{outside[1:]}." if outside else "",
    }
    lines = [" ".join(line.split()) for line in texts[kind].format(**values).splitlines()]
    return _cut(re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip(), LONGEST)


def _request(case: Case, texts: Mapping[str, str]) -> str:
    match case.wants_place, case.wants_photo:
        case True, True:
            return texts["ask_both"]
        case True, False:
            return texts["ask_place"]
        case False, True:
            return texts["ask_photo"]
    return ""


def moment(at: datetime) -> str:
    """24 November 2026 pukul 22.05 WITA."""
    local = at.astimezone(WITA)
    return f"{local.day} {MONTHS[local.month - 1]} {local.year} pukul {local:%H.%M} WITA"


def one_line(text: str) -> str:
    """Text in one line, without control, formatting or surrogate characters."""
    return " ".join("".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text[:4000]).split())


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"
