"""Ids in the forms that Facebook uses, made from counters and hashes so that a world can be built twice alike."""

from __future__ import annotations

import base64
import hashlib


def digits(*parts: str, length: int) -> str:
    """A number of `length` digits that depends on `parts` alone."""
    value = int.from_bytes(hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).digest()[:12], "big")
    return str(10 ** (length - 1) + value % (9 * 10 ** (length - 1)))


def psid(name: str, page_id: str) -> str:
    """A person's id on one Page: 16 digits, different on every Page."""
    return digits("psid", name, page_id, length=16)


def post_id(page_id: str, n: int) -> str:
    """`{page_id}_{story_id}`."""
    return f"{page_id}_{n}"


def comment_id(prefix: str, n: int) -> str:
    """`{story or object id}_{comment number}`, without the Page's id."""
    return f"{prefix}_{n}"


def conversation_id(n: int) -> str:
    """`t_` and digits."""
    return f"t_{n}"


def message_id(conversation: str, n: int) -> str:
    """`m_` and 86 characters of base64url."""
    raw = hashlib.sha512(f"{conversation}:{n}".encode()).digest()
    return "m_" + base64.urlsafe_b64encode(raw).decode().rstrip("=")


def trace_id(n: int) -> str:
    """A `fbtrace_id` for the n-th call."""
    return "A" + base64.urlsafe_b64encode(hashlib.sha256(str(n).encode()).digest()).decode()[:22]
