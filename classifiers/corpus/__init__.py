"""Our own texts, written by hand, read strictly: a wrong line stops a training instead of spoiling it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final, get_args

from classifiers.verdict import CATEGORIES, KINDS, URGENCIES, Category, Kind, Urgency

FOLDER: Final = Path(__file__).parent
COLUMNS: Final = ("kind", "category", "urgency", "lang", "style", "context", "text")
LANGUAGES: Final = frozenset({"id", "sas", "smw", "mbj", "ban", "jv"})
STYLES: Final = ("komentar", "pesan", "cuitan", "laporan", "balasan")


class CorpusError(ValueError):
    """A line of a training file that cannot be trusted; the message names the file and the line."""


@dataclass(frozen=True, slots=True)
class Line:
    """One text of the corpus with its labels; `voice` is the file it stands in."""

    kind: Kind
    category: Category
    urgency: Urgency
    lang: str
    style: str
    context: str
    text: str
    voice: str
    where: str


def load(folder: Path = FOLDER) -> list[Line]:
    """Every line of every `*.tsv` of a folder, in the order of the names of the files."""
    files = sorted(folder.glob("*.tsv"))
    if not files:
        raise CorpusError(f"{folder}: no corpus here, expected *.tsv files")
    return list(_distinct(line for file in files for line in read(file)))


def read(file: Path) -> Iterator[Line]:
    """The lines of one file, each checked."""
    rows = numbered(file)
    _, header = next(rows, (1, ""))
    if tuple(header.split("\t")) != COLUMNS:
        raise CorpusError(f"{file}:1: the header is {header[:80]!r}, expected {' '.join(COLUMNS)} between tabs")
    for number, row in rows:
        yield _line(row, file.stem, f"{file}:{number}")


def numbered(file: Path) -> Iterator[tuple[int, str]]:
    """The lines of a UTF-8 file with their numbers; only a line feed ends one."""
    try:
        raw = file.read_bytes()
    except OSError as error:
        raise CorpusError(f"{file}: cannot be read ({error.strerror}); give a readable file") from None
    for number, row in enumerate(raw.removesuffix(b"\n").split(b"\n"), 1):
        try:
            yield number, row.removesuffix(b"\r").decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise CorpusError(f"{file}:{number}: not UTF-8 ({error.reason} at byte {error.start})") from None


def digest(folder: Path = FOLDER) -> str:
    """SHA-256 over the names and bytes of a folder's corpus files: which corpus a model was trained on."""
    total = sha256()
    for file in sorted(folder.glob("*.tsv")):
        total.update(file.name.encode() + b"\0" + sha256(file.read_bytes()).digest())
    return total.hexdigest()


def same_text(text: str) -> str:
    """What two texts have in common when they differ in case and spaces only."""
    return " ".join(text.casefold().split())


def _line(row: str, voice: str, where: str) -> Line:
    cells = row.split("\t")
    if len(cells) != len(COLUMNS):
        raise CorpusError(f"{where}: {len(cells)} columns, expected {len(COLUMNS)}")
    kind, category, urgency, lang, style, context, text = cells
    _one_of(kind, KINDS, "kind", where)
    _one_of(category, CATEGORIES, "category", where)
    _one_of(urgency, URGENCIES, "urgency", where)
    _one_of(style, STYLES, "style", where)
    for language in lang.split("+"):
        _one_of(language, sorted(LANGUAGES), "lang", where)
    if urgency == "mendesak" and kind != "pengaduan":
        raise CorpusError(f"{where}: only a pengaduan can be mendesak, this is {kind}")
    if not text.strip():
        raise CorpusError(f"{where}: no text")
    spoken, asked = text.replace("\\n", "\n"), context.replace("\\n", "\n")
    return Line(
        get_args(Kind)[KINDS.index(kind)],
        get_args(Category)[CATEGORIES.index(category)],
        get_args(Urgency)[URGENCIES.index(urgency)],
        lang, style, asked, spoken, voice, where,
    )  # fmt: skip


def _one_of(value: str, allowed: Iterable[str], column: str, where: str) -> None:
    allowed = tuple(allowed)
    if value not in allowed:
        raise CorpusError(f"{where}: unknown {column} {value!r}, expected one of {', '.join(allowed)}")


def _distinct(lines: Iterable[Line]) -> Iterator[Line]:
    seen: dict[tuple[str, str], str] = {}
    for line in lines:
        key = same_text(line.text), same_text(line.context)
        if key in seen:
            raise CorpusError(f"{line.where}: the same text stands at {seen[key]}; keep one")
        seen[key] = line.where
        yield line
