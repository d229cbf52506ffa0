"""A trained model on disk: plain arrays and a JSON manifest, nothing executable, written whole or not at all."""

import errno
import hashlib
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, fields
from io import BytesIO
from pathlib import Path
from typing import Any, Final

import numpy as np

from classifiers.linear import COLUMNS, Decisions, Linear, Weights
from classifiers.wordpairs import EDGE, REACH, coded

FORMAT: Final = 3
MANIFEST: Final = "manifest.json"
ARRAYS: Final = "arrays.npz"
MAX_BYTES: Final = 200_000_000
WAY_OUT: Final = "Go back: `ntbcare train --rollback`, or make a new model: `ntbcare train`"
_NAMES: Final = ("grams", "idf", "coef", "bias", "context", "pairs", "pair_idf", "pair_coef")


class ModelUnusable(Exception):
    """A model that must not be used: missing, damaged or of another make; the message says what to do about it."""

    def __init__(self, folder: Path, what: str, way: str = WAY_OUT) -> None:
        super().__init__(f"{folder}: {what}. {way}")
        self.folder = folder


def packed(weights: Weights) -> bytes:
    """The arrays of a model as the bytes of an .npz file: the same weights always give the same bytes."""
    buffer = BytesIO()
    np.savez_compressed(
        buffer,
        allow_pickle=False,
        grams=np.frombuffer("\n".join(weights.grams).encode(), dtype=np.uint8),
        idf=weights.idf,
        coef=weights.coef.astype(np.float16),
        bias=weights.bias,
        context=weights.context.astype(np.float16),
        pairs=weights.pairs,
        pair_idf=weights.pair_idf,
        pair_coef=weights.pair_coef.astype(np.float16),
    )
    return buffer.getvalue()


def rounded(weights: Weights) -> Weights:
    """The weights as they come back from disk, so that what is measured is what is shipped."""
    return _unpacked(packed(weights))


def write(folder: Path, weights: Weights, decisions: Decisions, manifest: dict[str, Any]) -> None:
    """Writes a model into a new folder; none is there before it is complete. `FileExistsError` unless it `takes` one."""
    arrays = packed(weights)
    whole = {
        "format": FORMAT,
        **manifest,
        "columns": list(COLUMNS),
        "decisions": asdict(decisions),
        "sha256": {ARRAYS: hashlib.sha256(arrays).hexdigest()},
    }
    if not takes(folder):
        raise FileExistsError(errno.EEXIST, "holds other things than a model", str(folder))
    folder.parent.mkdir(parents=True, exist_ok=True)
    building = Path(tempfile.mkdtemp(prefix=".model-", dir=folder.parent))
    try:
        _put(building / ARRAYS, arrays)
        _put(building / MANIFEST, json.dumps(whole, indent=1, ensure_ascii=False, sort_keys=True).encode() + b"\n")
        building.chmod(0o755)
        if folder.exists():
            folder.replace(building / "old")
        building.replace(folder)
        shutil.rmtree(folder / "old", ignore_errors=True)
    finally:
        shutil.rmtree(building, ignore_errors=True)


def takes(folder: Path) -> bool:
    """Whether a model may be put there: in a new folder, an empty one, or in place of a model; nothing else is lost."""
    if not folder.exists():
        return True
    empty = folder.is_dir() and not any(folder.iterdir())
    return (empty and not folder.samefile(".")) or (folder / MANIFEST).is_file()


def manifest_of(folder: Path) -> dict[str, Any]:
    """The manifest of the model in a folder, checked for its form."""
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
    except OSError as error:
        raise ModelUnusable(folder, f"no readable {MANIFEST} ({error.strerror})") from None
    except (ValueError, RecursionError):
        raise ModelUnusable(folder, f"{MANIFEST} is damaged") from None
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise ModelUnusable(folder, f"{MANIFEST} is not of format {FORMAT}, this program reads no other")
    if manifest.get("columns") != list(COLUMNS):
        raise ModelUnusable(folder, "the model answers other questions (kinds or categories) than this program asks")
    return manifest


def read(folder: Path) -> Linear:
    """The model in a folder, ready to classify; `ModelUnusable` when it is not exactly what was written."""
    manifest = manifest_of(folder)
    try:
        arrays = (folder / ARRAYS).read_bytes()
    except OSError as error:
        raise ModelUnusable(folder, f"no readable {ARRAYS} ({error.strerror})") from None
    if {ARRAYS: hashlib.sha256(arrays).hexdigest()} != manifest.get("sha256"):
        raise ModelUnusable(folder, f"{ARRAYS} is not the file that {MANIFEST} was written for (SHA-256 differs)")
    try:
        decisions = _decisions(manifest["decisions"])
        weights = _unpacked(arrays)
        name = str(manifest["name"])
    except (KeyError, TypeError, ValueError, zipfile.BadZipFile) as error:
        raise ModelUnusable(folder, f"the model is incomplete ({type(error).__name__}: {error})") from None
    return Linear(weights, decisions, name)


def _decisions(said: Mapping[str, Any]) -> Decisions:
    """`ValueError` for a threshold that is no probability: by one that is no number, nothing would ever ring."""
    decisions = Decisions(**{f.name: float(said[f.name]) for f in fields(Decisions)})
    if not all(0 <= value <= 1 for value in asdict(decisions).values()):
        raise ValueError("a threshold is no probability")
    return decisions


def _unpacked(arrays: bytes) -> Weights:
    with zipfile.ZipFile(BytesIO(arrays)) as pack:
        if sum(entry.file_size for entry in pack.infolist()) > MAX_BYTES:
            raise ValueError(f"more than {MAX_BYTES} bytes")
    with np.load(BytesIO(arrays), allow_pickle=False) as pack:
        loaded = {name: pack[name] for name in _NAMES}
    grams = tuple(loaded["grams"].tobytes().decode().split("\n"))
    weights = Weights(
        grams,
        loaded["idf"].astype(np.float32),
        loaded["coef"].astype(np.float32),
        loaded["bias"].astype(np.float64),
        loaded["context"].astype(np.float32),
        loaded["pairs"].astype(np.int32),
        loaded["pair_idf"].astype(np.float32),
        loaded["pair_coef"].astype(np.float32),
    )
    _check(weights)
    return weights


def _check(weights: Weights) -> None:
    """`ValueError` where the arrays do not fit each other or hold what is no number."""
    size, pairs, columns = len(weights.grams), len(weights.pairs), len(COLUMNS)
    shapes = (
        (weights.idf, (size,)), (weights.coef, (size, columns)), (weights.context, (size, columns)),
        (weights.bias, (columns,)), (weights.pairs, (pairs, 3)), (weights.pair_idf, (pairs,)),
        (weights.pair_coef, (pairs, columns)),
    )  # fmt: skip
    if any(array.shape != shape for array, shape in shapes):
        raise ValueError("the arrays do not fit each other")
    apart, both = weights.pairs[:, 0], weights.pairs[:, 1:]
    near = (apart >= 1) & (apart <= REACH)
    if not (near.all() and ((both >= 0) & ((both < size) | (both == EDGE))).all()):
        raise ValueError("a pair of words is none of the model's")
    if not (np.diff(coded(weights.pairs)) > 0).all():
        raise ValueError("the pairs of words are not in order")
    if not all(np.isfinite(array).all() for array, _ in shapes):
        raise ValueError("the arrays hold numbers that are none")


def _put(file: Path, content: bytes) -> None:
    with file.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
