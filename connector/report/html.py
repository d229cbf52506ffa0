"""The HTML file: Jinja2 with everything escaped, written piece by piece, sealed by a policy that lets nothing in or out."""

import hashlib
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from importlib import resources
from typing import Any, TextIO

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from sqlalchemy import Connection

from classifiers.verdict import CATEGORIES, KINDS, URGENCIES

from ..settings import Routing
from ..store.summary import Window
from . import gather, words
from .entries import KINDS as KIND_NAMES
from .entries import STATUS
from .gather import Lists
from .summary import URGENCY_NAMES, Names, Summary, summarise
from .texts import clean

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Live:
    """What makes the report a page of `ntbcare review`: its script, its key, and the moves (status, name, from which)."""

    script: str
    key: str
    moves: Sequence[tuple[str, str, Sequence[str]]]


def write_report(
    connection: Connection,
    stream: TextIO,
    routing: Routing,
    since: datetime | None,
    until: datetime | None,
    now: datetime,
    live: Live | None = None,
    why: gather.Why = gather.unexplained,
) -> None:
    """Writes the report of what was created in [since, until) as it stands at `now`, in bounded memory.

    `live` makes it a page that a server stands behind; `why` names the words that decided.
    """
    window = Window(now, since, until)
    names = gather.names_of(connection, routing)
    summary = summarise(gather.facts_of(connection, window), names)
    render(stream, summary, gather.lists_of(connection, window, names, why), names, live)


def render(stream: TextIO, summary: Summary, lists: Lists, names: Names, live: Live | None = None) -> None:
    """Writes the page; the lists are read while they are written."""
    page = environment().get_template("report.html.j2")
    pieces = page.stream(summary=summary, lists=lists, names=names, live=live, **sealed(live.script if live else ""))
    pieces.enable_buffering(500)
    for piece in pieces:
        stream.write(piece)


@cache
def environment() -> Environment:
    """Templates of this package, with everything escaped."""
    made = Environment(
        loader=PackageLoader("connector.report", "."),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_valid,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters |= {"number": words.number}
    made.globals |= {
        "KINDS": [(key, KIND_NAMES[key]) for key in KINDS],
        "URGENCIES": [(key, URGENCY_NAMES[key]) for key in URGENCIES],
        "CATEGORIES": CATEGORIES,
        "STATUS": list(STATUS.items()),
        "PER_PAGE": PER_PAGE,
    }
    return made


def _valid(value: Any) -> Any:
    """Last of all: whatever a template puts out can stand in a file of UTF-8. What is markup was made of such pieces."""
    return clean(value) if type(value) is str else value


@cache
def sealed(more: str = "", styles: tuple[str, ...] = ("style.css",)) -> dict[str, Any]:
    """Our own style and scripts, the only things that escaping leaves alone, and the policy that lets nothing else run."""
    style, script = "".join(map(_own, styles)), _own("script.js")
    live = f" {_hash(more)}; connect-src 'self'" if more else ""
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}{live}; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    )
    own = {"style": style, "script": script, "live_script": more}
    return {"policy": policy} | {name: Markup(text) for name, text in own.items()}  # noqa: S704  (files of this product)


def _own(name: str) -> str:
    return (resources.files("connector.report") / name).read_text("utf-8")


def _hash(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"
