"""From errors to exit codes and one line each on stderr."""

import json
import sys
from collections.abc import Iterable
from typing import Any

import typer

from ..errors import ConnectorError, Misuse


def say(line: str) -> None:
    """A message for the operator, on stderr, without control characters."""
    clean = "".join(c if c.isprintable() or c == "\n" else "�" for c in line)
    print(clean.encode("utf-8", "replace").decode("utf-8"), file=sys.stderr)


def out(line: str) -> None:
    """A result, on stdout, whatever characters it has."""
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
    """Runs the app and turns its errors into exit codes."""
    try:
        app()
    except Misuse as error:
        say(str(error))
        return 2
    except ConnectorError as error:
        say(str(error))
        return 1
    except BrokenPipeError:
        return 1
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 1
    except Exception as error:
        line = _explained(error)
        if line is None:
            raise
        say(line)
        return 1
    return 0


def _explained(error: Exception) -> str | None:
    """A line for errors of the surroundings (store, files, model); None for a defect, which shows its traceback."""
    from sqlalchemy.exc import DBAPIError

    from classifiers import ModelUnusable
    from classifiers.corpus import CorpusError

    if isinstance(error, DBAPIError):
        cause = " ".join(str(error.orig).split())[:300]
        return f"store: {cause}; is it reachable and writable, with room on its disk? Try again after mending that"
    if isinstance(error, ModelUnusable | CorpusError | OSError):
        return " ".join(str(error).split())[:500]
    return None
