"""R-16: a server that is there and says nothing, or whose machine is gone, is given up in time."""

import os
import socket
import time

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from connector.store import engine as opening
from connector.store.engine import open_store, reading
from connector.store.failing import remark


@pytest.mark.parametrize("driver", ["postgresql+psycopg", "mysql+pymysql"])
@pytest.mark.parametrize("patient", [False, True])
def test_a_server_that_does_not_greet_is_given_up(driver: str, patient: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "GREET_S", 2)
    with socket.create_server(("127.0.0.1", 0)) as mute:
        engine = open_store(f"{driver}://care@127.0.0.1:{mute.getsockname()[1]}/care", patient=patient)
        began = time.monotonic()
        with pytest.raises(SQLAlchemyError) as caught, reading(engine):
            pass
        assert time.monotonic() - began < 20
    assert remark(caught.value)[0] == "store_failed"


@pytest.mark.parametrize("database", ["mariadb"])
def test_a_statement_without_an_answer_is_given_up_but_not_by_the_patient(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(opening, "GREET_S", 1)
    monkeypatch.setattr(opening, "SILENT_S", 2)
    hasty, patient = open_store(store_url), open_store(store_url, patient=True)
    with reading(patient) as connection:
        assert connection.scalar(text("SELECT SLEEP(3)")) == 0
    with reading(hasty) as connection:
        assert connection.scalar(text("SELECT SLEEP(1.3)")) == 0, "the bound of the greeting is not that of a statement"
    with pytest.raises(SQLAlchemyError) as caught, reading(hasty) as connection:
        connection.execute(text("SELECT SLEEP(20)"))
    assert remark(caught.value)[0] == "store_failed"
    hasty.dispose()
    patient.dispose()


@pytest.mark.parametrize("database", ["postgresql"])
def test_a_server_whose_machine_is_gone_is_given_up_by_the_kernel(store_url: str) -> None:
    engine = open_store(store_url)
    with reading(engine) as connection:
        driver = connection.connection.driver_connection
        assert driver is not None
        with socket.socket(fileno=os.dup(driver.fileno())) as wire:
            assert wire.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            assert 0 < wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= opening.SILENT_S
            assert wire.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == opening.SILENT_S * 1000
    engine.dispose()
