"""`contacts`: the duta network, people in the villages who agreed to be told. Their data are personal: removing erases."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, or_, select, update

from .raw import ResultRow
from .schema import contacts, lanes

LANE = "contact:"


def put(connection: Connection, row: Mapping[str, Any], now: datetime) -> bool:
    """Adds a contact, or brings the one with this channel and area up to date; True when new."""
    c = contacts.c
    same = (c.channel == row["channel"], c.area == row["area"])
    if connection.execute(update(contacts).where(*same).values(**row)).rowcount:
        return False
    if connection.scalar(select(c.id).where(*same)) is not None:  # MariaDB counts only rows that changed
        return False
    connection.execute(insert(contacts).values(**row, added_at=now))
    return True


def namesakes(connection: Connection, row: Mapping[str, Any]) -> list[int]:
    """The contacts of the same name and area that have another channel."""
    c = contacts.c
    same = (c.name == row["name"], c.area == row["area"], c.channel != row["channel"])
    return list(connection.scalars(select(c.id).where(*same).order_by(c.id)))


def every(connection: Connection) -> list[ResultRow]:
    """All contacts by area."""
    return list(connection.execute(select(contacts).order_by(contacts.c.area, contacts.c.id)))


def get(connection: Connection, contact_id: int) -> ResultRow | None:
    """One contact."""
    return connection.execute(select(contacts).where(contacts.c.id == contact_id)).first()


def remove(connection: Connection, contact_ids: Sequence[int]) -> int:
    """Erases contacts with whatever waits for them; returns how many there were."""
    connection.execute(delete(lanes).where(lanes.c.lane.in_([f"{LANE}{n}" for n in contact_ids])))
    return connection.execute(delete(contacts).where(contacts.c.id.in_(contact_ids))).rowcount


def near(connection: Connection, kabupaten: str | None, kecamatan: str | None, desa: str | None) -> list[int]:
    """The contacts to tell of a place: of its desa and kecamatan, or all of the kecamatan when the desa is not known.

    Of a place known only as a kabupaten, those registered for the whole kabupaten.
    """
    c = contacts.c
    codes = [code for code in (kabupaten, kecamatan, desa) if code]
    if not codes:
        return []
    below = f"{kecamatan}." if kecamatan and not desa else "-"
    wanted = or_(c.area.in_(codes), c.area.startswith(below, autoescape=True))
    return list(connection.scalars(select(c.id).where(wanted).order_by(c.id)))
