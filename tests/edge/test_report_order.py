"""What stands at the top of the report, from the store on three databases: what still waits for an answer."""

from sqlalchemy import Engine

from connector.report.gather import facts_of, names_of
from connector.report.summary import summarise
from connector.settings import load_routing
from connector.store import summary
from connector.store.engine import reading
from connector.store.summary import Window
from tests.edge.test_casework import later, ticket, under, work
from tests.edge.test_store_process import comment


def test_an_answered_emergency_stands_below_one_that_waits(engine: Engine) -> None:
    work(engine, comment("1_1", "TOLONG rusak di Gerung"), under("1_2", "kami datang", "1_1", 5))
    work(engine, comment("1_3", "lampu rusak", "7002"))
    work(engine, comment("1_4", "TOLONG rusak di Narmada", "7003"), at=later(120))
    with reading(engine) as connection:
        window = Window(later(130))
        order = summary.ticket_order(connection, window, 10)
        names = names_of(connection, load_routing(None))
        urgent = summarise(facts_of(connection, window), names).headlines[2]
    answered, calm, waits = (ticket(engine, f"NTB-2026-00000{n}") for n in (1, 2, 3))
    assert answered.answer_by < waits.answer_by and answered.first_response_at is not None
    assert order == [waits.id, answered.id, calm.id]
    assert (urgent.value, urgent.note) == ("2", "1 belum dijawab")
