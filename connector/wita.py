"""The time of Nusa Tenggara Barat (UTC+8, without summer time) and the months in Bahasa Indonesia. Pure."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

WITA = timezone(timedelta(hours=8))
MONTHS = (
    "Januari", "Februari", "Maret", "April", "Mei", "Juni",
    "Juli", "Agustus", "September", "Oktober", "November", "Desember",
)  # fmt: skip
SHORT_MONTHS = ("Jan", "Feb", "Mar", "Apr", "Mei", "Jun", "Jul", "Agu", "Sep", "Okt", "Nov", "Des")


def clock(at: datetime) -> str:
    """24 Nov 09.14, in WITA."""
    local = at.astimezone(WITA)
    return f"{local.day} {SHORT_MONTHS[local.month - 1]} {local:%H.%M}"


def handed_in(value: Any) -> datetime | None:
    """A time in a file that an office hands in, in UTC: without a zone it is by the clock on their wall.

    None for anything else, and for years that no clock shows.
    """
    try:
        at = datetime.fromisoformat(value)
        at = (at.replace(tzinfo=WITA) if at.tzinfo is None else at).astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        return None
    return at if 1970 <= at.year <= 2200 else None
