"""Tokens in every state, permissions, proofs, and the call budgets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from connector.sandbox import SCOPES, Limits, Options, Tokens
from tests.edge.test_sandbox_server import NOW, Rig, failure, rigged


@pytest.fixture
def rig() -> Iterator[Rig]:
    with rigged() as rig:
        yield rig


def test_a_page_token_is_the_same_in_every_sandbox() -> None:
    assert Rig().token == Rig().token


def test_no_token(rig: Rig) -> None:
    assert rig.fails("/me/feed", token="") == (400, 2500, None)
    assert rig.fails(f"/{rig.page.id}/feed", token="") == (400, 104, None)
    response = rig.call("/me", token="")
    assert not {"X-App-Usage", "X-Business-Use-Case-Usage"} & set(response.headers)


def test_a_foreign_and_an_expired_token(rig: Rig) -> None:
    assert rig.fails("/me", token="EAAnothing") == (400, 190, None)
    assert rig.fails("/me", token="1|2") == (400, 101, None)
    rig.sandbox.tokens.page(rig.page).expires_at = int(NOW.timestamp()) + 60
    assert rig.call("/me").status_code == 200
    rig.time.pass_by(seconds=60)
    response = rig.call("/me")
    assert failure(response) == (400, 190, 463)
    assert "Tuesday, 24-Nov-26 02:01:00" in response.json()["error"]["message"]


@pytest.mark.parametrize("subcode", [458, 459, 460, 464, 467, 492, 493])
def test_a_revoked_token(rig: Rig, subcode: int) -> None:
    rig.sandbox.tokens.page(rig.page).revoke(subcode)
    assert rig.fails("/me/feed") == (400, 190, subcode)


def test_a_user_token_finds_no_comments_and_no_error(rig: Rig) -> None:
    post = rig.world.add_visitor_post(rig.page, "x", "Siti")
    comment = rig.world.add_comment(post, "y", "Siti")
    for kind in ("USER", "SYSTEM_USER"):
        token = rig.sandbox.tokens.issue(kind).value
        for thing in (post, comment):
            assert rig.call(f"/{thing.id}/comments", token=token).content == b'{"data":[]}'
        feed = rig.call(f"/{rig.page.id}/feed", token=token, params={"fields": "message,from,comments{id}"}).json()
        assert feed["data"] == [{"message": "x", "id": post.id}]
        assert rig.fails(f"/{rig.page.id}/conversations", token=token) == (400, 210, None)


def test_a_user_token_lists_the_pages_with_their_tokens(rig: Rig) -> None:
    token = rig.sandbox.tokens.issue("SYSTEM_USER").value
    data = rig.call("/me/accounts", token=token).json()["data"]
    assert [(item["id"], item["access_token"]) for item in data] == [(rig.page.id, rig.token)]
    assert "MODERATE" in data[0]["tasks"]
    assert rig.call("/me", token=token).json().keys() == {"name", "id"}
    granted = rig.call("/me/permissions", token=token).json()["data"]
    assert {"permission": "pages_messaging", "status": "granted"} in granted


def test_an_app_token_reads_no_page(rig: Rig) -> None:
    app = rig.sandbox.tokens.app().value
    post = rig.world.add_post(rig.page, "x")
    assert rig.fails(f"/{rig.page.id}/feed", token=app) == (403, 10, None)
    assert rig.fails(f"/{post.id}", token=app) == (400, 100, 33)


def test_another_pages_token_sees_nothing(rig: Rig) -> None:
    rig.world.add_page("wagub", "100000000000002", "Wakil Gubernur NTB")
    other = rig.sandbox.token("wagub")
    post = rig.world.add_post(rig.page, "x")
    thread = rig.world.add_message(rig.world.conversation(rig.page, "Siti"), "y").conversation
    for path in (f"/{rig.page.id}", f"/{rig.page.id}/feed", f"/{post.id}", f"/{post.id}/comments", f"/{thread.id}"):
        assert rig.fails(path, token=other) == (400, 100, 33)


@pytest.mark.parametrize(
    ("scope", "path", "expected"),
    [
        ("pages_read_engagement", "/me/feed", (403, 10, None)),
        ("pages_read_user_content", "/me/tagged", (403, 10, None)),
        ("pages_messaging", "/me/conversations", (403, 200, None)),
        ("pages_manage_metadata", "/me/conversations", (403, 200, None)),
    ],
)
def test_what_each_missing_permission_breaks(rig: Rig, scope: str, path: str, expected: Any) -> None:
    rig.sandbox.tokens.page(rig.page).drop(scope)
    assert rig.fails(path) == expected


def test_without_user_content_the_authors_are_missing(rig: Rig) -> None:
    post = rig.world.add_post(rig.page, "x")
    rig.world.reply(rig.world.add_comment(post, "y", "Siti"), "z")
    rig.sandbox.tokens.page(rig.page).drop("pages_read_user_content")
    data = rig.get(f"/{post.id}/comments", filter="stream", fields="from")["data"]
    assert ["from" in item for item in data] == [False, True]


def test_writing_needs_its_permissions(rig: Rig) -> None:
    post = rig.world.add_post(rig.page, "x")
    rig.sandbox.tokens.page(rig.page).drop("pages_manage_engagement", "pages_messaging")
    assert failure(rig.post(f"/{post.id}/comments", message="y")) == (403, 200, None)
    assert failure(rig.call("/me/messages", "POST", json={"message": {"text": "x"}})) == (403, 200, None)


# -- appsecret_proof -----------------------------------------------------------------------------------------------


def test_the_proof_vector() -> None:
    expected = "e48a368a2ce2cddf76180208f54d8c3042b7393bac62e5986465cad681a46f6b"
    assert Tokens(app_secret="SEC").proof("TOK") == expected


def test_a_proof_required_missing_or_wrong() -> None:
    with rigged(Options(require_proof=True)) as rig:
        missing = rig.call("/me")
        assert failure(missing) == (400, 100, None)
        assert missing.json()["error"]["type"] == "GraphMethodException"
        assert rig.fails("/me", appsecret_proof="0" * 64) == (400, 100, None)
        assert rig.call("/me", params={"appsecret_proof": rig.sandbox.tokens.proof(rig.token)}).status_code == 200
        timed = {"appsecret_proof": rig.sandbox.tokens.proof(f"{rig.token}|99"), "appsecret_time": "99"}
        assert rig.call("/me", params=timed).status_code == 200
        rig.sandbox.options.require_proof = False
        assert rig.call("/me").status_code == 200
        assert rig.fails("/me", appsecret_proof="0" * 64) == (400, 100, None)


# -- debug_token ---------------------------------------------------------------------------------------------------


def inspected(rig: Rig, token: str) -> Any:
    response = rig.call("/debug_token", token=rig.sandbox.tokens.app().value, params={"input_token": token})
    assert response.status_code == 200
    return response.json()["data"]


def test_debug_token_of_a_living_token(rig: Rig) -> None:
    rig.get("/me")
    data = inspected(rig, rig.token)
    assert (data["type"], data["is_valid"], data["expires_at"]) == ("PAGE", True, 0)
    assert data["profile_id"] == rig.page.id
    assert data["scopes"] == sorted(SCOPES)
    assert {"scope": "pages_messaging", "target_ids": [rig.page.id]} in data["granular_scopes"]
    assert data["data_access_expires_at"] == NOW.timestamp() + 90 * 86_400
    user = rig.sandbox.tokens.issue("USER", scopes=["pages_show_list"], expires_at=2_000_000_000)
    assert inspected(rig, user.value)["granular_scopes"] == [{"scope": "pages_show_list"}]
    assert inspected(rig, rig.sandbox.tokens.app().value)["type"] == "APP"


def test_debug_token_of_dead_tokens_is_http_200(rig: Rig) -> None:
    rig.sandbox.tokens.page(rig.page).expires_at = 1
    data = inspected(rig, rig.token)
    assert (data["is_valid"], data["scopes"], data["error"]["subcode"]) == (False, [], 463)
    rig.sandbox.tokens.page(rig.page).revoke(460)
    assert inspected(rig, rig.token)["error"]["subcode"] == 460
    assert inspected(rig, "EAAnothing")["error"]["code"] == 190


def test_a_page_token_may_inspect_itself_only(rig: Rig) -> None:
    assert rig.get("/debug_token", input_token=rig.token)["data"]["is_valid"] is True
    assert rig.fails("/debug_token", input_token="other") == (400, 100, None)


def test_exchanging_tokens(rig: Rig) -> None:
    tokens = rig.sandbox.tokens
    app = {"client_id": tokens.app_id, "client_secret": tokens.app_secret}
    params = app | {"grant_type": "client_credentials"}
    assert rig.call("/oauth/access_token", token="", params=params).json()["access_token"] == tokens.app().value
    params = app | {"grant_type": "fb_exchange_token", "fb_exchange_token": tokens.issue("USER").value}
    long = rig.call("/oauth/access_token", token="", params=params).json()
    assert long["expires_in"] == 5_184_000
    assert rig.call("/me/accounts", token=long["access_token"]).status_code == 200
    assert rig.fails("/oauth/access_token", token="", client_id="1", client_secret="2") == (400, 101, None)


# -- budgets -------------------------------------------------------------------------------------------------------


def usage(response: Any) -> Any:
    header = response.headers.get("X-Business-Use-Case-Usage")
    return json.loads(header) if header else None


def test_usage_grows_to_100_and_throttles_and_more_calls_prolong_the_wait() -> None:
    with rigged(limits=Limits(pages=10, wait_minutes=19, prolong_minutes=2)) as rig:
        shown = [usage(rig.call("/me"))[rig.page.id][0] for _ in range(10)]
        assert [entry["call_count"] for entry in shown] == list(range(10, 101, 10))
        assert {entry["type"] for entry in shown} == {"pages"}
        assert shown[-1]["estimated_time_to_regain_access"] == 0
        response = rig.call("/me")
        assert failure(response) == (400, 80001, None)
        assert usage(response)[rig.page.id][0]["estimated_time_to_regain_access"] == 19
        assert usage(rig.call("/me"))[rig.page.id][0]["estimated_time_to_regain_access"] == 21
        rig.time.pass_by(minutes=20, seconds=59)
        assert rig.fails("/me") == (400, 80001, None)
        rig.time.pass_by(minutes=2, seconds=2)
        assert rig.call("/me").status_code == 200


def test_messenger_has_its_own_budget() -> None:
    with rigged(Options(conversations_per_second=None), Limits(messenger=2)) as rig:
        for _ in range(2):
            assert usage(rig.call("/me/conversations"))[rig.page.id][0]["type"] == "messenger"
        assert rig.fails("/me/conversations") == (400, 80006, None)
        assert rig.call("/me/feed").status_code == 200


def test_the_apps_budget_with_a_user_token() -> None:
    with rigged(limits=Limits(app=4)) as rig:
        token = rig.sandbox.tokens.issue("USER").value
        shown = [json.loads(rig.call("/me", token=token).headers["X-App-Usage"])["call_count"] for _ in range(4)]
        assert shown == [25, 50, 75, 100]
        response = rig.call("/me", token=token)
        assert failure(response) == (403, 4, None)
        assert response.json()["error"]["is_transient"] is True
        assert rig.call("/me").status_code == 200


def test_which_header_when() -> None:
    with rigged() as rig:
        page, failed = rig.call("/me"), rig.call("/999")
        assert ("X-App-Usage" in page.headers, usage(page) is None) == (False, False)
        assert ("X-App-Usage" in failed.headers, usage(failed) is None) == (True, True)
        rig.sandbox.limits.silent_below = 5
        assert usage(rig.call("/me")) is None


def test_budgets_can_be_switched_off_and_changed() -> None:
    with rigged(limits=Limits(pages=1)) as rig:
        rig.get("/me")
        rig.sandbox.limits = Limits(pages=None)
        for _ in range(5):
            rig.get("/me")
