"""What each token adds to the scores, worked out on first sight for many tokens at once and then remembered."""

from collections.abc import Iterable, Sequence
from itertools import chain, repeat
from typing import Final

import numpy as np
import numpy.typing as npt

from classifiers import rules
from classifiers.features import LONGEST, SHORTEST, is_whole
from classifiers.text import tokens_of, words_of
from classifiers.wordpairs import EDGE, ends_of

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.uint64]
Places = npt.NDArray[np.intp]
_BITS: Final = 12
"""Bits a character of an n-gram takes: five fit into a number, so that equal numbers mean equal n-grams."""
_LIMIT: Final = 0x110000
_NEW: Final = -1
_SPARE: Final = 2_000
"""Rows for the tokens that the last texts before a new start bring; with more of them the table grows."""


class Grams:
    """The known n-grams, found by number: characters the model never saw have number 0 and match nothing."""

    def __init__(self, grams: Sequence[str]) -> None:
        places = [i for i, gram in enumerate(grams) if not is_whole(gram)]
        letters = np.unique(_codepoints("".join(grams[i] for i in places)))
        if len(letters) >= 1 << _BITS:
            raise ValueError(f"n-grams of {len(letters)} different characters")
        self._numbers = np.zeros(_LIMIT, dtype=np.uint16)
        self._numbers[letters] = np.arange(1, len(letters) + 1)
        codes = self._coded([grams[i] for i in places])
        order = np.argsort(codes)
        self._codes = codes[order]
        self._places = np.array(places, dtype=np.intp)[order]
        self.wholes = {gram[1:]: i for i, gram in enumerate(grams) if is_whole(gram)}

    def found_in(self, words: Sequence[str]) -> tuple[Places, Places, Floats]:
        """Which known n-grams the words have: number of the word, place of the n-gram, how often."""
        padded = " " + "  ".join(words) + " "
        numbers = self._numbers[_codepoints(padded)].astype(np.uint64)
        sizes = np.fromiter(map(len, words), dtype=np.intp, count=len(words)) + 2
        of_word = np.repeat(np.arange(len(words)), sizes)
        left = sizes.cumsum().take(of_word) - np.arange(len(numbers))
        codes, owners, code = [], [], numbers
        for size in range(2, LONGEST + 1):
            code = (code[:-1] << np.uint64(_BITS)) | numbers[size - 1 :]
            if size >= SHORTEST:
                inside = np.flatnonzero(left[: len(code)] >= size)
                codes.append(code.take(inside))
                owners.append(of_word.take(inside))
        unique, counts = np.unique(self._keys(np.concatenate(codes), np.concatenate(owners)), return_counts=True)
        word, place = np.divmod(unique, len(self._codes))
        return word, self._places.take(place), counts.astype(np.float64)

    def _keys(self, codes: Codes, of_word: Places) -> Places:
        """Word and n-gram as one number, for the n-grams that are known."""
        if not len(self._codes):
            return np.zeros(0, dtype=np.intp)
        at = self._codes.searchsorted(codes)
        known = np.flatnonzero(self._codes.take(at, mode="clip") == codes)
        keys: Places = of_word.take(known) * len(self._codes) + at.take(known)
        return keys

    def _coded(self, grams: Sequence[str]) -> Codes:
        codes = np.zeros(len(grams), dtype=np.uint64)
        lengths = np.array([len(gram) for gram in grams])
        for size in set(lengths.tolist()):
            here = np.flatnonzero(lengths == size)
            numbers = (
                self._numbers[_codepoints("".join(grams[i] for i in here.tolist()))].reshape(-1, size).astype(np.uint64)
            )
            for column in numbers.T:
                codes[here] = (codes[here] << np.uint64(_BITS)) | column
        return codes


