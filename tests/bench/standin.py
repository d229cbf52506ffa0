"""The sandbox in a process of its own, so that its work is not counted as ours: `python -m tests.bench.standin --help`.

It prints its address and a token, and serves until its input ends. Answers are remembered by address: a second round of
the same reading finds them made, and Graph's own slowness is in nobody's figures.
"""

import argparse
import gc
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from connector.sandbox import Fault, Options, Sandbox, faults, serve
from connector.sandbox.wire import Response

from .worlds import crowd, mixed


class Remembering(Sandbox):
    """A sandbox of a world that stands still; every answer is worked out once."""

    known: dict[tuple[str, str], Response]

    def handle(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Response:
        """As the sandbox does."""
        key = path, query
        if key not in self.known:
            self.known[key] = super().handle(method, path, query, headers, body)
        return self.known[key]


@dataclass(frozen=True, slots=True)
class StandIn:
    """Where it is, and the token and id of its one Page."""

    address: str
    token: str
    page: str


@contextmanager
def standing_in(comments: int, *, each: int | None = None, latency: float = 0.0) -> Iterator[StandIn]:
    """Starts one with about so many comments: in the usual mix of posts, or `each` to a post."""
    command = [sys.executable, "-m", __name__, str(comments), "--latency", str(latency)]
    command += ["--each", str(each)] if each else []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        try:
            yield StandIn(*process.stdout.readline().split())
        finally:
            process.stdin.close()


def main() -> None:
    """Serves until stdin ends."""
    parser = argparse.ArgumentParser()
    parser.add_argument("comments", type=int)
    parser.add_argument("--each", type=int)
    parser.add_argument("--latency", type=float, default=0.0)
    chosen = parser.parse_args()
    gc.disable()
    counts = [chosen.each] * (chosen.comments // chosen.each) if chosen.each else mixed(chosen.comments)
    world = crowd(counts)
    gc.freeze()
    gc.enable()
    sandbox = Remembering(world, options=Options(conversations_per_second=None))
    sandbox.known = {}
    if chosen.latency:
        sandbox.faults.add(Fault(faults.latency(chosen.latency), times=None))
    page = world.pages["page1"]
    with serve(sandbox) as address:
        print(address, sandbox.token(page), page.id, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
