"""Verbs over what is stored: replay, import, export, report; and classify and places over texts at hand."""

import codecs
import json as jsonlib
import sys
from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from ..errors import Misuse
from .app import app
from .opening import chosen_model, named, open_works, readable, records_in, window, written
from .outcome import finish, out, out_json, say
from .reading import Accounts, AsJson

if TYPE_CHECKING:
    from ..process import Result

Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="From this day on (WITA), by creation.")]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="Before this day.")]
Out = Annotated[Path | None, typer.Option("--out", metavar="FILE", help="Write there instead of to stdout.")]
AlwaysJson = Annotated[bool, typer.Option("--json", help="Taken for the sake of habit: the answer is JSON anyway.")]
SHOWN = 20
PIECE = 1 << 20
"""As many bytes of texts are taken up at once; a pipe gives what it has."""


@app.command(epilog="Example: ntbcare replay --since 2026-11-01 --dry-run")
def replay(
    context: typer.Context,
    since: Since = None,
    until: Until = None,
    account: Accounts = None,
    quarantined: Annotated[bool, typer.Option("--quarantined", help="Only what could not be read before.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change; change nothing.")] = False,
    json: AsJson = False,
) -> None:
    """Classify and triage what is stored again, without the network."""
    from .. import process
    from ..store.raw import Selection

    start, end = window(since, until)
    works = open_works(context)
    keys = tuple(a.key for a in works.configured(account)) if account else ()
    selection = Selection(start, end, keys, quarantined)
    desk = works.desk(works.classify())
    result = process.replay(works.engine, desk, selection, dry_run=dry_run, stop=works.stop.is_set)
    _show_changes(result, dry_run, json)
    finish(["stopped before the end"] if works.stop.is_set() else [])


def _show_changes(result: "Result", dry_run: bool, as_json: bool) -> None:
    changes = [_change(change) for change in result.changes]
    if as_json:
        out_json({"dry_run": dry_run, "counts": result.counts, "changed": len(changes), "changes": changes})
        return
    verb = "would change" if dry_run else "changed"
    real = [change for change in changes if _plain(change["before"]) != _plain(change["after"])]
    rest = f"; of {len(changes) - len(real)} more only scores or the model's name" if len(changes) > len(real) else ""
    out(f"{result.counts.get('items', 0)} items looked at, {len(real)} {verb}{rest}")
    for change in real[:SHOWN]:
        out(f"  {change['id']}: {change['before'] or 'nothing'} → {change['after']}")
    if len(real) > SHOWN:
        out(f"  … and {len(real) - SHOWN} more; --json lists all")


