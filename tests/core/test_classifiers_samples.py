"""What people labelled, as files: read strictly, line by line; of an export, what they said last of each item."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from classifiers import corpus, samples
from classifiers.samples import Sample, read_labelled
from tests.core.test_classifiers_training import write


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["text,label", "a,1"], ":1: no column is_complaint"),
        (["text,is_complaint", "a,1", "b,mungkin"], ":3: is_complaint is 'mungkin'"),
        (["text,is_complaint", ",1"], ":2: no text"),
        (["text,is_complaint,category", "a,1,jalan"], ":2: unknown category"),
        (["text,is_complaint,kind", "a,1,spam"], ":2: kind 'spam' does not go with"),
        (["text,is_complaint", 'a,1', '"b,0'], "not readable as CSV"),
        (["text,is_complaint", "a,y"], ":2: is_complaint is 'y'"),
        (["text,is_complaint", "jalan, rusak,1"], ":2: 3 cells, expected 2"),
        (["text,is_complaint,urgency", "a,0,penting"], ":2: only a complaint can be penting"),
        (["text,is_complaint,urgent", "a,0,1"], ":2: only a complaint can be urgent"),
        (["text,is_complaint,urgency,urgent", "a,1,biasa,1"], ":2: urgency 'biasa' does not go with urgent '1'"),
        (["text,is_complaint,hard", "a,1,sangat"], ":2: hard is 'sangat'"),
        (["text,is_complaint", "a,1", "b,0", " A,0"], ":4: the same text stands at"),
        (["a" * 200_000], "not readable as CSV"),
    ],
)  # fmt: skip
def test_a_wrong_label_file_is_said(tmp_path: Path, rows: Sequence[str], said: str) -> None:
    file = write(tmp_path / "x.csv", *rows)
    with pytest.raises(corpus.CorpusError) as caught:
        read_labelled(file)
    assert str(file) in str(caught.value) and said in str(caught.value)


def test_spreadsheets_set_to_indonesian_write_semicolons(tmp_path: Path) -> None:
    (only,) = read_labelled(write(tmp_path / "x.csv", "text;is_complaint", "air mati, listrik mati;ya"))
    assert (only.text, only.complaint) == ("air mati, listrik mati", True)


def test_labels_are_read_as_given(tmp_path: Path) -> None:
    file = write(
        tmp_path / "x.csv", "text,is_complaint,kind,category,urgent",
        '"air\nmati",1,,air_bersih,0', "makasih,tidak,apresiasi,,", "banjir,ya,,,1",
    )  # fmt: skip
    first, second, third = read_labelled(file)
    assert (first.text, first.kind, first.category, first.urgent) == ("air\nmati", "pengaduan", "air_bersih", False)
    assert (second.complaint, second.kind, second.urgent) == (False, "apresiasi", False)
    assert third.urgent and third.category is None and third.weight == samples.PEOPLE_WEIGH


@pytest.mark.parametrize(("said", "meant"), [
    *((word, True) for word in ("1", "1.0", "TRUE", "ya", "Iya", "yes", "benar")),
    *((word, False) for word in ("0", "0.0", "False", "tidak", "bukan", "no", "salah")),
])  # fmt: skip
def test_yes_and_no_are_read_as_people_and_programs_write_them(tmp_path: Path, said: str, meant: bool) -> None:
    file = write(tmp_path / "x.csv", "id,text,is_complaint,hard", f"7,air mati, {said} ,{said}")
    (sample,) = read_labelled(file)
    assert (sample.complaint, sample.hard) == (meant, meant)


def line(key: str | None, text: str | None, complaint: object, **said: object) -> str:
    return json.dumps({"platform": "facebook", "id": key, "text": text, "is_complaint": complaint, **said})


def test_of_an_export_counts_what_was_said_last_of_each_item(tmp_path: Path) -> None:
    file = write(
        tmp_path / "labels.JSONL",
        line("1", "lampu mati", True, kind="pengaduan", category="listrik", urgency=None, urgent=None),
        line("1", "lampu mati", True, kind="pengaduan", category=None, urgency="penting", urgent=False),
        line("2", "terima kasih", True, kind="pengaduan", category="listrik"),
        line("2", "terima kasih", False, kind=None, parent="jalan baru"),
        line("3", "banjir", True, category="bencana_kebakaran"), line("3", "sudah surut", True),
        line("4", "salah tekan", True, urgency="mendesak"), line("4", "salah tekan", None),
        line("5", None, True), line(None, "air mati", 1.0), "", line(None, "setuju", "bukan"),
    )  # fmt: skip
    lamp, thanks, flood, water, agreed = read_labelled(file)
    assert (lamp.category, lamp.urgent, lamp.important, lamp.kind) == ("listrik", False, True, "pengaduan")
    assert (thanks.complaint, thanks.kind, thanks.category, thanks.parent) == (False, None, None, "jalan baru")
    assert (flood.text, flood.complaint, flood.category, flood.urgent) == ("sudah surut", True, None, None)
    assert (water.text, water.complaint, agreed.complaint) == ("air mati", True, False)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("text,is_complaint", ":2: not JSON"),
        ("[" * 100_000, ":2: not JSON"),
        ('["a", 1]', ":2: expected an object with text and is_complaint"),
        ('{"text": "a"}', ":2: expected an object with text and is_complaint"),
        (line("1", "a", "mungkin"), ":2: is_complaint is 'mungkin'"),
        (line("1", "a", True, kind="spam") + "\n" + line("1", "a", True), ":2: kind 'spam' does not go with"),
        (line("1", "Banjir", False), ":2: the same text stands at"),
    ],
)
def test_a_wrong_line_of_an_export_is_said(tmp_path: Path, wrong: str, said: str) -> None:
    file = write(tmp_path / "labels.jsonl", line("0", "banjir", True), wrong)
    with pytest.raises(corpus.CorpusError) as caught:
        read_labelled(file)
    assert f"{file}{said}" in str(caught.value)


def test_a_later_label_counts_and_a_person_is_heard_before_the_corpus() -> None:
    said = [Sample("Jalan rusak", complaint=True), Sample("jalan  RUSAK", complaint=False)]
    assert [s.complaint for s in samples.without_known(said, ())] == [False]
    assert samples.without_known([Sample("jalan rusak", complaint=True, voice="a")], said) == []


def test_the_same_reply_under_two_parents_is_two_texts(tmp_path: Path) -> None:
    rows = ("text,is_complaint,parent", "sama,1,jalan rusak", "sama,0,selamat pagi", "Sama,1,Jalan RUSAK")
    said = read_labelled(write(tmp_path / "x.csv", *rows))
    assert [(s.parent, s.complaint) for s in samples.without_known(said, ())] == [
        ("Jalan RUSAK", True), ("selamat pagi", False),
    ]  # fmt: skip
