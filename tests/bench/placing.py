"""(h) Texts a second whose place is found, against one large regular expression over the same names."""

import re
import time
from collections.abc import Callable
from itertools import islice

from connector.places import find_place
from connector.places.gazetteer import gazetteer

from .figures import head, ratio, rounds, show
from .worlds import texts

ROUNDS = 5


def run() -> None:
    """By processor time, since others use the machine too; the gazetteer is loaded before."""
    head("Places: kabupaten, kecamatan, desa of a text")
    said = list(islice(texts(3), 20_000))
    words = {" ".join(name.words) for group in gazetteer().by_first.values() for name in group}
    large = re.compile(
        r"\b(?:" + "|".join(sorted(map(re.escape, words), key=len, reverse=True)) + r")\b", re.IGNORECASE
    )
    find_place("")
    ours = rounds(ROUNDS, lambda: _rate(find_place, said))
    baseline = rounds(1, lambda: _rate(large.findall, said[:500]))
    show("average length of a text", f"{sum(map(len, said)) / len(said):.0f} characters")
    show("one large regular expression, finding names only", f"{baseline:,.0f} texts/s", "baseline")
    show("ours", f"{ours:,.0f} texts/s", ratio(ours, baseline))
    named = [text for text in said if find_place(text).text]
    on_named = rounds(ROUNDS, lambda: _rate(find_place, named))
    show(f"ours, on the {len(named):,} of them that name a place", f"{on_named:,.0f} texts/s")
    show("a comment of 10 MB full of names", f"{1000 / _rate(find_place, ['di desa Bima, ' * 700_000]):.1f} ms")


def _rate(work: Callable[[str], object], said: list[str]) -> float:
    began = time.process_time()
    for text in said:
        work(text)
    return len(said) / (time.process_time() - began)
