"""The verbs about the model as a person at a terminal meets them: why, how good, and back."""

import csv
import json
from pathlib import Path

import pytest

import classifiers
from classifiers import artifact, corpus, shelf
from classifiers.linear import Linear
from classifiers.samples import is_held_out, of_corpus
from tests.journeys.rig import call


def test_classify_explains_by_words_and_pairs(tmp_path: Path) -> None:
    lines = ["lampu jalan mati di depan rumah, tolong diperbaiki", "", "tolong kebakaran di pasar, damkar belum datang"]
    said = "\n".join(lines) + "\n"
    calm, nothing, danger = call("classify", "--explain", stdin=said.encode(), cwd=tmp_path).records
    told = calm["explain"]
    assert set(told) == {"complaint", "category", "urgent", "context", "net"} and not told["net"]
    assert {word for word, _ in told["category"]} & {"lampu", "lampu jalan"}
    assert [abs(share) for _, share in told["complaint"]] == sorted(
        (abs(s) for _, s in told["complaint"]), reverse=True
    )
    assert nothing["explain"]["complaint"] == [] and danger["explain"]["net"] and danger["urgency"] == "mendesak"


def test_evaluate_writes_a_card_with_every_figure_of_every_style(tmp_path: Path) -> None:
    rows = [("Jalan di Gerung rusak parah, tolong diperbaiki", 1, "pesan"), ("Selamat pak", 0, "komentar")] * 5
    with (tmp_path / "labelled.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "is_complaint", "style"), *rows])
    measured = call("evaluate", "labelled.csv", "--json", "--card", "card.html", cwd=tmp_path).answer
    assert set(measured["styles"]) == {"pesan", "komentar"}
    for figures in (measured["figures"], *measured["styles"].values()):
        assert set(figures) == set(measured["figures"])
        assert all(set(figure) == {"value", "low", "high"} for figure in figures.values())
    page = (tmp_path / "card.html").read_text(encoding="utf-8")
    assert classifiers.load().name in page and "Style pesan" in page and "Voices not learned from" in page


def test_evaluate_leaves_out_what_the_model_learned_and_says_so(tmp_path: Path) -> None:
    line = next(line for line in corpus.load() if line.kind == "lainnya" and not is_held_out(of_corpus([line])[0]))
    rows = [(line.text, 0), ("Jembatan nomor tujuh di Gerung ambruk tadi", 1)]
    with (tmp_path / "labelled.csv").open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("text", "is_complaint"), *rows])
    found = call("evaluate", "labelled.csv", "--json", cwd=tmp_path).answer
    assert (found["texts"], found["learned"], found["complaints"]) == (1, 1, 1)
    assert "the model learned from them: 1 texts" in call("evaluate", "labelled.csv", cwd=tmp_path).out


def test_a_model_takes_the_place_of_a_model_and_of_nothing_else(tmp_path: Path) -> None:
    model, folder = classifiers.load(), tmp_path / "office"
    assert isinstance(model, Linear)
    folder.mkdir()
    (folder / "connector.toml").write_text("milik orang", "utf-8")
    with pytest.raises(FileExistsError):
        artifact.write(folder, model.weights, model.decisions, {"name": "linear-a"})
    assert [one.name for one in folder.iterdir()] == ["connector.toml"]
    for name in ("linear-a", "linear-b"):
        artifact.write(tmp_path / "new", model.weights, model.decisions, {"name": name})
    assert artifact.read(tmp_path / "new").name == "linear-b" and not artifact.takes(folder)


def test_a_model_of_another_make_is_said_and_the_way_back_works(tmp_path: Path) -> None:
    model = classifiers.load()
    assert isinstance(model, Linear)
    shelved = tmp_path / "models"
    artifact.write(shelved / "linear-a", model.weights, model.decisions, {"name": "linear-a"})
    shelf.put_on_top(shelved, "linear-a")
    said = call("classify", "--model", "models", stdin=b"jalan rusak", cwd=tmp_path).records
    assert said[0]["model"] == "linear-a"
    assert call("classify", stdin=b"jalan rusak", cwd=tmp_path).records[0]["model"] == model.name
    (tmp_path / "connector.toml").touch()
    assert call("classify", stdin=b"jalan rusak", cwd=tmp_path).records[0]["model"] == "linear-a", "the one in use here"
    manifest = shelved / "linear-a" / artifact.MANIFEST
    manifest.write_text(json.dumps(json.loads(manifest.read_bytes()) | {"format": 1}))
    failed = call("classify", "--model", "models", stdin=b"jalan rusak", cwd=tmp_path, code=1)
    assert "ntbcare train --rollback" in failed.err
    assert "goes alone" in call("train", "--rollback", "--out", "x", cwd=tmp_path, code=2).err
    assert "the model that ships" in call("train", "--rollback", cwd=tmp_path).out and shelf.history(shelved) == []
    assert call("classify", stdin=b"jalan rusak", cwd=tmp_path).records[0]["model"] == model.name
