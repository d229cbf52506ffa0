"""Verbs that read from Graph: poll, backfill."""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import SettingsError
from .app import app
from .opening import chosen_streams, moment, open_works
from .outcome import finish, out, out_json, say

if TYPE_CHECKING:
    from ..ingest import Visit
    from ..process import Result
    from ..settings import AccountSettings
    from ..wiring import Works

Accounts = Annotated[
    list[str] | None, typer.Option("--account", metavar="KEY", help="Only this account; may be repeated.")
]
Streams = Annotated[
    list[str] | None, typer.Option("--stream", metavar="NAME", help="Only this stream; may be repeated.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Answer in JSON.")]
HELD = 120.0


@app.command(epilog="Example: ntbcare poll --account gubernur --stream comments")
def poll(
    context: typer.Context,
    account: Accounts = None,
    stream: Streams = None,
    full: Annotated[bool, typer.Option("--full", help="Re-read everything: edits, hides and deletions too.")] = False,
    json: AsJson = False,
) -> None:
    """One pass now, due or not; then what came is made into tickets."""
    works = open_works(context, ready=False)
    wanted = works.configured(account or ())
    orders = [(a, works.order(chosen_streams(stream or (), a.account.streams), full=full)) for a in wanted]
    need_tokens(context, wanted)
    works.ready()
    visits = read_accounts(works, [(a, order, f"account:{a.key}") for a, order in orders])
    result, failures = process(works)
    show(visits, result, json)
    finish([line for v in visits for line in (*v.failures, *v.waiting)] + failures)


def need_tokens(context: typer.Context, wanted: Iterable["AccountSettings"]) -> list[str]:
    """The tokens of these accounts, before anything is touched. Raises SettingsError naming the configuration's file too."""
    from ..settings import found, token_of

    try:
        return [token_of(account).get_secret_value() for account in wanted]
    except SettingsError as error:
        raise SettingsError(f"{found(context.obj)}: {error}") from None


def read_accounts(works: "Works", jobs: Sequence[tuple["AccountSettings", Any, str]]) -> list["Visit"]:
    """Passes over several accounts at once, each under its lease; each one's outcome in the order asked."""
    from ..ingest import Visit
    from ..ingest.reader import Progress

    def one(job: tuple["AccountSettings", Any, str]) -> "Visit":
        account, order, lease = job
        done = works.read(account, order, lease=lease, wait=HELD, progress=Progress())
        line = f"{account.key}: another process has been reading this account for two minutes; try again later"
        return done or Visit(account.key, {}, (line,))

    with ThreadPoolExecutor(max(len(jobs), 1), thread_name_prefix="account") as pool:
        return list(pool.map(one, jobs))


def process(works: "Works") -> tuple["Result", list[str]]:
    """Makes tickets of what was landed. Without a usable model it waits, which is said; so is a stop before the end."""
    from classifiers import ModelUnusable

    from ..process import Result, process_pending

    try:
        classify = works.classify()
    except ModelUnusable as error:
        return Result(), [f"nothing is classified until this is mended, all is kept: {error}"]
    result = process_pending(works.engine, works.desk(classify), works.stop.is_set, oldest_first=True)
    stopped = ["stopped before the end; all that was read is kept: run it again"] if works.stop.is_set() else []
    return result, stopped


def show(visits: Sequence["Visit"], result: "Result", as_json: bool) -> None:
    """What a pass did, for people or programs."""
    for note in (note for v in visits for note in v.notes):
        say(note)
    if as_json:
        accounts = [{"account": v.account, "counts": v.counts, "failures": [*v.failures, *v.waiting]} for v in visits]
        out_json({"accounts": accounts, "processed": result.counts})
        return
    for v in visits:
        c = v.counts
        more = "".join(f", {c[name]} {name}" for name in ("deleted", "unavailable") if c.get(name))
        out(f"{v.account}: {c.get('new', 0)} new, {c.get('changed', 0)} changed{more}, {c.get('read', 0)} read")
    r = result.counts
    out(
        f"processed {r.get('items', 0)}: {r.get('open', 0)} tickets opened, {r.get('append', 0)} added to tickets, "
        f"{r.get('review', 0)} for review, {r.get('ignore', 0)} ignored, {r.get('quarantined', 0)} unreadable"
    )


@app.command(epilog="Example: ntbcare backfill --account gubernur --since 2026-01-01 --until 2026-03-01")
def backfill(
    context: typer.Context,
    account: Annotated[str, typer.Option("--account", metavar="KEY", help="The account to read.")],
    since: Annotated[str, typer.Option("--since", metavar="DATE", help="From this day on (WITA) or ISO time.")],
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Before this day; else now.")] = None,
    stream: Streams = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be new, edited, gone; keep nothing.")
    ] = False,
    json: AsJson = False,
) -> None:
    """A complete re-read of a window from the network; after any stop, the same command goes on where it stood."""
    from .backfilling import run_backfill

    works = open_works(context, ready=False)
    wanted = works.configured([account])[0]
    start, end = moment(since, "--since"), moment(until, "--until")
    streams = chosen_streams(stream or (), wanted.account.streams)
    need_tokens(context, [wanted])
    works.ready()
    assert start is not None  # noqa: S101  (--since is required)
    run_backfill(works, wanted, start, end, streams, dry_run=dry_run, as_json=json)


def ticker(label: str, counts: Callable[[], dict[str, int]]) -> Any:
    """A progress line on a terminal, nothing elsewhere."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console(stderr=True)

    class _Line:
        def __rich__(self) -> Text:
            c = counts()
            return Text(f"{label}: {c.get('posts', 0)} posts, {c.get('read', 0)} items read, {c.get('new', 0)} new")

    return Live(_Line(), console=console, refresh_per_second=2, transient=True) if console.is_terminal else None
