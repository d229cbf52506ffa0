"""S-17: what the classifier sees of a text, whatever was sent."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from classifiers.features import grams_of, is_whole
from classifiers.localwords import LOCAL, SHORT
from classifiers.text import MAX_CHARS, MAX_TOKEN, Reply, tokens_of, words_of
from classifiers.wordpairs import ends_of


def words(text: str) -> list[str]:
    return [word for token in tokens_of(text) for word in words_of(token)]


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("Jalan RUSAAAAK parah", ["jalan", "rusak", "parah"]),
        ("𝐛𝐚𝐧𝐣𝐢𝐫 ｂａｎｊｉｒ", ["banjir", "banjir"]),
        ("b\u0301a\u0336n\u0301jir", ["banjir"]),
        ("https://x.id/a?b=1 <url> www.a.b", ["<url>", "<url>", "<url>"]),
        ("@user @BPBDNTB", ["<user>", "<user>", "bpbdntb"]),
        ("#JalanRusak", ["<tag>", "jalan", "rusak"]),
        ("0812-3456-7890 +6281234567890 0812xxxxxxx", ["<telp>"] * 3),
        ("5203010101010001", ["<nik>"]),
        ("<nama> <ALAMAT1>", ["<nama>", "<nama>"]),
        ("08.00-12.00 60cm 1,5m", ["00.00", "00", "cm", "0,0", "m"]),
        ("👍🏽👍🏿🙏", ["👍", "🙏"]),
        ("rt.05/rw.02", ["rt", "00", "rw"]),
        ("a@b.co", ["<email>"]),
        ("\x00\ud800\u202e", []),
        ("Aiq ndeq ngalir, nonda", ["air", "tidak", "ngalir", "tidak", "ada"]),
        ("tiang listrik, bau anyir", ["tiang", "listrik", "bau", "anyir"]),
    ],
)
def test_words(sent: str, seen: list[str]) -> None:
    assert words(sent) == seen


@given(st.text(alphabet=st.characters(codec=None)))
def test_any_text_gives_short_plain_words(sent: str) -> None:
    for word in words(sent):
        assert 0 < len(word) <= MAX_TOKEN * 4
        assert "\x00" not in word and not any("\ud800" <= c <= "\udfff" for c in word)


@given(st.text())
def test_a_text_is_the_sum_of_its_tokens(sent: str) -> None:
    assert words(sent) == [word for token in sent[:MAX_CHARS].split() for word in words_of(token[:MAX_TOKEN])]


def test_only_the_beginning_is_read_and_quickly() -> None:
    for sent in ("x" * 10_000_000, "jalan rusak " * 900_000, "e\u0301" * 5_000_000, "@" * 10_000_000):
        started = time.perf_counter()
        words(sent)
        assert time.perf_counter() - started < 0.5


def test_reply_is_a_text_with_a_parent() -> None:
    reply = Reply("sama pak", parent="air mati")
    assert reply == "sama pak" and reply.parent == "air mati" and Reply("a").parent == ""


@given(st.text(alphabet=st.characters(categories=["Ll"]), min_size=1, max_size=30))
def test_grams_are_of_the_word_between_spaces(word: str) -> None:
    whole, *grams = grams_of(word)
    assert is_whole(whole) and whole[1:] == word
    assert all(gram in f" {word} " and 3 <= len(gram) <= 5 and not is_whole(gram) for gram in grams)


def test_local_words_and_short_spellings_lead_to_plain_ones_that_stay() -> None:
    assert len(LOCAL) > 300 and len(SHORT) > 80
    for said, meant in LOCAL.items():
        assert words(said) == list(meant) == words(" ".join(meant)) and said not in meant
    assert not SHORT.keys() & set(SHORT.values()) and not SHORT.keys() & LOCAL.keys()
    assert ends_of(("gak",), {"tidak": 7, "gak": 9}) == (7, 7)
