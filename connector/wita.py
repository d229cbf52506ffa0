"""The time of Nusa Tenggara Barat (UTC+8, without summer time) and the months in Bahasa Indonesia. Pure."""

from datetime import datetime, timedelta, timezone

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
