"""The local web page for staff: the report as it stands now, whose corrections and moves take effect at once."""

from .web import Office, make_app, serve, told

__all__ = ["Office", "make_app", "serve", "told"]
