"""What the operator is told of the accounts: one that is blocked, for answers too, one of which nothing is heard, a token
that will not do, a Graph version that is no more."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .errors import ConnectorError
from .graph.tokens import Problem, inspect
from .renewal import mark_of
from .schedule import is_blind, is_retired
from .settings import AccountSettings, app_of, token_of
from .store import accounts, counters, pauses
from .store.engine import reading, writing
from .wita import WITA

if TYPE_CHECKING:
    from .wiring import Works

TOKENS_AT = 8
"""The hour, in WITA, from which tokens are looked at, once a day: when somebody is there to renew them."""
PASSING = ("unreachable", "throttled", "no_debug")
UNHEARD = ("unreachable", "throttled")
LATER = timedelta(hours=1)
Tell = Callable[..., None]


class Watch:
    """Looks once a minute at what the store says of each account; once a day at each token, and at one that is new at once:
    through one that is not the Page's own all looks calm. `tell` takes a key and lines.
    """

    def __init__(self, works: "Works", log: Any, tell: Tell) -> None:
        self.works, self.log, self.tell = works, log, tell
        self._running: Future[None] | None = None
        self._next: datetime | None = None
        self._tried: dict[str, str | None] = {}
        self._known: dict[str, str | None] = {}

    def look(self, pool: Executor, now: datetime) -> None:
        """Tells what is wrong, once a day for each, or once; asks Graph about tokens in the pool."""
        with reading(self.works.engine) as connection:
            states = accounts.account_states(connection)
            resting = pauses.pauses(connection)
            refused = {a.key: accounts.refused(connection, a.account) for a in self.works.settings.accounts}
            looked = counters.value_of(connection, "tokens:looked")
        day = f"{now.astimezone(WITA):%Y-%m-%d}"
        for account in self.works.settings.accounts:
            state, rest = states.get(account.key), resting.get(account.key)
            if account.answers == "on" and rest is not None and rest.lasts_until is None:
                again = f"Setelah beres: ntbcare replies resume --account {account.key}"
                self.tell(f"answers/{account.key}/{day}", f"Jawaban akun {account.key} terhenti", rest.reason, again)
            if state is None:
                continue
            self._retired(state.served_version)
            if state.blocked:
                lines = (f"Akun {account.key} tidak terbaca: perlu tindakan", state.blocked)
                self.tell(f"blocked/{account.key}/{day}", *lines)
                continue
            if streams := refused[account.key]:
                names = ", ".join(s.stream for s in streams)
                lines = (f"Akun {account.key}: {names} tidak terbaca: perlu tindakan", streams[0].blocked or "")
                self.tell(f"refused/{account.key}/{day}", *lines)
            if is_blind(now, state.heard_at, account.every_seconds, state.fails):
                silent = is_blind(now, state.heard_at, account.every_seconds)
                what = "tidak ada kabar dari Facebook" if silent else "tidak terbaca dengan utuh"
                last = state.heard_at if silent else state.ok_at
                since = f"Sejak {last.astimezone(WITA):%d-%m %H.%M} WITA. " if last else ""
                self.tell(f"blind/{account.key}/{day}", f"Akun {account.key}: {what}", f"{since}Periksa: ntbcare check")
        self._look_at_tokens(pool, now, looked, states)

    def look_aside(self, pool: Executor, now: datetime) -> None:
        """At new tokens only, in a process that leaves telling to another: each has its own tokens, and reads with them."""
        with reading(self.works.engine) as connection:
            states = accounts.account_states(connection)
        self._look_at_tokens(pool, now, now.astimezone(WITA).toordinal(), states)

    def _look_at_tokens(
        self, pool: Executor, now: datetime, looked: int, states: Mapping[str, accounts.AccountState]
    ) -> None:
        """At all of them in the morning, else at those that are new; of which nothing was heard, at most once an hour."""
        alone = {k for k, s in states.items() if s.blocked or (s.paused_until and s.paused_until > now)}
        if self._running is not None and not self._running.done():
            return
        local, every = now.astimezone(WITA), self.works.settings.accounts
        rested = self._next is None or not now < self._next <= now + LATER
        daily = rested and local.hour >= TOKENS_AT and looked != local.toordinal()
        asked = [a for a in every if daily or (a.key not in alone and self._is_new(a, rested))]
        if asked:
            self._next = now + LATER
            self._running = pool.submit(self._tokens, asked, local, daily)

    def _is_new(self, account: AccountSettings, rested: bool) -> bool:
        mark = mark_of(account)
        return mark != self._tried.get(account.key) or (rested and mark != self._known.get(account.key))

    def _retired(self, served: str | None) -> None:
        """Once for each version that answers in place of the one asked for: all is read on, so no day is lost."""
        asked = self.works.settings.graph.version
        if is_retired(asked, served):
            todo = "Semua tetap dibaca. Tulis versi itu di graph.version, lalu mulai ulang; periksa: ntbcare check"
            self.tell(f"version/{asked}/{served}", f"Graph {asked} dipensiunkan: {served} yang menjawab", todo)

    def _tokens(self, asked: Sequence[AccountSettings], local: datetime, daily: bool) -> None:
        """Tells of a new one only what keeps the account from being read; what ends in some days waits for the morning."""
        for account in asked:
            if self.works.stop.is_set():
                return
            mark = self._tried[account.key] = mark_of(account)
            try:
                found = self._found(account)
                said = [p.text for p in found if p.code not in PASSING and (daily or p.fatal)]
            except ConnectorError as error:
                found, said = (), [str(error)] if daily else []
            if not any(problem.code in UNHEARD for problem in found):
                self._known[account.key] = mark
            if said:
                self.tell(
                    f"token/{account.key}/{local:%Y-%m-%d}/{mark}", f"Token akun {account.key} perlu perhatian", *said
                )
                self.log.warning("; ".join(said), action="token_warning", account=account.key)
        if daily:
            with writing(self.works.engine) as connection:
                counters.set_value(connection, "tokens:looked", local.toordinal())

    def _found(self, account: AccountSettings) -> Sequence[Problem]:
        app_id, secret = app_of(self.works.settings.graph)
        with self.works.graph(account, token_of(account)) as graph:
            app_secret = secret.get_secret_value() if secret else None
            return inspect(graph, app_id, app_secret, page_id=account.id, now=self.works.clock()).problems
