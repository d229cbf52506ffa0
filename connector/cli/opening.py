"""What most verbs begin with: settings, the store, signals; and reading their options."""

import codecs
import gc
import os
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import typer

from ..errors import Misuse, SettingsError
from ..wita import WITA
from .outcome import say

if TYPE_CHECKING:
    from ..records import Stream
    from ..wiring import Works

_ARENA_MAX = -8
"""M_ARENA_MAX of glibc's malloc.h: into how many heaps threads may fall apart."""
DAEMON_LEAVES_IN = 8.0
"""Seconds from the order to stop to the end of the process: 10 are promised."""
CUT = "stopped with something still in hand; does the store answer? What was not committed is undone: look, then run it again"


def open_works(
    context: typer.Context,
    *,
    ready: bool = True,
    stops: bool = True,
    patient: bool = False,
    leaves_in: float | None = 30.0,
) -> "Works":
    """The works for the configuration named before the verb; `ready` checks the store's schema too.

    `stops`: the verb looks whether it is to stop. One that does not is interrupted where it is; it gives the store all the time
    that it takes, as does a `patient` one. `leaves_in`: so many seconds after it was told to stop the process ends, whatever it
    waits for; a patient one never does.
    """
    from .. import settings as configuration
    from ..contactbook import load_contacts
    from ..wiring import works

    file = context.obj or None
    settings = configuration.load(file)
    beside = (configuration.found(file)).parent
    routing = configuration.load_routing(beside)
    book = load_contacts(beside, routing, settings.alarms.operator)
    made = works(settings, routing, beside, book, patient=patient or not stops)
    made.wordings = configuration.load_wordings(beside)
    context.call_on_close(made.engine.dispose)
    if stops:
        stop_on_signals(made.stop)
        if leaves_in is not None and not patient:
            leave_in_time(made.stop, partial(say, CUT), leaves_in, code=1)
    else:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # no draft is left behind
    if ready:
        made.ready()
    collect_seldom()
    share_heaps()
    return made


