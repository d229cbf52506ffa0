"""The `fields` parameter of the Graph API as a value: nested edges, their modifiers, and asking for less."""

from collections.abc import Iterable
from dataclasses import dataclass, replace


@dataclass(frozen=True, slots=True)
class Edge:
    """A field with fields of its own, or a connection, e.g. `comments.filter(stream).limit(25){id,message}`."""

    name: str
    fields: tuple["Field", ...] = ()
    modifiers: tuple[tuple[str, str], ...] = ()
    limit: int | None = None


Field = str | Edge


def render(fields: Iterable[Field]) -> str:
    """The text that Graph reads."""
    return ",".join(field if isinstance(field, str) else _edge(field) for field in fields)


def _edge(edge: Edge) -> str:
    modifiers = [f".{name}({value})" for name, value in edge.modifiers]
    if edge.limit is not None:
        modifiers.append(f".limit({edge.limit})")
    inner = f"{{{render(edge.fields)}}}" if edge.fields else ""
    return f"{edge.name}{''.join(modifiers)}{inner}"


def name_of(field: Field) -> str:
    """The bare name of a field or edge."""
    return field if isinstance(field, str) else field.name


def without(fields: Iterable[Field], names: frozenset[str]) -> tuple[Field, ...]:
    """The same fields less those of these names, at any depth."""
    kept: list[Field] = []
    for field in fields:
        if name_of(field) in names:
            continue
        kept.append(field if isinstance(field, str) else replace(field, fields=without(field.fields, names)))
    return tuple(kept)
