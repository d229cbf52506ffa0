"""R-25, S-18: what is asked of Graph and how its answers are read. Pure."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import Unreadable
from connector.platforms.facebook import asks
from connector.platforms.facebook.fields import Edge, Field, name_of, render, without
from connector.platforms.facebook.parse import (
    child,
    count_of,
    nodes_of,
    parse,
    raw_comment,
    raw_message,
    raw_post,
    stirred,
    usable_id,
    when,
    without_paging,
)
from connector.records import Account, Attachment

PAGE = "100000000000001"
ACCOUNT = Account("gubernur", "facebook", PAGE, "Gubernur", ("posts",), 60)
COMMENT: dict[str, Any] = {
    "id": "1_2",
    "message": "jalan rusak",
    "from": {"id": "7001", "name": "Siti"},
    "created_time": "2026-11-24T01:02:03+0000",
}


def test_fields_render_as_graph_reads_them() -> None:
    edge = Edge("comments", ("id", Edge("from", ("id",))), (("filter", "stream"), ("summary", "true")), 25)
    assert render(("id", edge)) == "id,comments.filter(stream).summary(true).limit(25){id,from{id}}"
    assert (
        render(without(("id", edge), frozenset({"from"}))) == "id,comments.filter(stream).summary(true).limit(25){id}"
    )
    assert render(without(("id", edge), frozenset({"comments"}))) == "id"


def test_an_ask_shrinks_to_nothing_step_by_step() -> None:
    ask: asks.Ask | None = asks.feed_whole(PAGE, comments=True)
    sizes = []
    while ask:
        sizes.append((ask.limit, ask.inner))
        ask = ask.less()
    assert sizes[0] == (25, 50) and sizes[-1] == (1, 0) and len(sizes) == len(set(sizes))
    assert "comments" not in replace(asks.feed_whole(PAGE, comments=True), inner=0).query()["fields"]
    assert asks.post_whole("1", comments=False).less() is None


def test_an_ask_drops_what_graph_knows_no_more() -> None:
    ask = asks.comments_of("1")
    assert "is_private" not in (ask.dropping("is_private") or ask).query()["fields"]
    unnamed = asks.post_whole("1", comments=False).dropping("")
    assert unnamed and "attachments" not in unnamed.query()["fields"] and unnamed.dropping("") is None
    assert ask.dropping("id") is None


def test_queries_carry_size_cursor_and_window() -> None:
    query = asks.feed_listed(PAGE).query("CURSOR")
    assert query == {"fields": "id,created_time,updated_time", "limit": "100", "after": "CURSOR"}
    comments = asks.comments_of("1").query()
    assert (comments["filter"], comments["order"], comments["summary"]) == ("stream", "reverse_chronological", "true")


NODES = [
    ("Page", asks.feed_whole(PAGE, comments=True), "feed", "PagePost"),
    ("Page", asks.feed_listed(PAGE), "feed", "PagePost"),
    ("PagePost", asks.post_whole("1", comments=True), "", "PagePost"),
    ("PagePost", asks.comments_of("1"), "comments", "Comment"),
    ("Page", asks.conversations_listed(PAGE), "conversations", "UnifiedThread"),
    ("Page", asks.conversations_whole(PAGE), "conversations", "UnifiedThread"),
    ("UnifiedThread", asks.messages_of("t_1"), "messages", None),
]
INNER = {"comments": "Comment", "from": None, "parent": None, "attachments": None, "messages": None, "shares": None}


@pytest.mark.parametrize(("owner", "ask", "edge", "node"), NODES, ids=[f"{n[1].name}" for n in NODES])
def test_every_field_and_edge_asked_for_is_in_metas_specs(
    owner: str, ask: asks.Ask, edge: str, node: str | None, graph_dir: Path
) -> None:
    if edge:
        assert edge in known(graph_dir, owner)
    if node:
        check(graph_dir, ask.fields, node)


def known(graph_dir: Path, node: str) -> set[str]:
    spec = json.loads((graph_dir / "specs" / f"{node}.json").read_text())
    return {f["name"] for f in spec["fields"]} | {
        a["endpoint"] for a in spec["apis"] if a["method"] == "GET" and "endpoint" in a
    }


def check(graph_dir: Path, fields: tuple[Field, ...], node: str) -> None:
    for field in fields:
        assert name_of(field) in known(graph_dir, node), f"{name_of(field)} is no field of {node}"
        if isinstance(field, Edge) and INNER.get(field.name):
            check(graph_dir, field.fields, str(INNER[field.name]))


def test_a_visitors_post_is_told_from_the_accounts_own() -> None:
    own = raw_post(ACCOUNT, {"id": f"{PAGE}_1", "from": {"id": PAGE}, "message": "x"})
    visitor = raw_post(ACCOUNT, {"id": f"{PAGE}_2", "from": {"id": "7"}})
    unknown = raw_post(ACCOUNT, {"id": f"{PAGE}_3"})
    assert [p.stream for p in (own, visitor, unknown)] == ["posts", "visitor_posts", "visitor_posts"]
    assert parse(own, PAGE).by_account and not parse(visitor, PAGE).by_account and not parse(unknown, PAGE).by_account


def test_the_payload_is_kept_as_sent_less_its_paging() -> None:
    secret = {"paging": {"next": "https://graph.facebook.com/?access_token=EAAX"}}
    node = {
        **COMMENT,
        "attachments": {"data": [{"id": 1}], **secret},
        "comments": {"data": [], **secret},
        "extra": [secret],
    }
    raw = raw_comment(ACCOUNT, "9_1", node)
    assert "EAAX" not in json.dumps(raw.payload)
    assert raw.payload == {**COMMENT, "attachments": {"data": [{"id": 1}]}, "extra": [{}]}


def test_a_comment_as_understood() -> None:
    node = {
        **COMMENT,
        "parent": {"id": "1_1"},
        "permalink_url": "https://www.facebook.com/1",
        "attachment": {"type": "photo", "url": "https://www.facebook.com/photo.php?fbid=1"},
        "is_hidden": True,
    }
    item = parse(raw_comment(ACCOUNT, "9_1", node), PAGE)
    assert (item.post_id, item.parent_id, item.author_id, item.author_name) == ("9_1", "1_1", "7001", "Siti")
    assert item.created_at == datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)
    assert item.attachments == (Attachment("photo", None, "https://www.facebook.com/photo.php?fbid=1"),)
    assert item.hidden and item.permalink == "https://www.facebook.com/1"


def test_a_message_with_file_share_and_sticker() -> None:
    node = {
        "id": "m_1",
        "message": "",
        "sticker": "https://scontent.xx.fbcdn.net/a.png",
        "attachments": {"data": [{"id": "5", "mime_type": "image/jpeg", "name": "foto.jpg", "size": 3}, "odd"]},
        "shares": {"data": [{"name": "Peta", "link": "https://maps.example/x"}]},
    }
    found = parse(raw_message(ACCOUNT, "t_1", node), PAGE).attachments
    assert found == (
        Attachment("image/jpeg", "foto.jpg", None),
        Attachment("share", "Peta", "https://maps.example/x"),
        Attachment("sticker"),
    )


@pytest.mark.parametrize("message", [5, ["a"], {"a": 1}, True])
def test_a_message_that_is_no_text_is_unreadable(message: Any) -> None:
    with pytest.raises(Unreadable, match="not a text"):
        parse(raw_comment(ACCOUNT, "9_1", {**COMMENT, "message": message}), PAGE)


@pytest.mark.parametrize(
    "node", [{}, {"message": "x"}, {"id": ""}, {"id": "a b"}, {"id": None}, {"id": ["x"]}, "text", None, 7]
)
def test_an_object_without_id_lands_and_is_unreadable(node: Any) -> None:
    raw = raw_comment(ACCOUNT, "9_1", node)
    assert raw.id.startswith("?") and raw == raw_comment(ACCOUNT, "9_1", node)
    with pytest.raises(Unreadable, match="id"):
        parse(raw, PAGE)


@pytest.mark.parametrize("more", [{}, {"created_time": "2026-11-24T01:02:03+0000"}])
def test_a_message_of_which_only_the_id_is_shown_is_unreadable(more: dict[str, str]) -> None:
    raw = raw_message(ACCOUNT, "t_1", {"id": "m_1"} | more)
    assert raw.thin
    with pytest.raises(Unreadable, match="newest 20"):
        parse(raw, PAGE)


def test_ids_may_be_numbers_but_not_truth_values() -> None:
    assert (usable_id(123), usable_id(True), usable_id("?x"), usable_id("m_$x:1")) == ("123", None, None, "m_$x:1")
    assert [usable_id(odd) for odd in ("a/b", "a?b", "..#", "a\\b")] == [None] * 4


def test_counts_are_numbers_that_can_be() -> None:
    given = [7, 0, True, -1, 10**30, "7", None]
    assert [count_of({"summary": {"total_count": n}}) for n in given] == [7, 0, None, None, None, None, None]


NO_TIMES = [
    "",
    "yesterday",
    "2026-13-01T00:00:00+0000",
    5,
    None,
    "0001-01-01T00:00:00+1400",
    "9999-12-31T23:59:59+0000",
]


@pytest.mark.parametrize("value", NO_TIMES)
def test_what_is_no_time_is_none(value: Any) -> None:
    assert when(value) is None


@pytest.mark.parametrize(
    ("made", "moved", "so"),
    [
        ("2026-11-24T01:00:00+0000", "2026-11-24T01:00:00+0000", False),
        ("2026-11-24T01:00:00+0000", "2026-11-24T01:00:01+0000", True),
        ("2026-11-24T01:00:00+0000", None, True),
        (None, "2026-11-24T01:00:00+0000", True),
    ],
)
def test_a_post_has_stirred_unless_its_times_say_no(made: Any, moved: Any, so: bool) -> None:
    assert stirred({"created_time": made, "updated_time": moved}) is so


def test_a_time_without_offset_is_utc() -> None:
    assert when("2026-11-24T01:02:03") == datetime(2026, 11, 24, 1, 2, 3, tzinfo=UTC)


def test_the_fingerprint_follows_meaning_not_signatures() -> None:
    def attached(url: str, **more: Any) -> str:
        node = {**COMMENT, "attachment": {"type": "photo", "media": {"image": {"src": url}}}, **more}
        return raw_comment(ACCOUNT, "9_1", node).fingerprint

    same = attached("https://x.fbcdn.net/1?oe=1")
    assert same == attached("https://x.fbcdn.net/1?oe=2", like_count=7)
    assert same != attached("https://x.fbcdn.net/1?oe=1", message="lain")
    assert same != attached("https://x.fbcdn.net/1?oe=1", is_hidden=True)


def test_odd_answers_have_no_nodes() -> None:
    assert (nodes_of(None), nodes_of({"data": {}}), nodes_of([])) == ([], [], [])
    assert child({"a": []}, "a", "b") is None and without_paging(5) == 5


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
names = st.sampled_from(
    ["id", "message", "from", "parent", "created_time", "attachments", "attachment", "shares", "sticker"]
)


@given(st.dictionaries(names, json_values) | json_values)
def test_nothing_a_stranger_sends_raises_but_unreadable(node: Any) -> None:
    for raw in (raw_post(ACCOUNT, node), raw_comment(ACCOUNT, "9_1", node), raw_message(ACCOUNT, "t_1", node)):
        try:
            parse(raw, PAGE)
        except Unreadable as error:
            assert str(error)
