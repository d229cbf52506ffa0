"""What becomes of an item: a ticket, one more fact of a ticket, a look by a person, or nothing. Pure.

The rules, first match wins; reasons are shown to staff and so stand in Bahasa Indonesia.
"""

from classifiers.verdict import Category, Urgency

from .records import DELETED, RESTRICTED, Append, Classified, Decision, Ignore, Open, OpenTicket, Review, Situation

_KINDS = {
    "pengaduan": "pengaduan",
    "aspirasi": "aspirasi",
    "pertanyaan": "pertanyaan",
    "apresiasi": "apresiasi",
    "spam": "spam",
    "lainnya": "bukan pengaduan",
}
_CONTENT = ("apresiasi", "spam")
"""What does not take up a closed ticket again: thanks, and what means nobody."""


def triage(classified: Classified, around: Situation) -> Decision:
    """Decides about one item. A person's label outranks the verdict; what the account wrote never opens a ticket."""
    item = classified.item
    if item.by_account:
        return Ignore("ditulis oleh akun sendiri")
    if item.author_id is not None and item.author_id in around.official:
        return Ignore("ditulis oleh akun resmi lain")
    if around.restricted and not _life_in_danger(classified):
        return Ignore(RESTRICTED)
    if around.ticket:
        return Append(around.ticket, "sudah menjadi bagian tiket")
    if around.deleted:
        return Ignore(DELETED)
    if not (item.text or "").strip():
        return _wordless(classified, around)
    if item.kind == "post" and item.author_id is None and not around.authors_shown:
        return Review("penulis tidak terlihat: mungkin unggahan akun sendiri")
    return _labelled(classified, around) if classified.label else _judged(classified, around)


def _life_in_danger(classified: Classified) -> bool:
    """UU PDP 27/2022 art. 11 and 41 let a citizen restrict processing; art. 20(2)d goes on where his vital interest asks."""
    if classified.label:
        return classified.label.is_complaint and classified.label.urgency == "mendesak"
    return classified.verdict is not None and classified.verdict.urgency == "mendesak"


def _wordless(classified: Classified, around: Situation) -> Decision:
    item = classified.item
    if classified.label and classified.label.is_complaint:
        return _labelled(classified, around)
    if not any(_is_evidence(attachment.type) for attachment in item.attachments):
        return Ignore("tanpa teks")
    if not around.settled and (own := _own(classified, around)):
        return Append(own.number, "foto atau berkas dari pelapor")
    return Review("foto atau berkas tanpa teks")


def _is_evidence(kind: str) -> bool:
    return kind != "sticker" and "animated" not in kind


def _labelled(classified: Classified, around: Situation) -> Decision:
    label = classified.label
    if label is None or not label.is_complaint:
        return Ignore(f"dinilai petugas: {_KINDS[label.kind] if label else ''}")
    return _complaint(classified, around, label.category, label.urgency, "dinilai petugas: pengaduan")


def _judged(classified: Classified, around: Situation) -> Decision:
    verdict = classified.verdict
    if verdict is None:
        return Review("belum ada model penilai")
    if verdict.urgency == "mendesak":
        return _complaint(classified, around, verdict.category, "mendesak", "mendesak")
    if verdict.is_complaint and not verdict.needs_review:
        return _complaint(classified, around, verdict.category, verdict.urgency, "pengaduan")
    if not around.settled and (own := _own(classified, around)) and not (own.closed and verdict.kind in _CONTENT):
        return Append(own.number, "pelapor menulis lagi" if own.closed else "tambahan dari pelapor")
    if verdict.needs_review:
        return Review("penilai ragu")
    return Ignore(_KINDS[verdict.kind])


def _complaint(
    classified: Classified, around: Situation, category: Category, urgency: Urgency, reason: str
) -> Decision:
    """One ticket a complaint: the same person in the same thread, or whoever says the same, goes on with the open one.

    An emergency is news, and rings by a ticket of its own, if the one before is closed or may wait.
    """
    own = _own(classified, around, category)
    if own and not (urgency == "mendesak" and (own.closed or own.urgency != "mendesak")):
        return Append(own.number, "pelapor menulis lagi" if own.closed else "pengaduan yang sama")
    for like in around.like:
        if _may_join(classified, like.ticket, category, urgency):
            return Append(like.ticket.number, like.reason)
    return Open(category, urgency, reason)


def _may_join(classified: Classified, ticket: OpenTicket, category: Category, urgency: Urgency) -> bool:
    """An emergency is never swallowed by a ticket that may wait; what a person calls another category is another matter."""
    if urgency == "mendesak" and ticket.urgency != "mendesak":
        return False
    return classified.label is None or ticket.category == category


def _own(classified: Classified, around: Situation, category: Category | None = None) -> OpenTicket | None:
    """The reporter's latest ticket in this thread, of this category if one is given; an open one before a closed one."""
    author = classified.item.author_id
    if author is None:
        return None
    mine = [t for t in around.thread if t.reporter_id == author and category in (None, t.category)]
    return mine[-1] if mine else None
