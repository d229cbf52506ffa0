"""Graph's `fields` grammar, written and changed as values (pure).

    Fields("id", Edge("comments", filter="stream", limit=50, summary=True, fields=("id", "message")))
-> id,comments.filter(stream).limit(50).summary(true){id,message}
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_NAME = re.compile(r"[A-Za-z_]\w*")
_VALUE = re.compile(r"[\w,-]+")


@dataclass(frozen=True, init=False)
class Edge:
    """A field with modifiers or subfields of its own. A modifier that is a Python keyword takes a trailing `_`."""

    name: str
    fields: "tuple[str | Edge, ...]"
    modifiers: tuple[tuple[str, str], ...]

    def __init__(self, name: str, fields: "Sequence[str | Edge]" = (), **modifiers: str | int | bool) -> None:
        """Raises ValueError for what the grammar cannot hold."""
        texts = tuple((key.rstrip("_"), _text(value)) for key, value in modifiers.items())
        object.__setattr__(self, "name", _checked(name))
        object.__setattr__(self, "fields", _all_checked(fields))
        object.__setattr__(self, "modifiers", texts)

    def __str__(self) -> str:
        inner = "{" + ",".join(map(str, self.fields)) + "}" if self.fields else ""
        return self.name + "".join(f".{key}({value})" for key, value in self.modifiers) + inner


@dataclass(frozen=True, init=False)
class Fields:
    """All that is asked of one node; `str()` is the value of the `fields` parameter."""

    parts: tuple[str | Edge, ...]

    def __init__(self, *parts: str | Edge) -> None:
        """Raises ValueError for what the grammar cannot hold."""
        object.__setattr__(self, "parts", _all_checked(parts))

    def __str__(self) -> str:
        return ",".join(map(str, self.parts))

    def names(self) -> frozenset[str]:
        """Every field and edge asked for, at any depth."""
        return frozenset(_names(self.parts))

    def without(self, name: str) -> "Fields":
        """The same less the field or edge `name`, wherever it stands; equal to this one when it stands nowhere."""
        return Fields(*_without(self.parts, name))

    def shrink(self) -> "Fields":
        """The same with every `limit` halved, never below 1 (0 asks for counts only and stays)."""
        return Fields(*_shrunk(self.parts))


def _names(parts: Sequence[str | Edge]) -> Iterator[str]:
    for part in parts:
        if isinstance(part, Edge):
            yield part.name
            yield from _names(part.fields)
        else:
            yield part


def _without(parts: Sequence[str | Edge], name: str) -> tuple[str | Edge, ...]:
    kept = (part for part in parts if (part.name if isinstance(part, Edge) else part) != name)
    return tuple(_with(p, _without(p.fields, name)) if isinstance(p, Edge) else p for p in kept)


def _shrunk(parts: Sequence[str | Edge]) -> tuple[str | Edge, ...]:
    return tuple(_with(p, _shrunk(p.fields), halve=True) if isinstance(p, Edge) else p for p in parts)


def _with(edge: Edge, fields: tuple[str | Edge, ...], *, halve: bool = False) -> Edge:
    modifiers = {key: _halved(value) if halve and key == "limit" else value for key, value in edge.modifiers}
    return Edge(edge.name, fields, **modifiers)


def _halved(limit: str) -> str:
    return str(max(1, int(limit) // 2)) if limit.isdecimal() and limit != "0" else limit


def _text(value: str | int | bool) -> str:
    text = str(value).lower() if isinstance(value, bool) else str(value)
    if not _VALUE.fullmatch(text):
        raise ValueError(f"not a value of a modifier in Graph's fields: {text!r}")
    return text


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a field of Graph: {name!r}")
    return name


def _all_checked(parts: Sequence[str | Edge]) -> tuple[str | Edge, ...]:
    return tuple(part if isinstance(part, Edge) else _checked(part) for part in parts)
