"""Hiding personal numbers in free text: NIK and KK, phones, accounts, e-mail addresses. Pure."""

import re

_MASKS = (
    (re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}"), "[email]"),
    (re.compile(r"(?<!\d)\d(?:[ .-]?\d){15}(?!\d)"), "[NIK]"),
    (re.compile(r"(?<![\d+])(?:\+?62|0)[ .-]?8\d(?:[ .-]?\d){6,10}(?!\d)"), "[telepon]"),
    (re.compile(r"(?<!\d)\d(?:[ -]?\d){8,18}(?!\d)"), "[nomor]"),
)


def mask(text: str) -> str:
    """The text with personal numbers replaced by what they are."""
    for pattern, name in _MASKS:
        text = pattern.sub(name, text)
    return text
