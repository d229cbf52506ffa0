"""What the operator is told of the accounts: one that is blocked, for answers too, one of which nothing is heard, a token
that will not do, a Graph version that is no more."""

from collections.abc import Callable
from concurrent.futures import Executor, Future
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from .errors import ConnectorError
from .graph.tokens import inspect
from .schedule import is_blind, is_retired
from .settings import AccountSettings, app_of, token_of
from .store import accounts, counters, pauses
from .store.counters import WITA
from .store.engine import reading, writing

if TYPE_CHECKING:
    from .wiring import Works

TOKENS_AT = 8
"""The hour, in WITA, from which tokens are looked at, once a day: when somebody is there to renew them."""
PASSING = ("unreachable", "throttled", "no_debug")
Tell = Callable[..., None]


class Watch:
    """Looks once a minute at what the store says of each account, once a day at each token. `tell` takes a key and lines."""

    def __init__(self, works: "Works", log: Any, tell: Tell) -> None:
        self.works, self.log, self.tell = works, log, tell
        self._running: Future[None] | None = None
        self._next: datetime | None = None

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
        local = now.astimezone(WITA)
        idle = self._running is None or self._running.done()
        rested = self._next is None or now >= self._next
        if idle and rested and local.hour >= TOKENS_AT and looked < local.toordinal():
            self._next = now + timedelta(hours=1)
            self._running = pool.submit(self._tokens, local.toordinal(), day)

    def _retired(self, served: str | None) -> None:
        """Once for each version that answers in place of the one asked for: all is read on, so no day is lost."""
        asked = self.works.settings.graph.version
        if is_retired(asked, served):
            todo = "Semua tetap dibaca. Tulis versi itu di graph.version, lalu mulai ulang; periksa: ntbcare check"
            self.tell(f"version/{asked}/{served}", f"Graph {asked} dipensiunkan: {served} yang menjawab", todo)

    def _tokens(self, today: int, day: str) -> None:
        for account in self.works.settings.accounts:
            if self.works.stop.is_set():
                return
            try:
                said = self._said(account)
            except ConnectorError as error:
                said = [str(error)]
            if said:
                self.tell(f"token/{account.key}/{day}", f"Token akun {account.key} perlu perhatian", *said)
                self.log.warning("; ".join(said), action="token_warning", account=account.key)
        with writing(self.works.engine) as connection:
            counters.set_value(connection, "tokens:looked", today)

    def _said(self, account: AccountSettings) -> list[str]:
        app_id, secret = app_of(self.works.settings.graph)
        with self.works.graph(account, token_of(account)) as graph:
            app_secret = secret.get_secret_value() if secret else None
            report = inspect(graph, app_id, app_secret, page_id=account.id, now=self.works.clock())
        return [problem.text for problem in report.problems if problem.code not in PASSING]
