"""R-31, R-32: the outbox is delivered at least once, oldest first, whatever the sinks do."""

from datetime import timedelta

import pytest
from sqlalchemy import Engine

from connector.delivery import OF_LANE
from connector.records import Roster
from connector.store import outbox
from connector.store.engine import reading
from tests.edge.ringing import CRY, NTB, delivering, delivery, fresh, outbox_of, rung, until
from tests.sinks import mailbox, webhook


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


def test_once_delivers_all_that_waits_however_much_it_is(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    for n in range(2 * OF_LANE + 3):
        rung(engine, fresh(f"1_{n}", f"TOLONG {n} terbakar", f"70{n}"))
    with webhook() as sink:
        delivery(engine, monkeypatch, {"piket": sink.address}).once()
        assert len(sink.taken) == 2 * OF_LANE + 3 and not outbox_of(engine)


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
