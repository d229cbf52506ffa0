"""One account's way to Graph: calls with retries, pace and our own errors, from as many threads as you like."""

import json
import re
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Any, Self
from urllib.parse import quote, urlsplit

import tenacity

from connector.errors import BadRequest, GraphError, SettingsError, Transient
from connector.graph.answers import Asked, failure, where_of
from connector.graph.pace import Pace
from connector.graph.redact import one_line
from connector.graph.session import Answered, GraphAPIError, GraphSession, NoAnswerError, Timing, connect
from connector.graph.usage import Usage, usage_of

__all__ = ["Answer", "CallRecord", "Graph", "Stopped", "Timing"]

_VERSION = re.compile(r"v?(\d{1,3}\.\d{1,2})")
_CONVERSATIONS = re.compile(r"\b(conversations|messages)\b|^[tm]_")
_SAFE_IN_PATH = ":$=+,"


class Stopped(Transient):
    """`stop` was set while a call waited or ran: leave, do not go on with the next object."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What Graph sent: the JSON object untouched, and what its headers say.

    `served_version` is the version that really answered (an expired one is silently replaced), `server_time` is in UTC.
    """

    data: dict[str, Any]
    status: int
    usage: Usage
    served_version: str | None
    server_time: datetime | None


@dataclass(frozen=True, slots=True)
class CallRecord:
    """One attempt: `path` without its query, `size` in unpacked bytes, `error` the name of the error's class.

    `status` is None when no answer came; `code` is Graph's.
    """

    method: str
    path: str
    status: int | None
    seconds: float
    size: int
    usage: Usage
    error: str | None
    code: int | None


class Graph:
    """Graph for the token of one account. Thread-safe; close it, or use it as a context manager."""

    def __init__(
        self,
        base_url: str,
        version: str,
        token: str,
        app_secret: str | None = None,
        *,
        timing: Timing | None = None,
        stop: threading.Event | None = None,
        on_call: Callable[[CallRecord], None] | None = None,
        account: str | None = None,
        proxy: str | None = None,
        ca_file: str | None = None,
    ) -> None:
        """`account` is the account's id: its own usage counts; `stop` ends every wait and read at once.

        Raises SettingsError for an address, version or token that cannot be used.
        """
        number = _VERSION.fullmatch(version)
        if not number:
            raise SettingsError(f"version: expected one like v26.0, found {one_line(version, 40)!r}")
        if not token or not token.isascii() or not token.isprintable() or " " in token:
            raise SettingsError("token: empty, or with blanks or characters no token has; copy it again")
        self._timing, self._stop = timing or Timing(), stop or threading.Event()
        self._session = partial(
            GraphSession, base_url, app_secret, timing=self._timing, stop=self._stop, proxy=proxy, ca_file=ca_file
        )
        self._version, self._token, self._secret, self._account = f"v{number[1]}", token, app_secret, account
        self._on_call, self._pace = on_call, Pace(self._timing.per_second)
        self._lock, self._calls = threading.Lock(), 0
        self._idle: deque[Any] = deque([connect(token, self._version, self._session())])
        self._host = urlsplit(base_url).hostname or base_url
        self._retry = self._retrying()

    def __repr__(self) -> str:
        return f"Graph({self._version}, account={self._account})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def calls(self) -> int:
        """HTTP attempts so far."""
        return self._calls

    def get(self, path: str, *, about_account: bool = False, **params: Any) -> Answer:
        """Read `path` ("123/feed"); parameters that are None are left out.

        Tries again what passes. `about_account` says that the node is the account itself. Raises GraphError.
        """
        asked = self._asked("GET", path, params, about_account)
        return self._retry(self._attempt, asked, _texts(params))

    def post(self, path: str, **form: Any) -> Answer:
        """Write, once: after a Transient error nobody knows whether it was done. Raises GraphError."""
        return self._attempt(self._asked("POST", path, {}), _texts(form))

    def delete(self, path: str) -> Answer:
        """Delete, once. Raises GraphError."""
        return self._attempt(self._asked("DELETE", path, {}), {})

    def debug_token(self, app_token: str | None = None) -> Answer:
        """What Graph knows of our token, asked with `app_token` ("id|secret"), else with itself. Raises GraphError."""
        params = _texts({"input_token": self._token, "access_token": app_token})
        return self._retry(self._attempt, self._asked("GET", "debug_token", {}), params, app_token)

    def close(self) -> None:
        """Close the connections of all calls that have ended."""
        while self._idle:
            self._idle.pop().session.close()

    def _asked(self, method: str, path: str, params: Mapping[str, Any], about_account: bool = False) -> Asked:
        parts = path.strip("/").split("/")
        if not path.isascii() or any(part in ("", ".", "..") for part in parts):
            raise BadRequest(f"not a path of Graph: {one_line(path, 80)!r}")
        return Asked(
            method,
            "/".join(quote(part, safe=_SAFE_IN_PATH) for part in parts),
            about_account,
            bool(params.get("after") or params.get("before")),
            str(params.get("fields") or ""),
            self._account,
        )

    def _attempt(self, asked: Asked, params: dict[str, str], extra_secret: str | None = None) -> Answer:
        if asked.method == "GET" and any(_CONVERSATIONS.search(text) for text in (asked.path, asked.fields)):
            self._pace.wait(self._stop)
        if self._stop.is_set():
            raise Stopped(f"{where_of(asked)}: stopped before the call")
        began = time.monotonic()
        with self._lock:
            self._calls += 1
        came = self._exchange(asked, params)
        answer = _answer(came, asked, (self._token, self._secret, extra_secret), self._host)
        self._tell(asked, came, answer, time.monotonic() - began)
        if isinstance(answer, GraphError):
            raise answer
        return answer

    def _exchange(self, asked: Asked, params: dict[str, str]) -> Answered | NoAnswerError:
        try:
            api = self._idle.pop()
        except IndexError:
            api = connect(self._token, self._version, self._session())
        try:
            failed = _call(api, f"{self._version}/{asked.path}", asked.method, params)
            came = api.session.last
        finally:
            self._idle.append(api)
        # A requests.Response is false when its status is an error: only None means that there is none.
        return failed or (NoAnswerError("no answer") if came is None else came)

    def _tell(self, asked: Asked, came: Answered | NoAnswerError, answer: Answer | GraphError, seconds: float) -> None:
        if not self._on_call:
            return
        status = came.status if isinstance(came, NoAnswerError) else came.status_code
        usage, size = usage_of(came.headers, self._account), 0 if isinstance(came, NoAnswerError) else came.size
        error = type(answer).__name__ if isinstance(answer, GraphError) else None
        code = answer.code if isinstance(answer, GraphError) else None
        self._on_call(CallRecord(asked.method, asked.path, status, seconds, size, usage, error, code))

    def _retrying(self) -> tenacity.Retrying:
        timing = self._timing
        growing = tenacity.wait_exponential(timing.first_wait, timing.longest_wait)
        return tenacity.Retrying(
            retry=tenacity.retry_if_exception(lambda e: isinstance(e, Transient) and not isinstance(e, Stopped)),
            stop=tenacity.stop_after_attempt(timing.tries),
            wait=growing + tenacity.wait_random(0, timing.first_wait),
            sleep=tenacity.sleep_using_event(self._stop),
            reraise=True,
        )


