"""What citizens write, made fit for a screen: any text in, harmless and valid text out. Pure."""

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from ..masking import mask

MOST = 8000
"""As much of a text as a report shows; Facebook allows about as much in a comment."""

_BROKEN = re.compile("[\x00\x80-\x9f\ud800-\udfff]")
_CONTROL = re.compile("[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LOOSE_END = re.compile(r"(?:[\d .+-]{1,40}|[\w.+-]{1,64}@[\w.-]{0,80})$")
_HOSTS = ("facebook.com", "fb.com", "messenger.com")
LONGEST_LINK = 2000


@dataclass(frozen=True, slots=True)
class Shown:
    """A text as it is shown, and whether there is more of it than is shown."""

    text: str
    cut: bool = False


def clean(text: str) -> str:
    """What no HTML file can hold becomes a sign for it; line ends become one kind."""
    text = _BROKEN.sub("\ufffd", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _CONTROL.sub(lambda m: "\u2421" if m[0] == "\x7f" else chr(0x2400 + ord(m[0])), text)


def shown(text: str | None, most: int = MOST) -> Shown:
    """A citizen's text, cleaned, its personal numbers hidden, and no longer than `most`."""
    text = text or ""
    cut = len(text) > most
    if cut:
        # A number or address that the cut goes through would no longer look like one, and so not be hidden.
        text = _LOOSE_END.sub("", text[:most])
    return Shown(mask(clean(text)), cut)


def line(text: str | None, most: int = 140) -> str:
    """The same on one line, with an ellipsis where it is cut."""
    got = shown(text, most * 4)
    flat = " ".join(got.text.split())
    if len(flat) > most or got.cut:
        return flat[: most - 1].rstrip() + "…"
    return flat


def link(address: str | None) -> str | None:
    """An address of Facebook over https; None for any other, however it is dressed up."""
    if (
        not address
        or len(address) > LONGEST_LINK
        or clean(address) != address
        or any(c.isspace() or c == "\\" for c in address)
    ):
        return None
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        plain = parts.scheme == "https" and parts.username is None and parts.port is None
    except ValueError:
        return None
    known = any(host == name or host.endswith(f".{name}") for name in _HOSTS)
    return address if plain and known and address.isascii() else None
