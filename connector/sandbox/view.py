"""Who is asking, and what he may see."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from time import gmtime, strftime

from .errors import bad_request, gone, needs_feature, needs_page_token, needs_permission
from .options import Options
from .things import Comment, Conversation, Message, Node, Page, Post
from .tokens import Token, Tokens
from .world import World


@dataclass(slots=True)
class View:
    """One call's eyes: the world, the token, the time, and the address that `next` starts with."""

    world: World
    options: Options
    tokens: Tokens
    token: Token
    now: int
    base: str
    page_id: str = field(init=False)
    reads_people: bool = field(init=False)
    oldest: dict[str, tuple[int, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.page_id = self.token.page_id if self.token.kind == "PAGE" else ""
        self.reads_people = "pages_read_user_content" in self.token.scopes

    @property
    def link_token(self) -> str:
        """The token to write into `next`."""
        return self.token.value if self.options.next_token else ""

    def owns(self, page: Page) -> bool:
        """Whether the token is this Page's own."""
        return self.page_id == page.id

    def require(self, *scopes: str) -> None:
        """Error 10 or 200 (HTTP 403) for the first missing permission; error 10 for an app's token."""
        for scope in scopes:
            if scope not in self.token.scopes:
                raise needs_feature(scope) if scope.startswith("pages_read") else needs_permission(scope)

    def require_page(self, page: Page) -> None:
        """Only the Page's own token will do: 210 for a person's, 100/33 for another Page's."""
        if self.token.kind != "PAGE":
            raise needs_page_token()
        if not self.owns(page):
            raise gone(page.id)


def page_of(node: Node) -> Page:
    """The Page on which the thing stands."""
    if isinstance(node, Page):
        return node
    if isinstance(node, Comment):
        return node.post.page
    return node.conversation.page if isinstance(node, Message) else node.page


def may_see(node: Node, view: View) -> bool:
    """Whether the token may load the node at all. Foreign Pages stay invisible to a Page's token."""
    page = page_of(node)
    if view.token.kind == "PAGE":
        return view.owns(page)
    return isinstance(node, Page | Post) and view.token.kind != "APP"


def is_messenger(node: Node) -> bool:
    """Whether reading it counts as Messenger use."""
    return isinstance(node, Conversation | Message)


@lru_cache(maxsize=65_536)
def stamp(seconds: int) -> str:
    """Unix seconds in Graph's form, `2021-02-12T16:27:12+0000`."""
    return strftime("%Y-%m-%dT%H:%M:%S+0000", gmtime(seconds))


def moment(text: str, now: int, name: str) -> int:
    """A `since` or `until`: unix seconds, an ISO date, or one of the commoner strtotime words."""
    if re.fullmatch(r"\d{5,}", text):
        return int(text)
    today = datetime.fromtimestamp(now, UTC).replace(hour=0, minute=0, second=0)
    words = {"now": now, "today": int(today.timestamp()), "yesterday": int((today - timedelta(1)).timestamp())}
    if text in words:
        return words[text]
    if ago := re.fullmatch(r"-?(\d+) (day|hour)s?(?: ago)?", text):
        return now - int(ago[1]) * (86_400 if ago[2] == "day" else 3600)
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise bad_request(f"Invalid parameter: {name} must be a unix timestamp or a date") from error
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp())


def number(text: str, name: str) -> int:
    """A numeric parameter; error 100 for anything else."""
    try:
        return int(text)
    except ValueError as error:
        raise bad_request(f"Param {name} must be an integer") from error


def choice(arguments: dict[str, str], name: str, *values: str) -> str:
    """An enumerated parameter, empty when not given; error 100 for an unknown value."""
    value = arguments.get(name, "")
    if value and value not in values:
        listed = ", ".join(value.upper() for value in values)
        raise bad_request(f"Param {name} must be one of {{{listed}}}")
    return value
