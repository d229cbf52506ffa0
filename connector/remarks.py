"""What the daemon says of its accounts in the log, each thing once: dead tokens, retired Graph versions, blindness."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from .outages import Outage, span
from .schedule import is_blind, is_retired
from .settings import AccountSettings
from .store import accounts, outbox
from .store.accounts import AccountState, StreamState
from .store.engine import reading

if TYPE_CHECKING:
    from .ingest import Visit
    from .wiring import Works


@dataclass(slots=True)
class _Told:
    """What was said of an account and is said again only when it changes; of an outage, ever more seldom."""

    outage: Outage
    blind: bool = False
    blocked: str | None = None
    served: str | None = None


class Remarks:
    """`trouble` takes an action, a line and an account; `version` of Graph is the one asked."""

    def __init__(
        self,
        log: Any,
        trouble: Callable[[str, str, str], None],
        version: str,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._log, self._trouble, self._version = log, trouble, version
        self._told: dict[str, _Told] = defaultdict(lambda: _Told(Outage(clock)))

    def of_visit(self, account: AccountSettings, visit: "Visit") -> None:
        """What failed in a pass; that a token is dead, or another version answers, once; the same for long, ever more seldom."""
        key, told = account.key, self._told[account.key]
        known = visit.blocked == told.blocked if visit.blocked else visit.failed and told.outage.fails() is None
        for line in () if known else visit.failures:
            self._trouble("read_failed", line, key)
        if not visit.failed and (lasted := told.outage.works()) is not None:
            self._log.info(f"{key}: reads again after {span(lasted)}", action="reads_again", account=key)
        for line in visit.notes:
            self._log.info(line, action="pause", account=key)
        if told.blocked and not visit.blocked:
            self._log.info("unblocked", action="unblocked", account=key)
        told.blocked = visit.blocked
        if is_retired(self._version, visit.served) and visit.served != told.served:
            which = f"Graph {self._version} was asked, {visit.served} answered"
            self._trouble("version_retired", f"{key}: {which}: set graph.version to one still alive", key)
        told.served = visit.served or told.served

    def of_store(self, works: "Works", metrics: Any, now: datetime, started: datetime) -> None:
        """How the accounts fare, and what waits to be told, by the store: whoever of several daemons reads and delivers."""
        with reading(works.engine) as connection:
            states, held = accounts.account_states(connection), outbox.backlog(connection)
            streams = {a.key: accounts.streams_of(connection, a.account) for a in works.settings.accounts}
        for account in works.settings.accounts:
            if state := states.get(account.key):
                metrics.looked(
                    account.key,
                    blind=self._of_state(account, state, now, started),
                    blocked=state.blocked is not None or any(s.blocked for s in streams[account.key]),
                    retired=is_retired(self._version, state.served_version),
                    used=state.used_percent(now),
                    ok_at=_read_at(streams[account.key]),
                )
        metrics.held(held.values())

    def _of_state(self, account: AccountSettings, state: AccountState, now: datetime, started: datetime) -> bool:
        """Whether nothing is heard of an account, whoever reads it, since we look; said when it begins and when it ends."""
        key, told = account.key, self._told[account.key]
        heard = max(state.heard_at, started) if state.heard_at else None
        silent = is_blind(now, heard, account.every_seconds)
        blind = silent or is_blind(now, None, account.every_seconds, state.fails)
        if blind and not told.blind:
            since = f"since {state.heard_at:%Y-%m-%dT%H:%M:%SZ}" if state.heard_at else "yet"
            why = f"nothing has come from Graph {since}" if silent else f"{state.fails} passes in a row have failed"
            self._trouble("blind", f"{key}: {why}: it is blind", key)
        elif told.blind and not blind:
            self._log.info("sees again", action="sees_again", account=key)
        told.blind = blind
        return blind


def _read_at(streams: Iterable[StreamState]) -> datetime | None:
    """When the account was last read: its feed, or its messages where it reads nothing else."""
    read = {s.stream: s.ok_at for s in streams}
    feed = [at for stream, at in read.items() if stream != "messages"]
    return max((at for at in feed or read.values() if at), default=None)
