"""Feeds and comments: who is in them, in which order, in which pages."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.edge.test_sandbox_server import NOW, rigged


def ids(pages: list[list[Any]]) -> list[str]:
    return [item["id"] for page in pages for item in page]


def ago(**span: float) -> Any:
    return NOW - timedelta(**span)


# -- feed ----------------------------------------------------------------------------------------------------------


def test_feed_holds_page_visitor_tagged_and_unpublished_posts_newest_first() -> None:
    with rigged() as rig:
        world, page = rig.world, rig.page
        own = world.add_post(page, "dari kami", at=ago(days=4))
        visitor = world.add_visitor_post(page, "dari warga", "Siti", at=ago(days=3))
        tagged = world.add_post(page, "menandai", author="Portal", at=ago(days=2), tagged=True)
        draft = world.add_post(page, "konsep", at=ago(days=1), published=False)
        world.add_post(page, "iklan", dark=True)
        world.add_post(page, "nanti", scheduled=int(NOW.timestamp()) + 900, published=False)
        assert ids(rig.walk("/me/feed")) == [draft.id, tagged.id, visitor.id, own.id]
        assert ids(rig.walk("/me/posts")) == [draft.id, own.id]
        assert ids(rig.walk("/me/published_posts")) == [own.id]
        assert ids(rig.walk("/me/tagged")) == [tagged.id]
        assert rig.get("/me/ads_posts", fields="message")["data"][0]["message"] == "iklan"
        assert rig.get("/me/scheduled_posts", fields="message")["data"][0]["message"] == "nanti"
        first = rig.get("/me/feed", fields="is_published")["data"][0]
        assert first == {"is_published": False, "id": draft.id}


def test_a_visitors_post_is_from_the_person_to_the_page() -> None:
    with rigged() as rig:
        post = rig.world.add_visitor_post(rig.page, "tolong", "Siti Aminah")
        answer = rig.get("/me/feed", fields="from,to,message")["data"][0]
        assert answer["from"] == {"name": "Siti Aminah", "id": post.author.id}
        assert answer["to"] == {"data": [{"name": "Gubernur NTB", "id": rig.page.id}]}
        assert list(answer) == ["from", "to", "message", "id"]


def test_visitor_posts_are_refused_on_new_pages_and_ratings_on_all() -> None:
    with rigged() as rig:
        rig.world.add_visitor_post(rig.page, "tolong", "Siti")
        assert rig.fails("/me/visitor_posts")[:2] == (400, 100)
        assert rig.fails("/me/ratings") == (400, 12, None)
        assert rig.fails("/me", fields="ratings{id}") == (400, 12, None)
        rig.page.new_experience = False
        assert len(rig.get("/me/visitor_posts")["data"]) == 1


@pytest.mark.parametrize("edge", ["feed", "posts", "published_posts"])
def test_a_limit_above_100_is_an_error_not_a_clamp(edge: str) -> None:
    with rigged() as rig:
        assert rig.fails(f"/me/{edge}", limit=101) == (400, 100, None)
        assert rig.fails("/me", fields=f"{edge}.limit(101)") == (400, 100, None)
        assert rig.get(f"/me/{edge}", limit=100) == {"data": []}
        assert rig.fails(f"/me/{edge}", limit="x") == (400, 100, None)
        assert rig.fails(f"/me/{edge}", limit=-1) == (400, 100, None)


def test_since_and_until_go_by_creation() -> None:
    with rigged() as rig:
        posts = [rig.world.add_post(rig.page, str(n), at=ago(days=n)) for n in range(10)]
        rig.world.add_comment(posts[9], "baru", "Siti")
        since, until = ago(days=5).timestamp(), ago(days=2).timestamp()
        found = ids(rig.walk("/me/feed", since=int(since), until=int(until), limit=2))
        assert found == [post.id for post in posts[2:6]]
        assert len(rig.get("/me/feed", since="2026-11-20", until="2026-11-22T02:00:00+0000")["data"]) == 3
        assert len(rig.get("/me/feed", since="yesterday")["data"]) == 2
        assert len(rig.get("/me/feed", since="-3 days")["data"]) == 4
        assert rig.fails("/me/feed", since="kapan-kapan") == (400, 100, None)


def test_hidden_and_expired_posts_are_shown_on_demand() -> None:
    with rigged() as rig:
        hidden = rig.world.add_post(rig.page, "a", hidden=True, at=ago(hours=2))
        expired = rig.world.add_post(rig.page, "b", expired=True)
        assert rig.get("/me/feed") == {"data": []}
        assert ids(rig.walk("/me/feed", include_hidden="true", show_expired="1")) == [expired.id, hidden.id]


def test_updated_time_moves_on_comment_reply_and_edit_only() -> None:
    with rigged() as rig:
        post = rig.world.add_post(rig.page, "x", at=ago(days=3))

        def updated() -> str:
            return str(rig.get(f"/{post.id}", fields="updated_time")["updated_time"])

        assert updated() == "2026-11-21T02:00:00+0000"
        comment = rig.world.add_comment(post, "y", "Siti", at=ago(days=2))
        assert updated() == "2026-11-22T02:00:00+0000"
        rig.world.reply(comment, "z", at=ago(days=1))
        assert updated() == "2026-11-23T02:00:00+0000"
        rig.world.hide(comment)
        rig.world.edit(comment, "disunting")
        rig.world.delete(comment)
        rig.world.approve(rig.world.add_comment(post, "lama", "Siti", held=True))
        assert updated() == "2026-11-23T02:00:00+0000"
        rig.world.edit(post, "xx")
        assert updated() == "2026-11-24T02:00:00+0000"


def test_attachments_of_posts() -> None:
    with rigged() as rig:
        parts = (rig.world.photo(), rig.world.photo())
        post = rig.world.add_post(rig.page, "x", attachments=(rig.world.photo("album", parts=parts),))
        asked = "attachments{media_type,type,url,media{image{src}},target{id},subattachments{type,target}}"
        (attachment,) = rig.get(f"/{post.id}", fields=asked)["attachments"]["data"]
        assert (attachment["media_type"], attachment["type"]) == ("album", "album")
        assert [part["type"] for part in attachment["subattachments"]["data"]] == ["photo", "photo"]
        assert "oe=" in attachment["media"]["image"]["src"]
        assert list(attachment["media"]["image"]) == ["src"]


# -- comments ------------------------------------------------------------------------------------------------------


@pytest.fixture
def thread() -> Any:
    """A post with two top-level comments, each with a reply, and the rig around it."""
    with rigged() as rig:
        post = rig.world.add_post(rig.page, "x", at=ago(days=3))
        one = rig.world.add_comment(post, "satu", "Siti", at=ago(hours=9), likes=1)
        two = rig.world.add_comment(post, "dua", "Amir", at=ago(hours=8), likes=50)
        answer = rig.world.reply(one, "jawab satu", at=ago(hours=7))
        reply = rig.world.add_comment(two, "balas dua", "Siti", at=ago(hours=6))
        yield rig, post, one, two, answer, reply


def test_only_top_level_comments_come_by_default_and_all_in_a_stream(thread: Any) -> None:
    rig, post, one, two, answer, reply = thread
    edge = f"/{post.id}/comments"
    assert ids(rig.walk(edge)) == ids(rig.walk(edge, filter="toplevel")) == [one.id, two.id]
    assert ids(rig.walk(edge, filter="stream")) == [one.id, two.id, answer.id, reply.id]
    assert ids(rig.walk(f"/{one.id}/comments")) == [answer.id]
    assert rig.call(f"/{answer.id}/comments").content == b'{"data":[]}'
    assert rig.fails(edge, filter="all") == (400, 100, None)


def test_the_three_orders(thread: Any) -> None:
    rig, post, one, two, answer, reply = thread
    edge = f"/{post.id}/comments"
    assert ids(rig.walk(edge, order="chronological")) == [one.id, two.id]
    backwards = rig.walk(edge, order="reverse_chronological", filter="stream", limit=3)
    assert ids(backwards) == [reply.id, answer.id, two.id, one.id]
    post.ranked = True
    assert ids(rig.walk(edge, limit=1)) == ids(rig.walk(edge, order="ranked")) == [two.id, one.id]
    assert rig.get(edge, summary="true")["summary"]["order"] == "ranked"
    assert ids(rig.walk(edge, order="chronological")) == [one.id, two.id]
    assert ids(rig.walk(edge, filter="stream"))[0] == one.id
    assert rig.fails(edge, order="newest") == (400, 100, None)


def test_since_cuts_older_comments(thread: Any) -> None:
    rig, post, _, two, answer, reply = thread
    since = int(ago(hours=8).timestamp())
    assert ids(rig.walk(f"/{post.id}/comments", filter="stream", since=since)) == [two.id, answer.id, reply.id]


def test_parent_is_present_on_replies_only(thread: Any) -> None:
    rig, post, one, _, answer, _ = thread
    data = rig.get(f"/{post.id}/comments", filter="stream", fields="parent{id}")["data"]
    assert data[0] == {"id": one.id}
    assert data[2] == {"parent": {"id": one.id}, "id": answer.id}


def test_a_reply_to_a_reply_lands_on_top_unless_made_through_the_api(thread: Any) -> None:
    rig, post, one, _, answer, _ = thread
    in_the_app = rig.world.add_comment(answer, "dari aplikasi", "Siti")
    assert in_the_app.parent is one
    made = rig.post(f"/{answer.id}/comments", message="lewat API").json()["id"]
    assert rig.get(f"/{made}", fields="parent{id,parent{id}}")["parent"] == {"id": answer.id, "parent": {"id": one.id}}
    assert made in ids(rig.walk(f"/{post.id}/comments", filter="stream"))
    assert set(ids(rig.walk(f"/{one.id}/comments", filter="stream"))) == {answer.id, in_the_app.id, made}


def test_total_count_counts_more_than_is_returned(thread: Any) -> None:
    rig, post, one, two, answer, reply = thread
    rig.world.hide(one)
    rig.world.hold(two)
    rig.world.delete(reply, still_counted=True)
    answered = rig.get(f"/{post.id}/comments", filter="stream", summary="1", fields="is_hidden")
    assert answered["data"] == [{"is_hidden": True, "id": one.id}, {"is_hidden": False, "id": answer.id}]
    assert answered["summary"] == {"order": "chronological", "total_count": 4, "can_comment": True}
    rig.world.delete(answer)
    assert rig.get(f"/{post.id}/comments", filter="stream", summary="1")["summary"]["total_count"] == 3


def test_a_held_comment_appears_late_with_its_old_time(thread: Any) -> None:
    rig, post, one, two, *_ = thread
    rig.world.hold(one)
    assert ids(rig.walk(f"/{post.id}/comments")) == [two.id]
    rig.world.approve(one)
    assert ids(rig.walk(f"/{post.id}/comments")) == [one.id, two.id]


def test_edits_and_deletions_show_as_text_and_absence(thread: Any) -> None:
    rig, post, one, two, answer, _ = thread
    rig.world.edit(one, "satu, disunting")
    assert rig.get(f"/{one.id}", fields="message,created_time") == {
        "message": "satu, disunting",
        "created_time": "2026-11-23T17:00:00+0000",
        "id": one.id,
    }
    rig.world.delete(two)
    assert ids(rig.walk(f"/{post.id}/comments", filter="stream")) == [one.id, answer.id]


def test_photo_sticker_and_private_comments() -> None:
    with rigged() as rig:
        post = rig.world.add_post(rig.page, "x")
        rig.world.add_comment(post, "", "Siti", attachment=rig.world.photo())
        rig.world.add_comment(post, "", "Siti", attachment=rig.world.photo("sticker"), private=True)
        data = rig.get(f"/{post.id}/comments", fields="message,attachment,is_private")["data"]
        assert [(item["message"], item["attachment"]["type"], item["is_private"]) for item in data] == [
            ("", "photo", False),
            ("", "sticker", True),
        ]
        assert set(data[0]["attachment"]) == {"media", "target", "type", "url"}


def test_from_is_absent_for_hidden_authors_and_never_null() -> None:
    with rigged() as rig:
        post = rig.world.add_visitor_post(rig.page, "x", "Siti", anonymous=True)
        rig.world.add_comment(post, "y", "Amir", anonymous=True)
        shown = rig.world.add_comment(post, "z", "Amir")
        answer = rig.get("/me/feed", fields="from,comments{from}")["data"][0]
        assert "from" not in answer
        hidden, open_ = answer["comments"]["data"]
        assert list(hidden) == ["id"]
        assert open_["from"] == {"name": "Amir", "id": shown.author.id}


def test_a_comments_id_need_not_start_with_its_posts_story() -> None:
    with rigged() as rig:
        post = rig.world.add_post(rig.page, "foto", object_id="900728623356296")
        comment = rig.world.add_comment(post, "y", "Siti")
        assert comment.id.startswith("900728623356296_")
        assert not post.id.endswith("900728623356296")
        link = rig.get(f"/{rig.world.reply(comment, 'z').id}", fields="permalink_url")["permalink_url"]
        assert f"?comment_id={comment.n}&reply_comment_id=" in link


def test_capabilities_of_a_comment() -> None:
    with rigged() as rig:
        post = rig.world.add_post(rig.page, "x", at=ago(days=30))
        asked = "can_hide,can_reply_privately,can_comment,comment_count,like_count"
        fresh = rig.world.add_comment(post, "y", "Siti", likes=4)
        own = rig.world.reply(fresh, "z")
        old = rig.world.add_comment(post, "w", "Siti", at=ago(days=8))
        told = {comment.id: rig.get(f"/{comment.id}", fields=asked) for comment in (fresh, own, old)}
        assert told[fresh.id]["can_reply_privately"] is True
        assert (told[fresh.id]["comment_count"], told[fresh.id]["like_count"]) == (1, 4)
        assert (told[own.id]["can_hide"], told[own.id]["can_reply_privately"]) == (False, False)
        assert told[old.id]["can_reply_privately"] is False


def test_comments_clamp_a_large_limit() -> None:
    with rigged() as rig:
        post = rig.world.add_post(rig.page, "x")
        for n in range(120):
            rig.world.add_comment(post, str(n), "Siti")
        assert len(rig.get(f"/{post.id}/comments")["data"]) == 25
        assert len(rig.get(f"/{post.id}/comments", limit=500)["data"]) == 100
        assert rig.get(f"/{post.id}/comments", limit=0) == {"data": []}
