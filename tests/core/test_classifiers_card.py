"""The model card: figures with intervals for every style, voices not learned from, and learning curves, on one page."""

import csv
import json
import re
from pathlib import Path

import pytest

from classifiers import corpus, train

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


def test_a_card_with_learning_curves_is_written(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = folder / "card.html"
    arguments = ["--corpus", str(folder / "corpus"), "--out", str(folder / "model"), "--date", "2026-11-24"]
    assert train.main([*arguments, "--measure", str(folder / "real.csv"), "--card", str(card)]) == 0
    assert "written to" in capsys.readouterr().out
    page = card.read_text(encoding="utf-8")
    assert page.count("<svg") == 5  # reliability; own texts and labels, each for all and for hard
    assert "PR-AUC after so many labels, hard" in page and "Voices not learned from" in page
    assert "Style komentar" in page and "sure_accuracy" in page
    assert not re.search(r"<script|https?://|NaN|\bnan\b", page)
    manifest = json.loads((folder / "model" / "manifest.json").read_bytes())
    assert set(manifest["unheard_voices"]) == {"satu", "dua"}
    assert all(0 <= figures["macro_f1"] <= 1 for figures in manifest["unheard_voices"].values())


def test_a_wrong_file_to_measure_with_stops_before_training(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("text\nx\n")
    assert train.main(["--measure", str(wrong), "--out", str(tmp_path / "m")]) == 1
    assert f"{wrong}:1" in capsys.readouterr().err and not (tmp_path / "m").exists()
