"""Text that may be shown or logged: no token in it, one line, no control characters (pure)."""

import re
import unicodedata
from urllib.parse import quote, quote_plus

_HIDDEN = "***"
_NAMES = "access_token|input_token|client_secret|appsecret_proof|fb_exchange_token"
_RULES = (
    (re.compile(rf"(?i)\b({_NAMES})(=|%3D)[^&\s\"'<>]+"), rf"\1\2{_HIDDEN}"),
    (re.compile(rf"(?i)([\"']?(?:{_NAMES})[\"']?\s*:\s*)[\"'][^\"']*[\"']"), rf"\1{_HIDDEN}"),
    (re.compile(r"(?i)\b(bearer|oauth)\s+(?=\S*\d)[\w.|%~+/=-]{12,}"), rf"\1 {_HIDDEN}"),
    (re.compile(r"EAA[A-Za-z0-9]{5,}"), _HIDDEN),
    (re.compile(r"\b\d{5,}(?:\||%7C)[\w-]{6,}"), _HIDDEN),
)


def redact(text: str, *secrets: str | None) -> str:
    """`text` without the given secrets (also percent-encoded) and without anything that looks like a token.

    Tokens of Meta begin with EAA; an app token is `APPID|SECRET`.
    """
    for secret in secrets:
        if secret:
            for form in {secret, quote(secret, safe=""), quote_plus(secret)}:
                text = text.replace(form, _HIDDEN)
    for pattern, instead in _RULES:
        text = pattern.sub(instead, text)
    return text


def one_line(text: str, limit: int = 300) -> str:
    """`text` in one line of at most `limit` characters, without control, formatting or surrogate characters."""
    # Text far beyond the limit is cut first, so a hostile megabyte costs nothing.
    shown = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text[: limit * 8])
    shown = " ".join(shown.split())
    return shown if len(shown) <= limit else shown[: limit - 1] + "…"
