"""What the classifier sees of a text: whitespace tokens, each turned into plain words, whatever was sent.

`words_of` depends on its token alone, so what is learned of a token can be remembered: a text is a sum of its tokens.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

from classifiers.localwords import LOCAL

MAX_CHARS: Final = 8_000
"""A longer text is read up to here; Facebook's own comments end there."""
MAX_TOKEN: Final = 64
"""A longer token is no word: only this much of it is read."""


class Reply(str):
    """A text together with what it answers, so that `Sequence[str]` can carry a conversation.

    >>> Reply("di sini juga pak", parent="jalan di Gerung rusak").parent
    'jalan di Gerung rusak'
    """

    __slots__ = ("parent",)
    parent: str

    def __new__(cls, text: str, parent: str = "") -> "Reply":
        """The text itself, remembering its parent."""
        reply = super().__new__(cls, text)
        reply.parent = parent
        return reply


_URL = re.compile(r"(?:https?:/|www\.|<url>|t\.co/|bit\.ly/|wa\.me/)|://", re.IGNORECASE)
_EMAIL = re.compile(r"<email>|[\w.+-]+@[\w-]+\.\w", re.IGNORECASE)
_PHONE = re.compile(r"(?:<telp>|(?:\+?62|0)8(?:[-.]?[\dx*]){7,})", re.IGNORECASE)
_MASK = re.compile(r"<(?:nama|name|alamat|nik|no)\w*>", re.IGNORECASE)
_PIECE = re.compile(r"[^\W\d_]+|\d+(?:[.,:/]\d+)*|[!?]|\.{3}|…")
_AGAIN = re.compile(r"(.)\1{2,}")
_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_PICTURE: Final = frozenset({"So", "Sk"})


def tokens_of(text: str) -> list[str]:
    """The whitespace tokens of the part of a text that is read."""
    tokens = text[:MAX_CHARS].split()
    if max(map(len, tokens), default=0) <= MAX_TOKEN:
        return tokens
    return [token[:MAX_TOKEN] for token in tokens]


def words_of(token: str) -> tuple[str, ...]:
    """The words in one whitespace token, in one plain spelling and in Indonesian where they are local and known.

    Addresses and numbers become marks like `<url>`.
    """
    token = token[:MAX_TOKEN]
    if token.isascii() and token.isalpha():
        word = _unstretched(token.lower())
        return LOCAL.get(word) or (word,)
    return tuple(known for word in _split(token) for known in LOCAL.get(word, (word,)))


def _split(token: str) -> Iterator[str]:
    mark = _mark(token)
    if mark:
        yield mark
        return
    if token[0] == "@":
        yield "<user>"
        token = token[1:] if token.lower() not in {"@user", "@username"} else ""
    elif token[0] == "#":
        yield "<tag>"
        token = _CAMEL.sub(" ", token)
    if not token.isascii():
        yield from _pictures(token)
        token = _plain(token)
    seen = set()
    for piece in _PIECE.findall(token.lower()):
        word = "0" * min(len(piece), 6) if piece[0].isdigit() and piece.isdigit() else _shape(piece)
        if word not in seen:
            seen.add(word)
            yield word


def _mark(token: str) -> str:
    if _URL.search(token):
        return "<url>"
    if "@" in token[1:] and _EMAIL.search(token):
        return "<email>"
    if token[0] == "<" and _MASK.match(token):
        return "<nama>"
    if token[0] in "+06(<" and _PHONE.match(token.lstrip("(")):
        return "<telp>"
    digits = token.strip(".,;:()")
    return "<nik>" if len(digits) == 16 and digits.isdigit() else ""


def _shape(piece: str) -> str:
    """Numbers keep only their shape (1,5 becomes 0,0), words lose their stretched letters."""
    if piece[0].isdigit():
        return re.sub(r"\d", "0", piece)[:8]
    return "…" if piece == "..." else _unstretched(piece)


def _unstretched(word: str) -> str:
    return _AGAIN.sub(r"\1", word) if _AGAIN.search(word) else word


def _plain(token: str) -> str:
    """Fancy letters as plain ones, without accents, piled marks, surrogates and invisible characters."""
    spread = unicodedata.normalize("NFKD", token[: MAX_TOKEN * 2])
    return "".join(c for c in spread if unicodedata.category(c)[0] not in "MC").casefold()


def _pictures(token: str) -> Iterator[str]:
    """Each different emoji of the token once, without skin tones and joiners."""
    found = dict.fromkeys(c for c in token if c > "\u2000" and unicodedata.category(c) in _PICTURE)
    yield from (c for c in found if not "\U0001f3fb" <= c <= "\U0001f3ff")
