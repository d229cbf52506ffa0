"""Verbs about answers to citizens: list, preview, send, resume."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import Misuse
from .app import Verbs, app
from .opening import open_works
from .outcome import finish, out, out_json
from .reading import HELD, Accounts, AsJson, need_tokens
from .staff import Number, number_of

if TYPE_CHECKING:
    from ..settings import AccountSettings
    from ..wiring import Works

replies_app = Verbs(help="What citizens are answered, or would be.", no_args_is_help=True)
app.add_typer(replies_app, name="replies")

STATES = ("due", "trying", "sent", "skipped", "failed", "unsure", "dry_run")


@replies_app.command("list", epilog="Example: ntbcare replies list --state dry_run")
def replies_list(
    context: typer.Context,
    account: Annotated[str | None, typer.Option("--account", metavar="KEY", help="Only of this account.")] = None,
    state: Annotated[str | None, typer.Option("--state", help=f"One of {', '.join(STATES)}.")] = None,
    ticket: Annotated[
        str | None, typer.Option("--ticket", metavar="NUMBER", help="Only about this ticket.", parser=number_of)
    ] = None,
    json: AsJson = False,
) -> None:
    """Answers, oldest first, one a line: what was sent, what waits, what only would be said."""
    from ..export import reply_record
    from ..store import pauses, persons, replies, tickets
    from ..store.engine import reading
    from ..wita import clock

    if state is not None and state not in STATES:
        raise Misuse(f"--state {state}: expected one of {', '.join(STATES)}")
    works = open_works(context)
    if account is not None:
        works.configured([account])
    with reading(works.engine) as connection:
        if ticket is not None:
            tickets.get(connection, ticket)
        for row in replies.every(connection, account=account, state=state, number=ticket):
            record = reply_record(row, shown=not persons.states(connection, [row.author_id]))
            out_json(record) if json else out(_line(record))
        for key, pause in pauses.pauses(connection).items() if not json else ():
            if pauses.paused(connection, key, works.clock()):
                until = f"until {clock(pause.lasts_until)} WITA" if pause.lasts_until else "until resumed"
                out(f"{key} pauses {until}: {pause.reason}")


def _line(record: dict[str, Any]) -> str:
    words = " ".join((record["text"] or f"[{record['reason'] or ''}]").split())
    why = f" ({record['reason']})" if record["reason"] and record["text"] else ""
    return f"{record['ticket']}  {record['account']:10} {record['kind']:16} {record['channel']:8} {record['state']}{why}: {words}"


@replies_app.command("preview", epilog="Example: ntbcare replies preview NTB-2026-000017 --kind tuntas")
def replies_preview(
    context: typer.Context,
    number: Number,
    kind: Annotated[str | None, typer.Option("--kind", help="Which answer; else the one of its state.")] = None,
    reason: Annotated[str, typer.Option("--reason", help="As if the office gave this reason.")] = "",
    language: Annotated[str | None, typer.Option("--language", help="id, sasak, samawa or mbojo.")] = None,
) -> None:
    """What would be said of a ticket as it stands. Nothing is written down or sent."""
    from dataclasses import replace

    from ..answers.wording import KINDS, LANGUAGES
    from ..reply import preview
    from ..store import tickets
    from ..store.engine import reading

    for option, value, allowed in (("kind", kind, KINDS), ("language", language, LANGUAGES)):
        if value is not None and value not in allowed:
            raise Misuse(f"--{option} {value}: expected one of {', '.join(allowed)}")
    works = open_works(context)
    with reading(works.engine) as connection:
        key = tickets.get(connection, number).account
    account = next((a for a in works.settings.accounts if a.key == key), None)
    if account is None:
        raise Misuse(f"{number}: came from {key}, which is no account of the configuration: nobody is answered there")
    work = works.answering(account)
    if language is not None:
        work = replace(work, wording=works.wordings[next(name for name in LANGUAGES if name == language)])
    out(preview(work, number, next((known for known in KINDS if known == kind), None), reason))


@replies_app.command("send", epilog="Example: ntbcare replies send --dry-run")
def replies_send(
    context: typer.Context,
    account: Accounts = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only write down what would be said.")] = False,
    json: AsJson = False,
) -> None:
    """Answer now what is due, of the accounts that answer; the daemon does the same by itself."""
    works = open_works(context)
    chosen = works.configured(account or ())
    wanted = [a for a in chosen if a.answers != "off"]
    if not wanted:
        keys = ", ".join(a.key for a in chosen)
        raise Misuse(f'no account answers: set answers = "dry_run" or "on" in the configuration of {keys}')
    if not dry_run:
        need_tokens(context, [a for a in wanted if a.answers == "on"])
    counts, failures = {}, []
    for one in wanted:
        counts[one.key], failed = _round(works, one, dry_run)
        failures += failed
    if json:
        out_json({"accounts": counts, "failures": failures})
    else:
        for key, done in counts.items():
            out(f"{key}: " + (", ".join(f"{n} {what}" for what, n in done.items() if n) or "nothing to answer"))
    finish(failures)


def _round(works: "Works", account: "AccountSettings", rehearse: bool) -> tuple[dict[str, int], list[str]]:
    from ..errors import LeaseLost

    try:
        done = works.answer(account, wait=HELD, rehearse=rehearse)
    except LeaseLost as error:
        return {}, [str(error)]
    if done is None:
        return {}, [f"{account.key}: another process has been answering for two minutes; try again later"]
    return dict(done.counts), done.failures


@replies_app.command("resume", epilog="Example: ntbcare replies resume --account gubernur")
def replies_resume(
    context: typer.Context,
    account: Annotated[str, typer.Option("--account", metavar="KEY", help="The account that may answer again.")],
) -> None:
    """Let an account answer again that Facebook had blocked, once its support inbox says that it may."""
    from ..store import pauses
    from ..store.engine import writing

    works = open_works(context)
    works.configured([account])
    with writing(works.engine) as connection:
        was = pauses.resume(connection, account)
    out(f"{account}: answers again" if was else f"{account}: was not paused")
