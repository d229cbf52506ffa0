"""What leaves the house without people: exports with `--masked`, Open311, anonymous reports for LAPOR."""

import json
from typing import Any, get_args

from sqlalchemy import Engine

from connector import handing, process
from connector.export import What, as_csv, as_jsonl, records
from connector.platforms.facebook.parse import raw_comment, raw_message, raw_post
from connector.records import RawItem
from connector.settings import load_routing
from connector.store import merging
from connector.store.engine import reading, writing
from tests.edge.test_store_process import ACCOUNT, PAGE, T0, desk, land

SITI, GEDE = {"id": "7777777777", "name": "Baiq Rohani"}, {"id": "7777777788", "name": "Lalu Gede"}
US = {"id": PAGE, "name": "Gubernur NTB"}
POST, TALK = f"{PAGE}_122", "t_900"
LINK = f"https://www.facebook.com/permalink.php?story_fbid=122&id={SITI['id']}"
TELLS = ("7777777777", "7777777788", "Rohani", "Gede", "081234567890")


def node(key: str, words: str, sender: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"id": key, "message": words, "created_time": T0.isoformat(), "from": sender} | more


def fill(engine: Engine) -> None:
    """A visitor's post that somebody else takes up and the Page answers by name; a talk; a ticket merged into another."""
    hung = {"attachments": {"data": [{"type": "photo", "title": "Foto Baiq Rohani", "url": LINK}]}}
    post = node(POST, "Saya Baiq Rohani, jalan rusak, hub 081234567890", SITI, permalink_url=LINK, **hung)
    under = [
        node("122_1", "Baiq Rohani benar, lampu rusak", GEDE, permalink_url=f"{LINK}&comment_id=1"),
        node("122_2", "Terima kasih Baiq Rohani", US, permalink_url=f"{LINK}&comment_id=2"),
        node("122_3", "LALU GEDE sudah ditangani", US, permalink_url=f"{LINK}&comment_id=1", parent={"id": "122_1"}),
    ]
    talk = [node("m_1", "air rusak, dari Lalu Gede", GEDE), node("m_2", "Halo Lalu Gede", US)]
    batch: list[RawItem] = [raw_post(ACCOUNT, post)]
    batch += [raw_comment(ACCOUNT, POST, one) for one in under] + [raw_message(ACCOUNT, TALK, one) for one in talk]
    land(engine, *batch)
    process.process_pending(engine, desk())
    with writing(engine) as connection:
        merging.merge(connection, "NTB-2026-000002", "NTB-2026-000001", "Ani", T0)


def masked(engine: Engine, what: What) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        found = list(records(connection, what, masked=True))
        text = "".join([*as_jsonl(found), *as_csv(found)])
    assert not [word for word in TELLS if word.lower() in text.lower()], f"{what} tells of people: {text}"
    return found


def test_a_masked_export_tells_nobody_and_keeps_all_else(engine: Engine) -> None:
    fill(engine)
    for what in get_args(What):
        with reading(engine) as connection:
            whole = list(records(connection, what))
        found = masked(engine, what)
        assert TELLS[2] in json.dumps(whole) and len(found) == len(whole)
        key = "number" if what == "tickets" else "id"
        assert [one[key] for one in found] == [one[key] for one in whole]
    texts = {one["id"]: one["text"] for one in masked(engine, "items")}
    assert texts[POST] == "Saya [nama], jalan rusak, hub [telepon]"
    assert texts["122_1"] == "[nama] benar, lampu rusak" and texts["m_2"] == "Halo [nama]"
    assert {one["id"]: one["payload"]["message"] for one in masked(engine, "raw")} == texts
    summaries = [one["summary"] for one in masked(engine, "tickets")]
    assert len(summaries) == 3 and all("[nama]" in summary for summary in summaries)


def test_what_could_not_be_understood_is_masked_by_what_it_tells_itself(sqlite_engine: Engine) -> None:
    land(sqlite_engine, raw_comment(ACCOUNT, POST, node("122_9", "", SITI) | {"message": {"Baiq Rohani": 1}}))
    process.process_pending(sqlite_engine, desk())
    assert masked(sqlite_engine, "items") == []
    (raw,) = masked(sqlite_engine, "raw")
    assert raw["payload"] == {"id": "122_9", "created_time": T0.isoformat()}


def test_what_stands_on_the_page_keeps_its_link(sqlite_engine: Engine) -> None:
    own = f"https://www.facebook.com/{PAGE}/posts/122/?comment_id=1"
    land(sqlite_engine, raw_comment(ACCOUNT, POST, node("122_1", "jalan rusak", SITI, permalink_url=own)))
    process.process_pending(sqlite_engine, desk())
    for what, name in (("items", "permalink"), ("tickets", "permalink")):
        assert [one[name] for one in masked(sqlite_engine, what)] == [own]  # type: ignore[arg-type]


def test_nothing_handed_over_anonymously_names_a_citizen(engine: Engine) -> None:
    fill(engine)
    routing = load_routing(None)
    with reading(engine) as connection:
        texts = [
            "".join(handing.as_open311(connection, routing)),
            json.dumps(list(handing.as_lapor(connection, handing.load_mapping(None, routing.agencies)))),
        ]
    for text in texts:
        assert "[nama]" in text
        assert not [word for word in TELLS if word.lower() in text.lower()], text
