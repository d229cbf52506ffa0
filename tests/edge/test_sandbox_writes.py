"""Answering, hiding, deleting, sending, and batches."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import requests

from connector.sandbox import Fault, faults
from tests.edge.test_sandbox_server import NOW, Rig, failure, rigged


@pytest.fixture
def rig() -> Iterator[Rig]:
    with rigged() as rig:
        rig.world.add_post(rig.page, "x", at=NOW - timedelta(days=9))
        yield rig


@pytest.fixture
def comment(rig: Rig) -> Any:
    return rig.world.add_comment(rig.page.posts[0], "tolong pak", "Siti")


def send(rig: Rig, recipient: Any, text: str = "halo", **more: Any) -> requests.Response:
    body = {"recipient": recipient, "message": {"text": text}} | more
    return rig.call(f"/{rig.page.id}/messages", "POST", json=body)


# -- public answers ------------------------------------------------------------------------------------------------


def test_a_public_reply_can_be_read_back(rig: Rig, comment: Any) -> None:
    made = rig.post(f"/{comment.id}/comments", message="Kami cek").json()
    told = rig.get(f"/{made['id']}", fields="message,from,parent{id}")
    assert told["parent"]["id"] == comment.id
    assert told["from"]["id"] == rig.page.id
    assert rig.post(f"/{rig.page.posts[0].id}/comments", message="Terima kasih").status_code == 200
    assert failure(rig.post(f"/{comment.id}/comments")) == (400, 100, None)


def test_the_same_text_twice_is_error_506(rig: Rig, comment: Any) -> None:
    assert rig.post(f"/{comment.id}/comments", message="Kami cek").status_code == 200
    assert failure(rig.post(f"/{comment.id}/comments", message="Kami cek")) == (400, 506, None)
    rig.sandbox.options.refuse_duplicates = False
    assert rig.post(f"/{comment.id}/comments", message="Kami cek").status_code == 200


def test_a_reply_may_be_stored_though_the_answer_is_lost(rig: Rig, comment: Any) -> None:
    rig.sandbox.faults.add(Fault(faults.lost(), path="/comments", method="POST"))
    with pytest.raises(requests.exceptions.Timeout):
        rig.call(f"/{comment.id}/comments", "POST", data={"message": "Kami cek"}, timeout=0.2)
    assert [reply["message"] for reply in rig.get(f"/{comment.id}/comments")["data"]] == ["Kami cek"]


def test_a_post_on_the_comment_itself_edits_and_only_ones_own(rig: Rig, comment: Any) -> None:
    own = rig.world.reply(comment, "salah ketik")
    assert rig.post(f"/{own.id}", message="benar").json() == {"success": True}
    assert own.text == "benar"
    assert failure(rig.post(f"/{comment.id}", message="diubah")) == (403, 200, None)
    assert comment.text == "tolong pak"


def test_hiding_and_deleting(rig: Rig, comment: Any) -> None:
    own = rig.world.reply(comment, "ya")
    assert rig.post(f"/{comment.id}", is_hidden="true").json() == {"success": True}
    assert rig.get(f"/{comment.id}", fields="is_hidden")["is_hidden"] is True
    assert rig.post(f"/{comment.id}", is_hidden="false").status_code == 200
    assert comment.hidden is False
    assert failure(rig.post(f"/{own.id}", is_hidden="true")) == (403, 200, None)
    assert rig.call(f"/{comment.id}", "DELETE").json() == {"success": True}
    assert rig.fails(f"/{comment.id}") == (400, 100, 33)
    assert rig.fails(f"/{own.id}") == (400, 100, 33)
    assert failure(rig.call(f"/{rig.page.id}", "DELETE"))[:2] == (400, 100)


def test_posting_and_subscribing(rig: Rig) -> None:
    made = rig.post(f"/{rig.page.id}/feed", message="Pengumuman").json()["id"]
    assert rig.get(f"/{made}", fields="message")["message"] == "Pengumuman"
    assert rig.post(f"/{rig.page.id}/subscribed_apps", subscribed_fields="feed").json() == {"success": True}


def test_blocked_on_demand(rig: Rig, comment: Any) -> None:
    rig.sandbox.faults.add(Fault(faults.error(368, "blocked"), method="POST"))
    assert failure(rig.post(f"/{comment.id}/comments", message="x")) == (400, 368, None)
    assert rig.get(f"/{comment.id}/comments") == {"data": []}


# -- Messenger -----------------------------------------------------------------------------------------------------


def test_a_message_within_the_24_hours(rig: Rig) -> None:
    conversation = rig.world.conversation(rig.page, "Siti")
    rig.world.add_message(conversation, "pak", at=NOW - timedelta(hours=23))
    person = {"id": conversation.person.id}
    answer = send(rig, person, messaging_type="RESPONSE").json()
    assert answer["recipient_id"] == conversation.person.id
    newest = rig.get(f"/{conversation.id}/messages", fields="id,message,from")["data"][0]
    assert (newest["id"], newest["message"], newest["from"]["id"]) == (answer["message_id"], "halo", rig.page.id)
    as_form = {"recipient": json.dumps(person), "message": json.dumps({"text": "dua"})}
    assert rig.post(f"/{rig.page.id}/messages", **as_form).status_code == 200
    rig.time.pass_by(hours=2)
    assert failure(send(rig, person)) == (400, 10, 2018278)
    assert send(rig, person, messaging_type="MESSAGE_TAG", tag="HUMAN_AGENT").status_code == 200
    rig.time.pass_by(days=7)
    assert failure(send(rig, person, messaging_type="MESSAGE_TAG", tag="HUMAN_AGENT")) == (400, 10, 2018278)


def test_messages_that_cannot_be_sent(rig: Rig) -> None:
    conversation = rig.world.conversation(rig.page, "Siti")
    rig.world.add_message(conversation, "pak")
    person = {"id": conversation.person.id}
    assert failure(send(rig, {"id": "1"})) == (400, 100, 2018001)
    assert failure(send(rig, person, "x" * 2001)) == (400, 100, None)
    assert failure(send(rig, person, "")) == (400, 100, None)
    assert failure(send(rig, person, tag="ACCOUNT_UPDATE")) == (400, 100, None)
    assert failure(send(rig, person, sender_action="typing_on")) == (400, 100, None)
    typing = {"recipient": person, "sender_action": "typing_on"}
    assert rig.call("/me/messages", "POST", json=typing).json() == {"recipient_id": conversation.person.id}
    conversation.owner = False
    assert failure(send(rig, person)) == (400, 100, 2534037)
    assert len(conversation.messages) == 1


def test_a_private_reply_once_and_it_opens_no_window(rig: Rig, comment: Any) -> None:
    answer = send(rig, {"comment_id": comment.id}).json()
    assert answer["recipient_id"] == comment.author.id
    assert failure(send(rig, {"comment_id": comment.id})) == (400, 10900, None)
    assert failure(send(rig, {"id": comment.author.id})) == (400, 10, 2018278)
    assert rig.get(f"/{comment.id}", fields="can_reply_privately")["can_reply_privately"] is False
    visitor = rig.world.add_visitor_post(rig.page, "x", "Amir")
    assert send(rig, {"post_id": visitor.id}).status_code == 200


def test_what_the_page_may_not_write_is_refused_as_graph_does(rig: Rig, comment: Any) -> None:
    person = {"id": comment.author.id}
    rig.page.blocked = True
    assert failure(rig.post(f"/{comment.id}/comments", message="x")) == (400, 368, None)
    assert failure(send(rig, {"comment_id": comment.id})) == (400, 368, None)
    rig.page.blocked, rig.page.muted = False, True
    assert failure(send(rig, {"comment_id": comment.id})) == (400, 10, 1893063)
    rig.page.muted = False
    for subcode, code in ((1545041, 551), (2018108, 10)):
        rig.page.deaf[comment.author.id] = subcode
        assert failure(send(rig, {"comment_id": comment.id})) == (400, code, subcode)
    rig.page.deaf.clear()
    assert failure(send(rig, person, messaging_type="NEWSLETTER")) == (400, 100, None)
    assert failure(rig.post(f"/{comment.id}/comments", message="x" * 8001)) == (400, 100, None)
    assert rig.get(f"/{comment.id}/comments") == {"data": []} and not comment.answered_privately


def test_where_comments_are_closed_or_hidden(rig: Rig, comment: Any) -> None:
    assert rig.get(f"/{comment.id}", fields="can_comment")["can_comment"] is True
    rig.world.hide(comment)
    assert rig.post(f"/{comment.id}/comments", message="di bawah yang tersembunyi").status_code == 200
    rig.sandbox.options.hidden_takes_answers = False
    assert failure(rig.post(f"/{comment.id}/comments", message="x")) == (403, 200, None)
    rig.world.hide(comment, False)
    comment.post.closed = True
    assert rig.get(f"/{comment.id}", fields="can_comment")["can_comment"] is False
    assert failure(rig.post(f"/{comment.id}/comments", message="x")) == (403, 200, None)


def test_no_more_than_so_many_writes_an_hour(rig: Rig, comment: Any) -> None:
    rig.sandbox.limits.comments_an_hour = rig.sandbox.limits.private_replies_an_hour = 1
    other = rig.world.add_comment(rig.page.posts[0], "tolong", "Budi")
    assert rig.post(f"/{comment.id}/comments", message="satu").status_code == 200
    assert failure(rig.post(f"/{comment.id}/comments", message="dua")) == (400, 341, None)
    assert send(rig, {"comment_id": comment.id}).status_code == 200
    assert failure(send(rig, {"comment_id": other.id})) == (400, 613, 2534040)
    rig.time.pass_by(hours=1)
    assert rig.post(f"/{comment.id}/comments", message="dua").status_code == 200
    assert send(rig, {"comment_id": other.id}).status_code == 200


def test_a_private_reply_to_own_old_or_unknown_comments_is_refused(rig: Rig, comment: Any) -> None:
    own = rig.world.reply(comment, "ya")
    old = rig.world.add_comment(rig.page.posts[0], "lama", "Siti", at=NOW - timedelta(days=8))
    for target in (own.id, old.id, "1_2"):
        assert failure(send(rig, {"comment_id": target})) == (400, 100, 2534025)


# -- batches -------------------------------------------------------------------------------------------------------


def batch(rig: Rig, *entries: Any, **more: Any) -> Any:
    response = rig.call("/", "POST", version="", data={"batch": json.dumps(entries)} | more)
    assert response.status_code == 200, response.text
    return response.json()


def test_each_entry_of_a_batch_has_its_own_status_and_body(rig: Rig, comment: Any) -> None:
    good, bad, posted = batch(
        rig,
        {"method": "GET", "relative_url": f"v26.0/{comment.id}?fields=message"},
        {"method": "GET", "relative_url": "999"},
        {"method": "POST", "relative_url": f"v26.0/{comment.id}/comments", "body": "message=Kami+cek"},
    )
    assert good["code"] == 200
    assert json.loads(good["body"]) == {"message": "tolong pak", "id": comment.id}
    assert {"name": "Facebook-Api-Version", "value": "v26.0"} in good["headers"]
    assert (bad["code"], json.loads(bad["body"])["error"]["error_subcode"]) == (400, 33)
    assert posted["code"] == 200
    assert [reply.text for reply in comment.replies] == ["Kami cek"]


def test_an_entry_that_times_out_is_null(rig: Rig, comment: Any) -> None:
    rig.sandbox.faults.add(Fault(faults.hang(), path=f"/{comment.id}"))
    answers = batch(rig, {"relative_url": f"{comment.id}"}, {"relative_url": "me"}, include_headers="false")
    assert answers[0] is None
    assert set(answers[1]) == {"code", "body"}


def test_every_entry_counts_and_fifty_is_the_most(rig: Rig) -> None:
    batch(rig, *[{"relative_url": "v26.0/me"}] * 50)
    assert len(rig.sandbox.calls) == 51
    too_many = {"batch": json.dumps([{"relative_url": "me"}] * 51)}
    assert failure(rig.call("/", "POST", version="", data=too_many)) == (400, 100, None)
    assert failure(rig.call("/", "POST", version="", data={"batch": "nonsense"})) == (400, 100, None)
    assert failure(rig.call("/", "POST", version="", token="", data={"batch": "[]"})) == (400, 104, None)
