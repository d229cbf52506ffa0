"""Sandbox worlds with texts as people write them: from the corpus, no two alike, one word in twenty misspelt."""

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from math import log, sqrt

from classifiers import corpus
from connector.sandbox import World

MIX = (0, 3, 8, 20, 60, 15, 120, 40, 200, 5)
"""Comments a post: most posts have few, some have many; 47.1 on average."""
SPAN = timedelta(days=80)
COMPLAINTS = 0.18
"""The share of complaints in what people write under the posts of a Page."""
MEDIAN, MEAN = 140, 213
"""Characters of a real text; few are very long."""


def texts(seed: int = 1, complaints: float | None = None) -> Iterator[str]:
    """Endless distinct texts: half of one text of the corpus and half of another, so lengths and words are lifelike.

    `complaints`: the share of them; else as many as the corpus has, which is more than half hard cases and complaints.
    The typing errors keep new words coming, as in life: a classifier that remembers words gains no more than it would.
    """
    chance = random.Random(seed)
    lines = [line for file in sorted(corpus.FOLDER.glob("*.tsv")) for line in corpus.read(file)]
    every = [line.text for line in lines]
    those = [line.text for line in lines if line.kind == "pengaduan"]
    others = [line.text for line in lines if line.kind != "pengaduan"]
    while True:
        pool = every if complaints is None else those if chance.random() < complaints else others
        head, tail = chance.choice(pool).split(" "), chance.choice(pool).split(" ")
        words = head[: (len(head) + 1) // 2] + tail[len(tail) // 2 :]
        yield " ".join(_misspelt(word, chance) if chance.random() < 0.05 else word for word in words)


def long_texts(seed: int = 1) -> Iterator[str]:
    """Such texts joined and cut, so that their lengths are those of real ones: 140 characters at the median, 213 on average."""
    chance, short = random.Random(seed), texts(seed, COMPLAINTS)
    rest = ""
    while True:
        length = round(chance.lognormvariate(log(MEDIAN), sqrt(2 * log(MEAN / MEDIAN))))
        while len(rest) < length:
            rest = f"{rest} {next(short)}".lstrip()
        cut = rest.find(" ", length)
        text, rest = (rest, "") if cut < 0 else (rest[:cut], rest[cut + 1 :])
        yield text


def _misspelt(word: str, chance: random.Random) -> str:
    at = chance.randrange(len(word) + 1)
    return word[:at] + chance.choice("aeiknrstu") + word[at:]


def crowd(counts: Sequence[int], now: datetime | None = None) -> World:
    """One Page with a post for each count, oldest first, and that many comments; every fifth comment is a reply."""
    now, world, said = now or datetime.now(UTC), World(), texts(complaints=COMPLAINTS)
    page = world.add_page("page1", "100000000000001", "Bulk 1")
    step = SPAN / max(len(counts), 1)
    for n, count in enumerate(counts):
        at = now - step * (len(counts) - n)
        post, top = world.add_post(page, next(said), at=at), None
        for k in range(count):
            under = top if top and k % 5 == 4 else post
            made = world.add_comment(
                under, next(said), f"Warga {k * 7919 % 5003}", at=at + step * (k + 1) / (count + 2)
            )
            top = made if under is post else top
    return world


def mixed(comments: int) -> list[int]:
    """Posts of the usual mix, with about so many comments in all."""
    rounds, rest = divmod(comments, sum(MIX))
    return [*MIX * rounds, *([rest] if rest else [])]
