"""Can this token do what it is for? What `/debug_token` and `/me` say, told to a person.

A wrong token often looks like silence: with a person's token `/comments` answers 200 with an empty list.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from connector.errors import FieldGone, GraphError, NotPermitted, TokenRejected, Transient, TryLater
from connector.graph.answers import token_why
from connector.graph.client import Answer, Graph, Stopped
from connector.graph.redact import one_line, redact

Kind = Literal["PAGE", "USER", "SYSTEM_USER", "APP", "UNKNOWN"]
Code = Literal[
    "expired", "revoked", "rejected", "wrong_kind", "other_page", "proof", "app", "no_debug", "expires_soon",
    "missing_scope", "not_permitted", "unreachable", "throttled",
]  # fmt: skip
_WARNINGS = frozenset({"no_debug", "expires_soon", "missing_scope", "unreachable", "throttled"})
_EXPIRED = frozenset({463})
_DAY = 86_400.0

# Permissions guide and Pages reference; conversations need all of the last two and pages_read_engagement.
BREAKS = {
    "pages_show_list": "the list of Pages cannot be read, so Page tokens cannot be made anew",
    "pages_read_engagement": "posts cannot be read, nor comments and messages under them",
    "pages_read_user_content": "comments by visitors and visitor posts cannot be read, or come without their author",
    "pages_manage_engagement": "replies to comments cannot be sent",
    "pages_manage_metadata": "messages cannot be read, and changes are not announced by webhook",
    "pages_messaging": "messages cannot be read, and private replies cannot be sent",
}


@dataclass(frozen=True, slots=True)
class Missing:
    """A permission that the token does not hold for this account, and what does not work without it."""

    scope: str
    breaks: str


@dataclass(frozen=True, slots=True)
class Problem:
    """One finding: `text` says what, and what to do."""

    code: Code
    text: str

    @property
    def fatal(self) -> bool:
        """Nothing can be read until a person has acted."""
        return self.code not in _WARNINGS


@dataclass(frozen=True, slots=True)
class TokenReport:
    """What is known of a token.

    `id` and `name` are whom it speaks for; `right_page` is None when that could not be told. `inspected` says that
    /debug_token answered: without it kind, scopes and ends are not known. Days are from now; None: never, or unknown.
    """

    valid: bool = False
    kind: Kind = "UNKNOWN"
    id: str | None = None
    name: str | None = None
    right_page: bool | None = None
    app_id: str | None = None
    inspected: bool = False
    expires_days: float | None = None
    data_access_days: float | None = None
    scopes: tuple[str, ...] = ()
    targets: tuple[tuple[str, tuple[str, ...]], ...] = ()
    missing: tuple[Missing, ...] = ()
    problems: tuple[Problem, ...] = ()
    served_version: str | None = None

    @property
    def ok(self) -> bool:
        """Nothing fatal was found."""
        return self.valid and not any(problem.fatal for problem in self.problems)


def inspect(
    graph: Graph,
    app_id: str | None = None,
    app_secret: str | None = None,
    *,
    page_id: str | None = None,
    now: datetime | None = None,
    warn_days: float = 14.0,
) -> TokenReport:
    """Ask Graph about the token of `graph`, at most four calls; with `page_id`, whether it is that Page's own.

    With app id and secret the question is asked as the app, which may always ask; else as the token itself. `now`
    (aware) defaults to Graph's own clock. Raises Stopped only: everything else is a finding.
    """
    app_token = f"{app_id}|{app_secret}" if app_id and app_secret else None
    debug, me = _ask_debug(graph, app_token), _ask_me(graph, page_id)
    answers = [answer for answer in (debug, me) if isinstance(answer, Answer)]
    clock = now or next((answer.server_time for answer in answers if answer.server_time), None)
    report = _concluded(debug, me, page_id, clock, warn_days, asked_as_app=app_token is not None)
    return replace(report, served_version=answers[-1].served_version if answers else None)


def _concluded(
    debug: Answer | GraphError,
    me: Answer | GraphError,
    page_id: str | None,
    now: datetime | None,
    warn_days: float,
    *,
    asked_as_app: bool,
) -> TokenReport:
    """What both answers say of the token."""
    facts = _facts(debug)
    said = me.data if isinstance(me, Answer) else {}
    ident = _text(said.get("id") or facts.get("profile_id"))
    kind = _kind(facts, me, ident, page_id)
    expires, access = (_days(facts.get(name), now) for name in ("expires_at", "data_access_expires_at"))
    scopes, targets = _strings(facts.get("scopes")), _targets(facts.get("granular_scopes"))
    missing = tuple(_missing(scopes, dict(targets), page_id or ident)) if facts.get("is_valid") is True else ()
    problems = [
        *_from_debug(debug, facts, asked_as_app=asked_as_app),
        *_from_me(me),
        *_from_kind(kind, ident, page_id),
        *_from_days(expires, access, warn_days),
        *_from_missing(missing),
    ]
    return TokenReport(
        valid=isinstance(me, Answer) and facts.get("is_valid") is not False,
        kind=kind,
        id=ident,
        name=one_line(str(said["name"]), 120) if said.get("name") else None,
        right_page=None if page_id is None or ident is None else ident == page_id,
        app_id=_text(facts.get("app_id")),
        inspected=bool(facts),
        expires_days=expires,
        data_access_days=access,
        scopes=scopes,
        targets=targets,
        missing=missing,
        problems=_distinct(problems),
    )


def _ask_debug(graph: Graph, app_token: str | None) -> Answer | GraphError:
    try:
        return graph.debug_token(app_token)
    except Stopped:
        raise
    except GraphError as error:
        return error


def _ask_me(graph: Graph, page_id: str | None) -> Answer | GraphError:
    """/me; its `category`, which only a Page has, tells a Page's token from a person's even without /debug_token."""
    for fields in ("id,name,category", "id,name"):
        try:
            return graph.get("me", about_account=True, fields=fields)
        except Stopped:
            raise
        except FieldGone:
            continue
        except GraphError as error:
            return error
    return NotPermitted("GET me: neither id nor name can be read")


def _facts(debug: Answer | GraphError) -> Mapping[str, Any]:
    data = debug.data.get("data") if isinstance(debug, Answer) else None
    return data if isinstance(data, Mapping) else {}


def _kind(facts: Mapping[str, Any], me: Answer | GraphError, ident: str | None, page_id: str | None) -> Kind:
    named = str(facts.get("type") or "").upper()
    for kind in ("PAGE", "USER", "SYSTEM_USER", "APP"):
        if named == kind:
            return kind
    if isinstance(me, Answer):
        return "PAGE" if "category" in me.data or (page_id and ident == page_id) else "UNKNOWN"
    return "UNKNOWN"


def _from_debug(debug: Answer | GraphError, facts: Mapping[str, Any], *, asked_as_app: bool) -> Iterator[Problem]:
    if isinstance(debug, Answer):
        error = facts.get("error")
        if facts.get("is_valid") is False:
            yield _dead(error if isinstance(error, Mapping) else {})
        elif not facts:
            yield Problem("no_debug", "/debug_token sent nothing: kind, permissions and end of the token are not known")
    elif isinstance(debug, TokenRejected) and asked_as_app and debug.code in (101, 190, 104, 2500):
        yield Problem("app", "the app id or the app secret is wrong: " + token_why(101, None))
    elif isinstance(debug, TokenRejected | TryLater | Transient):
        yield _fault(debug)
    else:
        hint = "" if asked_as_app else "; set app id and app secret to see them"
        yield Problem("no_debug", f"this token may not be inspected: its permissions and end are not known{hint}")


def _dead(error: Mapping[str, Any]) -> Problem:
    code, subcode = error.get("code"), error.get("subcode", error.get("error_subcode"))
    numbers = [n if isinstance(n, int) else None for n in (code, subcode)]
    said = one_line(redact(str(error.get("message") or "")), 200)
    kind: Code = "expired" if numbers[1] in _EXPIRED else "revoked" if numbers[1] else "rejected"
    return Problem(kind, "the token is dead: " + token_why(*numbers) + (f" (Facebook says: {said})" if said else ""))


def _from_me(me: Answer | GraphError) -> Iterator[Problem]:
    if isinstance(me, GraphError):
        yield _fault(me)


def _fault(error: GraphError) -> Problem:
    if isinstance(error, TryLater):
        return Problem("throttled", f"Facebook throttles; ask again in {error.retry_after / 60:.0f} minutes")
    if isinstance(error, Transient):
        return Problem("unreachable", str(error))
    if not isinstance(error, TokenRejected):
        return Problem("not_permitted", str(error))
    if error.code == 100:
        return Problem("proof", str(error))
    if error.code == 210 or error.subcode == 1705:
        return Problem("wrong_kind", str(error))
    if error.code == 2500:
        return Problem("wrong_kind", "this is no Page's token (an app's?); " + token_why(2500, None))
    kind: Code = "expired" if error.subcode in _EXPIRED else "revoked" if error.subcode else "rejected"
    return Problem(kind, str(error))


def _from_kind(kind: Kind, ident: str | None, page_id: str | None) -> Iterator[Problem]:
    make = "ask /me/accounts with it and set the token that stands beside the Page"
    if kind == "USER":
        yield Problem("wrong_kind", f"this is a person's token: comments would look like silence; {make}")
    elif kind == "SYSTEM_USER":
        yield Problem("wrong_kind", f"this is a system user's own token: authors would be hidden; {make}")
    elif kind == "APP":
        yield Problem("wrong_kind", "this is an app's token, which reads no Page; set the Page's own token")
    elif page_id and ident and ident != page_id:
        whose = "another Page's token" if kind == "PAGE" else "the token of another Page or of a person"
        yield Problem(
            "other_page", f"this is {whose} (id {one_line(ident, 40)}), not that of {page_id}; set the right one"
        )


def _from_days(expires: float | None, access: float | None, warn: float) -> Iterator[Problem]:
    for days, what in ((expires, "the token"), (access, "its access to data")):
        if days is not None and days <= 0:
            yield Problem("expired", f"{what} expired {-days:.0f} days ago; connect the Page again")
        elif days is not None and days <= warn:
            yield Problem("expires_soon", f"{what} expires in {days:.0f} days; connect the Page again before")


def _from_missing(missing: Sequence[Missing]) -> Iterator[Problem]:
    for one in missing:
        yield Problem("missing_scope", f"{one.scope} is missing: {one.breaks}; grant it, make the token anew")


def _missing(scopes: Sequence[str], targets: Mapping[str, Sequence[str]], page: str | None) -> Iterator[Missing]:
    for scope, breaks in BREAKS.items():
        elsewhere = page is not None and bool(targets.get(scope)) and page not in targets[scope]
        if scope not in scopes or elsewhere:
            yield Missing(scope, breaks)


def _days(unix: Any, now: datetime | None) -> float | None:
    if isinstance(unix, bool) or not isinstance(unix, int | float) or unix <= 0:
        return None
    return (float(unix) - (now or datetime.now(UTC)).timestamp()) / _DAY


def _targets(granular: Any) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Which objects each permission holds for; an empty list means all."""
    entries = [entry for entry in granular if isinstance(entry, Mapping)] if isinstance(granular, list) else []
    return tuple((str(entry.get("scope")), _strings(entry.get("target_ids"))) for entry in entries)


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


def _text(value: Any) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) and value != "" else None


def _distinct(problems: Sequence[Problem]) -> tuple[Problem, ...]:
    """The first of each kind: /me repeats what /debug_token said. Permissions are told one by one."""
    kept: dict[tuple[str, str], Problem] = {}
    for problem in problems:
        kept.setdefault((problem.code, problem.text if problem.code == "missing_scope" else ""), problem)
    return tuple(kept.values())
