"""The contact book: config/contacts.toml, who is rung on which channel. No address that is a secret ever stands in it."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

from pydantic import Field, SecretStr, model_validator

from .configfiles import KEY, Environment, Strict, beside_or_default, formed, secret
from .errors import SettingsError
from .records import Roster
from .settings import Routing

Reference = Annotated[str, formed(KEY + r"(:[^\s\x00-\x1f\x7f/?&#%]{1,100})?", "a channel, or channel:address")]
_NAMED = "a name in small letters and digits, such as piket"
PLACEHOLDER = "{address}"
RESERVED = "contact"


class Channel(Strict):
    """A way to reach somebody: the variable or file that holds an apprise address.

    `{address}` in it is filled in by whoever uses the channel as channel:address, such as telegram:123456.
    """

    url_env: str | None = None
    url_file: Path | None = None

    @model_validator(mode="after")
    def _one(self) -> "Channel":
        if (self.url_env is None) == (self.url_file is None):
            raise ValueError("expected either url_env or url_file")
        return self


class DutyOfficer(Strict):
    """Somebody on duty. Level 1 rings at once, higher ones when nobody has acknowledged in time."""

    name: Annotated[str, Field(min_length=1, max_length=80)]
    channel: Reference
    level: Annotated[int, Field(ge=1, le=9)] = 1


class ContactBook(Strict):
    """All of contacts.toml."""

    channels: dict[Annotated[str, formed(KEY, _NAMED)], Channel] = Field(default_factory=dict)
    duty: tuple[DutyOfficer, ...] = ()
    agencies: dict[str, tuple[Reference, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> "ContactBook":
        if RESERVED in self.channels:
            raise ValueError(f"channels.{RESERVED}: this name is taken; choose another")
        for used in self.references():
            if used.partition(":")[0] not in self.channels:
                raise ValueError(f"{used}: expected a channel that stands under [channels]")
        return self

    def references(self) -> tuple[str, ...]:
        """Every channel in use, with its address where it has one."""
        rung = [officer.channel for officer in self.duty]
        return tuple(dict.fromkeys([*rung, *(c for channels in self.agencies.values() for c in channels)]))

    def roster(self, patience: timedelta) -> Roster:
        """Whom an alarm rings."""
        return Roster(tuple((o.level, o.channel) for o in self.duty), dict(self.agencies), patience)

    def name_of(self, lane: str) -> str:
        """Whose a channel is, as people call it."""
        officers = [o.name for o in self.duty if o.channel == lane]
        agencies = [agency for agency, channels in self.agencies.items() if lane in channels]
        return ", ".join(officers or agencies) or lane


def load_contacts(beside: Path | None, routing: Routing, operator: str = "") -> ContactBook:
    """The contact book from contacts.toml beside the configuration, or the empty one that ships.

    Raises SettingsError for an agency that categories.toml does not know, or an operator's channel that is not there.
    """
    book = beside_or_default(ContactBook, "contacts.toml", beside)
    file = beside / "contacts.toml" if beside else "contacts.toml"
    unknown = sorted(set(book.agencies) - set(routing.agencies))
    if unknown:
        raise SettingsError(f"{file}: agencies.{unknown[0]}: expected one of the agencies of categories.toml")
    if operator and operator.partition(":")[0] not in book.channels:
        raise SettingsError(f"alarms.operator: {operator}: expected a channel that stands under [channels] of {file}")
    return book


def address_of(book: ContactBook, reference: str, environment: Environment = os.environ) -> SecretStr:
    """The apprise address of a channel, or of channel:address. Raises SettingsError saying what is missing where."""
    name, _, address = reference.partition(":")
    channel = book.channels.get(name)
    if channel is None:
        raise SettingsError(f"{reference}: expected a channel that stands under [channels] of contacts.toml")
    url, where = secret(channel.url_env, channel.url_file, environment)
    if not url:
        raise SettingsError(f"channels.{name}: expected an apprise address in the {where}")
    if (PLACEHOLDER in url) != bool(address):
        wants = (
            f"expected {name}:ADDRESS, as"
            if PLACEHOLDER in url
            else f"expected {name} alone, as no {PLACEHOLDER} is in"
        )
        raise SettingsError(f"{reference}: {wants} the address in the {where}")
    return SecretStr(url.replace(PLACEHOLDER, quote(address, safe="+@")))
