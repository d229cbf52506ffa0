"""Places: what is found in texts, measured on labelled ones; what is not taken for a place; context; hostile texts."""

import csv
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.places import LONGEST, find_place
from connector.places.gazetteer import gazetteer
from connector.records import Place

HERE = Path(__file__).parent


def labelled(name: str) -> list[tuple[set[str], str, str]]:
    """Texts with the kabupaten and the kecamatan that they name: `-` for none, `/` between two that are both right."""
    with (HERE / f"places_{name}.tsv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    return [(set(r["kabupaten"].split("/")) - {"-"}, r["kecamatan"].strip("-"), r["text"]) for r in rows]


def counted(rows: list[tuple[set[str], str, str]]) -> Counter[str]:
    """True and false finds, and misses, at both levels."""
    count = Counter[str]()
    for kabupaten, kecamatan, text in rows:
        found = find_place(text)
        right = found.kabupaten in kabupaten
        count["kab right"] += right
        count["kab wrong"] += found.kabupaten is not None and not right
        count["kab there"] += bool(kabupaten)
        count["kec right"] += found.kecamatan == kecamatan
        count["kec wrong"] += found.kecamatan not in (None, kecamatan)
        count["kec there"] += bool(kecamatan)
    return count


@pytest.mark.parametrize("name", ["dev", "apart"])
def test_precision_and_recall_on_labelled_texts(name: str) -> None:
    """`dev` is looked at while the tables are written; `apart` never is."""
    count = counted(labelled(name))
    assert count["kab right"] / (count["kab right"] + count["kab wrong"]) >= 0.95
    assert count["kab right"] / count["kab there"] >= 0.85
    assert count["kec right"] / (count["kec right"] + count["kec wrong"]) >= 0.90
    assert count["kec right"] / count["kec there"] >= 0.70


def test_there_are_enough_labelled_texts_and_enough_without_a_place() -> None:
    rows = labelled("dev") + labelled("apart")
    assert len(rows) >= 400 and sum(not kabupaten for kabupaten, _, _ in rows) >= len(rows) / 4
    assert {code for kabupaten, _, _ in rows for code in kabupaten} == {f"52.0{n}" for n in range(1, 9)} | {
        "52.71",
        "52.72",
    }


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("jalan rusak di Gerung, Lombok Barat", Place("52.01", "52.01.01", None, "Gerung")),
        ("banjir di KOTA BIMA", Place("52.72", None, None, "KOTA BIMA")),
        ("sinyal hilang di Bima", Place("52.06", None, None, "Bima", ambiguous=True)),
        ("Bima, Sape, desa Naru", Place("52.06", "52.06.06", "52.06.06.2005", "Naru")),
        ("desa dalam kec alas gelap", Place("52.04", "52.04.05", "52.04.05.2006", "dalam")),
        ("desa sukadana kecamatan bayan", Place("52.08", "52.08.04", "52.08.04.2004", "sukadana")),
        ("desa mekar sari butuh air", Place(text="mekar sari", ambiguous=True)),
        ("kel tanjung kota bima", Place("52.72", "52.72.01", "52.72.01.1004", "tanjung")),
        ("Dalam, kec Alas", Place("52.04", "52.04.05", "52.04.05.2006", "Dalam")),
        ("empang sumbawa banjir", Place("52.04", "52.04.14", None, "empang")),
        ("di Empang banjir", Place("52.04", "52.04.14", None, "Empang")),
        ("Hu'u, Dompu", Place("52.05", "52.05.03", None, "Hu'u")),
        ("Desa Kuta gelap", Place("52.02", "52.02.04", "52.02.04.2009", "Kuta")),
        ("SDN 2 Kediri bocor", Place("52.01", "52.01.02", None, "Kediri")),
        ("desa Surabaya, Sakra Timur", Place("52.03", "52.03.18", "52.03.18.2002", "Surabaya")),
        ("TKI asal Dompu di Malaysia", Place("52.05", None, None, "Dompu")),
        ("𝗠𝗮𝘁𝗮𝗿𝗮𝗺 banjir", Place("52.71", None, None, "Mataram")),
        ("M\u0301at\u0300aram\u200b banjir", Place("52.71", None, None, "Mataram")),
        ("bypass BIL gelap", Place("52.02", None, None, "bypass BIL", ambiguous=True)),
        ("jalan Praya-Mataram", Place("52.02", "52.02.01", None, "Praya", ambiguous=True)),
        ("di tanjung, labuhan haji", Place("52.03", "52.03.17", "52.03.17.1004", "tanjung")),
        ("Brang Rea banjir", Place("52.07", "52.07.05", None, "Brang Rea", ambiguous=True)),
        ("bukan pak, PRAYA, kab. loteng", Place("52.02", "52.02.01", None, "PRAYA")),
        ("di Utan gelap", Place("52.04", "52.04.06", None, "Utan")),
        ("jembatan Sayang-sayang retak", Place("52.71", "52.71.03", "52.71.03.1009", "Sayang-sayang")),
        ("desa Gerung", Place("52.01", "52.01.01", None, "Gerung")),
        ("kab Praya", Place("52.02", "52.02.01", None, "Praya")),
        ("desa rade di lombok", Place("52.06", "52.06.13", "52.06.13.2007", "rade")),
        ("Kabupaten Sumbawa Barat butuh dokter", Place("52.07", None, None, "Kabupaten Sumbawa Barat")),
        ("di Sukadana Terara gelap", Place("52.03", "52.03.03", "52.03.03.2006", "Sukadana")),
        ("Santong kayangan longsor", Place("52.08", "52.08.03", "52.08.03.2002", "Santong")),
        ("jembatan kembar, lembar, gelap", Place("52.01", "52.01.13", "52.01.13.2002", "jembatan kembar")),
        ("Pasar Tente becek, tolong pemkab bima", Place("52.06", "52.06.03", "52.06.03.2003", "Tente")),
        ("gili meno kekurangan air", Place("52.08", "52.08.05", "52.08.05.2003", "gili meno")),
        ("pijot banjir", Place("52.03", "52.03.01", "52.03.01.2002", "pijot")),
    ],
)
def test_what_a_text_names(text: str, place: Place) -> None:
    assert find_place(text) == place


