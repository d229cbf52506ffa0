"""The model card: figures with intervals for every style, voices not learned from, and learning curves, on one page."""

import csv
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

import classifiers
from classifiers import artifact, corpus, train, warm
from classifiers.card import card as card_of
from classifiers.evaluate import evaluate
from classifiers.learned import unlearned
from classifiers.samples import Sample, is_held_out, read_labelled
from classifiers.verdict import Verdict

HEADER = "\t".join(corpus.COLUMNS)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small corpus of two voices, and real texts in `real.csv`."""
    here = tmp_path_factory.mktemp("small")
    own = here / "corpus"
    own.mkdir()
    rows = [row for _, row in corpus.numbered(corpus.FOLDER / "awal.tsv")][1:]
    (own / "satu.tsv").write_text("\n".join([HEADER, *rows[::9]]) + "\n", encoding="utf-8")
    (own / "dua.tsv").write_text("\n".join([HEADER, *rows[1::9]]) + "\n", encoding="utf-8")
    with (here / "real.csv").open("w", newline="", encoding="utf-8") as out:
        writer = csv.writer(out)
        writer.writerow(("text", "is_complaint", "category", "urgent", "style", "hard"))
        for line in corpus.read(corpus.FOLDER / "polos.tsv"):
            if line.where.endswith("0"):
                complaint = line.kind == "pengaduan"
                topic = line.category if complaint else ""
                urgent = int(line.urgency == "mendesak")
                writer.writerow((line.text, int(complaint), topic, urgent, line.style, int(line.style == "komentar")))
    return here


def test_a_model_keeps_its_learning_curves_for_every_card(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = folder / "card.html"
    arguments = ["--corpus", str(folder / "corpus"), "--out", str(folder / "model"), "--date", "2026-11-24"]
    assert train.main([*arguments, "--measure", str(folder / "real.csv"), "--card", str(card)]) == 0
    assert "written to" in capsys.readouterr().out
    page = card.read_text(encoding="utf-8")
    assert page.count("<svg") == 5  # reliability; own texts and labels, each for all and for hard
    assert "PR-AUC after so many labels, hard" in page and "Voices not learned from" in page
    assert "Style komentar" in page and "sure_accuracy" in page
    assert not re.search(r"<script|https?://|NaN|\bnan\b", page)
    manifest = artifact.manifest_of(folder / "model")
    drawn = {curve["title"]: curve["points"] for curve in manifest["curves"]}
    assert len(drawn) == 4 and [size for size, _ in drawn["PR-AUC after so many labels, all"]][:3] == [0, 50, 100]
    real = read_labelled(folder / "real.csv")
    again = card_of(manifest, evaluate(classifiers.load(folder / "model"), real, rounds=5))
    assert again.count("<svg") == 5 and all(title in again for title in drawn)
    assert all(str(size) in again for size, _ in drawn["PR-AUC after so many labels, hard"])
    assert set(manifest["unheard_voices"]) == {"satu", "dua"}
    assert all(0 <= figures["macro_f1"] <= 1 for figures in manifest["unheard_voices"].values())


def test_a_wrong_file_to_measure_with_stops_before_training(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("text\nx\n")
    assert train.main(["--measure", str(wrong), "--out", str(tmp_path / "m")]) == 1
    assert f"{wrong}:1" in capsys.readouterr().err and not (tmp_path / "m").exists()


def test_a_model_knows_the_texts_that_people_taught_it(folder: Path, tmp_path: Path) -> None:
    taught = [Sample(f"pak, jalan nomor {i} rusak", complaint=True) for i in range(60)]
    trained = train.train(samples=taught, folder=folder / "corpus", today=date(2026, 11, 24))
    trained.write(tmp_path / "m")
    written = (tmp_path / "m" / artifact.MANIFEST).read_text("utf-8")
    assert "curves" not in artifact.manifest_of(tmp_path / "m") and "rusak" not in written
    other = Sample("pak, jalan nomor seratus rusak", complaint=True)
    asked = [*taught, replace(taught[0], text="PAK,  jalan nomor 0 rusak"), other]
    assert unlearned(asked, artifact.manifest_of(tmp_path / "m")) == [*(s for s in taught if is_held_out(s)), other]


def test_what_labels_would_teach_is_measured_on_texts_kept_from_each_model(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert warm.main([str(folder / "real.csv"), "--folds", "2", "--corpus", str(folder / "corpus")]) == 0
    told = capsys.readouterr()
    real = read_labelled(folder / "real.csv")
    assert f"{len(real)} texts, {sum(s.complaint for s in real)} complaints" in told.out
    assert "pr_auc_hard" in told.out and "sure_share" in told.out and told.err.count("judged by a model") == 2


def test_each_text_is_judged_once_by_a_model_of_all_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    real = [Sample(f"jalan {i} rusak", complaint=i % 2 == 0, hard=i < 3) for i in range(11)]
    judged: list[str] = []

    class Knowing:
        """In place of a model: says of each text it did not learn that it is a complaint."""

        def __init__(self, samples: Sequence[Sample]) -> None:
            self.taught = {sample.text for sample in samples}

        def model(self, texts: Sequence[str]) -> list[Verdict]:
            assert self.taught.isdisjoint(texts) and len(self.taught) + len(texts) == len(real)
            judged.extend(texts)
            return [Verdict("pengaduan", True, 0.9, "lainnya", 0.5, "biasa", 0.1, False, "x") for _ in texts]

    monkeypatch.setattr(warm, "train", lambda samples, **_: Knowing(samples))
    found = warm.warm(real, 5, today=date(2026, 11, 24))
    assert sorted(judged) == sorted(s.text for s in real) and found.texts == 11
    assert found.matrices["complaint"] == {"yes": {"yes": 6, "no": 0}, "no": {"yes": 5, "no": 0}}


@pytest.mark.parametrize("folds", ["1", "0", "9999"])
def test_too_few_or_too_many_parts_are_said(folder: Path, folds: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        warm.main([str(folder / "real.csv"), "--folds", folds])
    assert stopped.value.code == 2 and f"found {folds}" in capsys.readouterr().err
    wrong = folder / "wrong.csv"
    wrong.write_text("text\nx\n")
    assert warm.main([str(wrong)]) == 1 and f"{wrong}:1" in capsys.readouterr().err


def test_training_says_which_files_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        train.main(["--help"])
    assert " ".join(capsys.readouterr().out.split()).count(".jsonl as `ntbcare labels export` writes it") == 2
