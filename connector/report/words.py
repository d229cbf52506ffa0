"""Numbers, dates and spans of time as Indonesians write them. Pure."""

from datetime import date, datetime, timedelta

from ..wita import MONTHS, SHORT_MONTHS, WITA

_DAYS = ("Senin", "Selasa", "Rabu", "Kamis", "Jumat", "Sabtu", "Minggu")


def number(value: int) -> str:
    """12345 as 12.345."""
    return f"{value:,}".replace(",", ".")


def percent(score: float) -> str:
    """A probability as whole per cent; never 0 % or 100 % of what is not quite so."""
    if 0 < score < 0.005:
        return "<1%"
    if 0.995 <= score < 1:
        return ">99%"
    return f"{score * 100:.0f}%"


def long_time(at: datetime) -> str:
    """Selasa, 24 November 2026 22.05 WITA."""
    local = at.astimezone(WITA)
    return f"{long_date(local.date())} {local:%H.%M} WITA"


def long_date(day: date) -> str:
    """Selasa, 24 November 2026."""
    return f"{_DAYS[day.weekday()]}, {day.day} {MONTHS[day.month - 1]} {day.year}"


def short_time(at: datetime | None) -> str:
    """24 Nov 2026 22.05, in WITA; a dash when there is none."""
    if at is None:
        return "–"
    local = at.astimezone(WITA)
    return f"{short_date(local.date())} {local:%H.%M}"


def short_date(day: date) -> str:
    """24 Nov 2026."""
    return f"{day.day} {SHORT_MONTHS[day.month - 1]} {day.year}"


def day_and_month(day: date) -> str:
    """24 Nov."""
    return f"{day.day} {SHORT_MONTHS[day.month - 1]}"


def long_month(day: date) -> str:
    """November 2026."""
    return f"{MONTHS[day.month - 1]} {day.year}"


def month(day: date) -> str:
    """Nov 2026."""
    return f"{SHORT_MONTHS[day.month - 1]} {day.year}"


def span(length: timedelta) -> str:
    """A length of time in its two largest units: 2 jam 5 menit."""
    minutes = int(length.total_seconds() // 60)
    if minutes < 1:
        return "kurang dari 1 menit"
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{number(days)} hari {hours} jam" if hours and days < 100 else f"{number(days)} hari"
    if hours:
        return f"{hours} jam {minutes} menit" if minutes else f"{hours} jam"
    return f"{minutes} menit"


def remaining(due: datetime, now: datetime) -> str:
    """How much time is left until `due`, or since when it is over."""
    return f"sisa {span(due - now)}" if due > now else f"terlambat {span(now - due)}"


def ago(at: datetime | None, now: datetime) -> str:
    """How long ago something was."""
    if at is None:
        return "belum pernah"
    return f"{span(now - at)} lalu" if now - at >= timedelta(minutes=1) else "baru saja"


def window(since: datetime | None, until: datetime | None) -> str:
    """The period that a report covers."""
    if since and until:
        return f"{long_time(since)} sampai {long_time(until)}"
    if since:
        return f"Sejak {long_time(since)}"
    if until:
        return f"Sampai {long_time(until)}"
    return "Seluruh isi penyimpanan"
