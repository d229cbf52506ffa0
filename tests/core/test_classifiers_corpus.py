"""The corpus says each thing once, and leans on none of the texts that measure it."""

import os
from pathlib import Path

import pytest

from classifiers import corpus
from classifiers.corpus import nearness
from classifiers.corpus.__main__ import MOST_DOUBLE, main
from classifiers.samples import read_labelled

REAL = "NTBCARE_REAL_TEXTS"
"""The file of real labelled texts, which is no part of this program."""
HEADER = "\t".join(corpus.COLUMNS)
LINE = "lainnya\tlainnya\tbiasa\tid\tkomentar\t\t"


def test_few_texts_are_near_duplicates() -> None:
    texts = [line.text for line in corpus.load()]
    assert len({j for _, j, _ in nearness.near_duplicates(texts)}) < MOST_DOUBLE * len(texts)


@pytest.mark.skipif(REAL not in os.environ, reason=f"{REAL} names no file of real texts")
def test_no_text_is_near_a_real_one_that_measures() -> None:
    lines = corpus.load()
    real = [sample.text for sample in read_labelled(Path(os.environ[REAL]))]
    assert [lines[i].where for i, _, _ in nearness.near([line.text for line in lines], real)] == []


def test_near_texts_are_found_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = "jalan ke pasar rusak sejak musim hujan kemarin"
    (tmp_path / "a.tsv").write_text(
        "\n".join([HEADER, LINE + said, LINE + "hari ini masak pepes ikan", LINE + said + "."])
    )
    real = tmp_path / "real.csv"
    real.write_text('text,is_complaint\n"hari ini masak pepes ikan, enak",0\n')
    assert main(["--folder", str(tmp_path), "--apart-from", str(real)]) == 1
    told = capsys.readouterr().out
    assert "a.tsv:4: 0.9" in told and "near-duplicates: 1 of 3" in told
    assert "a.tsv:3: 0." in told and "near real text 1\n" in told and "pepes" not in told
    real.write_text("text,is_complaint\nselamat pagi semua,0\n")
    (tmp_path / "a.tsv").write_text("\n".join([HEADER, LINE + said]))
    assert main(["--folder", str(tmp_path), "--apart-from", str(real)]) == 0
    (tmp_path / "a.tsv").write_text("x")
    assert main(["--folder", str(tmp_path)]) == 1 and "the header" in capsys.readouterr().err