def collect_seldom() -> None:
    """What is loaded stays, and rows come and go by the hundred without cycles: looking for garbage less often saves a tenth."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


def share_heaps() -> None:
    """Each thread that reads would get a heap of its own, and keep there what no other can use: a few MB each on glibc."""
    import ctypes  # takes a while, and most verbs' help never gets here

    if tell := getattr(ctypes.CDLL(None), "mallopt", None):
        tell(_ARENA_MAX, 2)


def stop_on_signals(stop: threading.Event) -> None:
    """SIGTERM and SIGINT let the step in hand end, then stop; a second one stops at once."""

    def told(number: int, _frame: Any) -> None:
        if stop.is_set():
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)


def leave_in_time(stop: threading.Event, say_so: Callable[[], None], seconds: float, code: int = 0) -> None:
    """From now on the process ends, with this code, so many seconds after `stop` was set, whatever its threads wait for.

    Such a wait is mostly for a store that says nothing: it undoes what was not committed as soon as it sees that we are gone.
    """

    def leave() -> None:
        stop.wait()
        time.sleep(seconds)
        say_so()
        os._exit(code)

    threading.Thread(target=leave, name="leave in time", daemon=True).start()


def moment(value: str | None, option: str) -> datetime | None:
    """A date (midnight in WITA) or an ISO time, aware. Raises Misuse."""
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
        at = at.replace(tzinfo=WITA) if at.tzinfo is None else at
        at.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Misuse(f"{option}: expected a date such as 2026-11-24 or a time such as 2026-11-24T08:00Z") from None
    return at


def window(since: str | None, until: str | None) -> tuple[datetime | None, datetime | None]:
    """Both ends of a window. Raises Misuse when it is empty."""
    start, end = moment(since, "--since"), moment(until, "--until")
    if start and end and start >= end:
        raise Misuse("--since: expected a time before --until")
    return start, end


def chosen_streams(names: Iterable[str], configured: "Iterable[Stream]") -> "tuple[Stream, ...]":
    """The streams named, or all that are configured. Raises Misuse for an unknown one."""
    from ..records import Stream

    known, own = get_args(Stream), tuple(configured)
    for name in names:
        if name not in known:
            raise Misuse(f"--stream {name}: expected one of {', '.join(known)}")
        if name not in own:
            raise SettingsError(
                f"--stream {name}: this account is not configured to read it; it reads {', '.join(own)}"
            )
    return tuple(n for n in own if n in set(names)) if names else own


def readable(file: Path) -> Path:
    """The same file, or pipe, if it is there to be read. Raises Misuse."""
    if file.is_dir():
        raise Misuse(f"{file}: is a folder; expected the name of a file")
    if not file.exists():
        raise Misuse(f"{file}: no such file")
    return file


_NO_TEXT = {
    b"PK\x03\x04": "a file of Excel or another archive; save it as CSV first",
    b"\xd0\xcf\x11\xe0": "an old file of Excel or Word; save it as CSV first",
    b"\x1f\x8b": "compressed; unpack it first",
    b"%PDF": "a PDF; ask for the same as CSV",
    b"<": "a page; of the report, hand in the file that its button downloads",
}
"""How files begin that are handed in by mistake: each of their lines would be called wrong by itself."""


def records_in(file: Path) -> Path:
    """The same file if it is there to be read and may hold records, line by line. Raises Misuse."""
    if not readable(file).is_file():  # a pipe gives what it has only once
        return file
    with file.open("rb") as stream:
        start = stream.read(100).removeprefix(codecs.BOM_UTF8).lstrip()
    for sign, what in _NO_TEXT.items():
        if start.startswith(sign):
            raise Misuse(f"{file}: is {what}")
    return file


def chosen_model(context: typer.Context, folder: Path | None) -> Path | None:
    """Where the model is that answers: in the folder named, else among those trained here, where a configuration is found.

    Raises Misuse for a folder that holds none: no other model may answer in its place.
    """
    from classifiers import ModelUnusable, place_of

    from ..settings import found

    if folder is None:
        try:
            return found(context.obj).parent / "models"
        except SettingsError:
            if context.obj is not None:
                raise
            return None
    if not folder.is_dir():
        raise Misuse(f"--model {folder}: no such folder")
    if not any(folder.iterdir()):
        raise Misuse(f"--model {folder}: there is no model in it")
    try:
        place_of(folder)
    except ModelUnusable as error:
        raise Misuse(f"--model {error}") from None
    return folder


STDOUT = Path("-")
"""What `--out -` means; any other option wants the name of a file."""


def named(file: Path | None, option: str) -> None:
    """Raises Misuse for what means stdout, where a file or folder is wanted."""
    if file == STDOUT:
        raise Misuse(f"{option} -: expected a name")


@contextmanager
def written(file: Path | None) -> Iterator[Any]:
    """A text stream to a file that appears whole or not at all, private to its owner; or to stdout without one or for `-`."""
    import sys
    import uuid

    if file is None or file == STDOUT:
        sys.stdout.reconfigure(encoding="utf-8", errors="backslashreplace", newline="")  # type: ignore[union-attr]
        yield sys.stdout
        sys.stdout.flush()
        return
    if file.is_dir():
        raise Misuse(f"{file}: is a folder; expected the name of a file")
    if file.is_symlink():
        raise Misuse(f"{file}: is a link; name the file itself, or leave the option out to have it on stdout")
    special = file.exists() and not file.is_file()  # a device such as /dev/null, or a pipe: no file may take its place
    draft = file if special else file.parent / f".{file.name}.{uuid.uuid4().hex}"
    fresh = 0 if special else os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
    try:
        handle = os.open(draft, os.O_WRONLY | fresh, 0o600)
    except OSError as error:
        raise Misuse(f"{file}: cannot be written ({error.strerror})") from None
    try:
        with open(handle, "w", encoding="utf-8", newline="") as stream:  # noqa: PTH123  (an open descriptor)
            yield stream
            stream.flush()
            if not special:
                os.fsync(stream.fileno())
                draft.replace(file)
    except BaseException as error:
        if isinstance(error, OSError) and error.filename is None:
            error.filename = str(file)  # a full disk does not say where
        if not special:
            draft.unlink(missing_ok=True)
        raise
