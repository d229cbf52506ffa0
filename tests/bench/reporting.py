"""(g) The report: how long it takes to write and how large it gets."""

import io

from connector.report import write_report
from connector.store.engine import reading
from connector.wiring import Works

from .figures import head, rounds, show, timed
from .ours import opened, poll
from .standin import standing_in

ROUNDS = 3


def run() -> None:
    """At two sizes of the store."""
    head("Report of all that is stored")
    for comments in (1_000, 10_000):
        with standing_in(comments) as graph, opened(graph) as works:
            poll(works)
            seconds = rounds(ROUNDS, lambda works=works: timed(lambda: _write(works)))  # type: ignore[misc]
            size = len(_write(works).encode())
            show(f"{comments:,} comments", f"{seconds:.2f} s", f"{size / 1e6:.2f} MB")


def _write(works: Works) -> str:
    page = io.StringIO()
    with reading(works.engine) as connection:
        write_report(connection, page, works.routing, None, None, works.clock(), why=works.why())
    return page.getvalue()
