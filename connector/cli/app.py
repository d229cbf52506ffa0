"""The Typer app: its one global option, and all verbs."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

from .. import __version__

Verb = TypeVar("Verb", bound=Callable[..., Any])


def _refuse_twice(ctx: typer.Context, given: Sequence[object]) -> None:
    """Fails as wrong use where an option of which one is wanted was given twice: the first would be passed over silently."""
    for option in given:
        if not isinstance(option, TyperOption) or option.multiple or option.is_flag:
            continue
        if given.count(option) > 1:
            ctx.fail(f"Option '{option.opts[0]}' may be given once")


class Once(TyperCommand):
    """A command that refuses an option given twice where one is wanted."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """The arguments left over; fails as wrong use."""
        _refuse_twice(ctx, self.make_parser(ctx).parse_args(list(args))[2])
        return super().parse_args(ctx, args)


class OnceBefore(TyperGroup):
    """The same for the options that stand before the verb."""

    def parse_args(self, ctx: typer.Context, args: list[str]) -> list[str]:  # type: ignore[override]
        """The verb and what is its own; fails as wrong use."""
        _refuse_twice(ctx, self.make_parser(ctx).parse_args(list(args))[2])
        return super().parse_args(ctx, args)


class Verbs(typer.Typer):
    """Verbs, each option of which is given once unless it may be repeated."""

    def command(self, name: str | None = None, **how: Any) -> Callable[[Verb], Verb]:
        """Adds a verb, as Typer does."""
        return super().command(name, cls=Once, **how)


app = Verbs(
    name="ntbcare",
    cls=OnceBefore,
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
