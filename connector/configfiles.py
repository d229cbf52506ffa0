"""The files an operator edits: read, checked against what they may hold, and explained when wrong; secrets stand beside them."""

import os
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from pathlib import Path
from typing import Any, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from .errors import SettingsError

Environment = Mapping[str, str]


class Strict(BaseModel):
    """A table of a file: a key that it does not know is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


T = TypeVar("T", bound=BaseModel)
KEY = r"[a-z0-9][a-z0-9_-]{0,39}"
"""What people call an account or a channel."""
_MOST = 1_000_000  # characters: what goes on beyond is no configuration, but a device or a store
_PLAINLY = {
    "extra_forbidden": "unknown key; expected one of those that `ntbcare init` writes",
    "missing": "is missing",
    "tuple_type": 'expected a list: ["…", "…"], or tables that each begin with [[…]] in double brackets',
    "model_type": "expected a table, with keys of its own",
    "dict_type": "expected a table, with keys of its own",
    "string_type": 'expected a text in quotes: "…"',
    "int_type": "expected a whole number, without quotes",
    "float_type": "expected a number, without quotes",
}


def formed(pattern: str, expected: str) -> AfterValidator:
    """A text that must be wholly of this form; what is `expected` is said of any other."""

    def check(value: str) -> str:
        if not re.fullmatch(pattern, value):
            raise ValueError(f"expected {expected}")
        return value

    return AfterValidator(check)


def beside_or_default(kind: type[T], name: str, beside: Path | None) -> T:
    """A file's content from beside the configuration or from the defaults. Raises SettingsError."""
    own = beside / name if beside else None
    if own and os.path.lexists(own):  # one that is there and cannot be read is never passed over
        return validated(kind, read(own), own)
    default = resources.files("connector.defaults") / name
    return validated(kind, tomllib.loads(default.read_text("utf-8")), Path(name))


def read(file: Path) -> dict[str, Any]:
    """A TOML file. Raises SettingsError."""
    try:
        with file.open(encoding="utf-8-sig") as lines:
            text = lines.read(_MOST + 1)
        if len(text) > _MOST:
            raise SettingsError(f"{file}: no file of ours: it is longer than {_MOST // 1_000_000} million characters")
        return tomllib.loads(text)
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read ({error.strerror}); make one with: ntbcare init DIR") from None
    except (ValueError, RecursionError) as error:  # also what is nested too deep, or a number of thousands of digits
        raise SettingsError(f"{file}: not TOML: {error}") from None


def validated(kind: type[T], data: Mapping[str, Any], file: Path) -> T:
    """Data of a file as its record. Raises SettingsError with a line for each key that is wrong: file, key, expectation."""
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        lines = [_explained(problem, data) for problem in error.errors(include_input=False, include_url=False)]
        raise SettingsError("\n".join(f"{file}: {line}" for line in lines)) from None


def _explained(problem: Any, data: Any) -> str:
    path = ".".join(_named(problem["loc"], data))
    said = problem["msg"].removeprefix("Value error, ").replace("Input should be", "expected")
    said = said.replace("greater than or equal to", "at least").replace("less than or equal to", "at most")
    message = _PLAINLY.get(problem["type"], said)
    return f"{path}: {message}" if path else message


def _named(steps: Iterable[Any], data: Any) -> Iterator[str]:
    """The way to a value for people: a table in a list by its key, if it has one, else by its number."""
    for step in steps:
        data = _below(data, step)
        key = data.get("key") if isinstance(step, int) and isinstance(data, dict) else None
        yield key if isinstance(key, str) and re.fullmatch(KEY, key) else str(step)


def _below(data: Any, step: Any) -> Any:
    try:
        return data[step]
    except (KeyError, IndexError, TypeError):
        return None


def secret(variable: str | None, file: Path | None, environment: Environment = os.environ) -> tuple[str, str]:
    """What stands in the variable, or else in the file ('' for nothing usable); and where that is, for people."""
    if variable is not None:
        return environment.get(variable, "").strip(), f"environment variable {variable}"
    try:
        return Path(str(file)).read_text("utf-8-sig").strip(), f"file {file}"
    except (OSError, UnicodeDecodeError):
        return "", f"file {file}"
