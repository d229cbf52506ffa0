"""(c) Memory of a backfill: `ntbcare backfill` as a process, the sandbox in another."""

from pathlib import Path
from tempfile import TemporaryDirectory

from .commands import configured, peak_of
from .figures import head, show
from .standin import standing_in


def run() -> None:
    """Peak resident memory at two sizes."""
    head("Memory of `ntbcare backfill`")
    peaks = []
    for comments in (20_000, 200_000):
        peak, seconds = _backfill(comments)
        peaks.append(peak)
        show(f"{comments:,} comments", f"{peak} MiB", f"{seconds:.0f} s, {comments / seconds:,.0f} comments/s")
    show("growth", f"{peaks[1] - peaks[0]} MiB")


def _backfill(comments: int) -> tuple[int, float]:
    with standing_in(comments) as graph, TemporaryDirectory(prefix="ntbcare-bench-") as folder:
        command, environment = configured(Path(folder), graph)
        return peak_of([*command, "backfill", "--account", "page1", "--since", "2026-01-01"], environment)
