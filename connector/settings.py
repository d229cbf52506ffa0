"""Settings: config/*.toml and the environment, read once by the command line into frozen records."""

import os
import re
from datetime import date
from pathlib import Path
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, SecretStr, field_validator, model_validator

from classifiers.verdict import CATEGORIES

from .answer_texts import AnswerTexts
from .answers.wording import Language, Wording
from .configfiles import KEY, Environment, Strict, beside_or_default, formed, read, secret, validated
from .deadlines import Calendar
from .errors import SettingsError
from .records import Account, Stream
from .routing import KABUPATEN, NTB, Routes
from .store.engine import parse_url

_VERSION = re.compile(r"/v\d+\.\d+(/|$)")


def _own_address(value: str) -> str:
    """An address that secrets may travel to. Raises ValueError."""
    parts = urlsplit(value)
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if parts.scheme not in ("https", "http") or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("expected an address such as https://graph.facebook.com")
    if any(c.isspace() or not c.isprintable() for c in value) or parts.port == 0:  # `port` is checked when it is asked
        raise ValueError("expected an address such as https://graph.facebook.com, with a port if need be")
    if parts.scheme == "http" and not local:
        raise ValueError("expected https: a token must not travel in clear (http is for this machine only)")
    return value.rstrip("/")


class StoreSettings(Strict):
    """Where the store is."""

    url: str = "sqlite:///ntbcare.db"


class GraphSettings(Strict):
    """How Graph is reached. `app_secret_env` names the variable, never the secret."""

    base_url: str = "https://graph.facebook.com"
    version: Annotated[str, formed(r"v\d{1,3}\.\d{1,2}", "a version such as v26.0")] = "v26.0"
    app_id_env: str = "NTBCARE_APP_ID"
    app_secret_env: str = "NTBCARE_APP_SECRET"
    first_read_days: Annotated[int, Field(ge=1, le=3650, strict=True)] = 90

    @field_validator("base_url")
    @classmethod
    def _address(cls, value: str) -> str:
        if _VERSION.search(urlsplit(value).path):
            raise ValueError(
                "expected an address without a version, such as https://graph.facebook.com; set graph.version"
            )
        return _own_address(value)


class DaemonSettings(Strict):
    """How the daemon shows itself."""

    metrics_port: Annotated[int, Field(ge=0, le=65535, strict=True)] = 9464
    log: Literal["json", "console"] = "json"


class AlarmSettings(Strict):
    """How alarms travel. Whom they reach stands in the contact book."""

    escalate_minutes: Annotated[int, Field(ge=1, le=1440)] = 10
    operator: str = ""
    public_url: str = ""
    port: Annotated[int, Field(ge=0, le=65535)] = 9465
    link_hours: Annotated[int, Field(ge=1, le=168)] = 24
    telegram_url: str = "https://api.telegram.org"
    digest_day: Literal["", "senin", "selasa", "rabu", "kamis", "jumat", "sabtu", "minggu"] = "senin"
    digest_hour: Annotated[int, Field(ge=0, le=23)] = 8
    keep_days: Annotated[int, Field(ge=1, le=90)] = 7

    @field_validator("public_url", "telegram_url")
    @classmethod
    def _address(cls, value: str) -> str:
        return _own_address(value) if value else value


_PAGE = 'the Page\'s number in quotes, such as "100000000000001", not its name'