class WordTable:
    """Token → row of a table: the shares of its n-grams, those of its whole words, and what `extra` names.

    Remembers about `limit` rows, then only those that came again meanwhile. Not safe among threads by itself.
    """

    EXTRA: Final = 5
    GRAM_SQUARES, WHOLE_SQUARES, LETTERS, DANGER, NOW = range(EXTRA)

    def __init__(self, grams: Grams, idf: npt.NDArray[np.float32], coef: npt.NDArray[np.float32], limit: int) -> None:
        self._grams, self._idf, self._coef, self._limit = grams, idf.astype(np.float64), coef, limit
        self.size = coef.shape[1]
        self.width = 2 * self.size + self.EXTRA
        self.table: Floats = np.zeros((0, self.width))
        self._rows: dict[str, int] = {}
        self._spelt: list[str] = []
        self._used = 0
        self._ends: Places = np.zeros((2, 0), dtype=np.intp)
        self._again: npt.NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)
        self._start()

    def __len__(self) -> int:
        """How many tokens, and names of rows that several share, it remembers."""
        return len(self._rows)

    def sums(self, texts: Sequence[str]) -> tuple[Floats, Places, list[int]]:
        """For each text the sum of its tokens' rows; first and last word of every token; where each text begins there.

        Each text begins with an `EDGE`.
        """
        if self._used > self._limit or len(self._rows) > self._limit * 3 // 2:
            self._forget()
        tokens: list[str] = []
        starts = []
        for text in texts:
            starts.append(len(tokens))
            tokens.append("")
            tokens += tokens_of(text)
        known = self._used
        rows = np.fromiter(map(self._rows.get, tokens, repeat(_NEW)), dtype=np.intp, count=len(tokens))
        new = np.flatnonzero(rows == _NEW)
        if len(new):
            named = [tokens[i] for i in new.tolist()]
            self._learn(list(dict.fromkeys(named)))
            rows[new] = np.fromiter(map(self._rows.__getitem__, named), dtype=np.intp, count=len(named))
        self._again[rows] = rows < known
        shares = self.table.take(rows, axis=0, mode="clip")  # four times as fast as by index: no place is out of range
        return np.add.reduceat(shares, starts, axis=0), self._ends[:, rows], starts

    def ends_of(self, text: str) -> Places:
        """First and last word of every token of one text, with the edge before it."""
        return self.sums([text])[1]

    def spelt(self, text: str) -> str:
        """The words with letters of a text, those of known tokens from memory."""
        rows, spelt = self._rows, self._spelt
        return " ".join(
            filter(None, [spelt[rows[t]] if t in rows else rules.spelt(words_of(t)) for t in tokens_of(text)])
        )

    def of_words(self, words: Sequence[str]) -> Floats:
        """One row a word: a mark like <url> has no n-grams."""
        table = np.zeros((len(words), self.width))
        with_letters = np.array([word[0].isalpha() for word in words], dtype=bool)
        table[:, 2 * self.size + self.LETTERS] = with_letters
        whole = [(i, place) for i, word in enumerate(words) if (place := self._grams.wholes.get(word)) is not None]
        if whole:
            rows, places = (np.array(column) for column in zip(*whole, strict=True))
            spread = self._idf.take(places)
            coef = self._coef.take(places, axis=0, mode="clip")
            table[rows, self.size : 2 * self.size] = spread[:, None] * coef
            table[rows, 2 * self.size + self.WHOLE_SQUARES] = spread**2
        spelt = np.flatnonzero(with_letters)
        if len(spelt):
            self._add_grams(table, spelt, [words[i] for i in spelt.tolist()])
        return table

    def _add_grams(self, table: Floats, spelt: Places, words: Sequence[str]) -> None:
        of_word, places, counts = self._grams.found_in(words)
        if not len(of_word):
            return
        values = counts * self._idf.take(places)
        starts = np.append(0, np.flatnonzero(of_word[1:] != of_word[:-1]) + 1)
        rows = spelt[of_word[starts]]
        coef = self._coef.take(places, axis=0, mode="clip")
        table[rows, : self.size] = np.add.reduceat(values[:, None] * coef, starts, axis=0)
        table[rows, 2 * self.size + self.GRAM_SQUARES] = np.add.reduceat(values * values, starts)

    def _learn(self, tokens: Sequence[str]) -> None:
        """Tokens of the same words, such as *Rusak* and *rusak,*, have one row, which is worked out once."""
        rows, names = self._rows, []
        fresh: dict[str, tuple[str, ...]] = {}
        for token in tokens:
            words = words_of(token)
            # A token that is one plain word may stand for all that say the same; what else does must be no token.
            plain = len(words) == 1 and words[0].isalpha() and words[0].isascii()
            name = words[0] if plain else f" {' '.join(words)}"
            names.append(name)
            if name not in rows:
                fresh[name] = words
        if fresh:
            self._work_out(list(fresh.values()))
            self._spelt += map(rules.spelt, fresh.values())
            rows.update(zip(fresh, range(self._used, self._used + len(fresh)), strict=True))
            self._used += len(fresh)
        rows.update(zip(tokens, map(rows.__getitem__, names), strict=True))

    def _work_out(self, split: Sequence[tuple[str, ...]]) -> None:
        first, end = self._used, self._used + len(split)
        while len(self.table) < end:
            self.table = np.concatenate([self.table, np.zeros_like(self.table)])
            self._ends = np.concatenate([self._ends, np.zeros_like(self._ends)], axis=1)
            self._again = np.concatenate([self._again, np.zeros_like(self._again)])
        words = list(chain.from_iterable(split))
        counts = np.fromiter(map(len, split), dtype=np.intp, count=len(split))
        shares = self.of_words(words) if words else np.zeros((0, self.width))
        full = np.flatnonzero(counts)
        starts = (np.cumsum(counts) - counts)[full]
        rows = self.table[first:end]
        rows[:] = 0
        rows[full] = shares.take(starts, axis=0)
        if len(words) > len(full):  # few tokens have more than one word
            further = np.delete(np.arange(len(words)), starts)
            np.add.at(rows, np.repeat(np.arange(len(split)), counts).take(further), shares.take(further, axis=0))
        for column, smelling in zip((self.DANGER, self.NOW), rules.smells(split), strict=True):
            rows[smelling, 2 * self.size + column] = 1
        self._ends[:, first:end] = np.array([ends_of(some, self._grams.wholes) for some in split]).T

    def _start(self) -> None:
        """Row 0 is the row of nothing, so that an empty text has one. Memory is taken by rows when they are first written."""
        self._rows, self._spelt, self._used = {"": 0}, [""], 1
        rows = self._limit + _SPARE
        if len(self.table) != rows:
            self.table = np.zeros((rows, self.width))
            self._ends = np.full((2, rows), EDGE, dtype=np.intp)
            self._again = np.zeros(rows, dtype=np.bool_)
        self._again[:] = False

    def _forget(self) -> None:
        """Most tokens are misspelt or rare and never come again; if too many did, all begin anew."""
        kept = {token: row for token, row in self._rows.items() if self._again[row] or not row}
        rows = sorted(set(kept.values()))
        if len(rows) > self._limit // 2 or len(kept) > self._limit:
            self._start()
            return
        for first in range(0, len(rows), _SPARE):  # rows only move down; a copy of all at once would take as much again
            some = rows[first : first + _SPARE]
            self.table[first : first + len(some)] = self.table[some]
            self._ends[:, first : first + len(some)] = self._ends[:, some]
        moved = {row: place for place, row in enumerate(rows)}
        self._rows, self._used = {token: moved[row] for token, row in kept.items()}, len(rows)
        self._spelt = [self._spelt[row] for row in rows]
        self._again[:] = False


def words_in(texts: Iterable[str]) -> list[str]:
    """The words of texts in order."""
    return [word for text in texts for token in tokens_of(text) for word in words_of(token)]


def _codepoints(text: str) -> npt.NDArray[np.uint32]:
    return np.frombuffer(text.encode("utf-32-le", "surrogatepass"), dtype=np.uint32)
