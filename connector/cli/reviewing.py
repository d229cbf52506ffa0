"""The verb review: the report as a page on this machine, where corrections and moves take effect at once."""

import threading
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from .app import app
from .opening import open_works, window
from .outcome import finish, out, say
from .records import Since, Until

if TYPE_CHECKING:
    from ..report import Live
    from ..review import Office
    from ..wiring import Works


@app.command(epilog="Example: ntbcare review --port 8080")
def review(
    context: typer.Context,
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="On this machine only; 0 takes a free one.")
    ] = 8080,
    since: Since = None,
    until: Until = None,
) -> None:
    """The local web page for staff; prints the address to open, which holds its key.

    The key is good once. Whoever comes without a session (15 minutes without use end it) makes it print a new address on stderr.
    """
    from ..review import serve
    from ..upgrades import Schema

    works = open_works(context)
    schema = Schema(works.engine, works.stop)
    schema.look()
    threading.Thread(target=schema.keep_looking, name="schema", daemon=True).start()
    try:
        serve(office(works, since, until), port, works.stop, out, lambda address: say(f"review: open {address}"))
    except OSError as error:
        finish([f"review: port {port}: {error.strerror}; choose another with --port"])
    schema.refuse()


def office(works: "Works", since: str | None, until: str | None) -> "Office":
    """What the page does, on a store. Raises Misuse for a window that is none."""
    from ..casework import move
    from ..errors import Conflict, NotFound
    from ..labels import add
    from ..process import process_pending
    from ..report import write_report
    from ..report.entries import STATUS
    from ..report.gather import ticket_now
    from ..review import Office, told
    from ..states import MOVES
    from ..store.engine import reading, writing

    start, end = window(since, until)
    works.classify()  # one that is unusable is said at once
    turn = threading.Lock()

    def write(stream: TextIO, live: "Live") -> None:
        with reading(works.engine) as connection:
            write_report(connection, stream, works.routing, start, end, works.clock(), live, works.why())

    def correct(records: Sequence[Mapping[str, Any]]) -> list[str]:
        failures = []
        with turn:
            desk = works.desk(works.classify())  # another may have been promoted meanwhile
            for record in records:
                try:
                    with writing(works.engine) as connection:
                        now = works.clock()  # a browser's may be wrong
                        add(connection, {**record, "at": now.isoformat()}, now, desk.deadline, desk.route)
                except (ValueError, Conflict, NotFound) as error:
                    failures.append(told(error))
            process_pending(works.engine, desk, works.stop.is_set)
        return failures

    def shown(ids: Sequence[str]) -> list[Mapping[str, Any]]:
        with reading(works.engine) as connection:
            return [now for one in ids if (now := ticket_now(connection, one))]

    def moved(number: str, status: str, seen: str | None, reason: str, by: str) -> None:
        move(works.engine, number, status, who=by, reason=reason, now=works.clock(), seen=seen)

    offered = [(to, STATUS[to], [at for at, ways in MOVES.items() if to in ways]) for to in MOVES]
    return Office(write, correct, shown, moved, [each for each in offered if each[2]], works.clock)
