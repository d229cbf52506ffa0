"""A folder of models: which one is on top, what was refused and why, and the way back."""

import json
import os
import tempfile
from pathlib import Path
from typing import Final

from classifiers.artifact import MANIFEST, ModelUnusable

HISTORY: Final = "history.json"
REFUSED: Final = "refused"
REASON: Final = "reason.txt"


def current(shelf: Path) -> Path | None:
    """The folder of the promoted model; None when the shipped one is to be used."""
    names = history(shelf)
    return shelf / names[-1] if names else None


def is_one(shelf: Path) -> bool:
    """Whether models are, were or can be put here: not in a folder of other things."""
    return not shelf.exists() or (shelf / HISTORY).exists() or (shelf / REFUSED).exists() or not any(shelf.iterdir())


def history(shelf: Path) -> list[str]:
    """The names of the promoted models, the oldest first."""
    file = shelf / HISTORY
    try:
        names = json.loads(file.read_bytes()) if file.exists() else []
    except ValueError:
        names = None
    if not isinstance(names, list) or not all(isinstance(name, str) and Path(name).name == name for name in names):
        raise ModelUnusable(shelf, f"{HISTORY} is damaged; remove it to use the shipped model")
    return names


def put_on_top(shelf: Path, name: str) -> None:
    """Makes a model that stands on the shelf the one in use."""
    if not (shelf / name / MANIFEST).exists():
        raise ModelUnusable(shelf / name, f"no {MANIFEST}")
    _write(shelf, [*(known for known in history(shelf) if known != name), name])


def roll_back(shelf: Path) -> Path | None:
    """Takes the model in use off the top; the one before it is in use again, at last the shipped one (None)."""
    names = history(shelf)
    if not names:
        raise ModelUnusable(shelf, "nothing to go back from", "The shipped model is in use; make one: `ntbcare train`")
    _write(shelf, names[:-1])
    return current(shelf)


def _write(shelf: Path, names: list[str]) -> None:
    shelf.mkdir(parents=True, exist_ok=True)
    handle, building = tempfile.mkstemp(prefix=f".{HISTORY}-", dir=shelf)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(names, out)
        out.flush()
        os.fsync(out.fileno())
    Path(building).replace(shelf / HISTORY)
