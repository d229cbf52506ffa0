"""S-12: docs/roles.sql on a real PostgreSQL: the daemon's role can do its work and no more, the reader sees no citizen."""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, create_engine, inspect, make_url, text
from sqlalchemy.exc import ProgrammingError

from connector import person
from connector.store import migrate
from connector.store.engine import open_store, reading, writing
from tests.edge.citizens import asked, assert_forgotten, fill, tickets_of

GRANTS = (Path(__file__).parents[2] / "docs" / "roles.sql").read_text("utf-8")
NAMES = ("care_migrate", "care_rw", "care_ro")


@pytest.fixture
def roles(database_servers: dict[str, str]) -> Iterator[dict[str, Engine]]:
    """A store as docs/operating.md sets it up, seen by each of the roles; their names are new, since servers are shared."""
    mark = uuid.uuid4().hex[:8]
    server, name = database_servers["postgresql"], f"roles_{mark}"
    admin = create_engine(f"{server}postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for role in NAMES:
            connection.execute(text(f"CREATE ROLE {role}_{mark} LOGIN"))
        connection.execute(text(f"CREATE DATABASE {name} OWNER care_migrate_{mark}"))
    address = make_url(server + name)
    made = {role: open_store(str(address.set(username=f"{role}_{mark}"))) for role in NAMES}
    migrate.migrate(made["care_migrate"])
    grants = GRANTS
    for role in NAMES:
        grants = grants.replace(role, f"{role}_{mark}")
    for _ in range(2):
        with writing(made["care_migrate"]) as connection:
            connection.exec_driver_sql(grants)
    yield made
    for engine in made.values():
        engine.dispose()
    with admin.connect() as connection:
        connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        for role in NAMES:
            connection.execute(text(f"DROP ROLE {role}_{mark}"))
    admin.dispose()


def refused(engine: Engine, statement: str) -> bool:
    with pytest.raises(ProgrammingError) as caught, writing(engine) as connection:
        connection.execute(text(statement))
    return "permission denied" in str(caught.value) or "must be owner" in str(caught.value)


def test_the_daemons_role_works_and_erases(roles: dict[str, Engine]) -> None:
    engine = roles["care_rw"]
    migrate.check(engine)
    fill(engine)
    assert len(tickets_of(engine)) > 2
    person.erase(asked(engine))
    assert_forgotten(engine)


def test_the_daemons_role_can_do_no_more(roles: dict[str, Engine]) -> None:
    engine = roles["care_rw"]
    fill(engine)
    assert refused(engine, "CREATE TABLE mine (n int)")
    assert refused(engine, "ALTER TABLE tickets ADD COLUMN n int")
    assert refused(engine, "DROP TABLE tickets")
    assert refused(engine, "UPDATE alembic_version SET version_num = ''")
    assert refused(engine, "UPDATE audit SET who = ''")
    for table in inspect(engine).get_table_names():
        assert refused(engine, f'TRUNCATE "{table}"'), table
    for table in ("raw_items", "items", "tickets", "ticket_events", "keys", "audit"):
        assert refused(engine, f"DELETE FROM {table}"), table


def test_the_reader_counts_tickets_and_sees_no_citizen(roles: dict[str, Engine]) -> None:
    fill(roles["care_rw"])
    engine = roles["care_ro"]
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT count(*) FROM tickets WHERE status = 'diterima'"))
    assert refused(engine, "SELECT reporter_id FROM tickets")
    assert refused(engine, "SELECT summary FROM tickets")
    assert refused(engine, "UPDATE tickets SET status = 'tuntas'")
    for table in set(inspect(roles["care_rw"]).get_table_names()) - {"tickets"}:
        assert refused(engine, f'SELECT * FROM "{table}"'), table
