"""R-31, R-32: alarms on all three databases: rung in the ticket's transaction, delivered at least once whatever the sinks do."""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import Engine, func, select

from connector import casework, network, person, process
from connector.acknowledging import serving
from connector.contactbook import ContactBook
from connector.delivery import DAYS, Delivery
from connector.hurrying import Hurry
from connector.ingest.reader import Progress
from connector.notify import Courier
from connector.platforms.facebook.parse import raw_post
from connector.records import Label, Roster
from connector.settings import Settings, load_routing
from connector.store import accounts, alarms, contacts, history, items, outbox, raw, tickets
from connector.store.counters import WITA
from connector.store.engine import open_store, reading, writing
from connector.store.schema import alarms as alarm_table
from connector.store.schema import outbox as outbox_table
from connector.telegram import Answers
from connector.telegram import read as read_answer
from connector.telling import Metrics
from connector.watching import Watch
from connector.wiring import Works
from tests.edge.citizens import everything, files
from tests.edge.test_store_process import ACCOUNT, PAGE, comment, desk, land, tickets_of
from tests.journeys.rig import rigged, small_world
from tests.sinks import mailbox, webhook

NTB = f"NTB-{datetime.now(WITA).year}"
"""How the numbers of this year's tickets begin."""
CRY = "TOLONG kebakaran di Gerung, hub 081234567890"


def fresh(key: str, words: Any = CRY, author: str | None = "7001", **more: Any) -> Any:
    return comment(key, words, author, created_time=datetime.now(UTC).isoformat(), **more)


def now() -> datetime:
    return datetime.now(UTC)


def rung(engine: Engine, *batch: Any, roster: Roster | None = None, **changes: Any) -> list[Any]:
    """Lands and processes; returns the outbox."""
    land(engine, *batch, now=now())
    process.process_pending(engine, desk(clock=now, roster=roster or Roster(((1, "piket"), (2, "kabid"))), **changes))
    return letters(engine)


def letters(engine: Engine) -> list[Any]:
    with reading(engine) as connection:
        return list(connection.execute(select(outbox_table).order_by(outbox_table.c.id)))


@contextmanager
def delivering(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, sinks: dict[str, str], *, deadline: float = 2.0, **rules: Any
) -> Iterator[Delivery]:
    """A delivery that runs, on channels with these addresses."""
    made = delivery(engine, monkeypatch, sinks, deadline=deadline, **rules)
    thread = threading.Thread(target=made.run)
    thread.start()
    try:
        yield made
    finally:
        made.works.stop.set()
        made.wake()
        thread.join(15)
        assert not thread.is_alive()


def delivery(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, sinks: dict[str, str], *, deadline: float = 2.0, **rules: Any
) -> Delivery:
    for name, address in sinks.items():
        monkeypatch.setenv(f"CHANNEL_{name.upper()}", address)
    duty = [
        {"name": f"Petugas {name}", "channel": name, "level": level}
        for level, name in enumerate([n for n in ("piket", "kabid") if n in sinks], 1)
    ]
    book = ContactBook.model_validate(
        {"channels": {name: {"url_env": f"CHANNEL_{name.upper()}"} for name in sinks}, "duty": duty}
    )
    settings = Settings.model_validate({"alarms": {"telegram_url": "", **rules}})
    works = Works(settings, load_routing(None), engine, Path(), contacts=book)
    return Delivery(works, structlog.get_logger(), Metrics(), Courier(works.stop, deadline))


def until(true: Callable[[], Any], seconds: float = 20.0) -> Any:
    limit = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < limit, "not in time"
        time.sleep(0.02)
    return found


def test_an_urgent_ticket_rings_in_its_own_transaction_and_once(engine: Engine) -> None:
    made = rung(
        engine, fresh("1_1"), fresh("1_2", "jalan rusak", "7002"), fresh("1_3", "TOLONG lagi", parent={"id": "1_1"})
    )
    assert [(m.key, m.lane, m.state, m.text) for m in made] == [(f"{NTB}-000001/1/piket", "piket", "waiting", None)]
    process.replay(engine, desk(clock=now, roster=Roster(((1, "piket"),))), raw.Selection())
    assert letters(engine) == made


