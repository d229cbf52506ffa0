"""Graph's answers that are not the data → errors, grouped by what the caller must do (pure).

Code, subcode and HTTP status decide. Messages are translated into the locale of the token's person, so of their text
only what no translation touches is used: names of fields, parameters and permissions.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from connector.errors import (
    AlreadyDone,
    AskLess,
    BadRequest,
    FieldGone,
    Gone,
    GraphError,
    NotPermitted,
    NotSent,
    SendingBlocked,
    StaleCursor,
    TokenRejected,
    Transient,
    TryLater,
)
from connector.graph import codes
from connector.graph.redact import one_line, redact
from connector.graph.usage import usage_of

SHORTEST_PAUSE = 300.0
_QUOTED = 240

_LESS = re.compile(r"reduce the amount of data", re.I)
_PROOF = re.compile(r"appsecret_proof|app secret proof", re.I)
_PROOF_BAD = re.compile(r"^\W*invalid\b", re.I)
_FEATURE = re.compile(r"\bpages_[a-z_]+|\bPage[s]? Public \w+ Access")
_LIMIT = re.compile(r"['\"“‘«]limit\b|\bids\b")
_CURSOR = re.compile(r"\bcursor\b", re.I)
_FIELD = re.compile(r"nonexisting field \((\w+)\)")
_BRACKETED = re.compile(r"\(([A-Za-z_]\w*)\)")
_DEAD = re.compile(r"\b(\w+) field is deprecated|field ['\"(](\w+)")


@dataclass(frozen=True, slots=True)
class Asked:
    """The request an answer belongs to: `cursor` when it went on from one, `account` is the account's own id."""

    method: str = "GET"
    path: str = ""
    about_account: bool = False
    cursor: bool = False
    fields: str = ""
    account: str | None = None


@dataclass(frozen=True, slots=True)
class _Fault:
    """Graph's error object, with every part in the type it should have."""

    status: int
    code: int | None
    subcode: int | None
    kind: str
    text: str
    trace: str | None
    transient: bool
    typed: bool


def failure(
    status: int,
    headers: Mapping[str, str],
    body: Any,
    asked: Asked,
    secrets: Sequence[str | None] = (),
    reason: str = "",
) -> GraphError:
    """The error that an answer means, to be raised by the caller.

    `body` is the parsed JSON, None when there was none; then `reason` says what came instead. `secrets` never appear
    in the message.
    """
    fault = _fault(status, body)
    if fault is None:
        return _broken(status, headers, body, asked, reason)
    kind, why = _judge(fault, asked)
    quoted = one_line(redact(fault.text, *secrets), _QUOTED)
    name = "/".join(str(n) for n in (fault.code, fault.subcode) if n is not None) or f"HTTP {status}"
    message = f"{where_of(asked)}: {why} (Graph error {name}" + (f": {quoted})" if quoted else ")")
    error = kind(message, code=fault.code, subcode=fault.subcode, status=status, trace=fault.trace)
    if isinstance(error, TryLater):
        error.retry_after = _pause(headers, asked)
    if isinstance(error, FieldGone):
        error.field = _field(fault, asked)
    return error


def _judge(fault: _Fault, asked: Asked) -> tuple[type[GraphError], str]:
    code, subcode = fault.code, fault.subcode
    if code in codes.THROTTLED or subcode in codes.SUB_TOO_MANY or (code is None and fault.status == 429):
        return TryLater, codes.THROTTLED_WHY.get(code or 0, "too many calls; the account pauses")
    if code == codes.REPLIED:
        return AlreadyDone, "the answer was sent before"
    if code == codes.BLOCKED:
        return SendingBlocked, "Facebook blocks writing; stop all answers and look at the Page's support inbox"
    if subcode in codes.SUB_NOT_SENT or code in codes.NOT_SENT:
        return NotSent, codes.NOT_SENT_WHY.get(subcode or 0) or codes.NOT_SENT_WHY.get(code or 0, "not deliverable")
    if code in codes.TOKEN:
        return TokenRejected, "the token is refused: " + token_why(code, subcode)
    if code in codes.PERMISSION:
        return NotPermitted, "a permission or feature is missing; give it to the app and connect the Page again"
    if code in codes.GONE:
        return _absent(asked)
    if code == codes.DEAD_FIELD:
        return FieldGone, "a field or this whole list exists no more; ask without it"
    if code == codes.PARAMETER:
        return _judge_parameter(fault, asked)
    return _judge_rest(fault)


