"""Whether the token that Facebook refused has been replaced since: then its account is tried at once, not after the hour."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from .errors import SettingsError
from .settings import AccountSettings, token_of
from .store.accounts import AccountState

REFUSED = "refused token"  # stands beside what was learned of Graph's moods, and is forgotten after a day, too


def noted(account: AccountSettings, state: AccountState, now: datetime) -> Mapping[str, Any]:
    """The account's quirks with a mark of the token that was refused just now."""
    return {**(state.quirks or {}), REFUSED: {"mark": _mark(account), "at": now.isoformat()}}


def renewed(account: AccountSettings, state: AccountState) -> bool:
    """Whether the account is blocked and has another token now than the one that was refused."""
    refused = (state.quirks or {}).get(REFUSED) if state.blocked else None
    return refused is not None and _mark(account) not in (None, refused["mark"])


def _mark(account: AccountSettings) -> str | None:
    try:
        return sha256(token_of(account).get_secret_value().encode()).hexdigest()[:16]
    except SettingsError:
        return None