@pytest.mark.parametrize(
    "text",
    [
        "",
        "mataraman bukan tempat",
        "di dalam",
        "desa baru dibentuk",
        "baru, dalam, tengah",
        "100 mtr dari sini",
        "pak Bima",
        "Bima Arya",
        "PT Narmada",
        "jalan Mataram di Jogja",
        "di tanjung priok",
        "tanjung",
        "dari Surabaya",
        "sudah baru lagi, kata pak lurah",
        "warga rade",
        "di dalam alas kaki",
        "di luar alas",
        "motor hilang di Kuta Selatan",
    ],
)
def test_what_is_no_place(text: str) -> None:
    assert find_place(text) == Place()


def test_the_place_of_the_post_tells_names_apart_and_stands_in_where_none_is_named() -> None:
    post = Place("52.72", "52.72.01", None, "Rasanae Barat")
    assert find_place("di Bima gelap", post) == Place("52.72", None, None, "Bima")
    assert find_place("tanjung banjir", post) == Place("52.72", "52.72.01", "52.72.01.1004", "tanjung")
    assert find_place("gelap sekali", post) == Place("52.72", "52.72.01", None, None, ambiguous=True)
    assert find_place("di Praya gelap", post).kabupaten == "52.02"
    unsure = Place("52.06", None, None, "Bima", ambiguous=True)
    assert find_place("Tanjung gelap", unsure) == Place()


def test_names_stand_in_the_text_as_they_are_given() -> None:
    text = "Pak, di  LOMBOK   TIMUR gelap"
    found = find_place(text).text
    assert found == "LOMBOK   TIMUR" and found in text


@given(st.text(max_size=300))
def test_any_text_has_an_answer_of_known_codes(text: str) -> None:
    place = find_place(text)
    codes = [code for code in (place.kabupaten, place.kecamatan, place.desa) if code]
    assert all(code.startswith("52.") for code in codes) and codes == sorted(codes, key=len)


@pytest.mark.parametrize("part", ["di desa ", "bima ", "m", "a\u0300\u0301", "desa baru, ", "tanjung, klu ", "''", "ﷺ"])
def test_hostile_texts_are_cut(part: str) -> None:
    whole = part * (2 * LONGEST // len(part))
    assert find_place(whole) == find_place(whole[:LONGEST])


def test_every_official_name_is_known() -> None:
    known = {name.words for names in gazetteer().by_first.values() for name in names}
    assert {("rasanae", "barat"), ("hu'u",), ("huu",), ("labuan", "haji"), ("labuhanhaji",), ("mas", "mas")} <= known
    codes = {u for names in gazetteer().by_first.values() for name in names for u in name.units}
    assert sum(len(code) == 8 for code in codes) == 117 and sum(len(code) == 13 for code in codes) == 1166
