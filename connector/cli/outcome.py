"""From errors to exit codes and one line each on stderr."""

import json
import os
import re
import sys
import traceback
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

import typer
from typer.exceptions import TyperException

from ..errors import ConnectorError, Misuse

_STEERS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def say(line: str) -> None:
    """A message for the operator, on stderr, without control characters."""
    clean = "".join(c if c.isprintable() or c == "\n" else "�" for c in line)
    with suppress(OSError):  # nobody hears it there; the exit code still tells
        print(clean.encode("utf-8", "replace").decode("utf-8"), file=sys.stderr)


def out(line: str) -> None:
    """A result, on stdout, without what steers a terminal: it may hold words of anybody."""
    line = _STEERS.sub("�", line)
    sys.stdout.buffer.write(line.encode("utf-8", "backslashreplace") + b"\n")
    sys.stdout.flush()


def out_json(value: Any) -> None:
    """A result as one JSON value."""
    out(json.dumps(value, indent=None, default=str))


def finish(failures: Iterable[str]) -> None:
    """Says what failed and ends with 1 if anything did."""
    failures = list(failures)
    for line in failures:
        say(line)
    if failures:
        raise typer.Exit(1)


def run(app: typer.Typer) -> int:
    """Runs the app and turns its errors into exit codes.

    A defect is told in one line too; with NTBCARE_TRACEBACK in the environment it shows its traceback.
    """
    _whole_streams()
    try:
        return _coded(app)
    finally:
        _let_go()


def _coded(app: typer.Typer) -> int:
    try:
        code = app(prog_name="ntbcare", standalone_mode=False)
        sys.stdout.flush()
    except TyperException as error:
        say(_misused(error))
        return 2
    except Misuse as error:
        say(str(error))
        return 2
    except ConnectorError as error:
        say(str(error))
        return 1
    except BrokenPipeError:
        return 1
    except MemoryError:  # what explains other errors would want more of it
        say("out of memory: give ntbcare 512 MB or more, then run the command again; what was not committed is undone")
        return 1
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except Exception as error:
        line = _explained(error)
        if line is None and "NTBCARE_TRACEBACK" in os.environ:
            raise
        say(line or _defect(error))
        return 1
    return code if isinstance(code, int) else 0


def _misused(error: TyperException) -> str:
    """A wrong option or argument in one line: where, what, and what tells more. Without any, the help itself."""
    what = error.format_message().strip()
    if what.startswith("Usage:"):
        return what
    what = " ".join(what.split())
    verb = getattr(getattr(error, "ctx", None), "command_path", "ntbcare")
    return f"{verb}: {what.rstrip('.')}; see: {verb} --help"


def _whole_streams() -> None:
    """Who starts us without stdin, stdout or stderr wants nothing of them; no file of ours may take their place."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115  (for as long as we live)


def _let_go() -> None:
    """What a stream could not take is let go: Python would try it once more at the end, and end with 120."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _defect(error: Exception) -> str:
    place = traceback.extract_tb(error.__traceback__)[-1]
    what = " ".join(f"{type(error).__name__}: {error}".split())[:300]
    return f"a defect, please report it: {what} ({place.filename}:{place.lineno}); NTBCARE_TRACEBACK=1 shows more"


def _explained(error: Exception) -> str | None:
    """A line for errors of the surroundings (store, files, model); None for a defect."""
    from sqlalchemy.exc import DBAPIError

    from classifiers import ModelUnusable
    from classifiers.corpus import CorpusError

    from ..store.failing import advice

    if isinstance(error, DBAPIError):
        return f"store: {advice(error)}"
    if isinstance(error, OSError):
        where = error.filename if error.filename is not None else "output"
        return f"{where}: {error.strerror or error}; mend that and run the command again"
    if isinstance(error, ModelUnusable | CorpusError):
        return " ".join(str(error).split())[:500]
    return None
