"""Rules that need no model: a net for danger to life, and a keyword classifier for the time before a model is there.

The net only ever raises urgency. It wants a danger *and* a sign that it is happening here and now, and lets go of what
is past, only feared, figurative, an exercise, news or already dealt with. Who speaks of taking his own life, or of
someone about to, or of swallowed poison, it holds without a call for help: such words are few and quiet.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import Final

from classifiers.text import tokens_of, words_of
from classifiers.verdict import Category, Kind, Verdict

NAME: Final = "rules-1"

_DANGERS: Final = (
    r"keba?karan|terbakar|kebakar|dibakar massa|api (?:makin|membesar|menjalar|sudah|udah)|asap (?:tebal|pekat)",
    r"banjir|air (?:sudah |udah |sdh |udh )?(?:masuk|msk|naik|setinggi|selutut|sepinggang|sedada)|terendam",
    r"kelelep|hanyut|terseret arus",
    r"tenggelam|kelem|longsor|tertimbun|ketimbun|gempa|roboh|ambruk|ambrol|puting beliung",
    r"kecelakaan|laka|tabrakan|ketabrak|ditabrak|terguling|kegencet|kejepit|tersetrum|kesetrum|nyetrum",
    r"kabel (?:\w+ ){0,2}(?:putus|jatuh|jatoh|menjuntai|lepas)|tiang (?:\w+ ){0,2}(?:roboh|tumbang)",
    r"tawuran|bentrok|rusuh|perang (?:kampung|panah|batu)|dipanah|ditusuk|dibacok|parang|dikeroyok|ditembak",
    r"diperkosa",
    r"kejang|pingsan|tidak sadar|ga(?:k)? sadar|sesak na[fp]as|pendarahan|muntah[a-z]*|keracunan|melahirkan",
    r"lahiran|kritis|sekarat",
    r"digigit (?:anjing|ular)|wabah|dbd|diare massal|overdosis|bunuh diri|gantung diri",
    r"dipukul[a-z]*|mukul[a-z]*|dianiaya|disekap|kdrt",
    r"(?:anak|bocah|balita|adik|adek|cucu|(?:ke)?ponakan|nenek|kakek|(?:ibu|bapak|suami|istri) (?:saya|sy|kami)|warga|nelayan)"
    r"(?:ku|nya)? (?:\w+ ){0,3}(?:hilang|(?:belum|blm) (?:ke|di)?temu(?:kan)?)",
)
_NOW: Final = (
    r"tolong(?:in|lah)?|tlg|tulung|mohon bantuan(?:nya)?|bantu kami|bantuin|sos|segera dievakuasi|cepa?t(?:an)?",
    r"butuh (?:\w+ )?(?:bantuan|pertolongan|perahu|ambulans?|evakuasi|darah|damkar|pemadam)|secepatnya|help",
    r"(?:mana|panggil|kirim|butuh) (?:damkar|ambulans?|polisi|sar|pemadam|brimob|petugas)|polisi (?:mana|tolong)",
    r"barusan|baru saja|saat ini|skrg juga|sekarang juga|terjebak|kejebak|terkurung|belum dievakuasi|blm dievakuasi",
    r"(?:damkar|ambulans?|polisi|bidan|dokter|petugas|pemadam|sar) (?:belum|blm|ga|gak|tidak|tdk|kok) \w+",
    r"(?:belum|blm) (?:juga )?(?:pulang|balik|ketemu|ditemukan)",
    r"(?<!tanggap )(?<!status )(?<!masa )(?<!posko )(?<!tenda )(?<!gawat )(?<!jembatan )(?<!jalan )(?<!jalur )(?<!pintu )"
    r"(?<!panggilan )(?<!nomor )(?<!dana )(?<!bantuan )(?<!rumah sakit )darurat",
)
_NOT_NOW: Final = (
    r"(?:tahun|thn|taun|bulan|bln|minggu) (?:lalu|kemarin|kmrn|yang lalu|yg lalu)|dulu|dahulu|jaman|zaman|waktu itu|pernah",
    r"bekas|pasca|sejak|semenjak|sudah (?:\w+ )?(?:tahun|bulan)|setiap|tiap|sering|selalu|langganan|mengenang|peringatan",
    r"kalau|kalo|klo|jika|apabila|andai[a-z]*|seandainya|misal[a-z]*|jangan sampai|jgn smp|takut(?:nya)?|semoga",
    r"khawatir|dikhawatirkan|kuatir|rawan|bisa bisa|cegah|mencegah|antisipasi|waspada|sebelum (?:ada|terjadi|kejadian)",
    r"simulasi|latihan|pelatihan|sosialisasi|penyuluhan|lomba|workshop|seminar|film|drakor|sinetron|novel|mimpi|game",
    r"(?:juga|sangat|langsung|selalu) (?:cepa?t|sigap|tanggap)",
    r"terima ?kasih (?:sudah|telah|damkar|kepada)|makasih|alhamdulillah|syukur(?:lah)?|berhasil|untung(?:nya)?|salut",
    r"(?:sudah|sdh|udah|udh|telah) (?:padam|surut|aman|ditangani|selesai|normal|ketemu|dipadamkan|dievakuasi|ditemukan)",
    r"jenggot|diskon|promo|air mata|hati(?:ku| ini| gue| gw)|rindu|cinta|mantan|tugas|skripsi|deadline|dompet|orderan",
    r"pesanan|notif|like|view|wkwk[a-z]*|haha[a-z]*|hehe[a-z]*|anjir|lagu|konten|viral|meme|netizen",
    r"berita|kompas|detik|breaking|polisi (?:tangkap|menangkap|ungkap)|tersangka|korban jiwa|turut berduka|belasungkawa",
    r"innalillahi|menurut|kata(?:nya)?|dilaporkan|bmkg|live report|simak|baca|apakah|proposal|stimulan|huntara|rehab",
)
_MEANT: Final = (
    r"mau|mo|ingin|pengen|pengin|pingin|pgn|akan|hendak|niat|nekat|nekad|rencana|coba|mencoba|mending|mendingan|"
    r"lebih baik|terpikir|kepikiran|berpikir|ngancam|ngancem|ancam|mengancam|siap"
)
_DESPAIR: Final = (
    rf"(?:{_MEANT}) (?:\w+ ){{0,2}}(?:bunuh|bakar|gantung|membunuh|membakar) diri",
    rf"(?:{_MEANT}) (?:\w+ ){{0,2}}(?:meng)?akhiri (?:hidup|nyawa)(?:ku|nya)?",
    r"(?:minum|menenggak|nenggak|telan|nelan|menelan|tertelan|ketelan) (?:\w+ )?(?:racun|baygon|pestisida|herbisida|potas|"
    r"potasium|sianida|obat (?:nyamuk|tikus|hama|rumput)|gramoxone|roundup)",
)
_OF_DESPAIR: Final = ("diri", "akhiri", "minum", "nenggak", "telan", "nelan")
"""One of these stands in whatever `_DESPAIR` finds; few texts have any."""
_NOT_MEANT: Final = (
    r"gol|cegah|mencegah|pencegahan|kampanye|seminar|sosialisasi|simulasi|film[a-z]*|drakor|sinetron|novel|lagu|game|berita|"
    r"(?:tahun|thn|bulan|bln) (?:lalu|kemarin|kmrn)|pernah|hampir|wkwk[a-z]*|haha[a-z]*|hehe[a-z]*"
)


def _quick(pattern: str, before: str = "", after: str = "") -> re.Pattern[str]:
    """The alternatives of a pattern, gathered by their first letters: `re` tries one after the other at every place."""
    by_letter: dict[str, list[str]] = {}
    for one in _alternatives(pattern):
        letter = one[:1].strip("\\(")
        by_letter.setdefault(letter, []).append(one[len(letter) :])
    gathered = "|".join(f"{letter}(?:{'|'.join(rest)})" for letter, rest in by_letter.items())
    return re.compile(f"{before}(?:{gathered}){after}")


def _alternatives(pattern: str) -> Iterator[str]:
    """The alternatives that stand in no parentheses."""
    start = depth = 0
    for place, letter in enumerate(pattern):
        depth += (letter == "(") - (letter == ")")
        if letter == "|" and not depth:
            yield pattern[start:place]
            start = place + 1
    yield pattern[start:]


def _whole(patterns: Sequence[str]) -> re.Pattern[str]:
    """Any of the patterns, as whole words."""
    return _quick("|".join(patterns), r"\b", r"\b")


_URGENT: Final = _whole(_DANGERS)
_PRESENT: Final = _whole(_NOW)
_ABSENT: Final = _whole(_NOT_NOW)
_DESPERATE: Final = _whole(_DESPAIR)
_CALM: Final = _whole((_NOT_MEANT,))
_SMELL: Final = _quick(
    r"ba?kar|\bapi\b|\basap|banjir|\bair\b|terendam|kelelep|hanyut|arus|tenggelam|kelem|longsor|timbun|gempa|roboh|ambr|"
    r"beliung|laka|tabrak|terguling|gencet|jepit|setrum|nyetrum|kabel|tiang|tawuran|bentrok|rusuh|perang|dipanah|tusuk|"
    r"bacok|parang|royok|tembak|kosa|kejang|pingsan|sadar|sesak|darah|muntah|racun|lahir|kritis|sekarat|gigit|wabah|dbd|"
    r"diare|overdosis|bunuh|gantung|akhiri|baygon|pestisida|herbisida|potas|sianida|\bobat|gramoxone|roundup|"
    r"pukul|mukul|aniaya|sekap|kdrt|hilang|temu"
)
_SMELL_NOW: Final = _quick(
    r"tolong|tlg|tulung|bantu|sos|segera|cepa?t|butuh|help|mana|panggil|kirim|barusan|baru|saat|sekarang|skrg|jebak|"
    r"kurung|belum|blm|darurat|damkar|ambulan|polisi|bidan|dokter|petugas|pemadam|sar\b|\bdiri\b|hidup|nyawa|minum|tengg?ak|telan"
)


def smells(split: Sequence[Sequence[str]]) -> tuple[list[int], list[int]]:
    """Which tokens, given as the words in each, may be about a danger, and which about something now or a call for help.

    Cheap and remembered by token: only a text that has both is read with the net.
    """
    plain = [" ".join(words) for words in split]
    joined = "\n".join(plain)
    ends = list(accumulate(len(token) + 1 for token in plain))
    dangers, nows = ([bisect_right(ends, m.start()) for m in p.finditer(joined)] for p in (_SMELL, _SMELL_NOW))
    return dangers, nows


def in_danger(text: str) -> bool:
    """Whether the net for danger to life holds this text."""
    return holds(spelt([word for token in tokens_of(text) for word in words_of(token)]))


def spelt(words: Sequence[str]) -> str:
    """What the net reads of words: those with letters."""
    return " ".join([word for word in words if word[0].isalpha()])


def holds(said: str) -> bool:
    """Whether the net holds a text, given as its words with letters, a space between two."""
    if any(map(said.__contains__, _OF_DESPAIR)) and _DESPERATE.search(said) and not _CALM.search(said):
        return True
    return bool(_PRESENT.search(said) and _URGENT.search(said) and not _ABSENT.search(said))


_TOPICS: Final[tuple[tuple[Category, str], ...]] = (
    ("pungli_korupsi", r"pungli|pungutan|korupsi|suap|sogok\w*|dipungut|iuran sekolah|komite"),
    ("bencana_kebakaran", r"banjir|longsor|keba?karan|gempa|drainase|got|selokan|abrasi|terendam|genangan"),
    ("listrik", r"listrik|pln|pju|lampu jalan|padam|token|trafo|kabel|penerangan"),
    ("air_bersih", r"pdam|air bersih|sumur|air mati|keran|kekeringan|pamsimas"),
    ("kesehatan", r"puskesmas|rsud?|rumah sakit|bpjs|dokter|bidan|obat|ambulans?|kis|stunting"),
    ("pendidikan", r"sekolah|guru|siswa|murid|smp|sma|smk|sdn?|ijazah|ppdb|beasiswa|honorer"),
    ("bantuan_sosial", r"bansos|pkh|blt|bpnt|sembako|bantuan|dtks|bedah rumah|rtlh"),
    ("adminduk_layanan", r"ktp|kk|akta|dukcapil|sertifikat|bpn|samsat|skck|loket|pelayanan|kantor desa"),
    ("lingkungan_sampah", r"sampah|tpa|tps|limbah|bau|polusi|tambang|pohon"),
    ("transportasi", r"macet|lampu merah|parkir|bus|angkot|kapal|ferry|terminal|pelabuhan|bandara"),
    ("jalan_jembatan", r"jalan|jln|jl|jembatan|aspal|lubang|berlubang|trotoar|gorong"),
    ("ketertiban_keamanan", r"begal|maling|pencuri\w*|miras|mabuk|tawuran|balap liar|preman|judi|narkoba|bising|pkl"),
    ("pertanian_perikanan", r"pupuk|petani|irigasi|panen|nelayan|sawah|ternak|jagung|gabah|bibit"),
    ("tenaga_kerja_ekonomi", r"gaji|upah|phk|umr|umk|tki|pmi|lowongan|harga|pasar|umkm|pabrik"),
    ("telekomunikasi", r"sinyal|internet|wifi|telkomsel|indihome|jaringan|tower"),
    ("pariwisata", r"wisata|turis|pantai|gili|rinjani|hotel|sirkuit|mandalika"),
)  # fmt: skip
_TOPIC: Final = tuple((category, re.compile(rf"\b(?:{pattern})\b")) for category, pattern in _TOPICS)
_TROUBLE: Final = re.compile(
    r"\b(?:rusak\w*|mati|macet|banjir|bocor|lubang|berlubang|jebol|hancur|ancur|parah|kotor|bau|lambat|lama|mahal|belum|blm|"
    r"tidak|tdk|gak|ga|nggak|susah|sulit|keluh\w*|lapor\w*|melaporkan|resah|tolong|mohon|kecewa|kapan|rugi)\b"
)
_ASKING: Final = re.compile(r"\b(?:apakah|bagaimana|gimana|kapan|berapa|dimana|di mana|syarat|info)\b")
_THANKS: Final = re.compile(r"\b(?:terima ?kasih|makasih|mantap|keren|sukses|alhamdulillah|hebat|bagus)\b")
_WISH: Final = re.compile(r"\b(?:usul|saran|sebaiknya|semoga|harapan|andai)\b")
_SALE: Final = re.compile(r"\b(?:slot|gacor|pinjaman|promo|diskon|jual|ready stock|cek bio|open order)\b")


class KeywordRules:
    """The classifier when no model is there: says what the words suggest, and leaves whatever matters to a person."""

    name = NAME

    def __call__(self, texts: Sequence[str]) -> list[Verdict]:
        """One verdict for each text; never sure of a complaint."""
        return [_by_keywords(text) for text in texts]


def keywords(text: str) -> list[str]:
    """The words that the keyword rules went by."""
    words = " ".join(word for token in tokens_of(text) for word in words_of(token))
    found = [match.group() for _, pattern in _TOPIC for match in pattern.finditer(words)]
    return list(dict.fromkeys([*found, *(match.group() for match in _TROUBLE.finditer(words))]))


def _by_keywords(text: str) -> Verdict:
    words = " ".join(word for token in tokens_of(text) for word in words_of(token))
    category: Category = next((name for name, pattern in _TOPIC if pattern.search(words)), "lainnya")
    danger = in_danger(text)
    troubles = len(set(_TROUBLE.findall(words)))
    score = 0.1 if category == "lainnya" else min(0.25 + 0.15 * troubles, 0.75) if troubles else 0.2
    kind = _other_kind(words)
    if kind in {"apresiasi", "spam"}:
        score /= 2
    complaint = danger or score >= 0.5
    return Verdict(
        kind="pengaduan" if complaint else kind,
        is_complaint=complaint,
        complaint_score=max(score, 0.6) if danger else score,
        category=category,
        category_score=0.3 if category == "lainnya" else 0.6,
        urgency="mendesak" if danger else "biasa",
        urgent_score=0.6 if danger else 0.05,
        needs_review=danger or troubles > 0,
        model=NAME,
    )


def _other_kind(words: str) -> Kind:
    tests: tuple[tuple[Kind, re.Pattern[str]], ...] = (
        ("spam", _SALE), ("apresiasi", _THANKS), ("aspirasi", _WISH), ("pertanyaan", _ASKING),
    )  # fmt: skip
    if "?" in words and not _SALE.search(words):
        return "pertanyaan"
    return next((kind for kind, pattern in tests if pattern.search(words)), "lainnya")
