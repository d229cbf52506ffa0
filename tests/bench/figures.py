"""How figures are taken and printed: medians over rounds, each beside its baseline of the same run."""

import os
import time
from collections.abc import Callable
from statistics import median


def timed(work: Callable[[], object]) -> float:
    """Seconds that something took."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def worked(work: Callable[[], object]) -> float:
    """Seconds of this process's processor time that something took, which others on the machine hardly change."""
    began = time.process_time()
    work()
    return time.process_time() - began


def rounds(count: int, work: Callable[[], float]) -> float:
    """The median of several rounds of one measurement."""
    return median(work() for _ in range(count))


def head(title: str) -> None:
    """Begins a part of the output, with how busy the machine is."""
    print(f"\n{title}   [load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores]", flush=True)


def show(what: str, figure: str, note: str = "") -> None:
    """One line."""
    print(f"  {what:<62} {figure:>14}  {note}", flush=True)


def ratio(ours: float, baseline: float) -> str:
    """How many times as fast."""
    return f"{ours / baseline:.1f} × the baseline"
