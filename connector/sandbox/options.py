"""The switches of the sandbox: where Facebook's behaviour is not certain, both sides can be had."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(slots=True)
class Options:
    """How the sandbox behaves. The defaults are what documentation and recordings make most likely.

    cursors: anchored to an item (stable while things come and go) or a mere offset (an insert repeats an item).
    next_after_last: the last page still has `next`; behind it stands an empty page.
    stale_cursors: a cursor whose comment or post was deleted is error 100, else reading goes on after its place.
    deepest: a comment cursor further from the start than this is error 100.
    old_messages: what the list shows of messages older than the newest `readable_messages`: all, ids only, or an
        error 9000001 for a request that touches one.
    conversations_per_second: calls a second and Page on conversations and messages; beyond: conversations_error.
    require_proof: calls without a valid appsecret_proof fail.
    refuse_duplicates: the same text a second time under the same object is error 506.
    hidden_takes_answers: the Page may answer under a hidden comment, else error 200 and can_comment false.
    comments_ceiling: a larger limit on comments is cut to this.
    next_base: what `next` begins with; None: the address the call came to.
    next_token: `next` carries the access token.
    gzip: compress answers when the client accepts it.
    """

    cursors: Literal["anchored", "offset"] = "anchored"
    next_after_last: bool = False
    stale_cursors: bool = True
    deepest: int | None = None
    old_messages: Literal["readable", "ids", "error"] = "ids"
    readable_messages: int = 20
    conversations_per_second: int | None = 2
    conversations_error: Literal[613, 80006] = 613
    require_proof: bool = False
    refuse_duplicates: bool = True
    hidden_takes_answers: bool = True
    comments_ceiling: int = 100
    next_base: str | None = None
    next_token: bool = True
    gzip: bool = False
