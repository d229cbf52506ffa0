"""The requests session under facebook-sdk: one host, bounded in time and size, the token only in a header."""

import hashlib
import hmac
import ipaddress
import logging
import threading
import time
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from http.client import HTTPException
from http.cookiejar import DefaultCookiePolicy
from typing import Any, Self
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import HTTPError, MaxRetryError, ProtocolError
from urllib3.util.retry import Retry

from connector.errors import SettingsError
from connector.graph.body import BodyError, load, parse
from connector.graph.deadline import LIMIT, POOLS, DeadlineError, Limit, StopError
from connector.graph.redact import redact

with warnings.catch_warnings():  # facebook-sdk 3.1.0 (2018) has invalid escapes, fatal under -W error
    warnings.simplefilter("ignore")
    import facebook

GraphAPIError: type[Exception] = facebook.GraphAPIError


@dataclass(frozen=True, slots=True)
class Timing:
    """All times of the client, in seconds; `tries` in all for a GET, `per_second` reads of conversations."""

    connect: float = 5.0
    read: float = 20.0
    total: float = 30.0
    tries: int = 3
    first_wait: float = 0.5
    longest_wait: float = 8.0
    per_second: float = 2.0


class NoAnswerError(Exception):
    """No JSON came. `status` and `headers` are there when at least a response began; `stopped` by our own wish."""

    def __init__(
        self, reason: str, status: int | None = None, headers: Mapping[str, str] | None = None, stopped: bool = False
    ) -> None:
        super().__init__(reason)
        self.reason, self.status, self.headers, self.stopped = reason, status, headers or {}, stopped


class Answered(requests.Response):
    """A response read to its end: `parsed` is its JSON, `size` the unpacked bytes."""

    parsed: Any = None
    size: int = 0

    def json(self, **_: Any) -> Any:
        """The JSON, parsed once."""
        return self.parsed


class GraphSession(requests.Session):
    """Used by one thread at a time. `last` is the last answer, None when there was none."""

    def __init__(
        self,
        base_url: str,
        app_secret: str | None = None,
        *,
        timing: Timing | None = None,
        stop: threading.Event | None = None,
        proxy: str | None = None,
        ca_file: str | None = None,
    ) -> None:
        """Raises SettingsError for a `base_url` the token must not be sent to. `ca_file` replaces the known CAs."""
        super().__init__()
        self.base = base_of(base_url)
        self.trust_env = False  # a ~/.netrc entry would replace our Authorization header
        self.verify = ca_file or True
        self.last: Answered | None = None
        self._secret, self._timing, self._stop = app_secret, timing or Timing(), stop or threading.Event()
        self._proxies = {"http": proxy, "https": proxy} if proxy else {}
        self.headers = CaseInsensitiveDict(
            {"User-Agent": "ntbcare-connector", "Accept": "application/json", "Accept-Encoding": "gzip, deflate"}
        )
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        # The only way out: requests finds no adapter for any other address.
        self.adapters.clear()
        self.mount(self.base, _Adapter(max_retries=_RETRY))

    def get_redirect_target(self, _resp: requests.Response) -> None:
        """Never: a redirect could carry the token to another host."""

    def request(self, method: Any, url: Any, params: Any = None, data: Any = None, **other: Any) -> Answered:  # type: ignore[override]
        """Ask Graph as facebook-sdk does, for its own address `url`.

        Returns an answer that holds JSON, whatever its status. Raises NoAnswerError; ValueError for another address.
        """
        self.last = None
        limit = Limit(time.monotonic() + self._timing.total, self._timing.read, self._stop)
        request = self._request(method, url, dict(params or {}), None if data is None else dict(data))
        before = LIMIT.set(limit)
        try:
            outcome = self._exchange(request)
        finally:
            LIMIT.reset(before)
        if isinstance(outcome, NoAnswerError):
            raise outcome
        self.last = outcome
        return outcome

    def _request(
        self, method: str, url: str, params: dict[str, Any], data: dict[str, Any] | None
    ) -> requests.PreparedRequest:
        home = facebook.FACEBOOK_GRAPH_URL
        if not url.startswith(home):
            raise ValueError("not an address of Graph")
        token = (data or {}).pop("access_token", None) or params.pop("access_token", None)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        if token and self._secret:
            (params if data is None else data)["appsecret_proof"] = proof(self._secret, token)
        return self.prepare_request(
            requests.Request(method, self.base + url[len(home) :], params=params, data=data, headers=headers)
        )

    def _exchange(self, request: requests.PreparedRequest) -> Answered | NoAnswerError:
        """Send and read; every fault as a value, so that no error drags another one (with addresses) behind it."""
        if self._stop.is_set():
            return NoAnswerError("stopped before the call", stopped=True)
        try:
            response = self.send(
                request,
                stream=True,
                allow_redirects=False,
                timeout=(min(self._timing.connect, self._timing.total), self._timing.read),
                proxies=self._proxies,
                verify=self.verify,
            )
        except _FAULTS as error:
            return _failed(error)
        with response:
            return _read(response)


