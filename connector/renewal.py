"""Whether the token that Facebook refused, or gave too little, has been replaced since: then it is tried at once, not after
the hour."""

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any

from .errors import SettingsError
from .settings import AccountSettings, token_of
from .store.accounts import AccountState

REFUSED = "refused token"  # stands beside what was learned of Graph's moods, and is forgotten after a day, too


def noted(account: AccountSettings, state: AccountState, now: datetime, refused: bool) -> Mapping[str, Any]:
    """Columns of the account's row: with a mark of the token that was refused just now, without one when it was not."""
    quirks = dict(state.quirks or {})
    if refused:
        return {"quirks": quirks | {REFUSED: {"mark": mark_of(account), "at": now.isoformat()}}}
    return {"quirks": quirks or None} if quirks.pop(REFUSED, None) else {}


def renewed(account: AccountSettings, state: AccountState) -> bool:
    """Whether the account has another token now than the one that was refused, for all or for some of its streams."""
    refused = (state.quirks or {}).get(REFUSED)
    return refused is not None and mark_of(account) not in (None, refused["mark"])


def mark_of(account: AccountSettings) -> str | None:
    """What tells the account's token from another; None when there is none."""
    try:
        return sha256(token_of(account).get_secret_value().encode()).hexdigest()[:16]
    except SettingsError:
        return None