class AccountSettings(Strict):
    """One account, with the name of the variable or file that holds its token."""

    key: Annotated[str, formed(KEY, "small letters and digits, such as gubernur")]
    platform: Literal["facebook"] = "facebook"
    id: Annotated[str, formed(r"[0-9]{1,40}", _PAGE)]
    name: str = ""
    token_env: str | None = None
    token_file: Path | None = None
    streams: tuple[Stream, ...] = get_args(Stream)
    every_seconds: Annotated[float, Field(ge=1, le=86400, strict=True)] = 60  # strict: true is no number
    answers: Literal["off", "dry_run", "on"] = "off"
    answer_by: Literal["comment", "message"] = "comment"
    answer_language: Language = "id"
    answers_per_hour: Annotated[int, Field(ge=1, le=750, strict=True)] = 120

    @field_validator("streams")
    @classmethod
    def _some(cls, streams: tuple[Stream, ...]) -> tuple[Stream, ...]:
        if not streams:
            raise ValueError(f"expected at least one of {', '.join(get_args(Stream))}")
        return streams

    @model_validator(mode="after")
    def _one_token(self) -> "AccountSettings":
        if (self.token_env is None) == (self.token_file is None):
            raise ValueError("expected either token_env or token_file")
        if str(self.token_env).startswith("EAA"):  # as Meta's tokens begin: it must not be repeated as a name
            raise ValueError("token_env: expected the name of an environment variable, never the token itself")
        return self

    @property
    def account(self) -> Account:
        """The account as the rest of the product knows it."""
        streams = tuple(dict.fromkeys(self.streams))
        return Account(self.key, self.platform, self.id, self.name or self.key, streams, self.every_seconds)


class CalendarSettings(Strict):
    """Days off beside those of the yearly joint decree (SKB 3 Menteri), and days that are worked in spite of it."""

    days_off: tuple[date, ...] = ()
    days_on: tuple[date, ...] = ()

    @property
    def calendar(self) -> Calendar:
        """The calendar as deadlines know it."""
        return Calendar(frozenset(self.days_off), frozenset(self.days_on))


class TicketSettings(Strict):
    """How tickets live on. `reopen`: one that a person closed opens again by itself when its reporter writes in time."""

    reopen: Annotated[bool, Field(strict=True)] = False


class Settings(Strict):
    """All of connector.toml."""

    store: StoreSettings = StoreSettings()
    graph: GraphSettings = GraphSettings()
    daemon: DaemonSettings = DaemonSettings()
    calendar: CalendarSettings = CalendarSettings()
    tickets: TicketSettings = TicketSettings()
    alarms: AlarmSettings = AlarmSettings()
    accounts: tuple[AccountSettings, ...] = ()

    @model_validator(mode="after")
    def _unique(self) -> "Settings":
        for name in ("key", "id"):
            values = [getattr(account, name) for account in self.accounts]
            if len(set(values)) < len(values):
                raise ValueError(f"accounts: each must have its own {name}")
        return self


class Category(Strict):
    """What a category is called on screens, and which agency answers for it; `local`: that of the kabupaten where known."""

    label: Annotated[str, Field(min_length=1)]
    agency: str
    local: bool = False


def _in_ntb(code: str) -> str:
    if code[:5] not in KABUPATEN or not re.fullmatch(r"(\.\d\d(\.\d{4})?)?", code[5:]):
        raise ValueError("expected the code of a kabupaten, kecamatan or desa of NTB, such as 52.01 or 52.01.03")
    return code


def _in_ntb_or_all(code: str) -> str:
    return code if code == NTB else _in_ntb(code)


_Code = Annotated[str, AfterValidator(_in_ntb)]
_Anywhere = Annotated[str, AfterValidator(_in_ntb_or_all)]
_Word = Annotated[str, formed(r"[^\W_A-Z]+( [^\W_A-Z]+)?", "one word or two in small letters")]


