"""Landing raw records from a file: what `export raw` wrote here or on another machine."""

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, get_args

from sqlalchemy import Engine

from .platforms.facebook.links import post_on
from .platforms.facebook.parse import child, raw_comment, raw_message, raw_post, usable_id, when
from .records import Account, ItemKind, RawItem, Stream
from .store import landing, raw, retention
from .store.engine import writing

BATCH = 500


@dataclass(slots=True)
class Landing:
    """What an import did: counts, and one line for each record that could not be landed.

    `apart`: comments of which no post is told, and messages of which no conversation is.
    """

    new: int = 0
    changed: int = 0
    known: int = 0
    apart: int = 0
    failures: list[str] = field(default_factory=list)


def land_records(
    engine: Engine,
    lines: Iterable[tuple[str, str]],
    account: Callable[[str], Account | None],
    clock: Callable[[], datetime],
) -> Landing:
    """Lands (where, line) pairs in batches; a bad line is named and loses no other."""
    done = Landing()
    for batch in _batches(lines, account, done):
        with writing(engine) as connection:
            landed = landing.land(connection, batch, clock(), raw.BULK)
        done.new += landed.new
        done.changed += landed.changed
        done.known += len(landed.known) - landed.changed
    return done


def _batches(
    lines: Iterable[tuple[str, str]], account: Callable[[str], Account | None], done: Landing
) -> Iterator[list[RawItem]]:
    batch: list[RawItem] = []
    for where, line in lines:
        if not line.strip():
            continue
        try:
            item = read_record(_parsed(line), account)
        except ValueError as error:
            done.failures.append(f"{where}: {error}; the line was left out")
            continue
        done.apart += _apart(item)
        batch.append(item)
        if len(batch) >= BATCH:
            yield batch
            batch = []
    if batch:
        yield batch


def _parsed(line: str) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        at = f" from column {error.colno} on" if isinstance(error, json.JSONDecodeError) else ""
        raise ValueError(f"not JSON{at}; expected a line that `export raw` wrote") from None


def _apart(item: RawItem) -> bool:
    context = {"comment": item.post_id, "message": item.conversation_id}
    return item.fingerprint != retention.WIPED and not context.get(item.kind, True)


def read_record(record: Any, account: Callable[[str], Account | None]) -> RawItem:
    """One exported raw record as a raw item. Raises ValueError saying what was expected."""
    if not isinstance(record, dict):
        raise ValueError("expected a JSON object")
    if record.get("masked"):
        raise ValueError("expected an object as Graph sent it, exported without --masked")
    kind: Any
    stream: Any
    kind, stream, payload = record.get("kind"), record.get("stream"), record.get("payload")
    if kind not in get_args(ItemKind) or stream not in get_args(Stream):
        raise ValueError(f"expected kind {'|'.join(get_args(ItemKind))} and stream {'|'.join(get_args(Stream))}")
    owner = account(str(record.get("account")))
    if owner is None or record.get("platform") != owner.platform:
        raise ValueError(f"expected the account of this store, found {record.get('platform')}/{record.get('account')}")
    if not isinstance(payload, dict):
        raise ValueError("expected payload to be the object as Graph sent it")
    own, named = usable_id(payload.get("id")), record.get("id")
    if own and named is not None and usable_id(named) != own:
        raise ValueError(f"expected one object, found id {str(named)[:60]} with a payload of id {own}")
    item, deleted_at = _item(owner, kind, payload, record), when(record.get("deleted_at"))
    older = _older(owner, kind, record)
    if others := [one.id for one in older if one.id != item.id]:
        raise ValueError(f"expected one object, found id {item.id} with a revision of {others[0]}")
    item = item._replace(
        stream=stream,
        parent_id=item.parent_id or usable_id(record.get("parent_id")),
        created_at=when(record.get("created_at")) or item.created_at,  # Graph may tell another one later
        fetched_at=when(record.get("fetched_at")),
        deleted_at=deleted_at,
        author_id=next((one.author_id for one in (item, *older) if one.author_id), None),
        older=older,
    )
    if deleted_at and not payload and (known := usable_id(record.get("id"))):
        return item._replace(id=known, fingerprint=retention.WIPED, older=())
    return item


def _item(owner: Account, kind: str, payload: dict[str, Any], record: dict[str, Any]) -> RawItem:
    if kind == "post":
        return raw_post(owner, payload)
    if kind == "comment":
        item = raw_comment(owner, "", payload)
        return item._replace(post_id=usable_id(record.get("post_id")) or _post_of(owner, payload, item.id))
    return raw_message(owner, "", payload)._replace(conversation_id=usable_id(record.get("conversation_id")))


def _older(owner: Account, kind: str, record: dict[str, Any]) -> list[RawItem]:
    """The earlier revisions that a record tells of, oldest first."""
    told = record.get("revisions") or []
    found = []
    for one in told if isinstance(told, list) else [told]:
        at, payload = when(child(one, "fetched_at")), child(one, "payload")
        if at is None or not isinstance(payload, dict):
            raise ValueError("expected revisions to be objects with fetched_at and payload, as Graph sent it")
        found.append(_item(owner, kind, payload, record)._replace(fetched_at=at))
    return found


def _post_of(owner: Account, payload: dict[str, Any], comment: str) -> str | None:
    """Under which post a comment stands: by its link, or else by its id, which may have that of a photo in front."""
    if isinstance(link := payload.get("permalink_url"), str) and (known := post_on(link, owner.id)):
        return known
    post, _, own = comment.partition("_")
    return f"{owner.id}_{post}" if post.isdecimal() and own.isdecimal() else None
