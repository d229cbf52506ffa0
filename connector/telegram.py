"""Answers from phones: Telegram's getUpdates is read while an alarm waits; only chats that we know may acknowledge."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit

from sqlalchemy.exc import SQLAlchemyError

from .alarm_texts import plain, taken, which
from .alarms import answered
from .contactbook import address_of
from .errors import SettingsError
from .notify import target
from .store import alarms, contacts, counters
from .store.engine import reading, writing

if TYPE_CHECKING:
    from .wiring import Works

EVERY, LATER = timedelta(seconds=2), timedelta(seconds=20)
YOUNG = timedelta(hours=1)
AFTER_FAILURE = timedelta(seconds=30)
RENEWED = timedelta(seconds=60)
WITHIN = timedelta(hours=48)
"""Alarms that nobody answered for so long are no longer listened for."""
SEQUENTIAL = timedelta(days=6)
"""Ids of updates rise one by one; after a week without any, Telegram goes on with some other number, perhaps a lower one.

Then what it keeps, of a day at most, is read from its beginning."""
MOST = 1 << 20
SKEW = timedelta(seconds=30)
Chats = Mapping[str, Sequence[str]]
"""The lanes of each chat."""


class Answers:
    """Reads back what was answered. `confirm` puts a note into the outbox: lane, key, text."""

    def __init__(self, works: "Works", log: Any, confirm: Callable[[str, str, str], None]) -> None:
        self.works, self.log, self.confirm = works, log, confirm
        self._bots: dict[str, dict[str, list[str]]] = {}
        self._renewed: datetime | None = None
        self._next: datetime | None = None
        self._running: Future[None] | None = None

    def look(self, pool: Executor, now: datetime) -> None:
        """Reads in the pool when it is time and an alarm waits for somebody."""
        busy = self._running is not None and not self._running.done()
        if not self.works.settings.alarms.telegram_url or busy or (self._next is not None and now < self._next):
            return
        with reading(self.works.engine) as connection:
            self._next = now + (EVERY if alarms.any_waiting(connection, now - YOUNG) else LATER)
            if not alarms.any_waiting(connection, now - WITHIN):
                self._next = now + EVERY
                return
            if self._renewed is None or now - self._renewed > RENEWED:
                self._bots, self._renewed = self._known(connection), now
        if self._bots:
            self._running = pool.submit(self._read_all, now)

    def _known(self, connection: Any) -> dict[str, dict[str, list[str]]]:
        """Each bot's token with the chats it may hear and the lanes of each."""
        lanes = [(reference, reference) for reference in self.works.contacts.references()]
        lanes += [(person.channel, f"{contacts.LANE}{person.id}") for person in contacts.every(connection)]
        bots: dict[str, dict[str, list[str]]] = {}
        for reference, lane in lanes:
            try:
                made = target(address_of(self.works.contacts, reference).get_secret_value())
            except SettingsError:
                continue  # `check` and the lane itself tell of it
            token = getattr(made, "bot_token", None)
            if type(made).__name__ == "NotifyTelegram" and token:
                for chat, _topic in made.targets:
                    bots.setdefault(str(token), {}).setdefault(str(chat), []).append(lane)
        return bots

    def _read_all(self, now: datetime) -> None:
        for token, chats in self._bots.items():
            name = f"telegram:{hashlib.sha256(token.encode()).hexdigest()[:16]}"
            try:
                with reading(self.works.engine) as connection:
                    offset = counters.value_of(connection, name, now - SEQUENTIAL)
                updates = fetch(self.works.settings.alarms.telegram_url, token, offset)
                self._take(name, chats, updates, now)
            except (OSError, HTTPException, ValueError) as error:
                text = plain(str(error).replace(token, "***"), 200)
                self.log.warning(f"answers in Telegram cannot be read: {text}", action="answers_unread")
                self._next = now + AFTER_FAILURE
            except SQLAlchemyError as error:
                self.works.outage.fails(self.log, error)

    def _take(self, name: str, chats: Chats, updates: list[Any], now: datetime) -> None:
        """Acknowledges in one transaction with the position, so that no answer is lost or counted twice."""
        notes = []
        with writing(self.works.engine) as connection:
            last = before = counters.value_of(connection, name, now - SEQUENTIAL)
            for update in updates:
                number = update.get("update_id") if isinstance(update, dict) else None
                if not isinstance(number, int) or number < last:
                    continue
                last = number + 1
                notes += self._heard(connection, chats, update.get("message"), number)
            if last > before:
                counters.set_value(connection, name, last, now)
        for lane, key, text in notes:
            self.confirm(lane, key, text)

    def _heard(self, connection: Any, chats: Chats, message: Any, update: int) -> list[tuple[str, str, str]]:
        words, quoted, chat, who, at = read(message)
        mine = chats.get(chat)
        if not mine or not words:
            return []
        waiting, lane = alarms.waiting(connection, mine, at + SKEW), mine[0]
        number, ask = answered(words, quoted, waiting)
        if number in waiting.values():
            alarms.acknowledge(connection, str(number), f"{who} (Telegram)", "telegram", self.works.clock())
            self.log.info("acknowledged", action="acknowledged", ticket=number, how="telegram")
            return [(lane, f"note/{number}/{update}", taken(str(number), who))]
        if (ask or number) and waiting:
            return [(lane, f"note/{update}", which(set(waiting.values())))]
        return []


def read(message: Any) -> tuple[str, str, str, str, datetime]:
    """Words, quoted words, chat, sender's name and time of a Telegram message; empty where it is not as documented."""
    message = message if isinstance(message, dict) else {}

    def within(name: str) -> dict[str, Any]:
        value = message.get(name)
        return value if isinstance(value, dict) else {}

    def words(value: Any) -> str:
        return value if isinstance(value, str) else ""

    at = message.get("date")
    good = isinstance(at, int) and 0 < at < 1 << 40
    who = plain(words(within("from").get("first_name")) or "?", 40)
    chat = str(within("chat").get("id", ""))
    when = datetime.fromtimestamp(at if good and isinstance(at, int) else 0, UTC)
    return words(message.get("text")), words(within("reply_to_message").get("text")), chat, who, when


def fetch(base: str, token: str, offset: int) -> list[Any]:
    """What was said to a bot since `offset`. Raises OSError, HTTPException, ValueError; follows no redirect."""
    parts = urlsplit(base)
    kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=5)
    asked = urlencode({"offset": offset, "timeout": 0, "limit": 100, "allowed_updates": '["message"]'})
    try:
        connection.request("GET", f"{parts.path}/bot{token}/getUpdates?{asked}")
        answer = connection.getresponse()
        body = answer.read(MOST + 1)
    finally:
        connection.close()
    if answer.status != 200 or len(body) > MOST:
        raise ValueError(f"HTTP {answer.status}, {len(body)} bytes")
    found = json.loads(body)
    result = found.get("result") if isinstance(found, dict) else None
    if not isinstance(result, list):
        raise ValueError("expected a list of updates")
    return result
