"""Which complaints are one and the same: told again by their author, copied by many, or one event told by many. Pure.

`keys_of` says where to look, a `Shelf` holds what stands there, `why_same` decides. Precision before recall.
"""

from .alike import COPIED, STANDING, Told, why_same
from .shelf import Keys, Opened, Shelf, keys_of, likeliest

COORDINATED = 5
"""So many senders of the very same words: perhaps they were asked to. Staff are told; nothing is done about it."""

__all__ = ["COORDINATED", "COPIED", "STANDING", "Keys", "Opened", "Shelf", "Told", "keys_of", "likeliest", "why_same"]