def _call(api: Any, path: str, method: str, params: dict[str, str]) -> NoAnswerError | None:
    """Let facebook-sdk make the call; the answer is in the session's `last`."""
    try:
        if method == "POST":
            api.request(path, post_args=dict(params))
        else:
            api.request(path, args=dict(params), method=method)
    except GraphAPIError:
        return None  # it knows neither status nor headers: the session's answer is read instead
    except NoAnswerError as failed:
        return failed
    return None


def _answer(
    came: Answered | NoAnswerError, asked: Asked, secrets: tuple[str | None, ...], host: str
) -> Answer | GraphError:
    if isinstance(came, NoAnswerError):
        if came.stopped:
            return Stopped(f"{where_of(asked)}: {came.reason}")
        if came.status is None:
            return Transient(f"{where_of(asked)}: {came.reason} ({host}); look at the network if it lasts")
        return failure(came.status, came.headers, None, asked, secrets, came.reason)
    data, headers = came.parsed, came.headers
    if data is True and asked.method != "GET":  # how old writes say success
        data = {"success": True}
    if not isinstance(data, dict) or data.get("error") or came.status_code >= 300:
        return failure(came.status_code, headers, data, asked, secrets, "not a JSON object")
    usage = usage_of(headers, asked.account)
    return Answer(data, came.status_code, usage, headers.get("facebook-api-version"), _time(headers.get("date")))


def _time(text: str | None) -> datetime | None:
    try:
        found = parsedate_to_datetime(text or "")
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _texts(params: Mapping[str, Any]) -> dict[str, str]:
    """Parameters as Graph reads them: nested values as JSON, truth in small letters. Raises BadRequest."""
    texts = {}
    for name, value in params.items():
        if value is None:
            continue
        nested = isinstance(value, dict | list | tuple | bool)
        texts[name] = json.dumps(value) if nested else str(value)
        try:
            texts[name].encode()
        except UnicodeEncodeError:
            raise BadRequest(f"{name}: holds half a character, which cannot be sent") from None
    return texts
