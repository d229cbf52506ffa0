"""Which place of NTB a text names: kabupaten or kota, kecamatan, desa or kelurahan, by their codes. Pure.

text ─▶ tokens ─▶ mentions (what stands there, and around it) ─▶ resolved ─▶ one Place
"""

from ..records import Place
from .choose import choose
from .gazetteer import gazetteer
from .mentions import mentioned, plain, tokens

__all__ = ["find_place"]

LONGEST = 8_000
NOWHERE = Place()


def find_place(text: str, context: Place = NOWHERE) -> Place:
    """The place that a text names in its first 8,000 characters; an empty Place when it names none.

    `context` is the place of what the text stands under. It helps to tell places of the same name apart; where the text
    names none, it is the answer, marked as ambiguous and without words, unless it is not certain itself.
    """
    text = plain(text[:LONGEST])
    known = gazetteer()
    low = tokens(text)
    if not known.anchors.isdisjoint(low):
        found = choose(mentioned(text, low, known), text, context)
        if found.text is not None:
            return found
    if context.kabupaten is None or context.ambiguous:
        return NOWHERE
    return Place(context.kabupaten, context.kecamatan, context.desa, ambiguous=True)
