"""Prediction without scikit-learn is prediction with it; and no text breaks it."""

import random
import subprocess
import sys
import tracemalloc
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import classifiers
from classifiers import corpus, rules, train
from classifiers.explain import deciding
from classifiers.linear import CATEGORY, COLUMNS, KIND, Decisions, Linear
from classifiers.samples import is_held_out, of_corpus
from classifiers.verdict import CATEGORIES, KINDS, URGENCIES, Verdict
from classifiers.wordtable import words_in

MODEL = classifiers.load()
RULES = classifiers.KeywordRules()
UNDECIDED = Decisions(0.5, 0.1, 0.9, 0.5, 0.5, 0.6)


@pytest.fixture(scope="module")
def shipped() -> Linear:
    assert isinstance(MODEL, Linear)
    return MODEL


@pytest.fixture(scope="module")
def texts() -> list[str]:
    return [line.text for line in random.Random(1).sample(corpus.load(), 1200)]


def test_equal_to_a_sklearn_pipeline_with_the_shipped_weights(shipped: Linear, texts: list[str]) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from classifiers.fit import Additive

    weights = shipped.weights
    form = Additive()
    form.grams_, form.idf_, form.pairs_, form.pair_idf_ = weights.grams, weights.idf, weights.pairs, weights.pair_idf
    coef = np.concatenate([weights.coef, weights.pair_coef]).astype(float)
    for column in (0, 1, 2):
        oracle = LogisticRegression()
        oracle.classes_ = np.array([False, True])
        oracle.coef_, oracle.intercept_ = coef[:, [column]].T, weights.bias[[column]]
        chances = make_pipeline(form, oracle).predict_proba(texts)[:, 1]
        assert np.abs(chances - shipped.probabilities(texts)[:, column]).max() < 1e-9


def test_equal_to_the_sklearn_pipeline_it_was_folded_from(texts: list[str]) -> None:
    from sklearn.pipeline import make_pipeline

    from classifiers import fit

    samples = of_corpus(corpus.load())[::40]
    weights = fit.fitted(samples)
    form = fit.Additive(fit.RECIPE.min_df, fit.RECIPE.pair_min_df).fit([s.text for s in samples])
    assert form.grams_ == weights.grams
    rows = make_pipeline(form).transform(texts)
    coef = np.concatenate([weights.coef, weights.pair_coef])
    assert np.abs(rows @ coef + weights.bias - Linear(weights, UNDECIDED, "x").scores(texts)).max() < 1e-9


def test_one_by_one_is_the_same_as_all_at_once_and_a_full_memo_changes_nothing(
    shipped: Linear, texts: list[str]
) -> None:
    small = Linear(shipped.weights, shipped.decisions, shipped.name, remembered=50)
    together = shipped.scores(texts[:300])
    assert np.allclose(together, np.concatenate([shipped.scores([t]) for t in texts[:300]]), atol=1e-12)
    assert np.allclose(together, small.scores(texts[:300]), atol=1e-12)


def test_memory_of_tokens_is_bounded(shipped: Linear) -> None:
    model = Linear(shipped.weights, shipped.decisions, "x", remembered=1_000)
    for start in range(20):
        model([f"kata{start}x{i}" for i in range(500)])
    assert len(model._texts) < 2_000 and len(model._texts.table) <= 4_096


def test_tokens_of_the_same_words_share_a_row_and_no_other_does(shipped: Linear) -> None:
    model = Linear(shipped.weights, shipped.decisions, "x")
    texts = [
        "Rusak",
        "rusak,",
        "RUSAAAK!",
        "<user>",
        "@siapa",
        "<tag>",
        "#a_b",
        "jalan/rusak",
        "2024",
        "1999",
        "…",
        "...",
    ]
    model(texts)
    rows = model._texts._rows
    assert rows["Rusak"] == rows["rusak,"] != rows["RUSAAAK!"] and rows["2024"] == rows["1999"]
    assert rows["<user>"] != rows["@siapa"] and rows["<tag>"] != rows["#a_b"] and rows["…"] == rows["..."]
    assert len(set(rows.values())) < len(rows)
    for text in texts:
        assert model._texts.spelt(text) == rules.spelt(words_in([text]))
        assert np.allclose(
            model.scores([text]), Linear(shipped.weights, shipped.decisions, "x").scores([text]), atol=1e-12
        )