def _judge_parameter(fault: _Fault, asked: Asked) -> tuple[type[GraphError], str]:
    if _PROOF.search(fault.text):
        return TokenRejected, codes.PROOF_WRONG if _PROOF_BAD.search(fault.text) else codes.PROOF_MISSING
    if fault.subcode == codes.SUB_GONE or (fault.subcode is None and fault.kind == "GraphMethodException"):
        return _absent(asked)
    if fault.subcode is not None:
        return BadRequest, "refused for good; report it"
    if field := _field(fault, asked):
        if asked.path.rpartition("/")[2] == field:  # the edge itself: there is nothing left to ask without it
            return BadRequest, "Graph has no such list there; look at it on Facebook"
        return FieldGone, "a field exists no more; ask without it"
    if _FEATURE.search(fault.text):
        return NotPermitted, "a permission or feature is missing; give it to the app and connect the Page again"
    if _CURSOR.search(fault.text) or (asked.cursor and not _LIMIT.search(fault.text)):
        return StaleCursor, "the paging cursor is stale or too deep; start this walk again"
    return BadRequest, "refused for good; report it"


def _judge_rest(fault: _Fault) -> tuple[type[GraphError], str]:
    # The body of "reduce the amount of data" is code 1 and nothing else, whatever its language.
    if fault.code == 1 and fault.subcode is None and (_LESS.search(fault.text) or not fault.typed):
        return AskLess, "too much at once; ask for half"
    if fault.code in codes.TRANSIENT or fault.transient or (fault.status >= 500):
        return Transient, "a passing fault at Facebook; it is tried again"
    return BadRequest, "refused for good; report it"


def _absent(asked: Asked) -> tuple[type[GraphError], str]:
    if asked.about_account:
        return NotPermitted, "the account does not exist or this token may not see it; compare its id and its token"
    return Gone, "deleted, or not visible to this token"


def token_why(code: int | None, subcode: int | None) -> str:
    """Why a token is refused and what to do, in plain English."""
    unknown = "make a new one and set it"
    return codes.TOKEN_WHY.get(subcode or 0) or codes.TOKEN_CODE_WHY.get(code or 0, unknown)


def _field(fault: _Fault, asked: Asked) -> str:
    """The field that the message names; among several words in brackets the one we asked for."""
    if fault.code == codes.DEAD_FIELD:
        dead = _DEAD.search(fault.text)
        return (dead.group(1) or dead.group(2)) if dead else ""
    if plain := _FIELD.search(fault.text):
        return plain.group(1)
    bracketed = _BRACKETED.findall(fault.text)
    wanted = set(re.findall(r"[A-Za-z_]\w*", asked.fields))
    # Not knowing what was asked: "nonexisting field (x) on node type (Y)" in any language has x small and Y capital.
    typed = not wanted and any(word[0].isupper() for word in bracketed)
    named = [word for word in bracketed if word in wanted or (typed and word.islower())]
    return named[0] if named else ""


def _fault(status: int, body: Any) -> _Fault | None:
    if not isinstance(body, Mapping) or not body.get("error"):
        return None
    error = body["error"] if isinstance(body["error"], Mapping) else {"message": str(body["error"])}
    trace = error.get("fbtrace_id")
    return _Fault(
        status=status,
        code=_whole(error.get("code")),
        subcode=_whole(error.get("error_subcode")),
        kind=str(error.get("type") or ""),
        text=str(error.get("message") or "")[:4000],
        trace=one_line(redact(str(trace)), 64) if trace else None,
        transient=error.get("is_transient") is True,
        typed="type" in error,
    )


def _broken(status: int, headers: Mapping[str, str], body: Any, asked: Asked, reason: str) -> GraphError:
    where = where_of(asked)
    if status == 429:
        error = TryLater(f"{where}: too many calls; the account pauses (HTTP 429)", status=status)
        error.retry_after = _pause(headers, asked)
        return error
    if 300 <= status < 400 and status != 304:
        return BadRequest(f"{where}: sent elsewhere (HTTP {status}), not followed; check base_url", status=status)
    if isinstance(body, Mapping) and 400 <= status < 500:
        return BadRequest(f"{where}: refused without a reason (HTTP {status}); report it", status=status)
    reason = f": {reason}" if reason else ""
    return Transient(f"{where}: no usable answer (HTTP {status}{reason}); it is tried again", status=status)


def _pause(headers: Mapping[str, str], asked: Asked) -> float:
    """Seconds to leave the account alone: what Graph says, at least five minutes."""
    named = usage_of(headers, asked.account).regain_seconds or 0.0
    after = next((value for name, value in headers.items() if name.lower() == "retry-after"), "")
    return max(named, float(after) if after.isdecimal() and len(after) < 7 else 0.0, SHORTEST_PAUSE)


def where_of(asked: Asked) -> str:
    """The request in a few words, for messages."""
    return one_line(redact(f"{asked.method} {asked.path}"), 120)


def _whole(value: Any) -> int | None:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 10 else None
