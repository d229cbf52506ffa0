"""Which open tickets say the same as the complaints of a batch: looked for in bulk, compared one by one, filed in bulk."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection

from ..duplicates import STANDING, Keys, Opened, Shelf, Told, keys_of, likeliest
from ..records import Classified, Like, OpenTicket, Place
from ..store import likeness
from ..store.raw import ResultRow
from .facts import Desk


@dataclass(slots=True)
class Twins:
    """The complaints of a batch that may open tickets, and the open tickets that may say the same."""

    told: dict[int, Told] = field(default_factory=dict)
    keys: dict[int, Keys] = field(default_factory=dict)
    shelf: Shelf = field(default_factory=Shelf)
    filed: list[likeness.Filed] = field(default_factory=list)

    def like(self, row: int) -> list[Like]:
        """Open tickets that say the same as an item, the surest first."""
        return self.shelf.find(self.told[row], self.keys[row]) if row in self.told else []

    def opened(self, row: int, ticket: OpenTicket) -> None:
        """Files what opens a ticket, for the items after it and for those of later batches."""
        if row in self.told:
            own, gist = self.keys[row].own, self.keys[row].gist
            kept = self.shelf.file(Opened(ticket, self.told[row]), own, gist)
            self.filed += [(key, row, gist) for key in kept]


def gather(connection: Connection, classified: Mapping[int, Classified], out: Container[int], desk: Desk) -> Twins:
    """Reads from the store what may be the same as the complaints of a batch, less those `out` of the question."""
    twins = Twins()
    for row, one in classified.items():
        if row not in out and (told := told_of(one, desk)) is not None:
            twins.told[row], twins.keys[row] = told, keys_of(told)
    wanted = {key for keys in twins.keys.values() for key in keys.wanted}
    under: dict[int, list[int]] = {}
    gists: dict[int, int] = {}
    there: dict[int, list[tuple[int, int]]] = {}
    for key, item, gist in likeness.filed(connection, wanted):
        under.setdefault(item, []).append(key)
        gists[item] = gist
        there.setdefault(key, []).append((item, gist))
    likely = {item for keys in twins.keys.values() for item in likeliest(keys, there)} if there else set()
    times = [told.at for told in twins.told.values()]
    near = (min(times) - STANDING, max(times) + STANDING) if times else None
    for known in likeness.opened(connection, likely, *near) if near else ():
        ticket = OpenTicket(known.number, known.reporter_id, known.category, known.urgency)
        twins.shelf.file(Opened(ticket, _told_before(known, desk)), under[known.id], gists[known.id])
    return twins


def told_of(one: Classified, desk: Desk) -> Told | None:
    """A complaint as it is compared; None for what opens no ticket by itself and what has no words or no time."""
    item, said = one.item, one.label or one.verdict
    if said is None or item.by_account or item.created_at is None or not item.text or not _is_complaint(one):
        return None
    place = desk.find_place(item.text)
    return Told(item.text, item.author_id, item.created_at, place, said.category, said.urgency == "mendesak")


def _is_complaint(one: Classified) -> bool:
    if one.label:
        return one.label.is_complaint
    verdict: Any = one.verdict
    return verdict.urgency == "mendesak" or (verdict.is_complaint and not verdict.needs_review)


def _told_before(known: ResultRow, desk: Desk) -> Told:
    """What opened a ticket; its place is the ticket's, which a person may have set, unless the ticket was merged into it."""
    place = Place(known.kabupaten, known.kecamatan, known.desa, known.place_text, known.place_ambiguous)
    if known.position != 0:
        place = desk.find_place(known.text)
    return Told(known.text, known.author_id, known.created_at, place, known.category, known.urgency == "mendesak")


def refile(connection: Connection, changed: Mapping[int, Classified], desk: Desk) -> None:
    """Files anew what opened a ticket and now has other words, or none."""
    if not changed:
        return
    likeness.forget(connection, list(changed))
    told = {row: told_of(one, desk) for row, one in changed.items()}
    likeness.file(connection, [one for row, t in told.items() if t is not None for one in keys_of(t).rows(row)])
