"""The net for danger to life: what it holds, however it is spelt, and what it lets go of."""

from pathlib import Path

import pytest

import classifiers
from classifiers import corpus, rules
from classifiers.linear import CRY, EMERGENCY_SHARE, Linear
from classifiers.samples import read_labelled


@pytest.fixture(scope="module")
def shipped() -> Linear:
    found = classifiers.load()
    assert isinstance(found, Linear)
    return found


@pytest.mark.parametrize(
    "cry",
    ["soooos gempa", "sos 𝗴𝗲𝗺𝗽𝗮", "s\u200bos gempa", "sos gëmpa", "CEPAAAT LAKA", "anak saya belum temu bantuin cari"],
)
def test_the_net_holds_what_it_reads_however_it_is_spelt(shipped: Linear, cry: str) -> None:
    assert rules.in_danger(cry) and shipped([cry])[0].urgency == "mendesak"


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("Anak saya hilang dari sore, baju merah, sampai skrg belum pulang", True),
        (
            "nelayan desa kami hilang sejak subuh, tolong kirim SAR",
            False,
        ),  # "sejak" tells of a time that lasts: the model hears it
        ("2 nelayan hilang di perairan gili, blm ditemukan", True),
        ("longsor nutup warung, penjaganya blm ketemu", True),
        ("Bapak gubernur, motor saya hilang di pasar, belum ketemu", False),
        ("Terima kasih banyak pak, kebakaran kemarin juga cepat ditangani", False),
        ("kebakaran pak, cepat", True),
        ("DARURAT banjir di Bima", True),
        ("darurat! ada kebakaran", True),
        ("masa tanggap darurat banjir diperpanjang", False),
        ("jembatan darurat ambruk lagi", False),
        ("instalasi gawat darurat terendam banjir", False),
    ],
)
def test_the_net_holds_who_is_missing_and_lets_go_of_thanks(text: str, held: bool) -> None:
    assert rules.in_danger(text) == held


@pytest.mark.parametrize("cry", ["api", "tawuran pelajar sekarang di udayana", "pohon tumbang menimpa orang"])
def test_who_cries_for_help_need_not_complain(shipped: Linear, cry: str) -> None:
    chance, urgent = shipped.probabilities([cry])[0, :2]
    assert chance < shipped.decisions.complaint * EMERGENCY_SHARE and urgent >= CRY
    verdict = shipped([cry])[0]
    assert verdict.is_complaint and verdict.urgency == "mendesak" and verdict.needs_review


def test_short_cries_for_help_are_heard_and_what_only_looks_like_one_is_not(shipped: Linear) -> None:
    """200 texts of one to ten words, written for this test by somebody who had seen neither corpus nor rules."""
    cries = read_labelled(Path(__file__).with_name("cries.csv"))
    rung = [verdict.urgency == "mendesak" for verdict in shipped([cry.text for cry in cries])]
    assert sum(r for r, cry in zip(rung, cries, strict=True) if cry.urgent) >= 90
    assert sum(r for r, cry in zip(rung, cries, strict=True) if not cry.urgent) <= 10


def test_the_net_holds_all_of_the_corpus_that_it_reads(shipped: Linear) -> None:
    held = [line.text for line in corpus.load() if rules.in_danger(line.text)]
    assert len(held) > 100 and all(verdict.urgency == "mendesak" for verdict in shipped(held))


def test_net_knows_word_boundaries() -> None:
    assert rules.in_danger("tolong pak ada banjir masuk rumah, nenek terjebak")
    for calm in ("banjir diskon, tolong dicek", "tolong jalan rusak", "terkejang-kejang ketawa tolong wkwk"):
        assert not rules.in_danger(calm)


@pytest.mark.parametrize(
    "cry",
    [
        "saya mau bunuh diri saja kalau begini terus",
        "Ada yang mau bakar diri depan kantor gubernur!!",
        "kakak saya nekat mau gantung diri pak, dia kunci kamar",
        "saya ingin mengakhiri hidup",
        "sudah capek ditagih pinjol, lebih baik saya akhiri hidup",
        "cucu saya umur 2 thn minum baygon",
        "kakak saya menenggak obat rumput",
    ],
)
def test_who_speaks_of_taking_a_life_is_held_without_a_call_for_help(shipped: Linear, cry: str) -> None:
    verdict = shipped([cry])[0]
    assert verdict.is_complaint and verdict.urgency == "mendesak" and verdict.needs_review


@pytest.mark.parametrize(
    "calm",
    [
        "gol bunuh diri lagi, mau nangis",
        "kami mau kampanye cegah bunuh diri di CFD",
        "mau gantung baju sendiri",
        "filmnya tentang orang yang mau bunuh diri",
        "jangan pernah mau mengakhiri hidup, Allah sayang kita",
        "minum obat dari puskesmas tidak mempan",
    ],
)
def test_who_only_tells_of_it_is_not(calm: str) -> None:
    assert not rules.in_danger(calm)