def _plain(told: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """What staff would see of it."""
    return {name: value for name, value in told.items() if name != "model"} if told else None


def _change(change: Any) -> dict[str, Any]:
    def told(state: Any) -> dict[str, Any] | None:
        if state is None:
            return None
        decision, verdict = state
        facts = {"decision": decision}
        if verdict:
            facts |= {
                "kind": verdict.kind,
                "category": verdict.category,
                "urgency": verdict.urgency,
                "model": verdict.model,
            }
        return facts

    return {"id": change.id, "before": told(change.before), "after": told(change.after)}


@app.command(name="import", epilog="Example: ntbcare import raw-2026-11.jsonl")
def import_(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.jsonl", help="What `export raw` wrote.")],
    json: AsJson = False,
) -> None:
    """Land raw records exported here or by another machine, then process them. Touches no network."""
    from ..land import land_records
    from .reading import process

    records_in(file)
    works = open_works(context)
    known = {a.key: a.account for a in works.settings.accounts}
    with file.open(encoding="utf-8", errors="surrogateescape") as lines:
        numbered = ((f"{file}:{n}", line) for n, line in enumerate(lines, 1) if not works.stop.is_set())
        landed = land_records(works.engine, numbered, known.get, works.clock)
    result, failures = process(works)
    if json:
        counts = {"new": landed.new, "changed": landed.changed, "known": landed.known}
        told = {"landed": counts, "apart": landed.apart, "processed": result.counts, "failures": landed.failures}
        out_json(told)
    else:
        out(f"landed {landed.new} new and {landed.changed} changed; {landed.known} were known")
    if landed.apart:
        say(
            f"{file}: {landed.apart} comments or messages came without post_id or conversation_id: as far as they are new here, "
            "their tickets stand apart; import a file that has what `export raw` writes now"
        )
    finish([*landed.failures, *failures])


@app.command(epilog="Example: ntbcare export tickets --format csv --masked --out tickets.csv")
def export(
    context: typer.Context,
    what: Annotated[Literal["raw", "items", "tickets"], typer.Argument(help="Which records.")],
    format: Annotated[Literal["jsonl", "csv"], typer.Option("--format", help="JSON lines or CSV.")] = "jsonl",
    masked: Annotated[
        bool, typer.Option("--masked", help="Hide authors and personal numbers; other names in texts stay.")
    ] = False,
    as_: Annotated[
        Literal["open311", "lapor"] | None, typer.Option("--as", help="Tickets as another application knows them.")
    ] = None,
    services: Annotated[
        Path | None, typer.Option("--services", metavar="FILE", help="With --as open311: the service list too.")
    ] = None,
    out: Out = None,
    json: AlwaysJson = False,
) -> None:
    """Stream records out of the store, in constant memory. What could not be understood stands in `raw` only."""
    from ..export import FIELDS, as_csv, as_jsonl, records
    from ..store.engine import reading

    if as_ and what != "tickets":
        raise Misuse(f"--as {as_}: only tickets are handed over")
    if json and format == "csv":
        raise Misuse("--json: expected without --format csv")
    named(services, "--services")
    if services and as_ != "open311":
        raise Misuse("--services: goes with --as open311 only")
    works = open_works(context, stops=False)
    if as_:
        _hand_over(works, as_, format, services, out)
        return
    with reading(works.engine) as connection, written(out) as stream:
        rows = records(connection, what, masked=masked)
        stream.writelines(as_csv(rows, FIELDS[what]) if format == "csv" else as_jsonl(rows))


def _hand_over(works: Any, name: str, format: str, services: Path | None, out: Path | None) -> None:
    from .. import handing
    from ..export import as_csv, as_jsonl
    from ..handover import lapor
    from ..store.engine import reading

    if name == "open311" and format == "csv":
        raise Misuse("--format csv: Open311 is JSON")
    mapped = handing.load_mapping(works.beside, works.routing.agencies)
    with reading(works.engine) as connection, written(out) as stream:
        if name == "open311":
            pieces = handing.as_open311(connection, works.routing)
        else:
            rows = handing.as_lapor(connection, mapped)
            pieces = as_csv(rows, lapor.FIELDS) if format == "csv" else as_jsonl(rows)
        stream.writelines(pieces)
    if services:
        with written(services) as stream:
            stream.write(handing.services(works.routing))


def texts_of(file: Path | None) -> Iterator[list[Any]]:
    """Texts, a line each, in batches as they come: nothing that a pipe or terminal has given waits for what it may give later.

    A line that is a JSON object with `text` is read as such: a text, or with `parent` both; null is no words.
    """
    source: Any = sys.stdin.buffer if file is None else readable(file).open("rb")
    start, held = codecs.BOM_UTF8, bytearray()
    with source:
        while piece := source.read1(PIECE):
            held += piece
            if b"\n" in piece:
                *lines, last = bytes(held).removeprefix(start).split(b"\n")
                start, held = b"", bytearray(last)
                yield [_text(line) for line in lines]
    if held:
        yield [_text(bytes(held).removeprefix(start))]


def _text(line: bytes) -> Any:
    text = line.decode("utf-8", "replace").rstrip("\r")
    if not text.lstrip().startswith("{"):
        return text
    try:
        record = jsonlib.loads(text)
    except (ValueError, RecursionError):
        return text
    said, parent = record.get("text", 0), record.get("parent")
    if said is None:
        return ""
    if not isinstance(said, str):
        return text
    return (said, parent) if isinstance(parent, str) else said


@app.command(epilog='Example: echo "air PDAM mati sudah 5 hari" | ntbcare classify')
def classify(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="One text a line; else stdin.")] = None,
    model: Annotated[
        Path | None, typer.Option("--model", metavar="DIR", help="Another model than the one in use.")
    ] = None,
    explain: Annotated[bool, typer.Option("--explain", help="Add the words that decided.")] = False,
    json: AlwaysJson = False,
) -> None:
    """One text a line in, one verdict a line out, as JSON."""
    import classifiers

    from ..export import verdict_record
    from ..store.statements import chunks

    classify = classifiers.load(chosen_model(context, model))
    for batch in texts_of(file):
        texts = [classifiers.Reply(t[0], parent=t[1]) if isinstance(t, tuple) else t for t in batch]
        for part in chunks(texts):
            for text, verdict in zip(part, classify(part), strict=True):
                record = verdict_record(verdict)
                if explain:
                    told = classifiers.explain(classify, text)
                    record["explain"] = {name: getattr(told, name) for name in _TOLD}
                out(jsonlib.dumps(record, separators=(",", ":")))


_TOLD = ("complaint", "category", "urgent", "context", "net")
"""What an explanation tells beside its verdict."""


@app.command(epilog='Example: echo "jalan rusak di Gerung, Lombok Barat" | ntbcare places')
def places(
    file: Annotated[Path | None, typer.Argument(metavar="[FILE]", help="One text a line; else stdin.")] = None,
    json: AlwaysJson = False,
) -> None:
    """One text a line in, the place it names out, as JSON; nulls where none is named."""
    from ..places import find_place

    for text in chain.from_iterable(texts_of(file)):
        place = find_place(text[0] if isinstance(text, tuple) else text)
        record = {"kabupaten": place.kabupaten, "kecamatan": place.kecamatan, "desa": place.desa}
        out(jsonlib.dumps(record | {"text": place.text, "ambiguous": place.ambiguous}))
