"""What a classifier says of a text: kind, category, urgency, and how sure it is."""

from collections.abc import Callable, Sequence
from typing import Final, Literal, NamedTuple, get_args

Kind = Literal["pengaduan", "aspirasi", "pertanyaan", "apresiasi", "spam", "lainnya"]
Urgency = Literal["mendesak", "penting", "biasa"]
Category = Literal[
    "jalan_jembatan", "transportasi", "listrik", "air_bersih", "kesehatan", "pendidikan", "bantuan_sosial",
    "adminduk_layanan", "lingkungan_sampah", "bencana_kebakaran", "ketertiban_keamanan", "pungli_korupsi",
    "pertanian_perikanan", "tenaga_kerja_ekonomi", "pariwisata", "telekomunikasi", "lainnya",
]  # fmt: skip

KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
URGENCIES: Final[tuple[Urgency, ...]] = get_args(Urgency)
CATEGORIES: Final[tuple[Category, ...]] = get_args(Category)


class Verdict(NamedTuple):
    """A classifier's opinion of one text.

    Scores are probabilities from 0 to 1. `category` is set whether or not the text is a complaint.
    `needs_review` means that the classifier abstains: a person has to say whether it is a complaint.
    """

    kind: Kind
    is_complaint: bool
    complaint_score: float
    category: Category
    category_score: float
    urgency: Urgency
    urgent_score: float
    needs_review: bool
    model: str


LAST_BITS: Final = 1e-6
Classify = Callable[[Sequence[str]], Sequence[Verdict]]
"""Texts in, one verdict for each out, in the same order; never raises on a text."""


def same(one: Verdict | None, other: Verdict | None) -> bool:
    """Whether two verdicts say the same; the last bits of a score depend on what is judged together."""
    if one is None or other is None:
        return one is other
    pairs = zip(one, other, strict=True)
    return all(abs(a - b) <= LAST_BITS if isinstance(a, float) and isinstance(b, float) else a == b for a, b in pairs)
