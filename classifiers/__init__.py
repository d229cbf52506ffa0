"""Text in, verdict out: knows no platform, no ticket, no SQL.

>>> from classifiers import load
>>> load()(["jalan rusak parah di depan pasar Gerung"])[0].is_complaint
True
"""

from pathlib import Path

from classifiers import shelf
from classifiers.artifact import MANIFEST, ModelUnusable, read
from classifiers.explain import Explanation, explain
from classifiers.linear import Linear
from classifiers.rules import KeywordRules
from classifiers.text import Reply
from classifiers.verdict import Classify, Verdict

SHIPPED = Path(__file__).parent / "model"
"""The model that comes with the program."""

Model = Linear | KeywordRules
"""Something that classifies and has a name."""

__all__ = [
    "SHIPPED",
    "Classify",
    "Explanation",
    "KeywordRules",
    "Linear",
    "Model",
    "ModelUnusable",
    "Reply",
    "Verdict",
    "explain",
    "load",
    "place_of",
]


def load(folder: Path | None = None) -> Model:
    """The model in a folder, or the one that a shelf of models has on top; without a folder the shipped one.

    Where no model was ever put, the keyword rules classify; one that is damaged or not there any more raises `ModelUnusable`.
    """
    place = place_of(folder)
    return KeywordRules() if place == SHIPPED and not place.exists() else read(place)


def place_of(folder: Path | None = None) -> Path:
    """The folder that `load` reads from; `ModelUnusable` for a folder that has nothing to do with models."""
    if folder is not None and not (folder / MANIFEST).exists():
        current = shelf.current(folder)
        if current is None and not shelf.is_one(folder):
            raise ModelUnusable(folder, f"no {MANIFEST} and no promoted model here")
        folder = current
    return folder or SHIPPED
