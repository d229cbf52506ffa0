"""The form of answers: JSON on the wire, headers, versions, the fields grammar, and errors for unknown names."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import pytest

from connector.sandbox import fields, names
from connector.sandbox.errors import GraphError
from tests.edge.test_sandbox_server import Rig, failure, rigged

SPECS = os.environ.get("NTBCARE_GRAPH_DIR", "")


def test_json_is_compact_with_escaped_slashes_and_ascii_only() -> None:
    with rigged() as rig:
        post = rig.world.add_post(rig.page, "a/b é 😀 \ud800")
        body = rig.call(f"/{post.id}", params={"fields": "message"}).content
        assert body == (rb'{"message":"a\/b \u00e9 \ud83d\ude00 \ud800","id":"' + post.id.encode() + b'"}')


def test_headers_of_a_success() -> None:
    with rigged() as rig:
        response = rig.call(f"/{rig.page.id}/feed")
        headers = response.headers
        assert response.content == b'{"data":[]}'
        assert headers["Content-Type"] == "application/json; charset=UTF-8"
        assert headers["Etag"] == '"1050253aec7b29caff644806927dabfa81406eee"'
        assert headers["Facebook-Api-Version"] == "v26.0"
        assert headers["Date"] == "Tue, 24 Nov 2026 02:00:00 GMT"
        assert {"X-Fb-Trace-Id", "X-Fb-Request-Id", "X-Fb-Rev", "X-Fb-Debug"} <= set(headers)


def test_headers_of_an_error() -> None:
    with rigged() as rig:
        response = rig.call("/me", token="EAAforeign")
        error = response.json()["error"]
        challenge = response.headers["Www-Authenticate"]
        assert challenge == f'OAuth "Facebook Platform" "invalid_token" "{error["message"]}"'
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Fb-Trace-Id"] == error["fbtrace_id"]
        assert "Retry-After" not in response.headers
        assert '"invalid_client"' in rig.call("/me", token="1|2").headers["Www-Authenticate"]


@pytest.mark.parametrize(
    ("asked", "served"),
    [("/v26.0", "v26.0"), ("/v24.0", "v24.0"), ("/v20.0", "v21.0"), ("/v2.8", "v21.0"), ("", "v21.0")],
)
def test_an_expired_or_missing_version_is_served_by_the_oldest_usable(asked: str, served: str) -> None:
    with rigged() as rig:
        assert rig.call("/me", version=asked).headers["Facebook-Api-Version"] == served
        rig.time.pass_by(days=365)
        assert rig.call("/me", version="/v21.0").headers["Facebook-Api-Version"] == "v24.0"


def test_a_version_that_does_not_exist_yet_is_an_error() -> None:
    with rigged() as rig:
        assert failure(rig.call("/me", version="/v99.0"))[:2] == (400, 2500)


def test_if_none_match_is_ignored() -> None:
    with rigged() as rig:
        tag = rig.call("/me").headers["Etag"]
        again = rig.call("/me", headers={"If-None-Match": tag})
        assert again.status_code == 200
        assert tag == f'"{hashlib.sha1(again.content).hexdigest()}"'


# -- fields --------------------------------------------------------------------------------------------------------


def test_modifiers_and_braces_come_in_any_order() -> None:
    text = "id,from{id,name},comments.filter(stream).limit(5).order(reverse_chronological).summary(true){id,parent{id}}"
    parsed = fields.parse(text)
    assert fields.unparse(parsed) == text
    assert [field.name for field in parsed] == ["id", "from", "comments"]
    assert parsed[2].arguments["limit"] == "5"
    turned = fields.parse(" comments {id} .limit( 5 ) , likes.limit(0).summary(total_count).as(l)")
    assert turned[0].inner == fields.parse("id")
    assert turned[0].arguments == {"limit": "5"}
    assert fields.parse("a.fields(b,c)")[0].inner == fields.parse("b,c")


@pytest.mark.parametrize("text", ["a{b", "a}", "a.limit", "a.limit(1", "{a}", "a,,b", "a b", "a.(1)", "1a"])
def test_broken_fields_are_a_syntax_error(text: str) -> None:
    with pytest.raises(GraphError) as caught:
        fields.parse(text)
    assert caught.value.code == 2500


def test_id_comes_last_when_not_asked_and_where_asked_otherwise() -> None:
    with rigged() as rig:
        post = rig.world.add_post(rig.page, "halo")
        assert list(rig.get(f"/{post.id}", fields="message,created_time")) == ["message", "created_time", "id"]
        assert list(rig.get(f"/{post.id}", fields="id,message")) == ["id", "message"]


def test_fields_without_data_are_left_out() -> None:
    with rigged() as rig:
        post = rig.world.add_post(rig.page, "")
        asked = "message,story,shares,comments{id},attachments,to,full_picture,place,event"
        assert rig.get(f"/{post.id}", fields=asked) == {"id": post.id}
        comment = rig.world.add_comment(post, "", "Siti")
        assert rig.get(f"/{comment.id}", fields="message,parent,attachment,to") == {"message": "", "id": comment.id}


def test_default_fields() -> None:
    with rigged() as rig:
        post = rig.world.add_post(rig.page, "halo", story="Gubernur NTB updated their status.")
        comment = rig.world.add_comment(post, "pak", "Siti")
        message = rig.world.add_message(rig.world.conversation(rig.page, "Siti"), "pak")
        assert set(rig.get(f"/{post.id}")) == {"created_time", "message", "story", "id"}
        assert list(rig.get(f"/{comment.id}")) == ["created_time", "from", "message", "id"]
        assert list(rig.get(f"/{message.conversation.id}")) == ["id", "updated_time"]
        assert list(rig.get(f"/{message.id}")) == ["id", "created_time"]
        assert rig.get("/me") == {"name": "Gubernur NTB", "id": rig.page.id}


@pytest.mark.parametrize(
    ("path", "asked", "name", "node"),
    [
        ("/me", "first_name", "first_name", "Page"),
        ("/me/feed", "id,nope", "nope", "PagePost"),
        ("/me/feed", "comments{id,nope.limit(3)}", "nope", "Comment"),
        ("/me/feed", "comments{from{nope}}", "nope", "User"),
        ("/me/conversations", "nope", "nope", "UnifiedThread"),
        ("/me/conversations", "messages{nope}", "nope", "UnifiedMessage"),
        ("/me/nope", "id", "nope", "Page"),
    ],
)
def test_an_unknown_name_fails_the_whole_request(path: str, asked: str, name: str, node: str) -> None:
    with rigged() as rig:
        response = rig.call(path, params={"fields": asked})
        assert failure(response) == (400, 100, None)
        expected = f"(#100) Tried accessing nonexisting field ({name}) on node type ({node})"
        assert response.json()["error"]["message"] == expected


@pytest.mark.parametrize("name", ["link", "type", "name", "caption", "description", "source", "object_id"])
def test_fields_dead_since_v3_3_fail_the_whole_request_with_code_12(name: str) -> None:
    with rigged() as rig:
        assert rig.fails("/me/feed", fields=f"id,{name}") == (400, 12, None)
        assert rig.fails("/me", fields="feed{" + name + "}") == (400, 12, None)


def test_aliases_and_counts() -> None:
    with rigged() as rig:
        post = rig.world.add_post(rig.page, "halo", reactions={"LIKE": 7, "LOVE": 2}, shares=3)
        asked = (
            "reactions.type(LIKE).limit(0).summary(total_count).as(suka),reactions.limit(0).summary(total_count),"
            "comments.filter(stream).limit(0).summary(true),shares"
        )
        assert rig.get(f"/{post.id}", fields=asked) == {
            "suka": {"data": [], "summary": {"total_count": 7}},
            "reactions": {"data": [], "summary": {"total_count": 9}},
            "comments": {"data": [], "summary": {"order": "chronological", "total_count": 0, "can_comment": True}},
            "shares": {"count": 3},
            "id": post.id,
        }


def test_edges_nest_to_any_depth() -> None:
    with rigged() as rig:
        post = rig.world.add_post(rig.page, "halo")
        comment = rig.world.add_comment(post, "pak", "Siti")
        rig.world.reply(comment, "ya")
        rig.world.add_message(rig.world.conversation(rig.page, "Siti"), "pesan")
        asked = "feed.limit(1){comments{message,comments{message,parent{message}}}},conversations{messages.limit(1){message}}"
        answer = rig.get("/me", fields=asked)
        top = answer["feed"]["data"][0]["comments"]["data"][0]
        assert top["comments"]["data"][0]["message"] == "ya"
        assert top["comments"]["data"][0]["parent"] == {"message": "pak", "id": comment.id}
        assert "paging" in answer["feed"]["data"][0]["comments"]
        assert answer["conversations"]["data"][0]["messages"]["data"][0]["message"] == "pesan"


def test_an_inner_next_leads_on_from_where_it_stands() -> None:
    with rigged() as rig:
        post = rig.world.add_post(rig.page, "halo")
        for n in range(5):
            rig.world.add_comment(post, str(n), "Siti")
        feed = rig.get("/me/feed", fields="comments.filter(stream).limit(2){message}")
        following = feed["data"][0]["comments"]["paging"]["next"]
        assert following.startswith(f"{rig.address}/v26.0/{post.id}/comments?access_token={rig.token}&pretty=0&")
        assert "filter=stream" in following
        assert [item["message"] for item in rig.session.get(following, timeout=5).json()["data"]] == ["2", "3"]


# -- nodes ---------------------------------------------------------------------------------------------------------


def test_what_does_not_exist() -> None:
    with rigged() as rig:
        post = rig.world.add_post(rig.page, "halo")
        rig.world.delete(post)
        assert rig.fails("/999") == (400, 100, 33)
        assert rig.fails(f"/{post.id}") == (400, 100, 33)
        assert rig.fails(f"/{post.id}/comments") == (400, 100, 33)
        assert rig.fails("/nosuchpage") == (404, 803, None)
        assert rig.fails("/") == (400, 2500, None)
        assert rig.fails("/a/b/c") == (400, 2500, None)
        assert rig.call("/999").json()["error"]["type"] == "GraphMethodException"


def test_a_page_by_its_user_name_and_a_person_by_his_psid() -> None:
    with rigged() as rig:
        assert rig.get("/gubernur", fields="id,username") == {"id": rig.page.id, "username": "gubernur"}
        comment = rig.world.add_comment(rig.world.add_post(rig.page, "x"), "y", "Baiq Rohani Astuti")
        response = rig.call(f"/{comment.author.id}", params={"fields": "first_name,last_name"})
        assert response.json() == {"first_name": "Baiq", "last_name": "Rohani Astuti", "id": comment.author.id}
        assert '"type":"messenger"' in response.headers["X-Business-Use-Case-Usage"]


def test_ids_are_refused_with_status_500_and_yet_code_100() -> None:
    with rigged() as rig:
        assert rig.fails("/", ids="1,2") == (500, 100, None)


# -- the names against the official specifications -----------------------------------------------------------------


@pytest.mark.skipif(not SPECS, reason="NTBCARE_GRAPH_DIR is not set: the official node specifications are not here")
@pytest.mark.parametrize(
    ("node", "known", "edges"),
    [
        ("Page", names.PAGE_FIELDS, names.PAGE_EDGES),
        ("PagePost", names.POST_FIELDS, names.POST_EDGES),
        ("Comment", names.COMMENT_FIELDS, names.COMMENT_EDGES),
        ("UnifiedThread", names.THREAD_FIELDS, names.THREAD_EDGES),
    ],
)
def test_the_names_are_those_of_the_specification(node: str, known: frozenset[str], edges: frozenset[str]) -> None:
    spec: dict[str, Any] = json.loads((Path(SPECS) / "specs" / f"{node}.json").read_text())
    assert known == {field["name"] for field in spec["fields"]}
    assert edges == {api["endpoint"] for api in spec["apis"] if api["method"] == "GET" and "endpoint" in api}


@pytest.mark.parametrize("node", ["Page", "PagePost", "Comment", "UnifiedThread", "UnifiedMessage"])
def test_every_known_name_can_be_asked_for(node: str) -> None:
    rig = Rig()
    post = rig.world.add_post(rig.page, "x")
    comment = rig.world.add_comment(post, "y", "Siti")
    message = rig.world.add_message(rig.world.conversation(rig.page, "Siti"), "z")
    known: dict[str, tuple[str, frozenset[str]]] = {
        "Page": (rig.page.id, names.PAGE_FIELDS | names.PAGE_EDGES - {"ratings", "visitor_posts"}),
        "PagePost": (post.id, names.POST_FIELDS | names.POST_EDGES),
        "Comment": (comment.id, names.COMMENT_FIELDS | names.COMMENT_EDGES | {"to"}),
        "UnifiedThread": (message.conversation.id, names.THREAD_FIELDS | names.THREAD_EDGES),
        "UnifiedMessage": (message.id, names.MESSAGE_FIELDS | names.MESSAGE_EDGES),
    }
    id, asked = known[node]
    query, headers = "fields=" + ",".join(sorted(asked)), {"Authorization": f"Bearer {rig.token}"}
    answer = rig.sandbox.handle("GET", f"/v26.0/{id}", query, headers)
    assert answer.status == 200, answer.body
    assert answer.json()["id"] == id
