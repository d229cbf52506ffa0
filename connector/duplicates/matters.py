"""Troubles of one spot that many see and tell in their own words: which thing, and what is wrong with it. Pure."""

from collections.abc import Sequence
from itertools import chain, pairwise
from operator import itemgetter

from .ordinary import words_in
from .saying import Word

LASTS = 24.0
"""Hours within which two tellings are of one and the same trouble."""

_OUT = "mati padam gelap gulita nyala menyala hidup redup mate padem"
_QUEUE = (
    "antre antri antrean antrian ngantre ngantri antreannya antriannya mengular macet kosong habis kehabisan langka"
)
_FULL = "numpuk menumpuk menggunung meluber penuh diangkut berserakan bau busuk berbau menyengat tumpukan nutup"
_FALLEN = "roboh ambruk runtuh jebol rubuh bocor"
_MATTERS = {
    name: tuple(words_in(words) for words in groups)
    for name, groups in {
        "jalan berlubang": ("lubang berlubang bolong lobang berlobang lubangnya",),
        "lampu jalan padam": ("lampu pju penerangan", "jalan pju taman penerangan", _OUT),
        "lampu lalu lintas mati": ("lampu traffic trafik light apil apill", "merah traffic trafik apil apill", _OUT),
        "sampah menumpuk": ("sampah sampahnya tps", _FULL),
        "air tidak mengalir": ("pdam pam ledeng kran keran", "mati macet ngalir mengalir keluar kering dapat mate"),
        "kabel menjuntai": ("kabel kabelnya", "menjuntai kendor putus melintang rendah jatuh semrawut"),
        "gardu meledak": ("trafo gardu travo", "meledak meletus ledakan terbakar percikan"),
        "saluran mampet": ("got drainase selokan selokannya parit saluran", "mampet tersumbat meluap buntu mampat"),
        "balapan liar": ("balap balapan brong", "liar balapan brong"),
        "antrean bahan bakar": ("solar pertalite pertamax bbm bensin", _QUEUE),
        "antrean penyeberangan": ("pelabuhan dermaga penyeberangan kapal feri ferry nyebrang", _QUEUE),
        "atap roboh": ("atap atapnya plafon plafonnya genteng", _FALLEN),
        "tanpa dokter": ("dokter dokternya bidan perawat", "jaga jaganya", "kosong tidak belum ndek ndeq tak nonda"),
        "ruang gawat penuh": ("igd ugd", "penuh lorong bed kursi"),
        "parkir liar": ("parkir parkiran", "liar karcis malakin pungli memungut"),
        "hewan berkeliaran": ("sapi kambing kerbau kuda anjing", "berkeliaran lepas"),
    }.items()
}
_TRIGGERS = frozenset(chain.from_iterable(groups[0] for groups in _MATTERS.values()))
_NOT_THERE = words_in(
    "galian pasang dipasang memasang pemasangan anggaran proyek semoga rencana jadwal usul mengusulkan"
)
_MINE = words_in("saya sy kami aku gue tiang")


def matter_of(words: Sequence[Word]) -> str | None:
    """The one trouble that a text tells of; None when it tells of none, of several, of a wish, or of somebody's own house."""
    said = set(map(itemgetter(0), words))
    if said.isdisjoint(_TRIGGERS) or said & _NOT_THERE:
        return None
    if any(a.text == "rumah" and b.text in _MINE for a, b in pairwise(words)):
        return None
    found = [name for name, groups in _MATTERS.items() if not any(said.isdisjoint(group) for group in groups)]
    return found[0] if len(found) == 1 else None