def test_what_comes_again_is_kept_when_the_memory_is_full(shipped: Linear) -> None:
    model = Linear(shipped.weights, shipped.decisions, "x", remembered=1_000)
    often = "jalan di depan rumah kami rusak parah, tolong segera diperbaiki pak!"
    for start in range(12):
        model([often, *(f"kata{start}x{i}" for i in range(150)), often])
    assert set(often.split()) <= model._texts._rows.keys() and "kata0x0" not in model._texts._rows
    assert np.array_equal(model.scores([often]), shipped.scores([often]))
    said = f"{often} kata0x0, @siapa"
    assert model._texts.spelt(said) == rules.spelt(words_in([said]))


def check(verdict: Verdict) -> None:
    assert verdict.kind in KINDS and verdict.category in CATEGORIES and verdict.urgency in URGENCIES
    assert verdict.is_complaint == (verdict.kind == "pengaduan")
    assert all(0 <= score <= 1 for score in (verdict.complaint_score, verdict.category_score, verdict.urgent_score))
    assert verdict.is_complaint or verdict.urgency == "biasa"


HOSTILE = [
    "", " ", "😭😭🙏", "\x00", "\ud800", "\udfff jalan rusak", "\u202ekasur nalaj\u202c", "a" + "\u0300" * 1000,
    "道路が壊れた", "الطريق مكسور", "x" * 10_000_000, "jalan rusak " * 900_000, "=cmd|' /C calc'!A0", "{{7*7}}",
    "%s%n", "</script>", "\u2028\u2029\r\n", "\ufeff", "👨‍👩‍👧‍👦🏳️‍🌈", "1" * 5000, "@" * 5000, "#" * 5000, "<" * 5000,
]  # fmt: skip


@pytest.mark.parametrize("classify", [MODEL, RULES], ids=["model", "rules"])
def test_every_text_has_a_verdict(classify: classifiers.Model) -> None:
    verdicts = classify(HOSTILE)
    assert len(verdicts) == len(HOSTILE)
    for verdict in verdicts:
        check(verdict)
    for nothing in ("", " ", "😭😭🙏", "\x00", "\ud800"):
        assert classify([nothing])[0].kind == "lainnya" and not classify([nothing])[0].is_complaint
    assert classify([]) == []


@given(st.lists(st.text(alphabet=st.characters(codec=None)), max_size=5))
@settings(max_examples=60, deadline=None)
def test_any_texts_have_verdicts(sent: list[str]) -> None:
    for classify in (MODEL, RULES):
        for verdict in classify(sent):
            check(verdict)


def test_ten_megabytes_take_little_memory(shipped: Linear) -> None:
    sent = ["jalan rusak " * 900_000]
    shipped(["pemanasan"])
    tracemalloc.start()
    shipped(sent)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20_000_000


