"""Why a verdict is what it is: the words that decided, in numbers that add up to the score."""

from dataclasses import dataclass

from classifiers import rules
from classifiers.linear import Linear
from classifiers.rules import KeywordRules
from classifiers.text import Reply
from classifiers.verdict import Verdict

Shares = tuple[tuple[str, float], ...]


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
