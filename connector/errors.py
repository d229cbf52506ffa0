"""Every error of the product, grouped by what the caller must do.

    ConnectorError
    ├── Misuse                 stop before touching anything, exit 2
    │   ├── SettingsError      mend the configuration
    │   └── StoreMismatch      migrate the store, or install the newer program
    ├── GraphError             what Graph (or the way to it) answered
    │   ├── TryLater           Graph throttles: leave the account alone until `retry_after` has passed
    │   ├── Transient          try again a few times, then go on with the next object
    │   ├── AskLess            the same call with half the amount
    │   ├── FieldGone          drop `field`, ask again without it
    │   ├── Gone               the object is deleted or not visible: mark it and go on
    │   ├── StaleCursor        start the walk again
    │   ├── TokenRejected      no call with this token any more; tell a person
    │   ├── NotPermitted       stop this stream; tell a person
    │   ├── BadRequest         a defect of ours or an unsupported request: log it whole, go on
    │   └── NotSent            a reply that will never go out, or went out already
    │       ├── AlreadyDone    it is there: treat as done
    │       └── SendingBlocked stop all writing with this token; tell a person
    ├── Unreadable             quarantine the item with this reason
    │   └── OutOfSight         no fault of the item: Graph tells that it is there, and no more
    ├── LeaseLost              somebody else does this work now: stop, undo the transaction
    ├── Conflict               somebody changed it first: read again, decide again
    └── NotFound               no such ticket, item or account

A message says what happened, where, and what to do. None ever holds a token.
"""


class ConnectorError(Exception):
    """The root of all errors raised on purpose."""


class Misuse(ConnectorError):
    """Wrong use or configuration; nothing was touched."""


class SettingsError(Misuse):
    """The configuration cannot be used; the message names file, key and what was expected."""


class StoreMismatch(Misuse):
    """The store's schema is behind or ahead of the program."""


class GraphError(ConnectorError):
    """An answer of Graph that is not the data asked for.

    `code` and `subcode` are Graph's own, `status` is HTTP's; None where the answer had none. `trace` is Meta's
    fbtrace_id, which its support asks for.
    """

    def __init__(
        self,
        message: str,
        *,
        code: int | None = None,
        subcode: int | None = None,
        status: int | None = None,
        trace: str | None = None,
    ) -> None:
        super().__init__(message)
        self.code, self.subcode, self.status, self.trace = code, subcode, status, trace


class TryLater(GraphError):
    """Graph throttles, or nearly. `retry_after` is in seconds, as Graph named it or at least five minutes.

    `budget` is the kind of budget that is used up ("pages", "messenger", …), where that is known.
    """

    retry_after: float = 300.0
    budget: str = ""

    @property
    def of_app(self) -> bool:
        """Whether it is the app's own limit (code 4, X-App-Usage): no account whose token is the app's gets through."""
        return self.code == 4 or self.budget == "app"


class Transient(GraphError):
    """A fault that passes: network, server, broken answer."""


class AskLess(GraphError):
    """'Please reduce the amount of data': never repeat the same call."""


class FieldGone(GraphError):
    """Graph knows `field` no more; the whole request failed because of it. Empty when Graph does not name it."""

    field: str = ""


class Gone(GraphError):
    """The object does not exist, or this token may not see it."""


class StaleCursor(GraphError):
    """The paging cursor is no longer valid, or too deep."""


class TokenRejected(GraphError):
    """The token is expired, revoked, of the wrong kind or without its proof."""


class NotPermitted(GraphError):
    """A permission or feature is missing for this stream."""


class BadRequest(GraphError):
    """Graph refuses the request for good."""


class NotSent(GraphError):
    """This message can never be delivered."""


class AlreadyDone(NotSent):
    """The answer stands there already."""


class SendingBlocked(NotSent):
    """Facebook blocks writing for this token."""


class Unreadable(ConnectorError):
    """A raw item that cannot be understood; the message is the reason shown to people."""


class OutOfSight(Unreadable):
    """A raw item of which Graph shows no more than that it is there; nothing about it can be mended."""


class LeaseLost(ConnectorError):
    """The lease under which work was done belongs to somebody else now."""


class Conflict(ConnectorError):
    """A row was changed by somebody else between reading and writing it."""


class NotFound(ConnectorError):
    """Nothing has that number, id or key."""
