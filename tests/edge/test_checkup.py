"""What `check` finds out about this machine's calendar and routes, at any date."""

from datetime import UTC, date, datetime
from importlib import resources
from pathlib import Path

import pytest

from connector.checkup import Finding, examine
from connector.contactbook import load_contacts
from connector.settings import CalendarSettings, Settings, StoreSettings, load_routing
from connector.wiring import works


def finding(folder: Path, what: str, now: datetime, calendar: CalendarSettings | None = None) -> Finding:
    """One finding of `check` at this time."""
    store = StoreSettings(url=f"sqlite:///{folder}/ntbcare.db")
    settings, routing = Settings(store=store, calendar=calendar or CalendarSettings()), load_routing(folder)
    made = works(settings, routing, folder, load_contacts(folder, routing))
    made.clock = lambda: now
    try:
        return next(f for f in examine(made) if f.what == what)
    finally:
        made.engine.dispose()


@pytest.mark.parametrize(
    ("day", "state", "names"),
    [
        (datetime(2026, 11, 24, tzinfo=UTC), "ok", "2027"),
        (datetime(2027, 2, 1, tzinfo=UTC), "ok", "2028"),
        (datetime(2027, 10, 1, tzinfo=UTC), "warning", "2028"),
        (datetime(2027, 12, 31, 17, tzinfo=UTC), "broken", "2028"),  # already 2028 in WITA
    ],
)
def test_a_year_without_holidays_is_named_before_it_comes(
    tmp_path: Path, day: datetime, state: str, names: str
) -> None:
    found = finding(tmp_path, "calendar", day)
    assert found.state == state and names in found.text


def test_the_operators_own_days_off_make_a_year_known(tmp_path: Path) -> None:
    own = CalendarSettings(days_off=(date(2028, 1, 1), date(2029, 1, 1)))
    assert finding(tmp_path, "calendar", datetime(2028, 3, 1, tzinfo=UTC), own).state == "ok"


def test_a_rule_for_a_kecamatan_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert finding(tmp_path, "categories.toml", datetime(2026, 11, 24, tzinfo=UTC)).state == "ok"
    rules = (resources.files("connector.defaults") / "categories.toml").read_text("utf-8")
    own = rules.replace("[places.air_bersih]", '[places.air_bersih]\n"52.01.99" = "pdam"\n"52.01.01.2002" = "pdam"')
    own = own.replace("[penting]", '[penting]\nkesehatan = ["52", "52.06.99"]')
    (tmp_path / "categories.toml").write_text(own, "utf-8")
    found = finding(tmp_path, "categories.toml", datetime(2026, 11, 24, tzinfo=UTC))
    assert found.state == "broken" and "places.air_bersih.52.01.99, penting.kesehatan.52.06.99:" in found.text


def test_agencies_that_no_alarm_rings_are_named(tmp_path: Path) -> None:
    everybody = finding(tmp_path, "agencies", datetime(2026, 11, 24, tzinfo=UTC)).facts["without"]
    assert "pln" in everybody and "bpbd" in everybody
    (tmp_path / "contacts.toml").write_text('[channels.regu]\nurl_env = "REGU"\n[agencies]\npln = ["regu"]\n', "utf-8")
    found = finding(tmp_path, "agencies", datetime(2026, 11, 24, tzinfo=UTC))
    assert found.facts["without"] == [agency for agency in everybody if agency != "pln"]
    assert (
        found.text.startswith(f"1 of {len(everybody)} have a channel")
        and "pln" not in found.text
        and "more only" in found.text
    )
