"""A text as a row of words in one plain spelling, and the few keys under which texts much like it are found again. Pure.

The keys are a bottom-k sketch (MinHash; Broder 1997) of the words with their vowels taken out, which is how Indonesians
shorten them (*jln* for *jalan*): the four words with the lowest hashes, rare ones before ordinary ones, three at a time.
Whoever shares three of those four shares a key, whatever was put before, after or between.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import combinations
from operator import itemgetter
from typing import NamedTuple

from .ordinary import ORDINARY, words_in

MOST_CHARS = 4_000
"""A longer text is compared up to here."""
SKETCH = 4
_WORD = re.compile(r"[^\W\d_]+(?:2(?!\d))?|\d+")
_ASCII_WORD = re.compile(r"[a-z]+(?:2(?!\d))?|\d+")
_AGAIN = re.compile(r"(.)\1{2,}")
_TWICE = re.compile(r"(.)\1+")
_GREETING = re.compile(r"\b(?:selamat|met)\s+(?:pagi|siang|sore|malam)\b")
_RANK = itemgetter(2)
_BLOCK = re.compile(r"\b(blok|gang|lorong)\s+([a-z])\b")
_SPELT = {
    "jln": "jalan", "jl": "jalan", "jlan": "jalan", "yg": "yang", "dgn": "dengan", "utk": "untuk", "sdh": "sudah",
    "udah": "sudah", "udh": "sudah", "dah": "sudah", "blm": "belum", "tdk": "tidak", "gak": "tidak", "ga": "tidak",
    "nggak": "tidak", "enggak": "tidak", "ndak": "tidak", "ndek": "tidak", "kec": "kecamatan", "kab": "kabupaten",
    "ds": "desa", "dsn": "dusun", "kel": "kelurahan", "gg": "gang", "tlg": "tolong", "thn": "tahun", "bln": "bulan",
    "mgg": "minggu", "hr": "hari", "jgn": "jangan", "krn": "karena", "karna": "karena", "org": "orang",
    "listrk": "listrik", "jmbtn": "jembatan", "rmh": "rumah", "bnyk": "banyak", "skrg": "sekarang", "skrng": "sekarang",
    "lobar": "lombokbarat", "loteng": "lomboktengah", "lotim": "lomboktimur", "klu": "lombokutara",
}  # fmt: skip
_SPELT |= {
    "wrga": "warga",
    "sampe": "sampai",
    "smpai": "sampai",
    "kmrn": "kemarin",
    "kemaren": "kemarin",
    "hsl": "hasil",
}
_ORDINARY = 1 << 63
_BITS = 63
UNKNOWN = -1
"""The gist of what was filed before there were gists."""
_VERB = re.compile(r"(?:me[mn]|ber|ter|di|pe[mn])\w{4}")
_FILLERS = words_in(
    """assalamualaikum assalamu assalammualaikum alaikum ass wr wb salam hormat yth pak bapak bpk bp pa bu ibu ibuk min
    mimin admin gub gubernur wagub wakil bupati kak bang om mas mbak kakak abang terhormat kepada kpd mohon tolong
    please pliss plis bantu bantuannya dong donk ya yaa yah iya nih ni deh sih lah kah kok to pun ini itu yang dan dan
    nya ada adalah juga jg lagi lg terima kasih makasih terimakasih trims trimakasih maaf permisi izin ijin lapor
    melapor laporan laporkan melaporkan info infonya up share viralkan kami saya kita aku sy ane untuk dengan pada
    sangat banget sekali agar supaya biar tuh aja saja doang semoga bila kalau kalo wkwk hehe haha allah aamiin amin
    the a of se punten matur tampiasih suksma tulung side pelungguh"""
)
CUES = words_in(
    """di ke dari desa dusun kelurahan kecamatan kabupaten kota lingkungan jalan gang lorong pasar jembatan simpang
    perempatan pertigaan bundaran perumahan btn komplek rt rw blok pantai gili sungai kali bendungan embung waduk sd sdn
    smp smpn sma sman smk smkn mi mts man tk puskesmas pustu rsud rs terminal pelabuhan kantor masjid mushola kampung
    gubuk dasan bypass nomor spbu depan belakang dekat samping sebelah seberang jurusan arah tanjakan tikungan km gudang toko kios
    bank hotel pabrik klinik gedung lapangan taman vila underpass flyover rel nama bernama"""
)
SIDES = words_in(
    """utara selatan timur barat tengah daya lauk atas bawah kiri kanan hulu hilir dalam luar baru lama induk satu dua tiga
    empat lima pertama kedua ketiga"""
)
"""Words that, after a name, make another place of it."""
BROAD = words_in(
    """ntb lombok sumbawa bima dompu mataram ksb lombokbarat lomboktengah lomboktimur lombokutara nusa tenggara
    indonesia barat timur tengah utara selatan"""
)
"""Names of so much land that two who name it need not mean the same spot."""
THINGS = words_in(
    "sd sdn mi mts man paud smp smpn sma sman smk smkn tk kk ktp akta kia pkh bpnt bpjs kip motor mobil truk sapi kambing"
)
"""Words of which each text means one: who says another means another thing."""
SINGLE = words_in("puskesmas pustu rsud rsup igd terminal pelabuhan dermaga bypass")
"""Of what there is one in a kecamatan."""
LANDMARKS = SINGLE | words_in(
    """pasar jembatan perempatan pertigaan simpang bundaran perumahan btn komplek gang lorong pantai sungai kali embung
    masjid mushola kantor bank hotel pabrik klinik gedung lapangan taman spbu mall toko"""
)
"""What people name a spot by: who names another means another spot."""


class Word(NamedTuple):
    """A word in plain spelling. `bones` are what typists leave of it; it `says` something.

    `rank` is lower for rare words, and -1 for those that say nothing.
    """

    text: str
    bones: str
    rank: int
    number: bool
    ordinary: bool
    filler: bool
    says: bool


def words_of(text: str) -> tuple[Word, ...]:
    """All words of the part of a text that is compared, fillers and cues included."""
    text = text[:MOST_CHARS]
    ascii_only = text.isascii()
    plain = text.lower() if ascii_only else _plain(text)
    if "met " in plain or "selamat" in plain:
        plain = _GREETING.sub(" ", plain)
    if "by pass" in plain:
        plain = plain.replace("by pass", "bypass")
    if "blok" in plain or "gang" in plain:
        plain = _BLOCK.sub(r"\1 \1\2", plain)
    return tuple(map(_word, (_ASCII_WORD if ascii_only else _WORD).findall(plain)))


def _plain(text: str) -> str:
    spread = unicodedata.normalize("NFKD", text).casefold()
    return "".join(c for c in spread if unicodedata.category(c) not in ("Mn", "Me", "Cf"))


def _bones(word: str) -> str:
    """A word less the vowels after its first letter and what is doubled; a short one as it is."""
    if len(word) <= 3:
        return word
    rest = word[1:]
    for vowel in "aeiou":
        rest = rest.replace(vowel, "")
    return _once(_TWICE, word[0] + rest)


def _once(again: re.Pattern[str], word: str) -> str:
    return again.sub(r"\1", word) if again.search(word) else word  # looking first: most words have nothing to take out


_BONES_OF_ORDINARY = frozenset(_bones(word) for word in ORDINARY if len(word) > 3)


@lru_cache(maxsize=1 << 13)
def _word(token: str) -> Word:
    if token.isdigit():
        number = token.lstrip("0") or "0"
        return Word(number, number, _hash(number), True, False, False, True)
    word = _once(_AGAIN, token)
    if word.endswith("2"):
        word = word[:-1]
    word = _SPELT.get(word, word)
    ordinary = word in ORDINARY or word in CUES or len(word) < 3
    bones = _bones(word)
    rank = _hash(bones) | (_ORDINARY if ordinary or bones in _BONES_OF_ORDINARY else 0)
    filler = word in _FILLERS or len(word) < 2
    says = not filler and word not in ("di", "ke", "dari")
    return Word(word, bones, rank if says else -1, False, ordinary, filler, says)


def _hash(text: str) -> int:
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big") >> 1


def content(words: Sequence[Word]) -> dict[str, Word]:
    """The words that say something, each once."""
    return {w.text: w for w in words if w.says}


class Sketch(NamedTuple):
    """Numbers to file a text under and, more of them, to look for others under; `gist` has a bit for each of its words."""

    filed: list[int]
    wanted: list[int]
    gist: int


def sketch(words: Sequence[Word]) -> Sketch:
    """The sketch of a text, without numbers for less than three words or no rare one.

    Texts of much the same words have one number in common, the longer one also when it has some words more.
    """
    ranks = set(map(_RANK, words))
    ranks.discard(-1)
    lowest, gist = sorted(ranks)[: SKETCH + 1], 0
    for rank in ranks:
        gist |= 1 << rank % _BITS
    fewer = [a + b + c for a, b, c in combinations(lowest[:SKETCH], 3) if a < _ORDINARY]
    return Sketch(fewer, [a + b + c for a, b, c in combinations(lowest, 3) if a < _ORDINARY], gist)


def contained(a: int, b: int) -> float:
    """How much of the shorter text stands in the longer, as far as gists tell; more than 1 with `UNKNOWN`."""
    if b == UNKNOWN:
        return 2.0
    return (a & b).bit_count() / (min(a.bit_count(), b.bit_count()) or 1)


def within(numbers: Sequence[int], span: int) -> list[int]:
    """Numbers in a span of time, as signed 64-bit numbers, the same on every machine."""
    add = span * 0xC2B2AE3D27D4EB4F
    return [((n * 0x9E3779B97F4A7C15 + add) & 0xFFFFFFFFFFFFFFFF) - (1 << 63) for n in numbers]


@lru_cache(maxsize=1 << 12)
def named(text: str) -> int:
    """A number for a name."""
    return _hash(text)


def placed(words: Sequence[Word]) -> frozenset[str]:
    """Names that stand after words such as *di*, *desa* or *jalan*, with the numbers of streets, blocks and neighbourhoods."""
    return frozenset(_names(words))


def _names(words: Sequence[Word]) -> Iterator[str]:
    near, after = 0, False
    for word in words:
        if word.text in CUES:
            near, after = 3, False
        elif (after and word.text in SIDES) or (near and _can_name(word, after)):
            yield word.text
            near, after = 2, True
        elif near:
            near = 0 if word.ordinary and word.text not in ("raya", "lintas") else near - 1
            after = False


def _can_name(word: Word, after: bool) -> bool:
    """Whether a word may be (or, `after` one, be part of) a name."""
    return word.number or not (
        word.ordinary or word.filler or word.text.endswith("nya") or (after and _VERB.match(word.text))
    )
