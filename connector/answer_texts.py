"""What answers.toml may hold, checked when it is loaded."""

from pydantic import model_validator

from .answers.wording import KINDS, LANGUAGES, PARTS, Language, Wording, faults
from .configfiles import Strict


class LanguageTexts(Strict):
    """The answers in one language, as answers.toml has them; what is left out is said in Indonesian."""

    reviewed: bool = True
    received: str | None = None
    received_urgent: str | None = None
    supported: str | None = None
    ditindaklanjuti: str | None = None
    tuntas: str | None = None
    ditolak: str | None = None
    ask_place: str | None = None
    ask_photo: str | None = None
    ask_both: str | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _usable(self) -> "LanguageTexts":
        found = [f"{key}: {fault}" for key, text in self.texts.items() for fault in faults(key, text)]
        if found:
            raise ValueError("; ".join(found))
        return self

    @property
    def texts(self) -> dict[str, str]:
        """The templates that are given."""
        return {key: text for key in (*KINDS, *PARTS) if (text := getattr(self, key)) is not None}


class AnswerTexts(Strict):
    """All of answers.toml."""

    id: LanguageTexts
    sasak: LanguageTexts = LanguageTexts()
    samawa: LanguageTexts = LanguageTexts()
    mbojo: LanguageTexts = LanguageTexts()

    @model_validator(mode="after")
    def _whole(self) -> "AnswerTexts":
        if missing := [key for key in (*KINDS, *PARTS) if key not in self.id.texts]:
            raise ValueError(f"id: expected each of these texts: {', '.join(missing)}")
        return self

    @property
    def wordings(self) -> dict[Language, Wording]:
        """The templates of each language, whole."""
        own = {name: getattr(self, name) for name in LANGUAGES}
        return {name: Wording({**self.id.texts, **given.texts}, given.reviewed) for name, given in own.items()}
