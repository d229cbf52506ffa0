"""S-13: the systemd unit in docs/ is a hardened one and starts a command that exists."""

from configparser import RawConfigParser
from pathlib import Path

import pytest

from tests.house.test_help import commands

UNIT = Path(__file__).resolve().parents[2] / "docs" / "ntbcare.service"
FENCES = {
    "CapabilityBoundingSet": "",
    "LimitCORE": "0",
    "LockPersonality": "yes",
    "MemoryDenyWriteExecute": "yes",
    "MemoryMax": "512M",
    "NoNewPrivileges": "yes",
    "PrivateDevices": "yes",
    "PrivateTmp": "yes",
    "PrivateUsers": "yes",
    "ProtectHome": "yes",
    "ProtectProc": "invisible",
    "ProtectSystem": "strict",
    "RestrictNamespaces": "yes",
    "StateDirectoryMode": "0700",
    "SystemCallArchitectures": "native",
    "UMask": "0077",
}


def service() -> list[tuple[str, str]]:
    """The settings of [Service] in order; a name may stand there more than once."""
    lines = UNIT.read_text("utf-8").partition("[Service]\n")[2].partition("\n[")[0].splitlines()
    return [(name, value) for name, _, value in (line.partition("=") for line in lines if line and line[0] != "#")]


@pytest.mark.parametrize(("name", "value"), FENCES.items())
def test_the_fences_stand(name: str, value: str) -> None:
    assert [v for n, v in service() if n == name] == [value]


def test_system_calls_are_those_of_a_service_and_secrets_are_handed_over_by_systemd() -> None:
    settings = service()
    assert [v for n, v in settings if n == "SystemCallFilter"] == ["@system-service", "~@privileged @resources"]
    assert any(n == "LoadCredential" for n, _ in settings)
    assert not any(n == "Environment" and "TOKEN" in v.upper() for n, v in settings)


def test_a_start_that_waits_for_the_store_is_not_cut_off() -> None:
    assert ("TimeoutStartSec", "infinity") in service()


def test_it_tells_which_start_of_the_machine_this_is() -> None:
    """%b is systemd's name for it."""
    assert ("Environment", "NTBCARE_BOOT_ID=%b") in service()


def test_it_starts_a_verb_that_exists() -> None:
    started = next(v for n, v in service() if n == "ExecStart").split()
    assert started[0].endswith("/ntbcare") and (started[-1],) in commands()


def test_it_is_a_unit_that_parses() -> None:
    parser = RawConfigParser(strict=False)
    parser.read(UNIT, "utf-8")
    assert parser.sections() == ["Unit", "Service", "Install"]