def test_what_is_old_at_the_first_reading_rings_for_nobody_but_later_news_do(engine: Engine) -> None:
    old = (now() - timedelta(hours=2)).isoformat()
    assert rung(engine, comment("1_1", CRY, created_time=old)) == []
    with writing(engine) as connection:
        alarms.watched_since(connection, ["gubernur"], now())
    late = (now() - timedelta(minutes=50)).isoformat()
    assert len(rung(engine, comment("1_2", "TOLONG banjir bandang", "7002", created_time=late))) == 1
    assert len(rung(engine, fresh("1_9", "TOLONG masih terbakar", parent={"id": "1_1"}))) == 2


def test_a_person_rings_by_opening_or_raising_or_labelling(engine: Engine) -> None:
    at = desk(clock=now, roster=Roster(((1, "piket"),), {"opd-jalan_jembatan": ("pupr",)}))
    casework.open_new(engine, "pohon tumbang", {"urgency": "mendesak"}, who="Ani", desk=at, clock=now)
    assert [m.lane for m in letters(engine)] == ["piket", "pupr"]
    casework.open_new(engine, "jalan rusak", {}, who="Ani", desk=at, clock=now)
    assert len(letters(engine)) == 2
    for _ in range(2):
        casework.amend(engine, f"{NTB}-000002", {"urgency": "mendesak"}, who="Ani", now=now(), desk=at)
    assert len(letters(engine)) == 4
    rung(engine, fresh("1_1", "mungkin jalan rusak"))
    with writing(engine) as connection:
        row = items.find(connection, "1_1")
        assert row is not None
        items.add_label(connection, row.id, Label("pengaduan", "listrik", "mendesak", "Ani"), now())
        raw.awaken(connection, [row.id])
    process.process_pending(engine, at)
    assert len(letters(engine)) == 5


def test_duta_of_the_place_are_rung(engine: Engine) -> None:
    with writing(engine) as connection:
        for n, area in enumerate(["52.01.01.2001", "52.01.01", "52.01.02", "52.01"]):
            row = {
                "name": f"Duta {n}",
                "group": "posyandu",
                "area": area,
                "channel": f"telegram:{n}",
                "consent_at": now(),
            }
            assert contacts.put(connection, row, now()) and not contacts.put(connection, row, now())
        assert contacts.near(connection, "52.01", "52.01.01", None) == [1, 2, 4]
        assert contacts.near(connection, "52.01", "52.01.01", "52.01.01.2002") == [2, 4]
        assert contacts.near(connection, None, None, None) == []
    made = rung(engine, fresh("1_1", "TOLONG di Gerung Lombok Barat"))
    assert "contact:4" in [m.lane for m in made]
    with writing(engine) as connection:
        assert contacts.remove(connection, [4]) == 1
    assert "contact:4" not in [m.lane for m in letters(engine)]


def test_a_place_only_supposed_from_the_post_above_rings_no_duta_and_stands_in_no_digest(engine: Engine) -> None:
    here = put(engine, "52.01.01", "telegram:1")
    post = raw_post(ACCOUNT, {"id": f"{PAGE}_1", "message": "Kunjungan kerja di Gerung", "from": {"id": PAGE}})
    rung(engine, post, fresh("1_1", "TOLONG ada yang tenggelam"))
    assert [ticket["place"]["kecamatan"] for ticket in tickets_of(engine)] == ["52.01.01"]
    assert [m.lane for m in letters(engine)] == ["piket"]
    with reading(engine) as connection:
        assert alarms.open_near(connection, "52.01.01", 10) == ([], 0)
    assert f"contact:{here}" in [
        m.lane for m in rung(engine, fresh("1_2", "TOLONG, di Gerung ada rumah roboh", "7002"))
    ]


