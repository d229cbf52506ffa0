"""In what condition an account is read, for `check`: blind or not, its budget, what Graph refuses or knows no more."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from .export import zulu
from .ingest.asking import left_out
from .schedule import is_blind
from .store.accounts import AccountState, StreamState
from .wita import clock


def condition_of(
    state: AccountState,
    every_seconds: float,
    refused: Sequence[StreamState],
    resting: Sequence[StreamState],
    now: datetime,
) -> tuple[str, list[str], dict[str, Any]]:
    """ok, warning or broken; why, in words; and the facts."""
    silent = is_blind(now, state.heard_at, every_seconds)
    blind = silent or is_blind(now, None, every_seconds, state.fails)
    paused = state.paused_until if state.paused_until and state.paused_until > now else None
    unknown = left_out(state.quirks, now)
    facts = {
        "blind": blind,
        "heard_at": zulu(state.heard_at),
        "used": dict(state.used or {}),
        "paused_until": zulu(paused),
        "paused_streams": {s.stream: zulu(s.paused_until) for s in resting},
        "refused_streams": {s.stream: s.blocked for s in refused},
        "unknown_fields": unknown,
        "served_version": state.served_version,
    }
    texts = []
    if silent:
        texts.append(f"blind: nothing has come from Graph since {_said(state.heard_at)}; is `ntbcare run` running?")
    elif blind:
        texts.append(f"blind: {state.fails} passes in a row have failed, the last that did not at {_said(state.ok_at)}")
    if state.used:
        texts.append(f"{state.used_percent(now)} % of the call budget used")
    if paused:
        texts.append(f"paused by Graph until {_said(paused)}")
    texts += [f"{s.stream} paused by Graph until {_said(s.paused_until)}" for s in resting]
    texts += [f"{'/'.join(names)} cannot be read: {why}" for why, names in _by_reason(refused).items()]
    if unknown:
        texts.append(
            f"Graph knows {', '.join(unknown)} no more, so that what they told is missing: install the next release, "
            "or set graph.version to an older one that is still alive"
        )
    warned = "warning" if blind or paused or resting or unknown else "ok"
    return "broken" if refused else warned, texts, facts


def _said(at: datetime | None) -> str:
    return f"{clock(at)} WITA" if at else "no time yet"


def _by_reason(refused: Iterable[StreamState]) -> dict[str, list[str]]:
    reasons: dict[str, list[str]] = {}
    for state in refused:
        reasons.setdefault(state.blocked or "", []).append(state.stream)
    return reasons
