"""The backfill: a full order with positions of its own, in slices that resume; or a dry run into a scratch store."""

import tempfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from ..errors import Misuse
from ..ingest.reader import Order, Progress
from ..records import Stream
from ..settings import AccountSettings
from ..store import accounts, compare, migrate, persons, raw
from ..store.checkpoints import Shelf
from ..store.engine import open_store, reading, writing
from ..wiring import Works
from .opening import window
from .outcome import finish, out, out_json, say
from .reading import process, show, ticker


def run_backfill(
    works: Works,
    account: AccountSettings,
    since: datetime,
    until: datetime | None,
    streams: tuple[Stream, ...],
    *,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Reads the window and then processes what came; says so when it was stopped before the end."""
    window(since.isoformat(), until.isoformat() if until else None)
    if since >= works.clock():
        raise Misuse("--since: lies in the future; expected a time that is over")
    scope = f"backfill:{since:%Y%m%dT%H%M%S}:{f'{until:%Y%m%dT%H%M%S}' if until else ''}:{','.join(streams)}"
    order = Order(frozenset(streams), since, until, full=True, scope=scope, lane=raw.BULK, exact=True)
    if dry_run:
        _rehearse(works, account, order, as_json)
        return
    progress = Progress()
    live = ticker(f"backfill {account.key}", lambda: dict(progress.counts))
    if live:
        live.start()
    try:
        done = works.read(account, order, lease=f"backfill:{account.key}", wait=5.0, progress=progress)
    finally:
        if live:
            live.stop()
    if done is None:
        finish([f"{account.key}: another backfill of this account is running; wait for it or stop it"])
        return
    works.engine.dispose()  # the readers' connections, and what SQLite keeps in each of them
    result, failures = process(works)
    show([done], result, as_json)
    if works.stop.is_set():
        say(f"{account.key}: stopped before the end; the same command goes on from here")
        finish(["the window is not read to its end"])
    unread = [*done.failures, *done.waiting]
    if not unread:
        _clear(works, account, order)
    elif done.failures:
        say(f"{account.key}: not read to the end of the window; the same command goes on from here")
    finish([*unread, *failures])


def _clear(works: Works, account: AccountSettings, order: Order) -> None:
    """The window is read: the next backfill of it begins anew."""
    with writing(works.engine) as connection:
        for stream in ("posts", "comments", "visitor_posts", "messages"):
            Shelf(account.key, stream, order.scope).clear(connection)


def _rehearse(works: Works, account: AccountSettings, order: Order, as_json: bool) -> None:
    """Reads into a store that is thrown away, and compares it with the real one."""
    with tempfile.TemporaryDirectory(prefix="ntbcare-") as folder:
        scratch = replace(works, engine=open_store(f"sqlite:///{Path(folder) / 'scratch.db'}"))
        migrate.migrate(scratch.engine)
        scratch.register()
        with reading(works.engine) as old, writing(scratch.engine) as new:
            state = accounts.account_states(old).get(account.key)
            quirks = state.quirks if state else None
            paused = state.paused_until if state else None
            accounts.set_account(new, account.key, quirks=quirks, paused_until=paused)
            for stream in accounts.paused(old, account.account, works.clock()):
                accounts.set_stream(new, account.key, stream.stream, paused_until=stream.paused_until)
            persons.carry(old, new)
        done = scratch.read(account, order, lease="rehearsal", wait=0.0, progress=Progress())
        with reading(scratch.engine) as new, reading(works.engine) as old:
            found = compare.compare(new, old, account.key, order.streams, order.since, order.until)
        scratch.engine.dispose()
    unread = [*done.failures, *done.waiting] if done else []
    if works.stop.is_set() or unread:
        why = "stopped before the end" if works.stop.is_set() else "not read to its end"
        finish([*unread, f"{account.key}: {why}: nothing can be said of the window"])
        return
    if as_json:
        out_json({"account": account.key, "dry_run": True, **found})
    else:
        out(
            f"{account.key}: would land {found['new']} new, {found['changed']} changed; {found['missing']} stored ones not shown"
        )