def test_the_text_is_short_masked_and_clean(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    hostile = CRY + "\x1b[31m \u202e\x00 <b>&" + "a" * 10_000_000
    rung(engine, fresh("1_1", hostile))
    with (
        webhook() as sink,
        delivering(engine, monkeypatch, {"piket": sink.address}, public_url="https://care.example/x"),
    ):
        until(lambda: sink.taken)
    title, message = sink.taken[0]["title"], sink.taken[0]["message"]
    assert title.startswith("Gerung") and "MENDESAK" in title
    assert "[telepon]" in message and "0812" not in message and len(message) < 1000
    assert f"Ref {NTB}-000001/1" in message and "https://care.example/x/" in message
    assert not [c for c in title + message if c != "\n" and not c.isprintable()]


@pytest.mark.parametrize("mode", ["500", "hang", "cut", "drip", "refused"])
def test_a_dead_sink_loses_nothing_and_stops_nobody_else(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch, mode: str
) -> None:
    engine = sqlite_engine
    monkeypatch.setattr("connector.delivery.wait_after", lambda fails: timedelta(seconds=0.2))
    with webhook() as sink, webhook() as well:
        sink.mode = mode
        roster = Roster(((1, "piket"), (1, "kabid"), (1, "opr")))
        for n in range(4):
            rung(engine, fresh(f"1_{n}", f"TOLONG {n} terbakar", f"70{n}"), roster=roster)
        dead = "json://127.0.0.1:9/" if mode == "refused" else sink.address
        sinks = {"piket": dead, "kabid": well.address, "opr": well.address}
        with delivering(engine, monkeypatch, sinks, deadline=0.5, operator="opr") as made:
            until(lambda: len(well.taken) >= 9)
            assert sink.taken == [] and [t for t in well.texts if "Saluran alarm mati" in t]
            with reading(engine) as connection:
                assert outbox.backlog(connection)["piket"].waiting == 4
            sink.mode = "ok"
            if mode == "refused":
                monkeypatch.setenv("CHANNEL_PIKET", sink.address)
            sink.stopping.set()
            until(lambda: len(sink.taken) >= 4)
            until(lambda: not outbox_of(engine))
        refs = [t.split("Ref ")[1] for t in sink.texts]
        assert sorted(set(refs)) == [f"{NTB}-{n:06d}/1" for n in range(1, 5)]
        order = [r[-3] for i, r in enumerate(refs) if r not in refs[:i]]
        assert order in (["1", "2", "3", "4"], ["2", "1", "3", "4"]), "oldest first, but for the one in hand"
        assert made.metrics.registry.get_sample_value("ntbcare_letters_total", {"kind": "alarm", "outcome": "failed"})


def outbox_of(engine: Engine) -> dict[str, outbox.Backlog]:
    with reading(engine) as connection:
        return outbox.backlog(connection)


def test_one_message_that_never_gets_through_holds_no_other_back(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n, words in enumerate(["racun", "kedua", "ketiga"]):
        rung(sqlite_engine, fresh(f"1_{n}", f"TOLONG {words} terbakar", f"70{n}"))
    with webhook() as sink, delivering(sqlite_engine, monkeypatch, {"piket": sink.address}):
        sink.mode = "poison"
        until(lambda: len(sink.taken) == 2)
    assert [t.split("Ref ")[1] for t in sink.texts] == [f"{NTB}-000002/1", f"{NTB}-000003/1"]


@pytest.mark.parametrize("mode", ["500", "hang", "cut", "ok"])
def test_mail(sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch, mode: str) -> None:
    monkeypatch.setattr("connector.delivery.wait_after", lambda fails: timedelta(seconds=0.2))
    rung(sqlite_engine, fresh("1_1"), roster=Roster(((1, "email:bpbd@ntb.example"),)))
    with mailbox() as sink:
        sink.mode = mode
        with delivering(sqlite_engine, monkeypatch, {"email": sink.address}, deadline=0.5):
            until(lambda: sink.tries)
            if mode != "ok":
                until(lambda: outbox_of(sqlite_engine)["email:bpbd@ntb.example"].down_at)
                assert sink.taken == []
            sink.mode = "ok"
            sink.stopping.set()
            until(lambda: sink.taken)
    assert "bpbd@ntb.example" in sink.taken[0] and "Subject:" in sink.taken[0]


def test_a_fall_between_handing_over_and_marking_repeats_with_the_same_key(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    rung(engine, fresh("1_1"))
    with webhook() as sink:
        with monkeypatch.context() as fall:
            fall.setattr(outbox, "sent", lambda *_: (_ for _ in ()).throw(RuntimeError("fell")))
            made = delivery(engine, monkeypatch, {"piket": sink.address})
            made.works.stop.wait = lambda timeout=None: False  # type: ignore[method-assign]
            made.once()
        assert len(sink.taken) == 1 and len(outbox_of(engine)) == 1
        with delivering(engine, monkeypatch, {"piket": sink.address}):
            until(lambda: not outbox_of(engine))
    assert len(sink.texts) == 2 and len({t.split("Ref ")[1] for t in sink.texts}) == 1


def test_two_daemons_deliver_once_and_one_takes_over(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        webhook() as sink,
        delivering(engine, monkeypatch, {"piket": sink.address}) as first,
        delivering(engine, monkeypatch, {"piket": sink.address}),
    ):
        for n in range(5):
            rung(engine, fresh(f"1_{n}", f"TOLONG {n}", f"70{n}"))
        until(lambda: len(sink.taken) >= 5 and not outbox_of(engine))
        assert len(sink.taken) == 5
        first.works.stop.set()
        rung(engine, fresh("2_1", "TOLONG akhir", "799"))
        until(lambda: len(sink.taken) == 6 and not outbox_of(engine))


def test_nobody_answers_the_next_level_rings_then_the_operator(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    roster = Roster(((1, "piket"), (2, "kabid")), patience=timedelta(seconds=0.5))
    with webhook() as sink, webhook() as above, webhook() as opr:
        sinks = {"piket": sink.address, "kabid": above.address, "opr": opr.address}
        with delivering(engine, monkeypatch, sinks, operator="opr") as made:
            monkeypatch.setattr(Works, "roster", property(lambda _: roster))
            rung(engine, fresh("1_1"), fresh("1_2", "TOLONG dua", "7002"), roster=roster)
            with writing(engine) as connection:
                assert alarms.acknowledge(connection, f"{NTB}-000002", "Ani", "uji", now())[0]
                assert alarms.acknowledge(connection, f"{NTB}-000002", "Budi", "uji", now())[:2] == (False, "Ani")
            until(lambda: above.taken and opr.taken)
            until(lambda: len(sink.taken) == 2)
            assert len(above.taken) == 1 and f"Ref {NTB}-000001/2" in above.texts[0]
            assert f"{NTB}-000001: tidak ada yang menjawab" in opr.texts[0]
            assert "Sudah diterima oleh Ani" in sink.texts[1]
            assert made is not None
    with reading(engine) as connection:
        events = [e.what for e in history.events_of(connection, tickets.get(connection, f"{NTB}-000001").id)]
    assert events.count("alarmed") == 2


def test_what_somebody_works_on_rings_no_further(engine: Engine) -> None:
    roster = Roster(((1, "piket"), (2, "kabid")), patience=timedelta(0))
    rung(engine, fresh("1_1"), fresh("1_2", "TOLONG dua", "7002"), fresh("1_3", "TOLONG tiga", "7003"), roster=roster)
    casework.move(engine, f"{NTB}-000001", "ditindaklanjuti", who="Ani", reason="", now=now())
    casework.amend(engine, f"{NTB}-000002", {"urgency": "biasa"}, who="Ani", now=now(), desk=desk())
    with writing(engine) as connection:
        assert alarms.escalate(connection, roster, now()) == [(f"{NTB}-000003", 2)]
        assert alarms.escalate(connection, roster, now()) == [(f"{NTB}-000003", 0)]
        assert alarms.escalate(connection, roster, now()) == []


def test_what_was_told_is_forgotten_after_its_time_and_erasure_leaves_nothing_to_tell(engine: Engine) -> None:
    rung(engine, fresh("1_1"), fresh("1_2", "TOLONG dua", "7002"))
    with writing(engine) as connection:
        first = letters(engine)[0] if engine.dialect.name != "sqlite" else None
        row = connection.execute(select(outbox_table).order_by(outbox_table.c.id)).first()
        assert row is not None and (first is None or first.id == row.id)
        outbox.sent(connection, row.id, "piket", now() - timedelta(days=8))
        assert outbox.tidy(connection, now() - timedelta(days=7)) == 1
    assert not person.erase(person.request(engine, ["7002"], "Ani", now)).failures
    assert letters(engine) == []
    with reading(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(alarm_table)) == 1
    assert tickets_of(engine)[1]["reporter_id"] is None


def test_restricted_a_life_in_danger_rings_all_the_same_and_nothing_of_his_is_kept_in_the_outbox(
    engine: Engine,
) -> None:
    rung(engine, fresh("1_1"))
    person.restrict(person.request(engine, ["7001"], "Ani", now))
    process.process_pending(engine, desk(clock=now))
    made = letters(engine)
    assert len(made) == 1 and "Gerung" not in repr(made) and "7001" not in repr(made)


def test_the_weekly_digest_goes_to_each_duta_once_without_names_or_words(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    for area, number in (("52.01", 1), ("52.71", 2)):
        put(engine, area, f"wa:{number}")
    rung(engine, fresh("1_1", "jalan rusak di Lombok Barat kata Siti"), fresh("1_2", "lampu rusak", "7002"))
    day = DAYS[now().astimezone(WITA).weekday()]
    with webhook() as sink:
        address = {"wa": sink.address + "{address}"}
        for _ in range(2):
            with delivering(engine, monkeypatch, address, digest_day=day, digest_hour=0):
                until(lambda: {m.state for m in letters(engine)} == {"sent", "void"})
    assert [m.key.split("/")[2] for m in letters(engine)] == ["1", "2"]
    (text,) = sink.texts
    assert "Lombok Barat: 1 pengaduan" in text and "Siti" not in text and "rusak" not in text and "foto" in text


def put(engine: Engine, area: str, channel: str) -> int:
    with writing(engine) as connection:
        row = {"name": "KENARI Duta", "group": "pkh", "area": area, "channel": channel, "consent_at": now()}
        contacts.put(connection, row, now())
        return int(contacts.every(connection)[-1].id)


def test_a_contact_that_is_removed_leaves_nothing_behind(engine: Engine) -> None:
    first = put(engine, "52.01", "wa:KENARI")
    rung(engine, fresh("1_1", "TOLONG di Gerung Lombok Barat"))
    with writing(engine) as connection:
        outbox.rest(connection, f"contact:{first}", 1, now(), now(), "x")
    assert network.remove(engine, [first], "Ani", now()) == (1, None)
    assert "KENARI" not in everything(engine) and f"contact:{first}" not in everything(engine)
    if engine.dialect.name == "sqlite":
        assert b"KENARI" not in files(engine)


def test_the_operator_is_told_of_blocked_and_silent_accounts_and_of_tokens(
    sqlite_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = {"key": "gubernur", "id": "100000000000001", "token_env": "NO_SUCH_TOKEN", "every_seconds": 60}
    settings = Settings.model_validate({"accounts": [account]})
    works = Works(settings, load_routing(None), sqlite_engine, Path())
    works.register()
    told: dict[str, list[str]] = {}
    watch = Watch(works, structlog.get_logger(), lambda key, *lines: told.update({key: list(lines)}))
    morning = datetime(2026, 11, 24, 1, 0, tzinfo=UTC)
    with ThreadPoolExecutor(1) as pool:
        watch.look(pool, morning - timedelta(hours=2))
        assert told == {}
        with writing(sqlite_engine) as connection:
            accounts.set_account(connection, "gubernur", heard_at=morning - timedelta(minutes=10))
        watch.look(pool, morning)
        watch.look(pool, morning)
    assert [key.split("/")[0] for key in told] == ["blind", "token"]
    assert "08.50 WITA" in told["blind/gubernur/2026-11-24"][1]
    assert "NO_SUCH_TOKEN" in told["token/gubernur/2026-11-24"][1]
    with writing(sqlite_engine) as connection:
        accounts.set_account(connection, "gubernur", blocked="190: expired")
    with ThreadPoolExecutor(1) as pool:
        watch.look(pool, morning + timedelta(minutes=1))
    assert told["blocked/gubernur/2026-11-24"][1] == "190: expired"


HOSTILE_REQUESTS = (
    b"GET / HTTP/1.1\r\n\r\n",
    b"GET /a/../x HTTP/1.1\r\n\r\n",
    b"GET /a/" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n",
    b"POST /a/1-2-x HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n",
    b"POST /a/1-2-x HTTP/1.1\r\nContent-Length: -1\r\n\r\n" + b"&" * 5000,
    b"PUT /a/1-2-x HTTP/1.1\r\n\r\n",
    b"\x00\xff\xfe\r\n\r\n",
    b"GET /a/\xff\xfe%00 HTTP/1.1\r\n\r\n",
)


def test_the_route_stands_hostile_requests_and_crowds(sqlite_engine: Engine) -> None:
    settings = Settings.model_validate({"alarms": {"public_url": "https://care.example/a"}})
    works = Works(settings, load_routing(None), sqlite_engine, Path())
    with serving(works, structlog.get_logger(), 0) as port:
        for request in HOSTILE_REQUESTS:
            with socket.create_connection(("127.0.0.1", port), 10) as client:
                client.sendall(request)
                assert not client.recv(4096).startswith((b"HTTP/1.0 2", b"HTTP/1.1 2"))
        crowd = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(40)]
        for client in crowd:
            client.close()
        until(lambda: status(port) == 404)


def status(port: int) -> int:
    """What the route answers to a link it never signed; 0 when it does not."""
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/a/1-2-" + "x" * 32)
        return int(connection.getresponse().status)
    except OSError:
        return 0
    finally:
        connection.close()


@pytest.mark.parametrize(
    "body", [b"", b"[]", b'{"result": {}}', b'{"result": [1, null, {"update_id": "x"}, {"update_id": 5}]}', b"{" * 99]
)
def test_whatever_telegram_answers_breaks_nothing(body: bytes) -> None:
    for update in json.loads(body)["result"] if body.startswith(b'{"result": [') else [None, 3, {"message": []}]:
        words, _, chat, _, at = read_answer(update)
        assert words == "" and chat == "" and at.year == 1970
    assert read_answer({"text": 5, "chat": {"id": 4}, "date": 10**18, "from": []})[2] == "4"


def test_what_is_urgent_is_processed_before_the_pass_is_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with rigged(tmp_path, small_world()) as rig:
        account = {"key": "gubernur", "id": rig.world.pages["gubernur"].id, "token_env": "TOKEN_GUBERNUR"}
        monkeypatch.setenv("TOKEN_GUBERNUR", rig.sandbox.token("gubernur"))
        settings = Settings.model_validate({"graph": {"base_url": rig.address}, "accounts": [account]})
        works = Works(settings, load_routing(None), open_store(rig.migrated().store_url), tmp_path)
        works.ready()
        begun: list[int] = []

        def process() -> None:
            with reading(works.engine) as connection:
                begun.append(raw.count_by_state(connection)["pending"])

        works.on_landed = Hurry(works, process).landed
        one = works.configured()[0]
        order = works.order(one.account.streams)
        for words, expected in (("jalan rusak di Praya", 0), ("Tolong ada kebakaran besar, orang terjebak api", 1)):
            rig.world.add_comment(rig.world.pages["gubernur"].posts[-1], words, "Siti")
            visit = works.read(one, order, lease="x", wait=0.0, progress=Progress())
            assert visit is not None and not visit.failures
            until(lambda n=expected: len(begun) == n)  # type: ignore[misc]
        with reading(works.engine) as connection:
            assert 0 < begun[0] <= raw.count_by_state(connection)["pending"]
        works.engine.dispose()


def test_answers_are_heard_from_known_chats_only_and_once(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHANNEL_TG", "tgram://123456789:AAabcdefghijklmnopqrstuvwxyz123456789/{address}")
    monkeypatch.setattr("connector.telegram.EVERY", timedelta(0))
    duta = put(engine, "52.01", "tg:42")
    put(engine, "52.71", "tg:42")
    rung(engine, fresh("1_1", "TOLONG di Gerung Lombok Barat"), fresh("1_2", "TOLONG banjir di Gerung", "7002"))
    notes: list[tuple[str, str]] = []
    with webhook() as bot, ThreadPoolExecutor(1) as pool:
        settings = {"alarms": {"telegram_url": bot.address.replace("json", "http").rstrip("/")}}
        book = ContactBook.model_validate({"channels": {"tg": {"url_env": "CHANNEL_TG"}}})
        works = Works(Settings.model_validate(settings), load_routing(None), engine, Path(), contacts=book)
        answers = Answers(works, structlog.get_logger(), lambda lane, key, text: notes.append((lane, text)))

        def hear(*said: tuple[int, str]) -> list[tuple[str, str]]:
            for chat, text in said:
                bot.say(chat, text)
            notes.clear()
            answers.look(pool, now())
            until(lambda: answers._running is None or answers._running.done())
            return list(notes)

        assert hear((666, f"ok {NTB}-000001"), (42, "halo")) == []
        (asked,) = hear((42, "ok"))
        assert asked[0] == f"contact:{duta}" and f"{NTB}-000002" in asked[1]
        (said,) = hear((42, f"ok {NTB.lower()}-000002"))
        assert f"{NTB}-000002 tercatat" in said[1]
        (said,) = hear((42, "siap"))
        assert f"{NTB}-000001 tercatat" in said[1]
        assert hear() == [] and len(bot.asked) >= 4 and bot.asked[-1] > 0
