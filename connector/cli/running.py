"""Verbs of the operator: demo, migrate, check, run, report, sandbox."""

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ..errors import Misuse, SettingsError
from .app import app
from .opening import DAEMON_LEAVES_IN, STDOUT, leave_in_time, named, open_works, stop_on_signals, window, written
from .outcome import finish, out, out_json, say
from .reading import AsJson, need_tokens
from .records import Out, Since, Until

if TYPE_CHECKING:
    from ..checkup import Finding
    from ..delivery import Delivery
    from ..wiring import Works


@app.command(epilog="Example: ntbcare demo --out demo")
def demo(
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where store and report go.")] = Path(
        "ntbcare-demo"
    ),
) -> None:
    """The main job on the built-in sandbox: poll, classify, open tickets, write the report."""
    from .demonstration import demonstrate

    named(out, "--out")
    demonstrate(out)


@app.command(epilog="Example: ntbcare migrate")
def migrate(context: typer.Context) -> None:
    """Bring the store to the newest schema."""
    from ..store import migrate as schema

    works = open_works(context, ready=False, patient=True)
    before, after = schema.migrate(works.engine)
    works.register()
    out(f"schema {after}" if before == after else f"schema {before or 'empty'} → {after}")


@app.command(epilog="Example: ntbcare check --json")
def check(context: typer.Context, json: AsJson = False) -> None:
    """Look at everything: configuration, store, schema, model, tokens, Graph version."""
    from ..checkup import examine

    works = open_works(context, ready=False)
    findings = examine(works)
    if json:
        broken = any(f.state == "broken" for f in findings)
        out_json({"ok": not broken, "findings": [asdict(f) for f in findings]})
    else:
        for finding in findings:
            out(f"{finding.state:8} {finding.what}: {finding.text}")
            for scope, breaks in finding.facts.get("missing", {}).items():
                out(f"         without {scope}: {breaks}")
    _tell_broken(context, [f for f in findings if f.state == "broken"])


def _tell_broken(context: typer.Context, broken: Sequence["Finding"]) -> None:
    """What is broken, a line each. A token that is not there is a wrong configuration: its file is named, and the code is 2."""
    from ..settings import found

    wrong = [f for f in broken if f.facts.get("configuration")]
    for finding in broken:
        say(f"{found(context.obj)}: {finding.text}" if finding in wrong else f"{finding.what}: {finding.text}")
    if broken:
        raise typer.Exit(2 if wrong else 1)


@app.command(epilog="Example: ntbcare run --once")
def run(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, then stop.")] = False,
) -> None:
    """The daemon; SIGTERM and SIGINT stop it cleanly."""
    from ..daemon import Daemon
    from ..delivery import Delivery
    from ..settings import app_of
    from ..telling import Metrics, notify, start_logging

    works = open_works(context, ready=False, leaves_in=DAEMON_LEAVES_IN if once else None)
    secrets = need_tokens(context, works.configured())
    if once:
        works.ready()
    app_secret = app_of(works.settings.graph)[1]
    secrets += [app_secret.get_secret_value()] if app_secret else []
    log, metrics = start_logging(works.settings.daemon.log, secrets), Metrics()
    works.on_call = metrics.called
    delivery = Delivery(works, log, metrics)
    works.on_kept = delivery.wake
    daemon = Daemon(works, log, metrics)
    if once:
        finish([*daemon.once(), *delivery.once()])
        return
    leave_in_time(
        works.stop,
        partial(log.warning, "stopped; what the store kept waiting is undone there", action="stop"),
        DAEMON_LEAVES_IN,
    )
    _await_store(works, log)
    _serve_metrics(works, metrics, log)
    _unusable_channels(works, log)
    log.info("started", action="start", accounts=[a.key for a in works.settings.accounts], owner=works.owner)
    notify("READY=1")
    with _acknowledging(works, log), _delivering(works, delivery):
        daemon.run(lambda: notify("WATCHDOG=1"))
    notify("STOPPING=1")
    log.info("stopped", action="stop")


def _await_store(works: "Works", log: Any) -> None:
    """A database that starts after us, or is away, is waited for; one that does not fit is not."""
    from sqlalchemy.exc import OperationalError

    while not works.stop.is_set():
        try:
            works.ready()
            works.outage.works(log, settled=0)
            return
        except OperationalError as error:
            works.outage.fails(log, error, action="store_awaited")
            works.stop.wait(5.0)


def _unusable_channels(works: "Works", log: Any) -> None:
    """Said at start, not discovered at night; the others ring all the same."""
    from ..notify import check as check_channel

    for reference in works.contacts.references():
        try:
            check_channel(works.contacts, reference)
        except SettingsError as error:
            log.error(str(error), action="channel_unusable", lane=reference)


