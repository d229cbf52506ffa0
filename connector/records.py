"""What flows through the product: frozen records without behaviour; those made for every item are tuples, made faster.

Graph ─▶ RawItem ─▶ [raw_items] ─▶ Item ─▶ Classified ─▶ Decision ─▶ [tickets]
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, NamedTuple, get_args

from classifiers.verdict import Category, Kind, Urgency, Verdict

Stream = Literal["posts", "comments", "visitor_posts", "messages"]
ItemKind = Literal["post", "comment", "message"]
ITEM_KINDS: tuple[ItemKind, ...] = get_args(ItemKind)
PLATFORMS = ("facebook",)
Status = Literal["diterima", "ditindaklanjuti", "tuntas", "ditolak"]
OPEN: tuple[Status, ...] = ("diterima", "ditindaklanjuti")
CLOSED: tuple[Status, ...] = ("tuntas", "ditolak")
Payload = Mapping[str, Any]
RESTRICTED = "dibatasi atas permintaan warga"
"""The reason, and all that is shown, of what a citizen asked not to be processed."""
DELETED = "dihapus di Facebook"
"""The same of what is gone from Facebook, and so from here."""
FORGOTTEN = "dihapus atas permintaan warga"
"""The same of what he asked to be erased."""
REHEARD = "ditimbang lagi: pengadunya kini mempunyai tiket"
"""The reason, until it is decided once more, of what a reporter added before his first words became a ticket."""


@dataclass(frozen=True, slots=True)
class Account:
    """A Facebook Page (or another platform's account) that we read. The token is not part of it."""

    key: str
    platform: str
    id: str
    name: str
    streams: tuple[Stream, ...]
    every_seconds: float


THIN = frozenset({"id", "created_time"})  # what Graph still tells of an object whose content it shows no more


class RawItem(NamedTuple):
    """One object as the platform sent it, less its paging.

    `fingerprint` changes when what the item *means* changes (text, author, attachments, hidden), not when a
    signed address or a counter does. `thin` items hold no more than THIN, or were asked for without words or
    author, and never replace a fuller payload.
    `fetched_at` is set on imported items only: an older copy never replaces a newer one; so is `deleted_at`, of one that
    the other machine found gone. `author_id` is who sent it: of somebody who had himself erased, nothing is stored.
    `older` are its earlier revisions as another store kept them, oldest first: they come along with what is new here.
    """

    platform: str
    account: str
    stream: Stream
    kind: ItemKind
    id: str
    post_id: str | None
    parent_id: str | None
    conversation_id: str | None
    created_at: datetime | None
    payload: Payload
    fingerprint: str
    thin: bool = False
    fetched_at: datetime | None = None
    author_id: str | None = None
    deleted_at: datetime | None = None
    older: Sequence["RawItem"] = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """What hangs on an item: only facts about it, never the file."""

    type: str
    name: str | None = None
    url: str | None = None


class Item(NamedTuple):
    """One post, comment or message as understood. `text` is exactly what was sent; None when there was none."""

    platform: str
    account: str
    stream: Stream
    kind: ItemKind
    id: str
    post_id: str | None
    parent_id: str | None
    conversation_id: str | None
    author_id: str | None
    author_name: str | None
    by_account: bool
    text: str | None
    created_at: datetime | None
    permalink: str | None
    hidden: bool = False
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Label:
    """What a person said an item is. It outranks every verdict."""

    kind: Kind
    category: Category
    urgency: Urgency
    by: str

    @property
    def is_complaint(self) -> bool:
        """True when the person called it a complaint."""
        return self.kind == "pengaduan"


class Classified(NamedTuple):
    """An item with its verdict and, if a person gave one, its label."""

    item: Item
    verdict: Verdict | None
    label: Label | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """An administrative place by its codes (Kemendagri), and the words that named it."""

    kabupaten: str | None = None
    kecamatan: str | None = None
    desa: str | None = None
    text: str | None = None
    ambiguous: bool = False


@dataclass(frozen=True, slots=True)
class OpenTicket:
    """What triage needs to know of a ticket in the item's thread: it is open, or closed and may be taken up again."""

    number: str
    reporter_id: str | None
    category: Category
    urgency: Urgency
    closed: bool = False


@dataclass(frozen=True, slots=True)
class Like:
    """An open ticket that says the same, and why."""

    ticket: OpenTicket
    reason: str


class Situation(NamedTuple):
    """What is known around one item when it is triaged.

    `ticket` is the ticket that the item already belongs to; `thread` are tickets in the same conversation or comment thread:
    those that this item would open again, then the open ones, each oldest first. `authors_shown` is False while no item
    of the account ever showed its author.
    `official` are the ids of all our accounts. `restricted`: the author asked that nothing of his be processed.
    `settled`: the very same words were decided before and stayed outside of tickets; a ticket opened since changes nothing.
    `like` are open tickets anywhere that say the same, the surest first, each with the reason.
    """

    ticket: str | None = None
    thread: Sequence[OpenTicket] = ()
    deleted: bool = False
    authors_shown: bool = True
    official: frozenset[str] = frozenset()
    restricted: bool = False
    settled: bool = False
    like: Sequence[Like] = ()


@dataclass(frozen=True, slots=True)
class Open:
    """A new ticket."""

    category: Category
    urgency: Urgency
    reason: str


@dataclass(frozen=True, slots=True)
class Append:
    """One more fact of an existing ticket."""

    number: str
    reason: str


@dataclass(frozen=True, slots=True)
class Review:
    """A person has to look."""

    reason: str


@dataclass(frozen=True, slots=True)
class Ignore:
    """No ticket, and why."""

    reason: str


Decision = Open | Append | Review | Ignore


@dataclass(frozen=True, slots=True)
class Ticket:
    """One complaint as the office works on it; `source_ids` are all its items, the first one first.

    `waiting_since`: its reporter wrote again after a person had closed it.
    """

    number: str
    status: Status
    urgency: Urgency
    category: Category
    agency: str
    summary: str
    account: str
    source_ids: tuple[str, ...]
    supporters: int
    reporter_id: str | None
    place: Place
    permalink: str | None
    opened_at: datetime
    answer_by: datetime | None
    first_response_at: datetime | None = None
    closed_at: datetime | None = None
    merged_into: str | None = None
    waiting_since: datetime | None = None
    version: int = 1


@dataclass(frozen=True, slots=True)
class Roster:
    """Whom an alarm rings, by names of channels: the duty officers with their levels, and each agency's channels.

    Level 1 is rung at once together with agency and duta; the next level when nobody has acknowledged for `patience`.
    """

    duty: Sequence[tuple[int, str]] = ()
    agencies: Mapping[str, Sequence[str]] = field(default_factory=dict)
    patience: timedelta = timedelta(minutes=10)


NOBODY = Roster()
"""No office has said yet whom alarms reach."""


@dataclass(frozen=True, slots=True)
class Balance:
    """The books of one stream: objects `known`, `waiting` to be read, `failing`; under those that Graph counts (`objects`),
    how many it counts, how many are `stored`, known to be `gone`, `hidden` by Facebook, `older` than the first reading, and
    the unexplained rest. `counted` = `stored` + `hidden` + `older` + `unexplained`, unless more is stored than counted.
    """

    account: str
    stream: str
    known: int = 0
    waiting: int = 0
    failing: int = 0
    objects: int = 0
    counted: int = 0
    stored: int = 0
    gone: int = 0
    hidden: int = 0
    older: int = 0
    unexplained: int = 0
