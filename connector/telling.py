"""How the daemon tells of itself: JSON logs without secrets, Prometheus metrics on loopback, systemd's notify socket."""

import logging
import os
import re
import socket
import sys
from collections.abc import Collection, Iterable, MutableMapping
from datetime import datetime
from typing import Any, Literal

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, start_http_server

_SECRET = re.compile(r"(access_token=|appsecret_proof=|Bearer\s+)[^\s&\"']+|\bEAA[A-Za-z0-9]{8,}\b")


class Redaction:
    """The last step before a line is written: no token in any form, no line breaks, no control characters."""

    def __init__(self, secrets: Iterable[str]) -> None:
        self._secrets = tuple(secret for secret in secrets if len(secret) >= 6)

    def clean(self, value: Any) -> Any:
        """The same value with secrets struck out, at any depth."""
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, "***")
            return _SECRET.sub(lambda m: f"{m.group(1) or ''}***", value)
        if isinstance(value, dict):
            return {k: self.clean(v) for k, v in value.items()}
        if isinstance(value, list | tuple):
            return [self.clean(v) for v in value]
        return value

    def __call__(self, _logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        return {k: self.clean(v) for k, v in event.items()}


def _library(_logger: Any, _name: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Lines of libraries have an action too, so that every line can be sorted by it."""
    event.setdefault("action", "library")
    return event


def start_logging(style: Literal["json", "console"], secrets: Iterable[str], stream: Any = None) -> Any:
    """Sends all logging of the process through structlog, redacted last; returns the daemon's logger."""
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=True)
    if style == "console":
        renderer = structlog.dev.ConsoleRenderer(colors=False)
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    final = [structlog.stdlib.ProcessorFormatter.remove_processors_meta, Redaction(secrets), renderer]
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=[*shared, _library], processors=final))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("urllib3", "alembic", "sqlalchemy"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
    logging.getLogger("apprise").propagate = False  # its lines may hold addresses; what they say is told as an error
    logging.getLogger("apscheduler").setLevel(logging.ERROR)  # a read that outlasts its second is no event
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    return structlog.get_logger("ntbcare")


class Metrics:
    """What Prometheus may scrape: counters of this process; gauges by the store, the same in all daemons that share it."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        one, both = ["account"], ["account", "outcome"]
        self.passes = Counter("ntbcare_passes", "Passes over an account", both, registry=self.registry)
        self.items = Counter("ntbcare_items", "Items landed", ["account", "state"], registry=self.registry)
        self.ok_at = Gauge(
            "ntbcare_last_success_seconds",
            "Unix time of the last pass that read the account",
            one,
            registry=self.registry,
        )
        self.blind = Gauge(
            "ntbcare_blind",
            "1 while nothing usable has come from Graph for three intervals",
            one,
            registry=self.registry,
        )
        self.retired = Gauge(
            "ntbcare_graph_version_retired", "1 while another Graph version answers", one, registry=self.registry
        )
        self.blocked = Gauge("ntbcare_blocked", "1 while a person must act", one, registry=self.registry)
        self.calls = Counter("ntbcare_graph_calls", "Calls to Graph", ["account", "error"], registry=self.registry)
        self.usage = Gauge("ntbcare_graph_usage_percent", "Graph's own usage header", one, registry=self.registry)
        self.ledger = Gauge(
            "ntbcare_ledger",
            "Comments and messages: counted by Graph, stored, gone, hidden, older, unexplained",
            ["account", "stream", "part"],
            registry=self.registry,
        )
        self.unread = Gauge(
            "ntbcare_unread",
            "Posts and conversations that wait to be read, or failed when last tried",
            ["account", "stream", "state"],
            registry=self.registry,
        )
        self.answers = Counter("ntbcare_answers", "Answers to citizens", both, registry=self.registry)
        self.decisions = Counter("ntbcare_decisions", "Items processed", ["decision"], registry=self.registry)
        self.letters = Counter("ntbcare_letters", "Letters tried", ["kind", "outcome"], registry=self.registry)
        self.handover = Histogram(
            "ntbcare_alarm_handover_seconds",
            "From a ticket's transaction to the channel's acceptance",
            buckets=(0.05, 0.1, 0.25, 0.5, 1, 2.5, 10, 60, 600, 3600),
            registry=self.registry,
        )
        self.waiting = Gauge("ntbcare_letters_waiting", "Letters that wait", registry=self.registry)
        self.down = Gauge("ntbcare_channels_down", "Channels on which nothing gets through", registry=self.registry)

    def serve(self, port: int) -> Any:
        """Serves on loopback; returns the server. Raises OSError when the port is taken."""
        return start_http_server(port, "127.0.0.1", registry=self.registry)[0]

    def called(self, account: str, record: Any) -> None:
        """One call to Graph was made."""
        self.calls.labels(account, record.error or "").inc()

    def looked(
        self, account: str, *, blind: bool, blocked: bool, retired: bool, used: int, ok_at: datetime | None
    ) -> None:
        """How the account fares by the store, whoever reads it; `used` in percent."""
        self.blind.labels(account).set(blind)
        self.blocked.labels(account).set(blocked)
        self.retired.labels(account).set(retired)
        self.usage.labels(account).set(used)
        if ok_at is not None:
            self.ok_at.labels(account).set(ok_at.timestamp())

    def held(self, lanes: Collection[Any]) -> None:
        """What waits on each lane by the store, whoever delivers."""
        self.waiting.set(sum(lane.waiting for lane in lanes))
        self.down.set(sum(lane.down_at is not None for lane in lanes))

    def passed(self, account: str, visit: Any) -> None:
        """One pass of this process is over."""
        self.passes.labels(account, "failed" if visit.failures else "ok").inc()
        for state in ("new", "changed", "deleted"):
            self.items.labels(account, state).inc(visit.counts.get(state, 0))

    def balanced(self, books: Iterable[Any]) -> None:
        """What the completeness ledger says of each stream."""
        for book in books:
            for part in ("counted", "stored", "gone", "hidden", "older", "unexplained"):
                self.ledger.labels(book.account, book.stream, part).set(getattr(book, part))
            for state in ("waiting", "failing"):
                self.unread.labels(book.account, book.stream, state).set(getattr(book, state))

    def told(self, kind: str, error: str | None, seconds: float) -> None:
        """A letter was handed over, or not."""
        self.letters.labels(kind, "failed" if error else "ok").inc()
        if kind == "alarm" and not error:
            self.handover.observe(seconds)

    def answered(self, account: str, done: Any) -> None:
        """A round of answers is over."""
        for outcome, count in done.counts.items():
            self.answers.labels(account, outcome).inc(count)

    def processed(self, result: Any) -> None:
        """Items were processed."""
        for name in ("open", "append", "review", "ignore", "quarantined"):
            self.decisions.labels(name).inc(result.counts.get(name, 0))


def notify(message: str) -> None:
    """Tells systemd (sd_notify(3)) by a datagram; does nothing where there is no systemd."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
        try:
            sender.sendto(message.encode(), "\0" + address[1:] if address.startswith("@") else address)
        except OSError:
            return
