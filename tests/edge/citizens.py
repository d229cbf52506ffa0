"""One citizen in every table of a store, for tests of what becomes of him."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, select

from connector import person, process
from connector.export import item_record, ticket_record
from connector.platforms.facebook.parse import raw_message, raw_post
from connector.records import Label, RawItem
from connector.store import items, replies, tickets
from connector.store.engine import reading, writing
from connector.store.schema import metadata
from tests.edge.test_store_process import ACCOUNT, PAGE, T0, clock, comment, desk, land

HIM, OTHER = "7001000000000042", "8001000000000077"


CANARY = "KENARI"


WORDS = f"{CANARY} jalan rusak di Praya"


TALK = "t_900"


def asked(engine: Engine, *authors: str, **more: Any) -> person.Request:
    return person.request(engine, authors or [HIM], "Ani", clock, **more)


def his(key: str, words: Any = WORDS, minute: int = 0, **more: Any) -> RawItem:
    sender: dict[str, Any] = {"from": {"id": HIM, "name": f"{CANARY} Siti"}}
    return comment(key, words, HIM, minute, **sender | more)


def message(key: str, words: str, author: str, **more: Any) -> RawItem:
    sender = {"id": author, "name": f"{CANARY} Siti" if author == HIM else "Gubernur NTB"}
    return raw_message(
        ACCOUNT, TALK, {"id": key, "message": words, "created_time": T0.isoformat(), "from": sender} | more
    )


def fill(engine: Engine) -> None:
    """A person in every table: revisions, tickets with history, labels, a conversation, quarantine, tags, what waits."""
    to = {"to": {"data": [{"id": HIM, "name": f"{CANARY} Siti"}, {"name": f"{CANARY} tanpa id"}]}}
    tag = {"message_tags": [{"id": HIM, "name": f"{CANARY} Siti"}, {"id": OTHER, "name": "Budi"}]}
    more: dict[str, Any] = {"permalink_url": f"https://www.facebook.com/{CANARY}"}
    more |= {"attachment": {"type": "photo", "title": CANARY}}
    land(
        engine,
        raw_post(ACCOUNT, {"id": f"{PAGE}_1", "message": "Kunjungan", "from": {"id": PAGE, "name": "Gubernur NTB"}}),
    )
    land(engine, his("1_1", f"{CANARY} jalan rusak", **more), comment("1_2", "lampu rusak", OTHER, 1, **tag))
    land(
        engine,
        his("1_7", f"mungkin {CANARY} rusak", 2),
        his("1_3", f"mungkin {CANARY}", 2),
        comment("1_4", "setuju", OTHER, 3, parent={"id": "1_1"}),
    )
    land(engine, message("m_1", WORDS, HIM, **to), message("m_2", "Baik, kami cek", PAGE, **to))
    land(engine, message("m_2", "Baik, kami cek segera", PAGE, **to))
    process.process_pending(engine, desk())
    with writing(engine) as connection:
        numbers = {s: t.number for t in tickets.every(connection) for s in t.source_ids}
        tickets.change(connection, numbers["1_1"], {"summary": f"{CANARY} parah"}, who="Ani", what="amended", now=T0)
        moved = {"reason": f"kata {CANARY}"}
        status = {"status": "tuntas", "closed_at": T0}
        tickets.change(connection, numbers["m_1"], status, who="Ani", what="moved", now=T0, data=moved)
        row = items.find(connection, "1_3")
        assert row is not None
        items.add_label(connection, row.id, Label("pengaduan", "listrik", "penting", "Ani"), T0)
        for n, state in enumerate(("sent", "due", "dry_run")):
            answered(connection, "1_1", numbers["1_1"], n, state)
    land(engine, his("1_1", f"{CANARY} jalan rusak berat"), his("1_5", [CANARY]))
    land(engine, comment("1_3", f"mungkin {CANARY} lagi", None))
    process.process_pending(engine, desk())
    land(engine, his("1_6", WORDS, 9))


def answered(connection: Connection, key: str, number: str, event_id: int, state: str) -> None:
    """An answer to him, as it is sent, waits or was rehearsed."""
    row = items.find(connection, key)
    assert row is not None
    known = {
        "account": "gubernur",
        "ticket_id": tickets.get(connection, number).id,
        "event_id": event_id,
        "state": state,
    }
    known |= {"channel": "message", "kind": "tuntas", "item_id": row.id, "target": HIM, "author_id": HIM}
    replies.add(
        connection,
        known | {"thread_id": key, "text": f"{CANARY} {state}", "made_at": T0, "due_at": T0, "sent_id": "9_9"},
    )


def everything(engine: Engine) -> str:
    """All that stands in all tables, in one text."""
    with reading(engine) as connection:
        return repr([list(connection.execute(select(t))) for t in metadata.sorted_tables])


def files(engine: Engine) -> bytes:
    """The bytes of an SQLite file and its side files."""
    file = Path(str(engine.url.database))
    return b"".join(p.read_bytes() for p in file.parent.glob(f"{file.name}*"))


def items_of(engine: Engine) -> dict[str, dict[str, Any]]:
    with reading(engine) as connection:
        return {row.external_id: item_record(row) for row in items.every(connection)}


def tickets_of(engine: Engine) -> dict[str, dict[str, Any]]:
    with reading(engine) as connection:
        return {t.source_ids[0]: ticket_record(t) for t in tickets.every(connection)}


def state(engine: Engine) -> str:
    """All but the audit, in no order."""
    held = [t for t in metadata.sorted_tables if t.name not in ("audit", "leases")]
    with reading(engine) as connection:
        return repr([sorted(map(repr, connection.execute(select(t)))) for t in held])


def assert_forgotten(engine: Engine) -> None:
    left = everything(engine)
    assert CANARY not in left and HIM not in left
    if engine.dialect.name == "sqlite":
        assert CANARY.encode() not in files(engine) and HIM.encode() not in files(engine)
