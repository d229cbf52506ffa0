"""The Typer app: its one global option, and all verbs."""

from pathlib import Path
from typing import Annotated

import typer

from .. import __version__

app = typer.Typer(
    name="ntbcare",
    help="Finds citizens' complaints on Facebook Pages and makes NTB Care tickets of them.",
    epilog="Start with: ntbcare demo",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"ntbcare {__version__}")
        raise typer.Exit


@app.callback()
def _configured(
    context: typer.Context,
    config: Annotated[
        Path | None, typer.Option("--config", metavar="FILE", help="The configuration [env NTBCARE_CONFIG].")
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say the version.")
    ] = False,
) -> None:
    context.obj = config
