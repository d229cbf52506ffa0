"""The grammar of the `fields` parameter.

    fields   = field { "," field }
    field    = name { "." modifier "(" argument ")" | "{" fields "}" }

Modifiers (`limit`, `filter`, `order`, `summary`, `as`, `type`, `since`, `after`, …) and braces come in any order.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from .errors import GraphError

_TOKEN = re.compile(r"\s*([A-Za-z_][\w]*|[{},.()])")
_ARGUMENT = re.compile(r"\(([^()]*)\)")


@dataclass(frozen=True, slots=True)
class Field:
    """One asked field: its name, its modifiers, and what is asked of it inside braces (None: the defaults)."""

    name: str
    modifiers: tuple[tuple[str, str], ...] = ()
    inner: tuple[Field, ...] | None = None

    @property
    def arguments(self) -> dict[str, str]:
        """The modifiers as a mapping."""
        return dict(self.modifiers)

    def __str__(self) -> str:
        braces = "" if self.inner is None else "{" + unparse(self.inner) + "}"
        return self.name + "".join(f".{name}({value})" for name, value in self.modifiers) + braces


def unparse(fields: tuple[Field, ...]) -> str:
    """The text of parsed fields, as Facebook repeats it in `next`."""
    return ",".join(map(str, fields))


@lru_cache(maxsize=1024)
def parse(text: str) -> tuple[Field, ...]:
    """The text of a `fields` parameter → its fields; GraphError 2500 for a syntax error."""
    reader = _Reader(text)
    fields = reader.fields() if text.strip() else ()
    reader.end()
    return fields


class _Reader:
    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0

    def peek(self) -> str:
        match = _TOKEN.match(self.text, self.at)
        return match[1] if match else ""

    def take(self, wanted: str = "") -> str:
        match = _TOKEN.match(self.text, self.at)
        if match is None or (match[1] != wanted if wanted else not match[1][0].isidentifier()):
            raise self.error(wanted or "a field name")
        self.at = match.end()
        return match[1]

    def error(self, expected: str) -> GraphError:
        found = self.text[self.at : self.at + 10].strip() or "end of string"
        text = f'Syntax error "Expected {expected} instead of "{found}"." at character {self.at}: {self.text}'
        return GraphError(2500, text)

    def end(self) -> None:
        if self.text[self.at :].strip():
            raise self.error("end of string")

    def fields(self) -> tuple[Field, ...]:
        found = [self.field()]
        while self.peek() == ",":
            self.take(",")
            if self.peek() in ("", "}"):
                break
            found.append(self.field())
        return tuple(found)

    def field(self) -> Field:
        name, modifiers, inner = self.take(), [], None
        while (mark := self.peek()) in (".", "{"):
            self.take(mark)
            if mark == "{":
                inner = self.fields() if self.peek() != "}" else ()
                self.take("}")
                continue
            modifier, argument = self.take(), self.argument()
            if modifier == "fields":
                inner = parse(argument)
            else:
                modifiers.append((modifier, argument))
        return Field(name, tuple(modifiers), inner)

    def argument(self) -> str:
        match = _ARGUMENT.match(self.text, self.at)
        if match is None:
            raise self.error("(")
        self.at = match.end()
        return match[1].strip().strip("\"'")
