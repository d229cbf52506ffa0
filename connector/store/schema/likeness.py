"""Where tickets are found again by what was said: the numbers of the complaints that opened them."""

from sqlalchemy import BigInteger, Column, ForeignKey, Index, Table, text

from ..types import BigId
from .tables import MARIADB, metadata

likeness = Table(
    "likeness",
    metadata,
    Column("key", BigInteger, primary_key=True, autoincrement=False),
    Column("item_id", BigId, ForeignKey("items.id", ondelete="CASCADE"), primary_key=True, autoincrement=False),
    Column("gist", BigInteger, nullable=False, server_default=text("-1")),
    Index(None, "item_id"),
    sqlite_with_rowid=False,
    **MARIADB,
)
