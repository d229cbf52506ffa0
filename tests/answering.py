"""A sandbox, a store, and an account that answers, with a clock that the test moves."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Engine

from classifiers.verdict import Verdict
from connector import casework
from connector.reply import Answering, Done, answer
from connector.sandbox import Limits, Options, Sandbox, World
from connector.settings import load_routing, load_wordings
from connector.store import replies
from connector.store.engine import reading
from tests.reading import Bench, bench

START = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
"""Near the present, since reading goes by the store's own clock."""
COMPLAINT = "Jalan di depan pasar rusak parah pak"


class Time:
    """A clock that stands until it is moved."""

    def __init__(self, at: datetime = START) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def pass_by(self, **span: float) -> None:
        """Lets time pass."""
        self.at += timedelta(**span)


def classify(texts: Any) -> list[Verdict]:
    """Whatever is broken is a complaint; whoever shouts is in danger."""
    return [
        Verdict(
            kind="pengaduan" if "rusak" in t or "TOLONG" in t else "lainnya",
            is_complaint="rusak" in t or "TOLONG" in t,
            complaint_score=0.97,
            category="jalan_jembatan",
            category_score=0.9,
            urgency="mendesak" if "TOLONG" in t else "biasa",
            urgent_score=0.9 if "TOLONG" in t else 0.0,
            needs_review=False,
            model="test-1",
        )
        for t in texts
    ]


@dataclass
class Desk:
    """What a test of answers works with."""

    bench: Bench
    world: World
    sandbox: Sandbox
    time: Time
    work: Answering

    @property
    def page(self) -> Any:
        """The one Page."""
        return self.world.pages["gubernur"]

    def comes(self, text: str = COMPLAINT, author: str = "Siti", under: Any = None, **more: Any) -> Any:
        """A comment, read and made into a ticket."""
        comment = self.world.add_comment(under or self.page.posts[0], text, author, **more)
        self.read()
        return comment

    def writes(self, text: str = COMPLAINT, author: str = "Siti") -> Any:
        """A message to the Page, read and made into a ticket; returns the conversation."""
        talk = self.world.conversation(self.page, author)
        self.world.add_message(talk, text)
        self.read()
        return talk

    def read(self) -> None:
        """A pass over the account, and what comes of it; reading waits for the second of the newest thing to be over."""
        self.time.pass_by(seconds=2)
        visit = self.bench.poll(full=True)
        assert not visit.failures, visit.failures
        self.bench.process()

    def answer(self, **changes: Any) -> Done:
        """One round of answers."""
        return answer(replace(self.work, **changes), lambda: False)

    def move(self, number: str, status: str, reason: str = "") -> None:
        """The office moves a ticket."""
        casework.move(self.bench.engine, number, status, who="Ani", reason=reason, now=self.time())

    def number(self, at: int = -1) -> str:
        """The number of a ticket, the latest one's unless told."""
        return str(self.bench.tickets()[at]["number"])

    def rows(self, **equal: Any) -> list[Any]:
        """All answers as stored."""
        with reading(self.bench.engine) as connection:
            return list(replies.every(connection, **equal))

    def posts(self) -> list[str]:
        """The paths of all that was written to Graph."""
        return [call.path for call in self.sandbox.calls if call.method == "POST"]

    @staticmethod
    def under(comment: Any) -> list[str]:
        """What the Page said right under a comment or post."""
        there = comment.comments if hasattr(comment, "comments") else comment.replies or []
        own = comment.page.id if hasattr(comment, "page") else comment.post.page.id
        return [one.text for one in there if one.author.id == own]

    def said_to(self, person: str) -> list[str]:
        """What the Page wrote to a person by Messenger."""
        return [
            m.text
            for talk in self.page.conversations
            if talk.person.name == person
            for m in talk.messages
            if m.author.id == self.page.id
        ]


@contextmanager
def answering(engine: Engine, **changes: Any) -> Iterator[Desk]:
    """An account whose Page has one post, answering in public unless told otherwise."""
    time = Time()
    world = World(time)
    page = world.add_page("gubernur", "100000000000001", "Gubernur NTB")
    world.add_post(page, "Kunjungan kerja", at=START - timedelta(hours=2))
    options = Options(conversations_per_second=None, old_messages="readable")
    sandbox = Sandbox(world, options=options, limits=Limits(pages=None, messenger=None))
    with bench(engine, world, sandbox, clock=time, classify=classify) as made:
        routing = load_routing(None)
        values: dict[str, Any] = {
            "engine": engine,
            "account": made.account,
            "mode": "on",
            "prefers": "comment",
            "wording": load_wordings(None)["id"],
            "per_hour": 120,
            "agencies": routing.agencies,
            "categories": {},
            "outside": routing.outside,
            "official": frozenset({page.id}),
            "clock": time,
            "graph": made.graph,
        }
        yield Desk(made, world, sandbox, time, Answering(**(values | changes)))
