"""Conversations and messages: order, pace, the newest 20, attachments, and what was taken back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from connector.sandbox import Options
from tests.edge.test_sandbox_server import NOW, Rig, rigged


def ago(**span: float) -> Any:
    return NOW - timedelta(**span)


@pytest.fixture
def rig() -> Iterator[Rig]:
    with rigged() as rig:
        yield rig


def ids(pages: list[list[Any]]) -> list[str]:
    return [item["id"] for page in pages for item in page]


def test_conversations_come_newest_activity_first_and_move_in_both_directions(rig: Rig) -> None:
    siti, amir = (rig.world.conversation(rig.page, name) for name in ("Siti", "Amir"))
    rig.world.add_message(siti, "pak", at=ago(hours=3))
    rig.world.add_message(amir, "min", at=ago(hours=2))
    assert ids(rig.walk("/me/conversations", platform="messenger", limit=1)) == [amir.id, siti.id]
    rig.world.add_message(siti, "ya?", by_page=True, at=ago(hours=1))
    answer = rig.get("/me/conversations")
    assert [item["id"] for item in answer["data"]] == [siti.id, amir.id]
    assert answer["data"][0]["updated_time"] == "2026-11-24T01:00:00+0000"


def test_conversations_know_no_since_or_until_but_a_person_and_a_folder(rig: Rig) -> None:
    siti = rig.world.conversation(rig.page, "Siti")
    spam = rig.world.conversation(rig.page, "Bot", folder="spam")
    for conversation in (siti, spam):
        rig.world.add_message(conversation, "x", at=ago(days=40))
    assert ids(rig.walk("/me/conversations", since=int(NOW.timestamp()), until=1)) == [siti.id]
    assert ids(rig.walk("/me/conversations", folder="spam")) == [spam.id]
    assert ids(rig.walk("/me/conversations", user_id=siti.person.id)) == [siti.id]
    assert rig.get("/me/conversations", platform="INSTAGRAM") == {"data": []}


def test_fields_of_a_conversation(rig: Rig) -> None:
    conversation = rig.world.conversation(rig.page, "Siti Aminah")
    rig.world.add_message(conversation, "pak tolong", at=ago(hours=3))
    conversation.owner = False
    asked = "participants,senders{name},message_count,unread_count,snippet,link,can_reply,is_owner,is_subscribed,updated_time"
    answer = rig.get(f"/{conversation.id}", fields=asked)
    person = conversation.person.id
    assert answer["participants"]["data"] == [
        {"name": "Siti Aminah", "email": f"{person}@facebook.com", "id": person},
        {"name": "Gubernur NTB", "email": f"{rig.page.id}@facebook.com", "id": rig.page.id},
    ]
    assert (answer["message_count"], answer["unread_count"], answer["snippet"]) == (1, 1, "pak tolong")
    assert (answer["is_owner"], answer["is_subscribed"]) == (False, True)
    assert conversation.id.startswith("t_")


def test_a_person_has_another_id_on_every_page_and_the_same_in_comments(rig: Rig) -> None:
    other = rig.world.add_page("wagub", "100000000000002", "Wakil Gubernur NTB")
    here, there = rig.world.conversation(rig.page, "Siti"), rig.world.conversation(other, "Siti")
    comment = rig.world.add_comment(rig.world.add_post(rig.page, "x"), "y", "Siti")
    assert here.person.id == comment.author.id != there.person.id


def test_messages_come_newest_first_in_both_directions(rig: Rig) -> None:
    conversation = rig.world.conversation(rig.page, "Siti")
    first = rig.world.add_message(conversation, "pak", at=ago(hours=2))
    second = rig.world.add_message(conversation, "ya", by_page=True, at=ago(hours=1))
    data = rig.get(f"/{conversation.id}/messages", fields="id,message,from,to,created_time,tags")["data"]
    assert [item["id"] for item in data] == [second.id, first.id]
    assert data[0]["from"]["id"] == data[1]["to"]["data"][0]["id"] == rig.page.id
    assert data[1]["from"]["id"] == data[0]["to"]["data"][0]["id"] == conversation.person.id
    assert first.id.startswith("m_")
    assert len(first.id) == 88


def chatty(rig: Rig, count: int = 30) -> tuple[str, list[str]]:
    conversation = rig.world.conversation(rig.page, "Siti")
    made = [rig.world.add_message(conversation, str(n), at=ago(minutes=count - n)) for n in range(count)]
    return conversation.id, [message.id for message in reversed(made)]


def test_only_the_newest_20_show_more_than_their_id(rig: Rig) -> None:
    thread, expected = chatty(rig)
    pages = rig.walk(f"/{thread}/messages", fields="message,from", limit=12)
    assert ids(pages) == expected
    items = [item for page in pages for item in page]
    assert all("message" in item for item in items[:20])
    assert all(list(item) == ["id"] for item in items[20:])
    assert rig.fails(f"/{expected[25]}", fields="message") == (400, 9000001, None)
    assert rig.get(f"/{expected[19]}", fields="message")["message"] == "10"
    nested = rig.get("/me/conversations", fields="messages.limit(25){message}")["data"][0]["messages"]["data"]
    assert [("message" in item) for item in nested] == [True] * 20 + [False] * 5


def test_older_messages_may_be_readable_or_an_error(rig: Rig) -> None:
    thread, _ = chatty(rig)
    rig.sandbox.options.old_messages = "readable"
    assert all("message" in item for page in rig.walk(f"/{thread}/messages", fields="message") for item in page)
    rig.sandbox.options.old_messages = "error"
    assert len(rig.get(f"/{thread}/messages", limit=20)["data"]) == 20
    assert rig.fails(f"/{thread}/messages", limit=21) == (400, 9000001, None)


@pytest.mark.parametrize("code", [613, 80006])
def test_two_calls_a_second_and_page(code: Any) -> None:
    with rigged(Options(conversations_error=code)) as rig:
        thread, _ = chatty(rig, 2)
        assert rig.call("/me/conversations").status_code == 200
        assert rig.call(f"/{thread}/messages").status_code == 200
        assert rig.fails("/me/conversations") == (400, code, None)
        assert rig.fails("/me", fields="name,conversations{id}") == (400, code, None)
        assert rig.call("/me/feed").status_code == 200
        rig.time.pass_by(seconds=1.01)
        assert rig.call("/me/conversations").status_code == 200


def test_another_pages_pace_is_its_own() -> None:
    with rigged(Options()) as rig:
        rig.world.add_page("wagub", "100000000000002", "Wakil Gubernur NTB")
        for _ in range(2):
            rig.get("/me/conversations")
        assert rig.call("/me/conversations", token=rig.sandbox.token("wagub")).status_code == 200


def test_attachments_stickers_and_unsupported_messages(rig: Rig) -> None:
    conversation, add = rig.world.conversation(rig.page, "Siti"), rig.world.add_message
    kinds = ("image", "video", "audio", "file")
    for n, kind in enumerate(kinds):
        add(conversation, "", attachments=(rig.world.photo(kind),), at=ago(minutes=50 - n))
    add(conversation, "", sticker="https://scontent.xx.fbcdn.net/s.png", at=ago(minutes=5))
    add(conversation, "", unsupported=True, at=ago(minutes=4))
    asked = "message,sticker,is_unsupported,attachments{mime_type,image_data,video_data,file_url,size}"
    data = rig.get(f"/{conversation.id}/messages", fields=asked)["data"][::-1]
    parts = [item["attachments"]["data"][0] for item in data[:4]]
    assert [next(key for key in part if key.endswith(("_data", "_url"))) for part in parts] == [
        "image_data",
        "video_data",
        "file_url",
        "file_url",
    ]
    assert all(item["message"] == "" for item in data)
    assert data[4]["sticker"].endswith("s.png")
    assert (data[5]["is_unsupported"], "is_unsupported" in data[4], "attachments" in data[4]) == (True, False, False)
    paging = data[0]["attachments"]["paging"]
    assert paging["cursors"] == {"before": "MAZDZD", "after": "MAZDZD"}
    assert rig.session.get(paging["next"], timeout=5).json() == {"data": []}


def test_media_addresses_expire(rig: Rig) -> None:
    conversation = rig.world.conversation(rig.page, "Siti")
    message = rig.world.add_message(conversation, "", attachments=(rig.world.photo("image"),))

    def expiry() -> int:
        found = rig.get(f"/{message.id}", fields="attachments")["attachments"]["data"][0]["image_data"]["url"]
        return int(found.rpartition("oe=")[2], 16)

    first = expiry()
    assert first > NOW.timestamp()
    rig.time.pass_by(days=11)
    assert expiry() > first


def test_an_unsent_message_is_gone(rig: Rig) -> None:
    conversation = rig.world.conversation(rig.page, "Siti")
    kept, lost = (rig.world.add_message(conversation, text) for text in ("a", "b"))
    rig.world.unsend(lost)
    assert ids(rig.walk(f"/{conversation.id}/messages")) == [kept.id]
    assert rig.fails(f"/{lost.id}") == (400, 9000001, None)
    assert rig.get(f"/{conversation.id}", fields="snippet")["snippet"] == "a"


def test_reactions_and_answers_to_messages(rig: Rig) -> None:
    conversation = rig.world.conversation(rig.page, "Siti")
    first = rig.world.add_message(conversation, "a", reaction="love", at=ago(minutes=2))
    rig.world.add_message(conversation, "b", by_page=True, reply_to=first.id)
    newer, older = rig.get(f"/{conversation.id}/messages", fields="reactions,reply_to")["data"]
    assert newer["reply_to"]["mid"] == first.id
    assert older["reactions"]["data"][0]["reaction"] == "love"
