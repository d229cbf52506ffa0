"""The rapor from the store on three databases: what counts, when it was asked, what was opened again; and its page."""

import io
import re
from datetime import datetime, timedelta

from sqlalchemy import Engine

from connector import casework
from connector.report import month_of, read_rapor, write_csv, write_page
from connector.report.rapor import Rapor
from connector.settings import Routing, load_routing
from connector.store import merging
from connector.store.engine import reading, writing
from tests.edge.test_casework import SITI, later, under, work
from tests.edge.test_store_process import T0, comment

ROUTING: Routing = load_routing(None)


def made(engine: Engine, month: str = "2026-11", now: datetime = T0 + timedelta(days=3)) -> Rapor:
    with reading(engine) as connection:
        return read_rapor(connection, month_of(month), ROUTING, now)


def test_what_citizens_asked_in_a_month_and_what_became_of_it(engine: Engine) -> None:
    work(engine, comment("1_1", "jalan rusak di Gerung"), under("1_2", "kami cek", "1_1", 30))
    work(engine, comment("1_3", "TOLONG rusak", "7002"), under("1_4", "kami datang", "1_3", 90))
    work(engine, comment("1_5", "lampu rusak", "7003"), comment("1_6", "lampu rusak pak", "7004"))
    work(engine, comment("1_7", "jalan rusak lama", "7005", minute=-60 * 24 * 30))
    casework.move(engine, "NTB-2026-000001", "tuntas", who="Ani", reason="", now=later(40))
    work(engine, under("1_8", "masih rusak", "1_1", 60, SITI), at=later(61))
    whole = made(engine).whole
    assert (whole.now.received, whole.now.urgent, whole.now.urgent_in_time) == (4, 1, 0)
    assert (whole.now.median, whole.now.p90) == (timedelta(hours=1), timedelta(minutes=90))
    assert (whole.now.again, whole.now.silent, whole.now.late, whole.then.received) == (1, 2, 3, 1)
    with writing(engine) as connection:
        merging.merge(connection, "NTB-2026-000004", "NTB-2026-000003", "Ani", later(70))
    casework.move(engine, "NTB-2026-000002", "ditolak", who="Ani", reason="bukan pengaduan", now=later(70))
    assert made(engine).whole.now.received == 2
    places = {line.name: line.now.received for line in made(engine).kabupaten}
    assert places["Kab. Lombok Barat"] == 1


def test_the_page_is_sealed_prints_on_a4_and_tells_of_nobody(sqlite_engine: Engine) -> None:
    work(sqlite_engine, comment("1_1", "jalan rusak, kata <b>Siti</b> 5201010101010001"))
    page, table = io.StringIO(), io.StringIO()
    write_page(made(sqlite_engine), page)
    write_csv(made(sqlite_engine), table)
    html = page.getvalue()
    assert (
        "default-src &#39;none&#39;" in html
        and "size: A4" in html
        and not re.search(r"<script|<img|<link|https?:", html)
    )
    assert "Siti" not in html + table.getvalue() and "jalan rusak" not in html
    assert "Rapor OPD November 2026" in html and "belum selesai" in html
    rows = table.getvalue().splitlines()
    assert rows[0].startswith("\ufeffbulan,") and rows[1].startswith("2026-11,semua,,Semua,1,")
    empty = io.StringIO()
    write_page(made(sqlite_engine, "2020-01"), empty)
    assert "Tidak ada tiket" in empty.getvalue() and "belum selesai" not in empty.getvalue()
    assert "sama dengan bulan lalu" in empty.getvalue() and "tidak ada yang mendesak" in empty.getvalue()
