"""The verb init: a configuration to start from."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import typer

from ..errors import Misuse
from .app import app
from .outcome import out


@app.command(epilog="Example: ntbcare init /etc/ntbcare")
def init(folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new or empty folder.")]) -> None:
    """Write a commented starter configuration and say what to do next."""
    from importlib import resources

    names = ("connector.toml", "categories.toml", "contacts.toml", "answers.toml", "lapor.toml")
    there = [name for name in names if (folder / name).exists()]
    if there:
        raise Misuse(f"{folder / there[0]}: is there already and stays as it is; choose another folder")
    os.umask(os.umask(0) | 0o022)  # whoever may write there says where tokens are sent
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _write_all(folder, {name: (resources.files("connector.defaults") / name).read_text("utf-8") for name in names})
    except OSError as error:
        raise Misuse(f"{folder}: cannot be written ({error.strerror})") from None
    out(f"{folder / 'connector.toml'} is written. Next:")
    out("  1. put your Pages' ids there and their tokens into the environment variables it names")
    for number, verb in enumerate(("migrate", "check", "run"), 2):
        out(f"  {number}. ntbcare --config {folder / 'connector.toml'} {verb}")


def _write_all(folder: Path, texts: Mapping[str, str]) -> None:
    """All of these files, or none: half of a configuration would keep a second `init` away."""
    drafts = {folder / f".{name}.new": folder / name for name in texts}
    try:
        for draft, text in zip(drafts, texts.values(), strict=True):
            draft.write_text(text.replace(_STORE, _store_in(folder), 1), "utf-8")
        for draft, file in drafts.items():
            draft.replace(file)
    finally:
        for draft in drafts:
            draft.unlink(missing_ok=True)


_STORE = 'url = "sqlite:///ntbcare.db"'


def _store_in(folder: Path) -> str:
    """The starter's store beside its configuration, whatever folder `ntbcare` is later run from; where a URL can name it."""
    whole = str(folder.absolute())
    return _STORE if set(whole) & set('?#%"\\') else f'url = "sqlite:///{whole}/ntbcare.db"'
