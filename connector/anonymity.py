"""Records as they go out when nobody is to be known by them: without authors, their names, personal numbers. Pure.

Ids of posts, comments and messages stay, since records refer to each other by them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from .masking import mask
from .platforms.facebook.links import stands_on
from .platforms.facebook.parse import child, nodes_of, usable_id
from .records import Ticket

T = TypeVar("T", str, str | None)
_TELLS_NOBODY = {
    "id",
    "created_time",
    "updated_time",
    "status_type",
    "is_published",
    "is_hidden",
    "is_private",
    "is_unsupported",
    "comment_count",
    "like_count",
    "sticker",
    "parent",
    "attachment",
    "attachments",
    "shares",
    "data",
    "type",
    "media_type",
    "mime_type",
    "size",
}
"""What stays of an object as Graph sent it, beside words and link; what is asked for one day is hidden until it stands here."""
_LINKS = ("permalink_url", "url", "link")


@dataclass(frozen=True, slots=True)
class Veil:
    """What hides people in one record: the id of the Page that it stands on ('' for none), the names that its words may hold."""

    page: str
    names: frozenset[str] = frozenset()

    def words(self, text: T) -> T:
        """Free text without these names and without personal numbers."""
        return mask(text, self.names) if text else text

    def link(self, link: Any) -> str | None:
        """An address that leads to what stands on the Page; None for any other: it may be that of a citizen's profile."""
        return link if isinstance(link, str) and self.page and stands_on(link, self.page) else None


def veiled_item(record: Mapping[str, Any], veil: Veil) -> dict[str, Any]:
    """A record of `export items`; what hangs on it is called by its type only."""
    hung = [{"type": a["type"], "name": None, "url": veil.link(a["url"])} for a in record["attachments"]]
    hidden = {"author_id": None, "text": veil.words(record["text"]), "permalink": veil.link(record["permalink"])}
    return {**record, **hidden, "attachments": hung}


def veiled_raw(record: Mapping[str, Any], veil: Veil) -> dict[str, Any]:
    """A record of `export raw`, marked as one that `import` does not take."""
    told = [record["payload"], *(one["payload"] for one in record["revisions"])]
    veil = replace(veil, names=veil.names.union(*(names_told(payload, veil.page) for payload in told)))
    older = [{**one, "payload": _veiled(one["payload"], veil)} for one in record["revisions"]]
    return {**record, "payload": _veiled(record["payload"], veil), "revisions": older, "masked": True}


def names_told(payload: Any, page: str) -> frozenset[str]:
    """The names that an object tells beside its words: who wrote it, to whom, who is tagged; but for the Page's own."""
    tags = [child(payload, name) for name in ("message_tags", "story_tags")]
    told = [child(payload, "from"), *nodes_of(child(payload, "to"))]
    told += [one for tagged in tags if isinstance(tagged, list) for one in tagged]
    others = [one for one in told if usable_id(child(one, "id")) != page]
    return frozenset(name for one in others if isinstance(name := child(one, "name"), str))


def _veiled(value: Any, veil: Veil) -> Any:
    if isinstance(value, list):
        return [_veiled(one, veil) for one in value]
    if not isinstance(value, dict):
        return value
    shown = {name: _veiled(one, veil) for name, one in value.items() if name in _TELLS_NOBODY}
    if isinstance(value.get("message"), str):
        shown["message"] = veil.words(value["message"])
    return shown | {name: link for name in _LINKS if (link := veil.link(value.get(name)))}


def veiled_ticket(ticket: Ticket, veil: Veil) -> Ticket:
    """A ticket without its reporter."""
    place = replace(ticket.place, text=veil.words(ticket.place.text))
    link, summary = veil.link(ticket.permalink), veil.words(ticket.summary)
    return replace(ticket, reporter_id=None, summary=summary, place=place, permalink=link)
