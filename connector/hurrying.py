"""Hurry: what is urgent becomes a ticket while the pass that brought it still reads; the rest waits for the pass's end."""

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from classifiers import ModelUnusable

from .alarms import QUIET
from .errors import Unreadable
from .platforms.facebook.parse import parse
from .records import RawItem

if TYPE_CHECKING:
    from .wiring import Works

MOST = 200


class Hurry:
    """Looks at what a batch brought. Only what was written within the hour is judged here: a first reading costs nothing."""

    def __init__(self, works: "Works", process: Callable[[], None]) -> None:
        self.works, self.process = works, process

    def landed(self, items: Sequence[RawItem]) -> None:
        """Begins processing in a thread of its own when anything sounds urgent."""
        since = self.works.clock() - QUIET
        texts = [
            text for item in items[:MOST] if item.created_at and item.created_at >= since and (text := _text(item))
        ]
        try:
            urgent = texts and any(verdict.urgency == "mendesak" for verdict in self.works.classify()(texts))
        except ModelUnusable:
            return  # processing tells of it
        if urgent and not self.works.stop.is_set():
            threading.Thread(target=self.process, name="process at once").start()


def _text(item: RawItem) -> str:
    try:
        return parse(item, "").text or ""
    except Unreadable:
        return ""
