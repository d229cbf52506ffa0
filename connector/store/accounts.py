"""`accounts` and `streams`: when each is due, and how it fares. All daemons read and write the same rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Update, bindparam, or_, select, update

from ..errors import SettingsError
from ..records import Account
from .schema import accounts, raw_items, streams
from .statements import insert_new, upsert

USAGE_HOLDS = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class AccountState:
    """How an account fares; all times are aware."""

    key: str
    name: str
    due_at: datetime | None
    fails: int
    paused_until: datetime | None
    blocked: str | None
    tried_at: datetime | None
    ok_at: datetime | None
    swept_at: datetime | None
    authors_shown: bool
    quirks: Mapping[str, Any] | None
    heard_at: datetime | None
    used: Mapping[str, int] | None
    used_at: datetime | None
    served_version: str | None

    def used_percent(self, now: datetime, *, but: str = "") -> int:
        """The fullest of its call budgets, `but` one, in percent, as told within the last hour; 0 when nothing was told."""
        return max((n for kind, n in self.budgets(now).items() if kind != but), default=0)

    def budgets(self, now: datetime) -> Mapping[str, int]:
        """Percent used of each call budget, as far as told within the last hour."""
        fresh = self.used_at is not None and abs(now - self.used_at) < USAGE_HOLDS
        return dict(self.used or {}) if fresh else {}


@dataclass(frozen=True, slots=True)
class StreamState:
    """How one stream of an account fares."""

    account: str
    stream: str
    landed: int
    ok_at: datetime | None
    blocked: str | None
    error: str | None
    error_at: datetime | None
    paused_until: datetime | None

    @property
    def troubled(self) -> bool:
        """Whether it was not read when last tried. Single posts or conversations that failed do not count."""
        failed = self.error is not None and self.error_at is not None
        return bool(self.blocked) or (failed and (self.ok_at is None or self.error_at > self.ok_at))  # type: ignore[operator]


_STATES = select(*(accounts.c[name] for name in AccountState.__slots__)).order_by(accounts.c.key)
_its_stream = (streams.c.account == bindparam("of"), streams.c.stream == bindparam("its"))
_SHOWN = select(accounts.c.authors_shown).where(accounts.c.key == bindparam("of"))
_KNOWN = select(accounts.c.key, accounts.c.external_id, accounts.c.name)
_ANY_READ = select(raw_items.c.id).where(raw_items.c.account == bindparam("of")).limit(1)
_COUNT = update(streams).where(*_its_stream).values(landed=streams.c.landed + bindparam("more"))
_stream = [streams.c[name] for name in StreamState.__slots__]


def registered(connection: Connection, configured: Sequence[Account]) -> bool:
    """Whether all stands there as it is configured: then there is nothing to write, and no writer to be waited for."""
    known = {(a.key, a.external_id, a.name) for a in connection.execute(_KNOWN)}
    read = {(state.account, state.stream) for state in stream_states(connection)}
    return all((a.key, a.id, a.name) in known and read.issuperset((a.key, s) for s in a.streams) for a in configured)


def register(connection: Connection, configured: Sequence[Account], now: datetime | None = None) -> None:
    """Makes rows for the configured accounts and streams; rows of retired accounts stay, as history.

    From `now` on a new account should be heard of. Raises SettingsError like `same_page`.
    """
    rows = [{"key": a.key, "platform": a.platform, "external_id": a.id, "name": a.name} for a in configured]
    insert_new(connection, accounts, [row | {"heard_at": now} for row in rows])
    for account in configured:
        same_page(connection, account)
        set_account(connection, account.key, external_id=account.id, name=account.name)
    insert_new(connection, streams, [{"account": a.key, "stream": s} for a in configured for s in a.streams])


def same_page(connection: Connection, account: Account) -> None:
    """Raises SettingsError when another Page was read under this key.

    Of what that one showed the new Page's token says that it is not there: all of it would be taken for deleted.
    """
    before = external_ids(connection).get(account.key, account.id)
    if before != account.id and connection.scalar(_ANY_READ, {"of": account.key}) is not None:
        raise SettingsError(
            f"accounts: what Page {before} showed is stored under the key {account.key!r}, found id {account.id!r}; "
            "expected that id, or a key of its own for another Page"
        )


def account_states(connection: Connection) -> dict[str, AccountState]:
    """Every account ever configured, by key."""
    return {row.key: AccountState(*row) for row in connection.execute(_STATES)}


def stream_states(connection: Connection) -> list[StreamState]:
    """Every stream ever read, by account."""
    query = select(*_stream).order_by(streams.c.account, streams.c.stream)
    return [StreamState(*row) for row in connection.execute(query)]


def refused(connection: Connection, account: Account) -> list[StreamState]:
    """The account's streams for which Graph says that a permission is missing: a person has to act."""
    return [state for state in streams_of(connection, account) if state.blocked]


def paused(connection: Connection, account: Account, now: datetime) -> list[StreamState]:
    """The account's streams that Graph asked to leave alone for now."""
    mine = streams_of(connection, account)
    return [state for state in mine if not state.blocked and state.paused_until and state.paused_until > now]


def streams_of(connection: Connection, account: Account) -> list[StreamState]:
    """The streams that the account reads by now, as far as they are known."""
    return [s for s in stream_states(connection) if s.account == account.key and s.stream in account.streams]


def set_account(connection: Connection, key: str, **values: Any) -> None:
    """Sets columns of one account's row."""
    given = {f"new_{name}": value for name, value in values.items()}
    connection.execute(_set(tuple(values)), {"of": key, **given})


def pause_all(connection: Connection, until: datetime) -> None:
    """Leaves every account alone until then: they are all read through one app, whose own limit is reached."""
    c = accounts.c
    connection.execute(
        update(accounts).where(or_(c.paused_until.is_(None), c.paused_until < until)).values(paused_until=until)
    )


def shows_authors(connection: Connection, key: str) -> None:
    """Notes, once, that Graph tells of this account who wrote: whoever reads the account may hold its row for long."""
    if not connection.scalar(_SHOWN, {"of": key}):
        set_account(connection, key, authors_shown=True)


@lru_cache
def _set(names: tuple[str, ...]) -> Update:
    return update(accounts).where(accounts.c.key == bindparam("of")).values({n: bindparam(f"new_{n}") for n in names})


def set_stream(connection: Connection, account: str, stream: str, **values: Any) -> None:
    """Sets columns of one stream's row, making it if needed."""
    upsert(connection, streams, [{"account": account, "stream": stream, **values}], tuple(values))


def count_items(connection: Connection, account: str, by_stream: Mapping[str, int]) -> None:
    """Adds to the number of items landed in each stream."""
    for stream, count in by_stream.items():
        connection.execute(_COUNT, {"of": account, "its": stream, "more": count})


def external_ids(connection: Connection) -> dict[str, str]:
    """The platform's id of every account ever configured, by key."""
    return {row.key: row.external_id for row in connection.execute(select(accounts.c.key, accounts.c.external_id))}
