"""What goes over the wire: a parsed request, an answer, and how the answer is to be sent."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl, urlencode

SECRETS = frozenset({"access_token", "appsecret_proof", "input_token", "client_secret", "fb_exchange_token"})
_encode = json.JSONEncoder(separators=(",", ":"), ensure_ascii=True).encode


def dumps(value: Any) -> bytes:
    """Compact JSON the way Facebook writes it: `/` escaped, everything beyond ASCII as `\\uXXXX`."""
    return _encode(value).replace("/", "\\/").encode("ascii")


@dataclass(frozen=True, slots=True)
class Wire:
    """How the server sends an answer: late, dripping, cut, or never."""

    delay: float = 0.0
    hang: bool = False
    stall_header: bool = False
    bytes_per_second: float | None = None
    cut_after: int | None = None


@dataclass(slots=True)
class Response:
    """Status, headers and body; `wire` is None for plain sending."""

    status: int
    headers: dict[str, str]
    body: bytes
    wire: Wire | None = None

    def sent(self, **changes: Any) -> Response:
        """The same answer, sent in another way."""
        return replace(self, wire=replace(self.wire or Wire(), **changes))

    def json(self) -> Any:
        """The body, decoded."""
        return json.loads(self.body)


@dataclass(frozen=True, slots=True)
class Request:
    """A call. `params` are query and form together, the form winning; nested JSON values are already decoded."""

    method: str
    path: str
    params: dict[str, Any]
    headers: Mapping[str, str] = field(default_factory=dict)

    @classmethod
    def parse(cls, method: str, path: str, query: str, headers: Mapping[str, str], body: bytes) -> Request:
        """From what an HTTP server has in hand. Bare keys (`&until&since`) count as empty values."""
        lower = {name.lower(): value for name, value in headers.items()}
        params: dict[str, Any] = dict(parse_qsl(query, keep_blank_values=True))
        if body:
            params |= _body_params(lower.get("content-type", ""), body)
        verb = str(params.pop("method", method)).upper() if method == "POST" else method
        return cls(verb, path, params, lower)

    def text(self, name: str) -> str:
        """A parameter as text; empty when it is missing."""
        value = self.params.get(name, "")
        return value if isinstance(value, str) else json.dumps(value)

    def query(self) -> str:
        """The parameters without secrets, for the call log and for matching faults."""
        return urlencode({k: self.text(k) for k in self.params if k not in SECRETS})

    def token(self) -> str:
        """The access token from form, query or `Authorization: Bearer` (or `OAuth`)."""
        given = self.text("access_token")
        if not given:
            scheme, _, given = self.headers.get("authorization", "").partition(" ")
            given = given.strip() if scheme.lower() in ("bearer", "oauth") else ""
        return given


def _body_params(content_type: str, body: bytes) -> dict[str, Any]:
    if "json" in content_type:
        try:
            value = json.loads(body)
        except ValueError:
            return {}
        return value if isinstance(value, dict) else {}
    if "multipart" in content_type:
        return _multipart(content_type, body)
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _multipart(content_type: str, body: bytes) -> dict[str, Any]:
    boundary = content_type.partition("boundary=")[2].strip('"').encode()
    fields: dict[str, Any] = {}
    for part in body.split(b"--" + boundary) if boundary else []:
        head, _, value = part.partition(b"\r\n\r\n")
        name = head.partition(b'name="')[2].partition(b'"')[0]
        if name and b"filename=" not in head:
            fields[name.decode()] = value.removesuffix(b"\r\n").decode("utf-8", "replace")
    return fields
