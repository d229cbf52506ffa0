"""What keeps the house: counters, leases, persons' wishes, keys, audit."""

from sqlalchemy import BigInteger, Column, String, Table

from ..types import BigId, Faithful, Json, Name, Utc
from .tables import MARIADB, metadata

counters = Table(
    "counters",
    metadata,
    Column("name", Name, primary_key=True),
    Column("value", BigInteger, nullable=False),
    Column("at", Utc),
    **MARIADB,
)

leases = Table(
    "leases",
    metadata,
    Column("name", Name, primary_key=True),
    Column("owner", Name, nullable=False),
    Column("until_ms", BigInteger, nullable=False),
    Column("fence", BigInteger, nullable=False),
    **MARIADB,
)

persons = Table(
    "persons",
    metadata,
    Column("author_hash", String(64), primary_key=True),  # the id itself is forgotten
    Column("state", String(12), nullable=False),  # erased, restricted
    Column("at", Utc, nullable=False),
    **MARIADB,
)

keys = Table(
    "keys",
    metadata,
    Column("name", Name, primary_key=True),
    Column("value", String(64), nullable=False),  # random, in hexadecimal; made when first needed, never changed
    **MARIADB,
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigId, primary_key=True, autoincrement=True),
    Column("at", Utc, nullable=False),
    Column("who", Faithful, nullable=False),  # of the staff
    Column("what", String(24), nullable=False),
    Column("counts", Json, nullable=False),  # numbers only: nothing here tells of a citizen
    **MARIADB,
)
