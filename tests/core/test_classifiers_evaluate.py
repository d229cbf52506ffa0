"""How good a model is, as data, table and card: nothing that flatters it, and every question with what was said of what."""

import csv
import json
from collections.abc import Sequence
from pathlib import Path

import pytest

import classifiers
from classifiers import corpus
from classifiers.card import card
from classifiers.evaluate import Evaluation, evaluate, table
from classifiers.learned import marks, measured, unlearned
from classifiers.samples import Sample, is_held_out, of_corpus, read_labelled
from classifiers.verdict import Verdict


def judged(*told: tuple[Sample, str, str]) -> Evaluation:
    """Measures a classifier that gives each sample the kind and urgency beside it."""
    answers = {sample.text: (kind, urgency) for sample, kind, urgency in told}

    def classify(texts: Sequence[str]) -> list[Verdict]:
        said = [answers[text] for text in texts]
        return [Verdict(k, k == "pengaduan", 0.5, "lainnya", 0.5, u, 0.5, False, "x") for k, u in said]  # type: ignore[arg-type]

    return evaluate(classify, [sample for sample, *_ in told], rounds=5)


def complaint(text: str, urgency: str | None) -> Sample:
    important = {"penting": True, "biasa": False}.get(urgency or "")
    urgent = None if urgency is None else urgency == "mendesak"
    return Sample(text, complaint=True, kind="pengaduan", urgent=urgent, important=important)


def other(text: str, kind: str | None) -> Sample:
    return Sample(text, complaint=False, kind=kind, urgent=False, important=False)


def test_evaluation_as_data_table_and_card(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(("text", "is_complaint", "category", "urgent", "style", "hard"))
        for i in range(30):
            writer.writerow((f"jalan rusak parah {i} tolong diperbaiki", 1, "jalan_jembatan", 0, "pesan", 0))
            writer.writerow((f"selamat pagi semua {i}", 0, "", "", "komentar", 1))
        writer.writerow(("tolong kebakaran di pasar sekarang", 1, "bencana_kebakaran", 1, "pesan", 0))
    found = evaluate(classifiers.load(), read_labelled(file), rounds=20)
    assert found.texts == 61 and found.value("macro_f1") > 0.9 and found.urgent == 1
    assert found.figures["pr_auc_hard"].value is None and set(found.styles) == {"pesan", "komentar"}
    shown = table(found)
    assert "macro_f1" in shown and "jalan_jembatan" in shown
    assert json.loads(json.dumps(found.as_dict()))["texts"] == 61
    page = card({"name": "<x>", "curves": [{"title": "own texts", "points": [[100, 0.5], [200, 0.7]]}]}, found)
    assert "&lt;x&gt;" in page and "own texts" in page and "<script" not in page and "http" not in page
    assert evaluate(classifiers.load(), [], rounds=2).texts == 0


def test_complaints_and_others_are_told_apart_in_a_matrix() -> None:
    found = judged(
        (complaint("a", None), "pengaduan", "biasa"), (complaint("b", None), "lainnya", "biasa"),
        (complaint("c", None), "lainnya", "biasa"), (other("d", None), "pengaduan", "biasa"),
    )  # fmt: skip
    assert found.matrices == {"complaint": {"yes": {"yes": 1, "no": 2}, "no": {"yes": 1, "no": 0}}}


def test_kinds_that_are_not_known_have_no_table_and_no_figure() -> None:
    unknown = (complaint("a", None), "pengaduan", "biasa"), (other("b", None), "pengaduan", "biasa")
    for told in (unknown, unknown[:1]):
        found = judged(*told)
        assert found.kinds == [] and found.figures["kind_macro_f1"].value is None
        assert "kind " not in table(found).replace("kind_macro_f1", "") and "<h2>Kind" not in card({}, found)


def test_a_complaints_kind_counts_only_beside_all_other_kinds() -> None:
    known = [(complaint("a", None), "pengaduan", "biasa")] + [
        (other(kind, kind), said, "biasa")
        for kind, said in (("spam", "spam"), ("pertanyaan", "pengaduan"), ("apresiasi", "lainnya"))
    ]
    whole = judged(*known)
    assert {row.label: (row.precision, row.recall) for row in whole.kinds}["pengaduan"] == (0.5, 1)
    assert (
        whole.matrices["kind"]["pertanyaan"]["pengaduan"] == 1 and whole.matrices["kind"]["pengaduan"]["pengaduan"] == 1
    )
    partly = judged(*known, (other("unknown", None), "pengaduan", "biasa"))
    assert "pengaduan" not in partly.matrices["kind"] and partly.matrices["kind"]["spam"]["spam"] == 1
    assert partly.figures["kind_macro_f1"].value == pytest.approx(1 / 3)


def test_urgencies_of_complaints_are_reported_by_class() -> None:
    told = [
        (complaint("a", "mendesak"), "pengaduan", "mendesak"), (complaint("b", "penting"), "pengaduan", "penting"),
        (complaint("c", "penting"), "lainnya", "biasa"), (complaint("d", "biasa"), "pengaduan", "penting"),
        (complaint("e", "penting"), "pengaduan", "biasa"), (complaint("f", None), "pengaduan", "penting"),
        (other("g", "spam"), "pengaduan", "penting"),
    ]  # fmt: skip
    found = judged(*told)
    assert found.matrices["urgency"]["penting"] == {"mendesak": 0, "penting": 1, "biasa": 2}
    assert [(row.label, row.texts) for row in found.urgencies] == [("mendesak", 1), ("penting", 3), ("biasa", 1)]
    assert found.value("important_recall") == pytest.approx(1 / 3) and found.value("important_precision") == 0.5
    shown, page = table(found), card({}, found)
    assert "urgency of complaints" in shown and "important_recall" in shown and "urgency, true > said" in shown
    assert "Urgency of complaints" in page and "What was said of what: urgency" in page


def test_where_only_emergencies_are_marked_the_classes_are_not_told_apart() -> None:
    half = Sample("b", complaint=True, kind="pengaduan", urgent=False, important=None)
    found = judged((complaint("a", "mendesak"), "pengaduan", "mendesak"), (half, "pengaduan", "mendesak"))
    assert found.urgencies == [] and "urgency" not in found.matrices
    assert found.value("urgent_precision") == 0.5 and found.figures["important_recall"].value is None


def test_what_a_model_learned_does_not_measure_it() -> None:
    own = of_corpus(corpus.load())[:100]
    taught, new = Sample("Jalan di Gerung rusak parah", complaint=True), Sample("belum pernah dibaca", complaint=False)
    manifest = {"learned": marks([taught]), "corpus_sha256": "any"}
    left = unlearned([taught, Sample("jalan di gerung  RUSAK parah", complaint=True), new, *own], manifest)
    assert left == [new, *(s for s in own if is_held_out(s))] and len(left) > 1
    assert unlearned([taught, new, *own], {}) == [taught, new, *own]
    found = measured(classifiers.load(), manifest, [taught, new, *own])
    assert (found.texts, found.learned) == (len(left), 102 - len(left)) and found.as_dict()["learned"] == found.learned
    said = f"left out, since the model learned from them: {found.learned} texts"
    assert said in table(found) and said in card({}, found).lower()
    assert "left out" not in table(evaluate(classifiers.load(), left, rounds=2))