def _read(response: requests.Response) -> Answered | NoAnswerError:
    status, headers = response.status_code, response.headers
    if 300 <= status < 400:
        return NoAnswerError("a redirect, not followed", status, headers)
    try:
        body = load(_Wire(response.raw), headers.get("content-encoding", ""))
        parsed = parse(body)
    except BodyError as error:
        return NoAnswerError(str(error), status, headers)
    except _FAULTS as error:
        return _failed(error, status, headers)
    answer = Answered()
    answer.status_code, answer.parsed, answer.size = status, parsed, len(body)
    # facebook-sdk dies without this header; Meta sends JSON as text/javascript, too.
    answer.headers = CaseInsensitiveDict({**headers, "content-type": "application/json"})
    return answer


def _failed(error: Exception, status: int | None = None, headers: Mapping[str, str] | None = None) -> NoAnswerError:
    if isinstance(error, StopError):
        return NoAnswerError("stopped during the call", None, None, stopped=True)
    if isinstance(error, DeadlineError):
        return NoAnswerError(str(error), status, headers)
    # Never the error's own text: it holds the address with its query.
    for kind, reason in _REASONS:
        if isinstance(error, kind):
            return NoAnswerError(reason, status, headers)
    return NoAnswerError("the connection broke", status, headers)


# ValueError: http.client takes a chunk of negative length, or headers that are none, for a fault of its caller.
_FAULTS = (requests.RequestException, HTTPError, HTTPException, OSError, ValueError, DeadlineError, StopError)
_REASONS: tuple[tuple[type[Exception], str], ...] = (
    (requests.exceptions.SSLError, "the server's certificate is not trusted, or TLS failed"),
    (requests.exceptions.ProxyError, "the proxy refused"),
    (requests.exceptions.ConnectTimeout, "no connection in time"),
    (requests.exceptions.InvalidSchema, "an address outside the one host"),
    (requests.exceptions.ConnectionError, "no connection, or it broke"),
)


class _Wire:
    """The bytes of a response as sent, packed or not."""

    def __init__(self, raw: Any) -> None:
        self._raw = raw

    def read(self, amount: int) -> bytes:
        return bytes(self._raw.read(amount, decode_content=False))


class _Resets(Retry):
    """Once more for a connection that broke (a kept one the server had closed); nothing else is repeated here."""

    def increment(
        self, method: Any = None, url: Any = None, response: Any = None, error: Any = None, *rest: Any, **more: Any
    ) -> Self:
        if not isinstance(error, ProtocolError):
            pool: Any = rest[0] if rest else more.get("_pool")
            raise MaxRetryError(pool, url, error)
        return super().increment(method, url, response, error, *rest, **more)


_RETRY = _Resets(total=1, redirect=False, status=0, other=0, allowed_methods={"GET"}, respect_retry_after_header=False)


class _Adapter(HTTPAdapter):
    """Connections that keep the time limit."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = POOLS

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = POOLS
        return manager


def connect(token: str, version: str, session: GraphSession) -> Any:
    """facebook-sdk's GraphAPI over `session`; `version` like "v26.0", of which its constructor knows 3.1 at most."""
    api = facebook.GraphAPI(token, session=session)
    api.version = version
    return api


def base_of(base_url: str) -> str:
    """`base_url` with a slash at its end. Raises SettingsError unless it is https, or http to this machine."""
    expected = f"base_url: expected an address like https://graph.facebook.com, found {redact(base_url)!r}"
    try:
        parts = urlsplit(base_url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise SettingsError(expected) from None
    odd = parts.query or parts.fragment or parts.username is not None or not base_url.isprintable() or " " in base_url
    if not host or parts.scheme not in ("http", "https") or odd:
        raise SettingsError(expected)
    if parts.scheme == "http" and not _is_here(host):
        raise SettingsError(f"{expected}; http would show the token to everyone on the way")
    return f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}/"


def _is_here(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def proof(app_secret: str, token: str) -> str:
    """Graph's appsecret_proof: hex HMAC-SHA256 of the token, keyed by the app secret."""
    return hmac.new(app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()


class _NoToken(logging.Filter):
    """urllib3 logs whole addresses at DEBUG; /debug_token takes the token in its query only."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = redact(record.getMessage()), None
        return True


for _name in ("urllib3.connectionpool", "urllib3.connection", "urllib3.util.retry"):
    logging.getLogger(_name).addFilter(_NoToken())
logging.getLogger("urllib3").setLevel(logging.WARNING)
