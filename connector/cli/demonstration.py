"""The demo: a sandbox in this process, a fresh SQLite store, one poll, tickets, the report."""

import os
from pathlib import Path

from ..errors import Misuse
from ..sandbox import Sandbox, demo_world, serve
from ..settings import Settings, load_routing
from ..store import migrate
from ..store.engine import reading
from ..wiring import Works, utc_now, works
from .opening import stop_on_signals, written
from .outcome import finish, out
from .reading import process, read_accounts

STORE, REPORT = "ntbcare-demo.db", "laporan.html"


def demonstrate(folder: Path) -> None:
    """Does the main job once into `folder`; a store of an earlier demo there is replaced."""
    try:
        folder.mkdir(0o700, parents=True, exist_ok=True)
        for old in folder.glob(f"{STORE}*"):
            old.unlink()
    except OSError as error:
        raise Misuse(f"--out {folder}: cannot be used ({error.strerror}); choose another folder") from None
    world = demo_world(utc_now())
    stand_in = Sandbox(world)
    with serve(stand_in) as address:
        tokens = {f"NTBCARE_DEMO_{key.upper()}": stand_in.token(key) for key in world.pages}
        os.environ |= tokens
        pages = [
            {"key": p.key, "id": p.id, "name": p.name, "token_env": f"NTBCARE_DEMO_{p.key.upper()}"}
            for p in world.pages.values()
        ]
        data = {"store": {"url": f"sqlite:///{folder / STORE}"}, "graph": {"base_url": address}, "accounts": pages}
        made = works(Settings.model_validate(data), load_routing(None), folder)
        stop_on_signals(made.stop)
        migrate.migrate(made.engine)
        made.ready()
        _work(made, folder)


def _work(made: Works, folder: Path) -> None:
    from ..report import write_report

    jobs = [(a, made.order(a.account.streams), f"account:{a.key}") for a in made.configured()]
    visits = read_accounts(made, jobs)
    result, failures = process(made)
    report = folder / REPORT
    with reading(made.engine) as connection, written(report) as stream:
        write_report(connection, stream, made.routing, None, None, made.clock(), why=made.why())
    r = result.counts
    out(
        f"Read {sum(v.counts.get('new', 0) for v in visits)} posts, comments and messages of {len(visits)} Facebook Pages."
    )
    out(f"Complaints: {r.get('complaints', 0)}, of them urgent: {r.get('urgent', 0)}.")
    out(f"Tickets opened: {r.get('open', 0)}; for review: {r.get('review', 0)}; not complaints: {r.get('ignore', 0)}.")
    out(f"Store:  {(folder / STORE).resolve()}")
    out(f"Report: {report.resolve()}")
    finish([line for v in visits for line in v.failures] + failures)
