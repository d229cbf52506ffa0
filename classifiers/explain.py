"""Why a verdict is what it is: the words that decided, in numbers that add up to the score."""

import re
from dataclasses import dataclass
from typing import Final, NamedTuple

from classifiers import rules
from classifiers.linear import Linear
from classifiers.rules import KeywordRules
from classifiers.text import Reply
from classifiers.verdict import Verdict

_WORD: Final = re.compile(r"[^\W\d_]{2,}(?: [^\W\d_]+)*")
Shares = tuple[tuple[str, float], ...]
WEAK: Final = 0.25
"""Of a text's strongest word: what adds less to its score decided nothing."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """A verdict with the words behind it: above 0 they speak for it, below against; the strongest first.

    `context` holds the words of the parent that spoke for or against the category, `net` says that the danger net holds the text.
    """

    verdict: Verdict
    complaint: Shares
    category: Shares
    urgent: Shares
    context: Shares
    net: bool


class Deciding(NamedTuple):
    """The words of a text that speak most for its being a complaint, and those against it; if it is urgent, why.

    `net`: the net for danger to life holds it.
    """

    pro: tuple[str, ...] = ()
    contra: tuple[str, ...] = ()
    urgent: tuple[str, ...] = ()
    net: bool = False


UNTOLD: Final = Deciding()


def deciding(model: Linear | KeywordRules, text: str, most: int = 4, *, urgent: bool = False) -> Deciding:
    """The words that decided, at most so many on each side, the strongest first; marks such as `<url>` are no words."""
    net = urgent and rules.in_danger(text)
    if isinstance(model, KeywordRules):
        return Deciding(tuple(rules.keywords(text))[:most], net=net)
    pro, contra = _strongest(model, text, "complaint", most)
    crying = _strongest(model, text, "mendesak", most)[0] if urgent else ()
    return Deciding(pro, contra, crying, net)


def _strongest(model: Linear, text: str, column: str, most: int) -> tuple[tuple[str, ...], tuple[str, ...]]:
    shares = [(word, share) for word, share in model.shares(text, column) if _WORD.fullmatch(word)]
    strong = [(word, share) for word, share in shares if abs(share) >= WEAK * abs(shares[0][1])]
    pro, contra = ([word for word, share in strong if (share > 0) is side][:most] for side in (True, False))
    return tuple(pro), tuple(contra)


def explain(model: Linear | KeywordRules, text: str, most: int = 12) -> Explanation:
    """The words that decided, at most so many of each sort."""
    (verdict,) = model([text])
    net = rules.in_danger(text)
    if isinstance(model, KeywordRules):
        found = tuple((word, 1.0) for word in rules.keywords(text))[:most]
        return Explanation(verdict, found, (), (), (), net)
    parent = text.parent if isinstance(text, Reply) else ""
    return Explanation(
        verdict,
        complaint=tuple(model.shares(text, "complaint")[:most]),
        category=tuple(model.shares(text, f"category:{verdict.category}")[:most]),
        urgent=tuple(model.shares(text, "mendesak")[:most]),
        context=tuple(model.shares(parent, f"category:{verdict.category}", replied_to=True)[:most]),
        net=net,
    )
