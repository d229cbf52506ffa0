"""(f) Round trips of 200 ms, hidden by reading many posts at once."""

from connector import wiring

from .figures import head, ratio, show, timed
from .ours import opened, read
from .standin import StandIn, standing_in

POSTS, EACH, LATENCY = 25, 400, 0.2


def run() -> None:
    """A first read over a slow line, with one thread and with all."""
    head(f"First read of {POSTS * EACH:,} comments, {LATENCY * 1000:.0f} ms a round trip")
    with standing_in(POSTS * EACH, each=EACH, latency=LATENCY) as graph:
        one = POSTS * EACH / _seconds(graph, 1)
        show("one thread", f"{one:,.0f} items/s", "baseline")
        many = POSTS * EACH / _seconds(graph, wiring.WORKERS)
        show(f"{wiring.WORKERS} threads, as shipped", f"{many:,.0f} items/s", ratio(many, one))


def _seconds(graph: StandIn, threads: int) -> float:
    usual, wiring.WORKERS = wiring.WORKERS, threads
    try:
        with opened(graph) as works:
            return timed(lambda: read(works))
    finally:
        wiring.WORKERS = usual
