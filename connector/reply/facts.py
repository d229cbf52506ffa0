"""What answering needs, and what the store knows around one answer."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine

from ..answers.choosing import About, Facts
from ..answers.wording import Kind, Wording
from ..graph.client import Graph
from ..records import Account
from ..store import addressees, persons, replies

Mode = Literal["off", "dry_run", "on"]


@dataclass(frozen=True, slots=True)
class Answering:
    """One account's answering. `guard` proves inside a transaction that the account's lease is still ours.

    `graph` opens the way to Graph, `agencies` and `categories` are what keys are called, `outside` what to tell of agencies that
    are not the government's, `official` the ids of our accounts.
    """

    engine: Engine
    account: Account
    mode: Mode
    prefers: Literal["comment", "message"]
    wording: Wording
    per_hour: int
    agencies: Mapping[str, str]
    categories: Mapping[str, str]
    outside: Mapping[str, str]
    official: frozenset[str]
    clock: Callable[[], datetime]
    graph: Callable[[], AbstractContextManager[Graph]]
    guard: Callable[[Connection], None] = field(default=lambda _: None)


@dataclass(frozen=True, slots=True)
class Matter:
    """One event of a ticket, as it would be answered: the ticket's row, and the item that is answered.

    `said_at`: when it happened, if somebody else than we noted that.
    """

    kind: Kind
    event_at: datetime
    reason: str
    ticket: Any
    item: Any
    said_at: datetime | None = None


def facts_of(
    connection: Connection, work: Answering, matter: Matter, now: datetime, *, reply: int = 0, waiting: bool
) -> Facts:
    """What `choose` needs; `reply` is the answer's own row, `waiting` whether others that wait count as given."""
    item, author = matter.item, matter.item.author_id
    told = []
    if author:
        rehearsed = work.mode == "dry_run"
        told = replies.told(connection, work.account.key, author, item.thread_id, but=reply, rehearsed=rehearsed)
    others = [one for one in told if one.state == "due" or (one.state == "dry_run" and one.at > now)]
    counted = told if waiting else [one for one in told if one.state != "due"]
    return Facts(
        kind=matter.kind,
        now=now,
        event_at=matter.event_at,
        status=matter.ticket.status,
        merged=matter.ticket.merged_into is not None,
        item=About(
            item.kind,
            item.created_at,
            item.landed_at,
            author,
            item.by_account,
            item.hidden,
            item.deleted,
            bulk=item.lane != 0 and item.revision == 1,
        ),
        official=author in work.official,
        barred=bool(persons.states(connection, [author])),
        prefers=work.prefers,
        wrote_at=addressees.wrote_at(connection, work.account.key, author) if author else None,
        told_at=max((one.at for one in counted), default=None),
        waits=any(one.ticket_id != matter.ticket.id for one in others),
        protested=matter.ticket.waiting_since is not None,
    )
