"""Batches: many calls in one, each with its own status and its own error."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from . import versions
from .errors import bad_request
from .wire import Request, Response

Answer = Callable[[Request], Response]
MOST = 50


def run(batch: Any, outer: Request, version: str, answer: Answer) -> list[dict[str, Any] | None]:
    """The entries' answers in request order: code, headers, and the body as JSON text. An entry that never answers is
    null. Token and proof of the outer call serve every entry that has none of its own."""
    try:
        entries = json.loads(batch) if isinstance(batch, str) else batch
    except ValueError as error:
        raise bad_request("batch parameter must be a JSON array") from error
    if not isinstance(entries, list):
        raise bad_request("batch parameter must be a JSON array")
    if len(entries) > MOST:
        raise bad_request(f"Too many requests in batch message. Maximum batch size is {MOST}")
    with_headers = outer.text("include_headers").lower() not in ("false", "0")
    return [_told(answer(_request(entry, outer, version)), with_headers) for entry in entries]


def _request(entry: dict[str, Any], outer: Request, version: str) -> Request:
    path, _, query = str(entry.get("relative_url", "")).lstrip("/").partition("?")
    if not versions.split(path)[0]:
        path = f"{version}/{path}"
    headers = {"host": outer.headers.get("host", ""), "content-type": "application/x-www-form-urlencoded"}
    body = str(entry.get("body", "")).encode()
    request = Request.parse(str(entry.get("method", "GET")), f"/{path}", query, headers, body)
    for name, value in (("access_token", outer.token()), ("appsecret_proof", outer.text("appsecret_proof"))):
        if value:
            request.params.setdefault(name, value)
    return request


def _told(response: Response, with_headers: bool) -> dict[str, Any] | None:
    if response.wire is not None and response.wire.hang:
        return None
    told: dict[str, Any] = {"code": response.status}
    if with_headers:
        told["headers"] = [{"name": name, "value": value} for name, value in response.headers.items()]
    return told | {"body": response.body.decode("utf-8", "replace")}
