"""Paging: both cursor families, both directions, short and empty pages, and cursors gone stale."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from connector.sandbox import Comment, Options, Post, paging
from tests.edge.test_sandbox_reading import ago, ids
from tests.edge.test_sandbox_server import Rig, failure, rigged


def filled(rig: Rig, count: int = 10) -> tuple[Post, list[Comment]]:
    post = rig.world.add_post(rig.page, "x", at=ago(days=3))
    return post, [rig.world.add_comment(post, str(n), "Siti", at=ago(hours=count - n)) for n in range(count)]


@pytest.mark.parametrize("family", ["anchored", "offset"])
@pytest.mark.parametrize("order", ["chronological", "reverse_chronological"])
def test_pages_are_complete_in_both_families_and_directions(family: Any, order: str) -> None:
    with rigged(Options(cursors=family)) as rig:
        post, made = filled(rig)
        pages = rig.walk(f"/{post.id}/comments", limit=4, order=order)
        expected = [comment.id for comment in made]
        assert ids(pages) == (expected if order == "chronological" else expected[::-1])
        assert [len(page) for page in pages] == [4, 4, 2]
        last = rig.get(f"/{post.id}/comments", limit=4, order=order)
        middle = rig.get(f"/{post.id}/comments", limit=4, order=order, after=last["paging"]["cursors"]["after"])
        back = rig.get(f"/{post.id}/comments", limit=4, order=order, before=middle["paging"]["cursors"]["before"])
        assert back["data"] == last["data"]
        assert "previous" in middle["paging"]
        assert "previous" not in last["paging"]


def test_the_last_page_has_cursors_and_no_next() -> None:
    with rigged() as rig:
        post, _ = filled(rig, 3)
        answer = rig.get(f"/{post.id}/comments", limit=3)
        assert set(answer["paging"]) == {"cursors"}
        assert set(answer["paging"]["cursors"]) == {"before", "after"}


def test_cursors_look_like_facebooks() -> None:
    assert [paging.encode(text) for text in ("0", "1")] == ["MAZDZD", "MQZDZD"]
    assert paging.decode("MQZDZD") == "1"
    with rigged() as rig:
        post, made = filled(rig, 3)
        after = rig.get(f"/{post.id}/comments", limit=2)["paging"]["cursors"]["after"]
        assert after.startswith("WTI5dGJX")
        assert paging.decode(paging.decode(after)) == f"comment_cursor:{made[1].n}:{made[1].created}"


def test_next_carries_the_token_unless_told_otherwise() -> None:
    with rigged() as rig:
        post, _ = filled(rig)
        following = rig.get(f"/{post.id}/comments", limit=2, fields="id,message", summary="1")["paging"]["next"]
        query = parse_qs(urlsplit(following).query)
        assert query["access_token"] == [rig.token]
        assert list(query) == ["access_token", "pretty", "fields", "summary", "limit", "after"]
        rig.sandbox.options.next_token = False
        rig.sandbox.options.next_base = "https://graph.facebook.com"
        following = rig.get(f"/{post.id}/comments", limit=2)["paging"]["next"]
        assert following.startswith("https://graph.facebook.com/v26.0/")
        assert "access_token" not in following


def test_a_next_though_nothing_follows() -> None:
    with rigged(Options(next_after_last=True)) as rig:
        post, _ = filled(rig, 4)
        pages = rig.walk(f"/{post.id}/comments", limit=2)
        assert [len(page) for page in pages] == [2, 2, 0]


def test_short_and_empty_pages_with_next() -> None:
    with rigged() as rig:
        post, made = filled(rig, 8)
        for comment in (made[1], *made[2:4], made[6]):
            rig.world.hold(comment)
        assert [len(page) for page in rig.walk(f"/{post.id}/comments", limit=2)] == [1, 0, 2, 1]


def test_an_anchored_cursor_stands_inserts_an_offset_does_not() -> None:
    for family, repeated in (("anchored", False), ("offset", True)):
        with rigged(Options(cursors=family)) as rig:  # type: ignore[arg-type]
            post, _ = filled(rig, 6)
            edge, order = f"/{post.id}/comments", "reverse_chronological"
            first = rig.get(edge, limit=3, order=order)
            rig.world.add_comment(post, "baru", "Siti")
            after = first["paging"]["cursors"]["after"]
            second = rig.get(edge, limit=3, order=order, after=after)
            assert (first["data"][-1] in second["data"]) is repeated


def test_a_stale_or_foreign_cursor_is_error_100() -> None:
    with rigged() as rig:
        post, made = filled(rig, 6)
        edge = f"/{post.id}/comments"
        after = rig.get(edge, limit=3)["paging"]["cursors"]["after"]
        rig.world.delete(made[2])
        assert rig.fails(edge, limit=3, after=after) == (400, 100, None)
        rig.sandbox.options.stale_cursors = False
        assert ids([rig.get(edge, limit=3, after=after)["data"]]) == [comment.id for comment in made[3:]]
        foreign = base64.b64encode(b"whatever").decode().rstrip("=")
        for cursor in ("xx", foreign, "MQZDZD", "\u00e9"):
            assert rig.fails(edge, after=cursor) == (400, 100, None)


def test_paging_too_deep_is_error_100() -> None:
    with rigged(Options(deepest=5)) as rig:
        post, _ = filled(rig, 12)
        edge = f"/{post.id}/comments"
        after = rig.get(edge, limit=4)["paging"]["cursors"]["after"]
        after = rig.get(edge, limit=4, after=after)["paging"]["cursors"]["after"]
        response = rig.call(edge, params={"limit": 4, "after": after})
        assert failure(response) == (400, 100, None)
        assert "After Cursor" in response.json()["error"]["message"]
