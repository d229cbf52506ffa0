"""Access tokens and the app they belong to: kinds, scopes, and every way in which they die."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from time import gmtime, strftime
from typing import Any, Literal

from .errors import GraphError
from .things import Page

Kind = Literal["PAGE", "USER", "SYSTEM_USER", "APP"]
SCOPES = (
    "pages_show_list",
    "pages_read_engagement",
    "pages_read_user_content",
    "pages_manage_engagement",
    "pages_manage_metadata",
    "pages_messaging",
)
_DEATHS = {
    458: "The user has not authorized application",
    459: "You cannot access the app till you log in to www.facebook.com and follow the instructions given.",
    460: "The session has been invalidated because the user changed their password or Facebook has changed the "
    "session for security reasons.",
    463: "Session has expired",
    464: "Sessions for the user are not allowed because the user is not a confirmed user.",
    467: "This may be because the user logged out or may be due to a system error.",
    492: "The user does not have a role on the page",
    493: "The user hasn't engaged the app in longer than 90 days.",
}


@dataclass(slots=True)
class Token:
    """One access token. `expires_at` 0: never. `dead`: the subcode of error 190 that every call gets."""

    value: str
    kind: Kind = "PAGE"
    page_id: str = ""
    user_id: str = "122000000000001"
    scopes: frozenset[str] = frozenset(SCOPES)
    issued_at: int = 0
    expires_at: int = 0
    data_access_expires_at: int = 0
    dead: int = 0

    def revoke(self, subcode: int = 460) -> None:
        """From now on error 190 with this subcode: 458 app removed, 460 password changed, 492 role lost, …"""
        self.dead = subcode

    def drop(self, *scopes: str) -> None:
        """Take permissions away."""
        self.scopes -= frozenset(scopes)

    def cause_of_death(self, now: int) -> int:
        """The subcode of error 190, or 0 while the token lives."""
        return self.dead or (463 if self.expires_at and now >= self.expires_at else 0)


@dataclass(slots=True)
class Tokens:
    """Every token the sandbox knows, and the app's id and secret."""

    app_id: str = "900000000000001"
    app_secret: str = field(default_factory=lambda: hashlib.sha256(b"the sandbox app").hexdigest()[:32])
    known: dict[str, Token] = field(default_factory=dict)

    def page(self, page: Page, now: int = 0) -> Token:
        """The Page's own token, made at the first call; always the same text for the same Page. It never expires, but
        the right to read data ends 90 days after `now`."""
        value = "EAASANDBOX" + hashlib.sha256(f"{page.key}:{page.id}".encode()).hexdigest()[:40].upper()
        token = self.known.setdefault(value, Token(value, page_id=page.id))
        if now:
            token.issued_at = token.issued_at or now
            token.data_access_expires_at = token.data_access_expires_at or now + 90 * 86_400
        return token

    def issue(self, kind: Kind, *, page_id: str = "", scopes: Iterable[str] = SCOPES, **more: Any) -> Token:
        """A fresh token of any kind: PAGE, USER, SYSTEM_USER."""
        token = Token("EAASANDBOX" + secrets.token_hex(20), kind, page_id, scopes=frozenset(scopes), **more)
        self.known[token.value] = token
        return token

    def app(self) -> Token:
        """The app's token, `APPID|APPSECRET`."""
        value = f"{self.app_id}|{self.app_secret}"
        return self.known.setdefault(value, Token(value, "APP", scopes=frozenset()))

    def proof(self, value: str) -> str:
        """The appsecret_proof of a token: hex HMAC-SHA256 with the app's secret as key."""
        return hmac.new(self.app_secret.encode(), value.encode(), hashlib.sha256).hexdigest()

    def find(self, value: str, now: int) -> Token:
        """The living token with this text; error 101 or 190 otherwise."""
        if "|" in value:
            if value != self.app().value:
                text = "Error validating application. Cannot get application info due to a system error."
                raise GraphError(101, text)
            return self.app()
        token = self.known.get(value)
        if token is None:
            raise GraphError(190, "Invalid OAuth access token - Cannot parse access token")
        if subcode := token.cause_of_death(now):
            raise death(token, subcode, now, self.app_id)
        return token

    def check_proof(self, value: str, proof: str, time: str, required: bool) -> None:
        """Refuse a missing proof where one is required, and a wrong one always."""
        message = f"{value}|{time}" if time else value
        if not proof:
            if required:
                raise _proof_error("API calls from the server require an appsecret_proof argument")
        elif not hmac.compare_digest(proof.encode(), self.proof(message).encode()):
            raise _proof_error("Invalid appsecret_proof provided in the API argument")


def death(token: Token, subcode: int, now: int, app_id: str) -> GraphError:
    """Error 190 for a dead token."""
    reason = _DEATHS.get(subcode, "The session is invalid.")
    if subcode == 463:
        reason += f" on {_long(token.expires_at or now)}. The current time is {_long(now)}."
    elif subcode == 458:
        reason += f" {app_id}."
    return GraphError(190, f"Error validating access token: {reason}", subcode=subcode)


def inspect(tokens: Tokens, value: str, now: int) -> dict[str, Any]:
    """What debug_token says of a token: HTTP 200 even for a dead one, then with is_valid false."""
    token = tokens.app() if value == tokens.app().value else tokens.known.get(value)
    if token is None:
        error = {"code": 190, "message": "Invalid OAuth access token - Cannot parse access token"}
        return {"data": {"error": error, "is_valid": False, "scopes": []}}
    data: dict[str, Any] = {"app_id": tokens.app_id, "type": token.kind, "application": "NTB Care"}
    if token.kind != "APP":
        data |= {"data_access_expires_at": token.data_access_expires_at, "expires_at": token.expires_at}
    if subcode := token.cause_of_death(now):
        message = death(token, subcode, now, tokens.app_id).message
        data["error"] = {"code": 190, "message": message, "subcode": subcode}
    data["is_valid"] = not subcode
    if token.issued_at:
        data["issued_at"] = token.issued_at
    if token.page_id:
        data["profile_id"] = token.page_id
    scopes = [] if subcode else sorted(token.scopes)
    data["scopes"] = scopes
    if token.kind != "APP":
        data |= {"user_id": token.user_id, "granular_scopes": [_granular(scope, token) for scope in scopes]}
    return {"data": data}


def _granular(scope: str, token: Token) -> dict[str, Any]:
    return {"scope": scope, "target_ids": [token.page_id]} if token.page_id else {"scope": scope}


def _proof_error(message: str) -> GraphError:
    return GraphError(100, message, type="GraphMethodException")


def _long(now: int) -> str:
    return strftime("%A, %d-%b-%y %H:%M:%S UTC", gmtime(now))
