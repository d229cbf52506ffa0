"""The local web page for staff: the report as it stands now, whose corrections and moves take effect at once."""

from .door import Door
from .serving import serve
from .web import Office, make_app, told

__all__ = ["Door", "Office", "make_app", "serve", "told"]
