"""Routing: by word, by place, by category; agencies outside the government; rules that are whole or refused."""

import tomllib
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from classifiers.verdict import CATEGORIES, Urgency
from connector.errors import SettingsError
from connector.records import Place
from connector.routing import class_of, route
from connector.settings import load_routing

ROUTES = load_routing(None).routes
GERUNG = Place("52.01", "52.01.01", None, "Gerung")


@pytest.mark.parametrize(
    ("category", "place", "text", "agency", "why"),
    [
        ("jalan_jembatan", GERUNG, "jalan rusak", "dinas-pupr", "kategori jalan_jembatan"),
        ("air_bersih", GERUNG, "air mati", "pdam-giri-menang", "Kab. Lombok Barat"),
        ("air_bersih", None, "air mati", "pdam", "air_bersih"),
        ("air_bersih", Place("52.04"), "", "pdam-sumbawa", "Kab. Sumbawa"),
        ("air_bersih", Place("52.04", text="Sumbawa", ambiguous=True), "", "pdam", "air_bersih"),
        ("adminduk_layanan", Place("52.71", text="mataram"), "KTP belum jadi", "pemkot-mataram", "Kota Mataram"),
        ("adminduk_layanan", Place("52.71", text="mataram"), "urus SKCK lama", "polda-ntb", "skck"),
        ("adminduk_layanan", Place(), "KTP belum jadi", "dinas-dukcapil", "adminduk_layanan"),
        ("kesehatan", GERUNG, "kartu BPJS saya mati", "bpjs-kesehatan", "bukan wewenang"),
        ("listrik", GERUNG, "listrik padam", "pln", "123"),
        ("listrik", GERUNG, "PJU mati", "dinas-perhubungan", "pju"),
    ],
)
def test_where_a_complaint_goes_and_why(category: str, place: Place | None, text: str, agency: str, why: str) -> None:
    found = route(ROUTES, category, place, text)
    assert found.agency == agency and why in found.reason


@pytest.mark.parametrize(
    ("category", "place", "said", "found"),
    [
        ("listrik", Place(), "biasa", "penting"),
        ("listrik", GERUNG, "mendesak", "mendesak"),
        ("kesehatan", Place("52.06", "52.06.14"), "biasa", "penting"),
        ("kesehatan", Place("52.06", "52.06.14", text="tambora", ambiguous=True), "biasa", "biasa"),
        ("kesehatan", Place("52.06"), "biasa", "biasa"),
        ("pendidikan", GERUNG, "biasa", "biasa"),
    ],
)
def test_what_a_rule_makes_penting(tmp_path: Path, category: str, place: Place, said: Urgency, found: Urgency) -> None:
    rules = load_routing(written(tmp_path, penting={"listrik": ["52"], "kesehatan": ["52.06.14"]})).routes
    assert class_of(rules, category, place, said) == found
    assert class_of(ROUTES, category, place, said) == said


@pytest.mark.parametrize(
    ("text", "agency"),
    [
        ("Lampu-jalan di Gerung mati", "dinas-perhubungan"),
        ("jalan gelap, lampu jalan", "dinas-perhubungan"),
        ("lampu mati di jalan raya", "pln"),
        ("lampu", "pln"),
    ],
)
def test_two_words_side_by_side_route_too(tmp_path: Path, text: str, agency: str) -> None:
    rules = load_routing(written(tmp_path, words={"listrik": {"lampu jalan": "dinas-perhubungan"}})).routes
    assert route(rules, "listrik", GERUNG, text).agency == agency


def test_who_drowns_at_a_beach_is_sent_rescuers() -> None:
    assert route(ROUTES, "pariwisata", GERUNG, "tolong, orang tenggelam di pantai").agency == "bpbd"
    assert route(ROUTES, "pariwisata", GERUNG, "toilet pantai kotor").agency == "dinas-pariwisata"


def test_the_finest_place_decides(tmp_path: Path) -> None:
    found = load_routing(written(tmp_path, places={"jalan_jembatan": {"52.01": "bpbd", "52.01.01": "satpol-pp"}}))
    assert route(found.routes, "jalan_jembatan", GERUNG).agency == "satpol-pp"
    assert route(found.routes, "jalan_jembatan", Place("52.01")).agency == "bpbd"


def test_every_category_has_a_route_in_every_kabupaten() -> None:
    names = load_routing(None).agencies
    for category in CATEGORIES:
        for code in (None, *(f"52.0{n}" for n in range(1, 9)), "52.71", "52.72"):
            assert route(ROUTES, category, Place(code)).agency in names
    assert {route(ROUTES, "lingkungan_sampah", Place(f"52.0{n}")).agency for n in range(1, 9)} <= set(names)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"words": {"kesehatan": {"bpjs": "nowhere"}}}, "nowhere"),
        ({"places": {"kesehatan": {"52.01": "nowhere"}}}, "nowhere"),
        ({"local": {"52.01": "nowhere"}}, "nowhere"),
        ({"outside": {"nowhere": "kata"}}, "nowhere"),
        ({"places": {"cuaca": {"52.01": "pln"}}}, "cuaca"),
        ({"places": {"kesehatan": {"Gerung": "pln"}}}, "places.kesehatan.Gerung"),
        ({"places": {"kesehatan": {"51.03": "pln"}}}, "places.kesehatan.51.03"),
        ({"local": {"52.99": "pln"}}, "local.52.99"),
        ({"penting": {"cuaca": ["52"]}}, "cuaca"),
        ({"penting": {"kesehatan": ["Tambora"]}}, "penting.kesehatan.0"),
        ({"agencies": {"pln": ""}}, "agencies.pln"),
        ({"words": {"kesehatan": {"tiga kata lagi": "pln"}}}, "words.kesehatan.tiga kata lagi"),
    ],
)
def test_rules_that_lead_nowhere_are_refused_when_they_are_read(
    tmp_path: Path, changes: dict[str, Any], says: str
) -> None:
    with pytest.raises(SettingsError, match=says):
        load_routing(written(tmp_path, **changes))


def written(folder: Path, **changes: dict[str, Any]) -> Path:
    """A folder with the default rules and these changes."""
    default = tomllib.loads((resources.files("connector.defaults") / "categories.toml").read_text("utf-8"))
    lines = []
    for section, table in (default | changes).items():
        for name, value in table.items():
            if not isinstance(value, dict) or section == "categories":
                table_of = {name: value} if not isinstance(value, dict) else value
                head = f"[{section}.{name}]" if isinstance(value, dict) else f"[{section}]"
                lines.append((head, table_of))
            else:
                lines.append((f"[{section}.{name}]", value))
    merged: dict[str, dict[str, Any]] = {}
    for head, table in lines:
        merged.setdefault(head, {}).update(table)
    text = "\n".join(
        f"{head}\n"
        + "\n".join(f'"{k}" = {str(v).lower() if isinstance(v, bool) else repr(v)}' for k, v in table.items())
        for head, table in merged.items()
    )
    (folder / "categories.toml").write_text(text, "utf-8")
    return folder
