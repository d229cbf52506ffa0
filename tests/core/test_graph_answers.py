"""Every recorded error body leads to the action that the table of codes gives."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector import errors
from connector.graph import codes
from connector.graph.answers import Asked, failure

_FOLDER = os.environ.get("NTBCARE_GRAPH_DIR")
_BY_CLASS: dict[str, type[errors.GraphError]] = {
    "shrink": errors.AskLess,
    "transient": errors.Transient,
    "permission": errors.NotPermitted,
    "permanent-send": errors.NotSent,
    "permanent": errors.BadRequest,
    "gone": errors.Gone,
    "config": errors.TokenRejected,
    "auth": errors.TokenRejected,
    "auth-kind": errors.TokenRejected,
    "blocked": errors.SendingBlocked,
    "already-done": errors.AlreadyDone,
}


def rows() -> list[dict[str, Any]]:
    if not _FOLDER:
        return []
    found: list[dict[str, Any]] = json.loads((Path(_FOLDER) / "errors.json").read_text())
    return found


def expected(row: dict[str, Any]) -> type[errors.GraphError]:
    message = row["body"]["error"]["message"]
    if row["class"].startswith("throttle"):
        return errors.TryLater
    if row["code"] == 12 or "nonexisting field" in message:
        return errors.FieldGone
    if row["code"] == 3:
        return errors.NotPermitted
    return errors.StaleCursor if "After Cursor" in message else _BY_CLASS[row["class"]]


@pytest.mark.skipif(not _FOLDER, reason="NTBCARE_GRAPH_DIR is not set: the recorded error bodies are not here")
def test_every_recorded_error_means_its_action() -> None:
    assert len(rows()) > 45
    wrong = []
    for row in rows():
        error = failure(row["http"], {}, row["body"], Asked(path="1_2/comments"))
        if type(error) is not expected(row) or (error.code, error.subcode) != (row["code"], row["error_subcode"]):
            wrong.append((row["code"], row["error_subcode"], type(error).__name__))
        assert error.status == row["http"]
        assert "GET 1_2/comments" in str(error)
    assert wrong == []


@pytest.mark.skipif(not _FOLDER, reason="NTBCARE_GRAPH_DIR is not set: the recorded error bodies are not here")
def test_translated_messages_change_nothing_where_the_code_decides() -> None:
    for row in rows():
        if row["code"] in (100, 12):
            continue
        translated = {"error": {**row["body"]["error"], "message": "Terjadi galat, coba lagi nanti."}}
        assert type(failure(row["http"], {}, translated, Asked())) is expected(row), row


def error(code: int, message: str = "", subcode: int | None = None, **more: Any) -> dict[str, Any]:
    return {"error": {"message": message, "type": "OAuthException", "code": code, "error_subcode": subcode, **more}}


@pytest.mark.parametrize(
    ("status", "body", "asked", "kind"),
    [
        (400, error(100, "Unsupported get request", 33), Asked(about_account=True), errors.NotPermitted),
        (404, error(803), Asked(about_account=True), errors.NotPermitted),
        (400, error(100, "Parameter tidak valid"), Asked(cursor=True), errors.StaleCursor),
        (400, error(100, "Parameter tidak valid"), Asked(), errors.BadRequest),
        (400, error(100, "(#100) The 'limit' parameter should not exceed 100"), Asked(cursor=True), errors.BadRequest),
        (400, error(100, "(#100) Diperlukan izin 'pages_read_engagement'"), Asked(cursor=True), errors.NotPermitted),
        (400, error(100, "whatever", 2018001), Asked(cursor=True), errors.NotSent),
        (400, error(100, "whatever", 4242), Asked(), errors.BadRequest),
        (400, error(613, "", 2534040), Asked(), errors.TryLater),
        (400, error(613, "", 1996), Asked(), errors.TryLater),
        (400, error(17, "", 2446079), Asked(), errors.TryLater),
        (400, error(80009), Asked(), errors.TryLater),
        (403, error(200, "", 1545041), Asked(), errors.NotSent),
        (400, error(190, "", 459), Asked(), errors.TokenRejected),
        (400, error(210, "", 1705), Asked(), errors.TokenRejected),
        (400, error(1, "", 1357046), Asked(), errors.Transient),
        (500, error(1, "An unknown error occurred"), Asked(), errors.Transient),
        (400, error(1, "An unknown error occurred", is_transient=False), Asked(), errors.Transient),
        (400, error(4711), Asked(), errors.BadRequest),
        (503, error(4711), Asked(), errors.Transient),
        (400, error(4711, is_transient=True), Asked(), errors.Transient),
        (200, error(190, "", 463), Asked(), errors.TokenRejected),
        (400, {"error": "nonsense"}, Asked(), errors.BadRequest),
        (400, {"error": ["x"]}, Asked(), errors.BadRequest),
        (400, {"error": {"code": "190", "error_subcode": "463"}}, Asked(), errors.TokenRejected),
        (400, {"error": {"code": True}}, Asked(), errors.BadRequest),
        (429, None, Asked(), errors.TryLater),
        (429, {"error": {"message": "slow down"}}, Asked(), errors.TryLater),
        (502, None, Asked(), errors.Transient),
        (404, None, Asked(), errors.Transient),
        (304, None, Asked(), errors.Transient),
        (302, None, Asked(), errors.BadRequest),
        (400, {}, Asked(), errors.BadRequest),
        (500, {}, Asked(), errors.Transient),
        (200, [], Asked(), errors.Transient),
        (200, None, Asked(), errors.Transient),
    ],
)
def test_what_an_answer_means(status: int, body: Any, asked: Asked, kind: type[errors.GraphError]) -> None:
    assert type(failure(status, {}, body, asked)) is kind


@pytest.mark.parametrize(
    ("body", "fields", "field"),
    [
        (error(100, "(#100) Tried accessing nonexisting field (first_name) on node type (Page)"), "", "first_name"),
        (error(100, "(#100) Mencoba mengakses kolom (likes) pada node (Post)"), "id,likes{id}", "likes"),
        (error(100, "(#100) Pada node (Post) tidak ada kolom (likes)"), "id,likes{id}", "likes"),
        (error(100, "(#100) Pada node (Post) tidak ada kolom (likes)"), "", "likes"),
        (error(12, "(#12) link field is deprecated for versions v3.3 and higher"), "id,link", "link"),
        (error(12, "(#12) deprecate_post_aggregated_fields_for_attachement is deprecated for versions v3.3"), "id", ""),
        (error(12), "id", ""),
    ],
)
def test_the_dead_field_is_found_in_any_language(body: Any, fields: str, field: str) -> None:
    found = failure(400, {}, body, Asked(fields=fields))
    assert isinstance(found, errors.FieldGone)
    assert found.field == field


def test_a_throttled_account_waits_as_long_as_graph_says_and_at_least_five_minutes() -> None:
    business = {"1": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 19}], "2": [{}]}
    headers = {"X-Business-Use-Case-Usage": json.dumps(business)}
    waits = []
    for given_headers, account in (
        (headers, "1"),
        (headers, "2"),
        (headers, None),
        ({}, "1"),
        ({"retry-after": "900"}, "1"),
    ):
        found = failure(400, given_headers, error(80001), Asked(account=account))
        assert isinstance(found, errors.TryLater)
        waits.append(found.retry_after)
    assert waits == [1140, 300, 1140, 300, 900]


def test_both_faults_of_the_proof_are_told_apart() -> None:
    missing = failure(400, {}, error(100, "API calls from the server require an appsecret_proof argument"), Asked())
    wrong = failure(400, {}, error(100, "Invalid appsecret_proof provided in the API argument"), Asked())
    assert codes.PROOF_MISSING in str(missing)
    assert codes.PROOF_WRONG in str(wrong)


def test_each_death_of_a_token_is_explained_differently() -> None:
    said = {str(failure(400, {}, error(190, "", n), Asked())).split("(Graph")[0] for n in codes.TOKEN_WHY}
    assert len(said) == len(codes.TOKEN_WHY)


@given(st.text(max_size=400), st.integers(100, 599), st.one_of(st.none(), st.integers(-5, 99999)))
def test_messages_are_one_clean_line(text: str, status: int, code: int | None) -> None:
    found = str(failure(status, {}, {"error": {"message": text, "code": code}}, Asked(path="1")))
    assert found.isprintable()
    assert len(found) < 500
    found.encode()


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(("error", "code", "message")), inner)
        ),
    ),
    st.sampled_from((200, 302, 400, 500)),
)
def test_no_body_breaks_the_judgement(body: Any, status: int) -> None:
    assert isinstance(failure(status, {}, body, Asked()), errors.GraphError)


def test_echoed_tokens_are_not_passed_on() -> None:
    message = 'EAACANARYabc123 x/?access_token=abSECRET&x=1 "access_token":"zzSECRET" 12345678|s3cretSECRET own+tok'
    text = str(failure(400, {}, error(100, message, fbtrace_id="EAACANARYxyz"), Asked(path="1"), ("own+tok",)))
    assert "CANARY" not in text
    assert "SECRET" not in text
    assert "own+tok" not in text