@contextmanager
def _delivering(works: "Works", delivery: "Delivery") -> Iterator[None]:
    """Telling goes on beside reading and ends with it."""
    import threading

    thread = threading.Thread(target=delivery.run, name="delivery")
    thread.start()
    try:
        yield
    finally:
        works.stop.set()
        delivery.wake()
        thread.join()


@contextmanager
def _acknowledging(works: "Works", log: Any) -> Iterator[None]:
    """The route that acknowledges by a link, where one is configured; a busy port is only a warning."""
    from ..acknowledging import serving

    rules = works.settings.alarms
    with ExitStack() as open_now:
        if rules.public_url and rules.port:
            try:
                open_now.enter_context(serving(works, log, rules.port))
            except OSError as error:
                reason = f"links cannot acknowledge: port {rules.port} is taken ({error.strerror}); set alarms.port"
                log.warning(reason, action="links_unavailable")
        yield


def _serve_metrics(works: "Works", metrics: object, log: object) -> None:
    port = works.settings.daemon.metrics_port
    if not port:
        return
    try:
        metrics.serve(port)  # type: ignore[attr-defined]
    except OSError as error:
        reason = f"no metrics: port {port} is taken ({error.strerror}); set daemon.metrics_port"
        log.warning(reason, action="metrics_unavailable")  # type: ignore[attr-defined]


@app.command(epilog="Example: ntbcare report --since 2026-11-01 --out laporan.html")
def report(
    context: typer.Context,
    since: Since = None,
    until: Until = None,
    out: Out = None,
    rapor: Annotated[
        str | None, typer.Option("--rapor", metavar="MONTH", help="The agencies' monthly rapor instead, as 2026-11.")
    ] = None,
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="With --rapor: the numbers for a spreadsheet too.")
    ] = None,
) -> None:
    """One self-contained HTML file for staff; with --rapor, one of numbers for the leadership."""
    from ..report import write_report
    from ..store.engine import reading

    named(csv, "--csv")
    if rapor is not None:
        if since or until:
            raise Misuse("--rapor: covers a whole month; leave --since and --until out")
        _rapor(context, rapor, out, csv)
        return
    if csv is not None:
        raise Misuse("--csv: goes with --rapor only; for tickets: ntbcare export tickets --format csv")
    start, end = window(since, until)
    works = open_works(context, stops=False)
    file = out or Path("laporan-ntbcare.html")
    with reading(works.engine) as connection, written(file) as stream:
        write_report(connection, stream, works.routing, start, end, works.clock(), why=works.why())
    _say_where(file)


def _rapor(context: typer.Context, name: str, out: Path | None, csv: Path | None) -> None:
    from ..report import month_of, read_rapor, write_csv, write_page
    from ..store.engine import reading

    month, works = month_of(name), open_works(context, stops=False)
    if month.start > works.clock():
        raise Misuse(f"--rapor {name}: this month has not begun")
    file = out or Path(f"rapor-{month.start:%Y-%m}.html")
    with reading(works.engine) as connection:
        made = read_rapor(connection, month, works.routing, works.clock())
    with written(file) as stream:
        write_page(made, stream)
    _say_where(file)
    if csv is not None:
        with written(csv) as stream:
            write_csv(made, stream)
        _say_where(csv)


def _say_where(file: Path) -> None:
    """The plain path of what was written; behind a page on stdout it would be a part of that."""
    if file != STDOUT:
        print(file.resolve())


@app.command(epilog="Example: ntbcare sandbox --port 8111")
def sandbox(
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="On this machine only; 0 takes a free one.")
    ] = 0,
) -> None:
    """The Graph stand-in, until stopped; prints its address, accounts and tokens, and lines to paste into a shell.

    With these lines, the configuration that `ntbcare init` writes reads the stand-in.
    """
    import threading

    from ..sandbox import Sandbox, demo_world, serve
    from ..wiring import utc_now

    world = demo_world(utc_now())
    stand_in, stop = Sandbox(world), threading.Event()
    stop_on_signals(stop)
    with ExitStack() as serving:
        try:
            address = serving.enter_context(serve(stand_in, port))
        except OSError as error:
            finish([f"port {port}: {error.strerror}; choose another with --port"])
        out(f"address {address}")
        for page in world.pages.values():
            out(f"account {page.key} {page.id} token {stand_in.token(page.key)}")
        out(f"app {stand_in.tokens.app_id} secret {stand_in.tokens.app_secret}")
        out(f"export NTBCARE_GRAPH_URL={address}")
        for key in world.pages:
            out(f"export NTBCARE_TOKEN_{key.upper()}={stand_in.token(key)}")
        out(f"export NTBCARE_APP_ID={stand_in.tokens.app_id} NTBCARE_APP_SECRET={stand_in.tokens.app_secret}")
        stop.wait()
