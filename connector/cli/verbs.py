"""The command line with all its verbs: each module adds its own to `app`."""

from . import (
    answering,
    casework,
    contacting,
    listing,
    reading,
    records,
    reviewing,
    rights,
    running,
    staff,
    starting,
    teaching,
)  # fmt: skip
from .app import app

__all__ = [
    "answering", "app", "casework", "contacting", "listing", "reading", "records", "reviewing", "rights", "running", "staff",
    "starting", "teaching",
]  # fmt: skip
