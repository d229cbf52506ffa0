"""A response's body: read and unpacked within bounds, then parsed.

The bounds answer bombs (204 kB of gzip unpack to 200 MiB): both sizes and their ratio are watched while reading, so
that what is too much never stands in memory.
"""

import json
import zlib
from collections.abc import Iterator
from typing import Any, Protocol

MIB = 1 << 20
MOST_WIRE = 16 * MIB
MOST_UNPACKED = 64 * MIB
MOST_RATIO = 100
# Honest answers with many equal lines pack well; below this size a high ratio does no harm.
RATIO_FROM = MIB
_PIECE = 1 << 16


class BodyError(Exception):
    """The body cannot be used; the text says why."""


class Source(Protocol):
    """Where bytes come from."""

    def read(self, amount: int) -> bytes:
        """At most `amount` bytes; none at the end."""


def load(raw: Source, encoding: str, most_wire: int = MOST_WIRE, most_unpacked: int = MOST_UNPACKED) -> bytes:
    """The unpacked bytes of a body sent with Content-Encoding `encoding`. Raises BodyError."""
    encoding = encoding.strip().lower() or "identity"
    if encoding == "identity":
        return b"".join(_pieces(raw, min(most_wire, most_unpacked)))
    if encoding not in ("gzip", "x-gzip", "deflate"):
        raise BodyError("packed in a way nobody asked for")
    return _unpacked(_pieces(raw, most_wire), encoding, most_unpacked)


def parse(body: bytes) -> Any:
    """The JSON in `body`. Lone surrogates and NUL in strings stay what they are. Raises BodyError."""
    if not body.strip():
        raise BodyError("an empty body")
    try:
        return json.loads(body, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        pass
    # Outside of `except`, so that the error does not carry the body along.
    raise BodyError("not JSON: " + ("an HTML page" if body.lstrip()[:1] == b"<" else "cut or broken"))


def _pieces(raw: Source, most: int) -> Iterator[bytes]:
    size = 0
    while piece := raw.read(_PIECE):
        size += len(piece)
        if size > most:
            raise BodyError(f"more than {most // MIB} MiB")
        yield piece


def _unpacked(pieces: Iterator[bytes], encoding: str, most: int) -> bytes:
    out, packed, size = [], 0, 0
    unpack = None
    for piece in pieces:
        packed += len(piece)
        unpack = unpack or _unpacker(encoding, piece)
        while piece and not unpack.eof:
            try:
                part = unpack.decompress(piece, _PIECE * 4)
            except zlib.error:
                raise BodyError("packed bytes that do not unpack") from None
            size += len(part)
            if size > most or (size > RATIO_FROM and size > packed * MOST_RATIO):
                raise BodyError("unpacks to far more than it should")
            out.append(part)
            piece = unpack.unconsumed_tail
    if unpack is not None:
        out.append(unpack.flush())
    if unpack is not None and not unpack.eof:
        raise BodyError("packed bytes that end too early")
    return b"".join(out)


def _unpacker(encoding: str, first: bytes) -> "zlib._Decompress":
    if encoding != "deflate":
        return zlib.decompressobj(zlib.MAX_WBITS | 16)
    # "deflate" is meant with a zlib header, but some servers send it bare.
    wrapped = len(first) > 1 and first[0] & 0x0F == 8 and (first[0] << 8 | first[1]) % 31 == 0
    return zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)


def _no_constant(name: str) -> None:
    raise ValueError(name)