class Routing(Strict):
    """All of categories.toml. `outside` are agencies that are not the government's, with what to tell the citizen.

    `penting`: where complaints of a category are to be answered within a day whatever their words say.
    """

    categories: dict[str, Category]
    agencies: dict[str, Annotated[str, Field(min_length=1)]]
    local: dict[_Code, str] = Field(default_factory=dict)
    places: dict[str, dict[_Code, str]] = Field(default_factory=dict)
    words: dict[str, dict[_Word, str]] = Field(default_factory=dict)
    outside: dict[str, str] = Field(default_factory=dict)
    penting: dict[str, list[_Anywhere]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _whole(self) -> "Routing":
        missing = [c for c in CATEGORIES if c not in self.categories]
        unknown = [c for c in (*self.categories, *self.places, *self.words, *self.penting) if c not in CATEGORIES]
        if missing or unknown:
            raise ValueError(f"expected each category once; missing: {missing or 'none'}, unknown: {unknown or 'none'}")
        named = [*(c.agency for c in self.categories.values()), *self.local.values(), *self.outside]
        named += [agency for table in (*self.places.values(), *self.words.values()) for agency in table.values()]
        dangling = sorted(set(named) - set(self.agencies))
        if dangling:
            raise ValueError(f"these agencies do not stand under [agencies]: {', '.join(dangling)}")
        return self

    @property
    def routes(self) -> Routes:
        """The rules as routing knows them."""
        return Routes(
            {key: category.agency for key, category in self.categories.items()},
            frozenset(key for key, category in self.categories.items() if category.local),
            self.local,
            self.places,
            self.words,
            self.outside,
            {key: frozenset(codes) for key, codes in self.penting.items()},
        )


def load(file: Path | None, environment: Environment = os.environ) -> Settings:
    """Settings from a file (or the first of ./connector.toml, /etc/ntbcare/connector.toml) and the environment.

    Raises SettingsError naming file, key and what was expected. Tokens are not read here.
    """
    file = found(file, environment)
    settings = validated(Settings, read(file), file)
    url = environment.get("NTBCARE_STORE_URL")
    graph = environment.get("NTBCARE_GRAPH_URL")
    if url:
        settings = settings.model_copy(update={"store": StoreSettings(url=url)})
    if graph:
        merged = {**settings.graph.model_dump(), "base_url": graph}
        fresh = validated(GraphSettings, merged, Path("NTBCARE_GRAPH_URL"))
        settings = settings.model_copy(update={"graph": fresh})
    try:
        parse_url(settings.store.url)
    except SettingsError as error:
        raise SettingsError(f"{'NTBCARE_STORE_URL' if url else file}: {error}") from None
    return settings


def found(file: Path | None, environment: Environment = os.environ) -> Path:
    """The configuration's file: the one named, else by NTBCARE_CONFIG, else the first that is there. Raises SettingsError."""
    if file or (named := environment.get("NTBCARE_CONFIG")):
        return file or Path(named or "")
    for usual in (Path("connector.toml"), Path("/etc/ntbcare/connector.toml")):
        if usual.is_file():
            return usual
    raise SettingsError(
        "no configuration: name one with --config FILE or NTBCARE_CONFIG, or make one: ntbcare init DIR"
    )


def load_routing(beside: Path | None) -> Routing:
    """Categories and agencies, from categories.toml beside the configuration or from the defaults."""
    return beside_or_default(Routing, "categories.toml", beside)


def load_wordings(beside: Path | None) -> dict[Language, Wording]:
    """What citizens are answered, by language, from answers.toml beside the configuration or from the defaults.

    Raises SettingsError for a text that could not be filled in: nothing is found out when the first citizen waits.
    """
    return beside_or_default(AnswerTexts, "answers.toml", beside).wordings


def token_of(account: AccountSettings, environment: Environment = os.environ) -> SecretStr:
    """An account's token. Raises SettingsError when variable or file is missing or empty."""
    token, where = secret(account.token_env, account.token_file, environment)
    if not token or any(c.isspace() or not c.isprintable() or ord(c) > 126 for c in token):
        raise SettingsError(f"accounts.{account.key}: no token: expected a Page access token in the {where}")
    return SecretStr(token)


def app_of(graph: GraphSettings, environment: Environment = os.environ) -> tuple[str | None, SecretStr | None]:
    """The app's id and secret, where the environment has them."""
    secret = environment.get(graph.app_secret_env, "").strip()
    return environment.get(graph.app_id_env, "").strip() or None, SecretStr(secret) if secret else None