def test_prediction_needs_no_sklearn() -> None:
    code = (
        "import sys, classifiers; classifiers.load()(['jalan rusak']);"
        "sys.exit(any(n.split('.')[0] in {'sklearn', 'scipy'} for n in sys.modules))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_emergency_is_urgent_and_a_look_alike_is_not(shipped: Linear) -> None:
    urgent = shipped(["tolong pak kebakaran di belakang pasar sekarang, damkar belum datang"])[0]
    assert urgent.urgency == "mendesak" and urgent.is_complaint
    for calm in (
        "kebakaran jenggot dia disindir haha",
        "simulasi kebakaran di RSUD berjalan lancar",
        "banjir diskon akhir tahun",
    ):
        assert shipped([calm])[0].urgency != "mendesak"


def test_context_tells_what_a_reply_is_about_and_nothing_else(shipped: Linear) -> None:
    said = "di sini juga pak, sudah seminggu"
    alone = shipped([said])[0]
    assert shipped([classifiers.Reply(said)])[0] == alone
    reply = classifiers.Reply(said, "air PDAM di Gerung mati terus, keran kering")
    answered = shipped([reply])[0]
    assert answered.category == "air_bersih" and alone.category != "air_bersih"
    assert (answered.kind, answered.complaint_score, answered.urgent_score) == (
        alone.kind, alone.complaint_score, alone.urgent_score,
    )  # fmt: skip
    assert classifiers.explain(shipped, reply).context


def test_context_helps_the_category_of_replies_and_never_hurts(shipped: Linear) -> None:
    replies = [s for s in of_corpus(corpus.load()) if s.parent and s.complaint and is_held_out(s)]
    assert len(replies) >= 30
    with_it, without = (
        sum(v.category == s.category for v, s in zip(shipped(texts), replies, strict=True))
        for texts in ([s.said for s in replies], [s.text for s in replies])
    )
    assert with_it >= without


def test_explanation_adds_up(shipped: Linear) -> None:
    text = "lampu jalan mati di depan rumah, tolong diperbaiki"
    shares = shipped.shares(text, "complaint")
    total = sum(share for _, share in shares) + float(shipped.weights.bias[0])
    assert abs(total - float(shipped.scores([text])[0, 0])) < 1e-9
    explained = classifiers.explain(shipped, text)
    assert explained.verdict.is_complaint and explained.complaint and not explained.net
    assert classifiers.explain(RULES, text).complaint


def test_deciding_words_are_words_and_none_are_weak(shipped: Linear) -> None:
    text = "lampu jalan mati di depan rumah, tolong diperbaiki https://contoh.id 081234567890 makasih 😀"
    pro, contra, *_ = deciding(shipped, text)
    shares = dict(shipped.shares(text, "complaint"))
    assert pro and pro[0] == max(shares, key=lambda word: shares[word]) and len(pro) <= 4
    assert all(shares[word] > 0 for word in pro) and all(shares[word] < 0 for word in contra)
    assert not any(c in word for word in (*pro, *contra) for c in "<0😀")
    assert deciding(shipped, text, most=1).pro == pro[:1]
    cry = deciding(shipped, "tolong pak banjir masuk rumah, nenek terjebak", urgent=True)
    assert cry.net and cry.urgent and not deciding(shipped, "banjir masuk rumah").urgent
    assert deciding(RULES, "lampu jalan mati").pro and deciding(shipped, "😀 12").pro == ()


def test_the_shipped_model_learned_from_this_corpus() -> None:
    manifest = classifiers.artifact.manifest_of(classifiers.SHIPPED)
    assert manifest["corpus_sha256"] == corpus.digest(), "the corpus changed: run `python -m classifiers.train`"
    assert len(manifest["curves"]) == 4, "train it with --measure: its card shows how many corrections buy how much"


def test_columns() -> None:
    assert COLUMNS[KIND][0] == "kind:pengaduan" and COLUMNS[CATEGORY][-1] == "category:lainnya"


def test_training_twice_gives_the_same_bytes(tmp_path: Path) -> None:
    own = tmp_path / "corpus"
    own.mkdir()
    header = "\t".join(corpus.COLUMNS)
    rows = [
        "\t".join(
            (
                s.kind,
                s.category,
                s.urgency,
                s.lang,
                s.style,
                s.context.replace("\n", "\\n"),
                s.text.replace("\n", "\\n"),
            )
        )
        for s in corpus.load()[::60]
    ]
    half = len(rows) // 2
    (own / "satu.tsv").write_text("\n".join([header, *rows[:half]]) + "\n", encoding="utf-8")
    (own / "dua.tsv").write_text("\n".join([header, *rows[half:]]) + "\n", encoding="utf-8")
    for name in ("a", "b"):
        train.train(folder=own, today=date(2026, 11, 24)).write(tmp_path / name)
    for file in ("arrays.npz", "manifest.json"):
        assert (tmp_path / "a" / file).read_bytes() == (tmp_path / "b" / file).read_bytes()
