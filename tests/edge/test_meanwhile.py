"""R-15, R-26: what becomes of an item while another process judges it; SQLite lets only one of them at it."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait

import pytest
from sqlalchemy import Engine, Update, update

from classifiers.verdict import Verdict
from connector import process
from connector.labels import add
from connector.store import accounts, lost, raw
from connector.store.engine import writing
from connector.store.schema import raw_items
from tests.edge.test_store_process import ACCOUNT, PAGE, T0, classify, clock, comment, desk, items_of, land, tickets_of

pytestmark = pytest.mark.parametrize("database", ["postgresql", "mariadb"])


def once(act: Callable[[], None]) -> Callable[[Sequence[str]], list[Verdict]]:
    """A classifier in the middle of which something else happens, the first time."""
    left = [act]

    def judge(texts: Sequence[str]) -> list[Verdict]:
        while left:
            left.pop()()
        return classify(texts)

    return judge


def test_what_is_found_deleted_while_it_is_judged_is_seen_to_be(engine: Engine) -> None:
    def delete() -> None:
        with writing(engine) as other:
            assert lost.bury_post(other, f"{PAGE}_1", T0) == 1

    land(engine, comment("1_1", "jalan rusak di Praya"))
    process.process_pending(engine, desk(classify=once(delete)))
    assert items_of(engine)["1_1"]["deleted"]


def test_what_a_replay_reads_while_it_is_deleted_is_seen_to_be(engine: Engine) -> None:
    def delete() -> None:
        with writing(engine) as other:
            assert lost.bury_post(other, f"{PAGE}_1", T0) == 1

    land(engine, comment("1_1", "jalan rusak di Praya"))
    process.process_pending(engine, desk())
    process.replay(engine, desk(classify=once(delete)), raw.Selection())
    process.process_pending(engine, desk())
    assert items_of(engine)["1_1"]["deleted"]


def test_a_label_given_while_its_item_is_judged_counts(engine: Engine) -> None:
    def say() -> None:
        with writing(engine) as other:
            assert add(other, {"id": "1_1", "kind": "pengaduan"}, clock(), desk().deadline, desk().route)

    land(engine, comment("1_1", "sudah seminggu begini"))
    process.process_pending(engine, desk())
    assert tickets_of(engine) == []
    with ThreadPoolExecutor(1) as staff:
        said: list[Future[None]] = []

        def meanwhile() -> None:
            said.append(staff.submit(say))
            wait(said, 2)  # as soon as he may

        process.replay(engine, desk(classify=once(meanwhile)), raw.Selection())
        said[0].result(20)
    process.process_pending(engine, desk())
    (ticket,) = tickets_of(engine)
    assert ticket["source_ids"] == ["1_1"]


def test_who_reads_and_who_judges_an_account_do_not_wait_for_each_other(engine: Engine) -> None:
    land(engine, comment("1_0", "terima kasih", PAGE))
    process.process_pending(engine, desk())
    land(engine, comment("1_1", "sudah kami teruskan", PAGE))
    with writing(engine) as reader, ThreadPoolExecutor(1) as judge:
        accounts.set_account(reader, ACCOUNT.key, heard_at=T0)
        judge.submit(process.process_pending, engine, desk()).result(20)


def test_who_judges_holds_items_in_the_order_in_which_they_are_landed(engine: Engine) -> None:
    land(engine, comment("1_1", "halo"), comment("1_2", "halo"))
    with writing(engine) as connection:
        first, second = raw.pending(connection, 2)

    def settle() -> None:
        with writing(engine) as judge:
            outcomes = [(second.id, 1, False, "quarantined", "aneh"), (first.id, 1, False, "done", None)]
            raw.settle(judge, outcomes)

    def seen(row_id: int) -> Update:
        return update(raw_items).where(raw_items.c.id == row_id).values(seen_at=T0)

    with ThreadPoolExecutor(1) as judging:
        with writing(engine) as landing:
            landing.execute(seen(first.id))
            settled = judging.submit(settle)
            wait([settled], 1)  # it waits for the first
            landing.execute(seen(second.id))
        settled.result(20)
