"""What POST and DELETE do: answer, edit, hide, delete, and send messages."""

from __future__ import annotations

import json
from typing import Any

from .errors import GraphError, bad_request, blocked, gone, needs_page_token, not_allowed
from .things import Comment, Conversation, Message, Node, Page, Post
from .usage import Usage
from .values import may_answer
from .view import View, page_of
from .wire import Request

_DAY = 86_400
_LONGEST_COMMENT = 8000
_KINDS = ("", "RESPONSE", "UPDATE", "MESSAGE_TAG")
_DEAD_TAGS = frozenset({"CONFIRMED_EVENT_UPDATE", "ACCOUNT_UPDATE", "POST_PURCHASE_UPDATE"})
_SUCCESS = {"success": True}


def post_node(node: Node, request: Request, view: View) -> dict[str, Any]:
    """POST on an object itself: a new text (own things only), or hiding (other people's comments only)."""
    if not isinstance(node, Post | Comment):
        raise gone(node.id, "post")
    _may_write(node, view)
    own = node.author.id == page_of(node).id
    if "is_hidden" in request.params:
        if own and isinstance(node, Comment):
            raise not_allowed()
        view.world.hide(node, request.text("is_hidden").lower() in ("true", "1"))
    if "message" in request.params:
        if not own:
            raise not_allowed()
        view.world.edit(node, _text(request))
    return dict(_SUCCESS)


def delete_node(node: Node, view: View) -> dict[str, Any]:
    """DELETE on a post or comment."""
    if not isinstance(node, Post | Comment):
        raise gone(node.id, "delete")
    _may_write(node, view)
    view.world.delete(node)
    return dict(_SUCCESS)


def post_edge(node: Node, edge: str, request: Request, view: View, usage: Usage) -> dict[str, Any]:
    """POST on an edge: comments of a post or comment; messages, feed and subscribed_apps of a Page."""
    if edge == "comments" and isinstance(node, Post | Comment):
        return _comment(node, request, view, usage)
    if edge == "messages" and isinstance(node, Page):
        return _send(node, request, view, usage)
    if edge == "feed" and isinstance(node, Page):
        _may_write(node, view)
        return {"id": view.world.add_post(node, _text(request)).id}
    if edge == "subscribed_apps" and isinstance(node, Page):
        view.require("pages_manage_metadata")
        return dict(_SUCCESS)
    raise gone(node.id, "post")


def _may_write(node: Node, view: View) -> None:
    view.require_page(page_of(node))
    view.require("pages_manage_engagement")
    if page_of(node).blocked:
        raise blocked()


def _text(request: Request) -> str:
    text = request.text("message")
    if not text.strip():
        raise bad_request("The parameter message is required")
    return text


def _comment(under: Post | Comment, request: Request, view: View, usage: Usage) -> dict[str, Any]:
    """A public answer. Through the API a reply to a reply nests one level deeper; equal text is error 506."""
    _may_write(under, view)
    text, page = _text(request), page_of(under)
    if len(text) > _LONGEST_COMMENT:
        raise bad_request("Param message is too long")
    if not may_answer(under, view):
        raise not_allowed()
    usage.write("comments", page.id, view.now)
    siblings = under.comments if isinstance(under, Post) else under.replies or []
    same = any(known.text == text and known.author.id == page.id for known in siblings)
    if same and view.options.refuse_duplicates:
        raise GraphError(506, "(#506) Duplicate status message")
    return {"id": view.world.reply(under, text, nested=True).id}


# -- Messenger -----------------------------------------------------------------------------------------------------


def _send(page: Page, request: Request, view: View, usage: Usage) -> dict[str, Any]:
    if view.token.kind != "PAGE":
        raise needs_page_token()
    view.require_page(page)
    view.require("pages_messaging")
    if page.blocked:
        raise blocked()
    if page.muted:
        raise GraphError(10, "(#10) This Page is restricted from sending messages.", subcode=1893063)
    if request.text("messaging_type") not in _KINDS:
        raise bad_request(f"Param messaging_type must be one of {{{', '.join(_KINDS[1:])}}}")
    recipient, message = _object(request, "recipient"), _object(request, "message")
    if action := request.text("sender_action"):
        if message or action not in ("mark_seen", "typing_on", "typing_off"):
            raise bad_request("Param sender_action must be alone and one of {mark_seen, typing_on, typing_off}")
        return {"recipient_id": recipient.get("id", "")}
    text = message.get("text")
    if not isinstance(text, str) or not text:
        raise bad_request("Message cannot be empty, must provide valid attachment or text")
    if len(text) > 2000:
        raise bad_request("Length of param message[text] must be less than or equal to 2000")
    conversation = _private(page, recipient, view, usage) or _known(page, recipient, request, view)
    sent = view.world.add_message(conversation, text, by_page=True)
    return {"recipient_id": conversation.person.id, "message_id": sent.id}


def _object(request: Request, name: str) -> dict[str, Any]:
    value = request.params.get(name, {})
    if isinstance(value, str) and value:
        try:
            value = json.loads(value)
        except ValueError as error:
            raise bad_request(f"Param {name} must be a JSON object") from error
    return value if isinstance(value, dict) else {}


def _private(page: Page, recipient: dict[str, Any], view: View, usage: Usage) -> Conversation | None:
    """A private reply: once per comment or visitor post, within 7 days, never to the Page itself."""
    target = str(recipient.get("comment_id") or recipient.get("post_id") or "")
    if not target:
        return None
    thing = view.world.nodes.get(target)
    if not isinstance(thing, Post | Comment) or page_of(thing) is not page or thing.author.id == page.id:
        raise bad_request("Invalid comment for private reply", 2534025)
    if view.now - thing.created > 7 * _DAY:
        raise bad_request("Invalid comment for private reply", 2534025)
    if thing.answered_privately:
        raise GraphError(10900, "(#10900) Activity already replied to")
    _reachable(page, thing.author.id)
    usage.write("private_replies", page.id, view.now)
    thing.answered_privately = True
    return view.world.conversation(page, thing.author)


def _known(page: Page, recipient: dict[str, Any], request: Request, view: View) -> Conversation:
    """The conversation with a PSID, if the Page may write in it now."""
    person = str(recipient.get("id", ""))
    found = next((c for c in page.conversations if c.person.id == person), None)
    if found is None:
        raise bad_request("No matching user found", 2018001)
    _reachable(page, person)
    if not found.owner:
        raise bad_request("The app is not the thread owner", 2534037)
    tag = request.text("tag")
    if tag in _DEAD_TAGS:
        raise bad_request(f"Invalid parameter: tag {tag} is no longer supported")
    human = request.text("messaging_type") == "MESSAGE_TAG" and tag == "HUMAN_AGENT"
    last = max((m.created for m in found.messages if _by_person(m)), default=0)
    if view.now - last > (7 if human else 1) * _DAY:
        raise GraphError(10, "(#10) This message is sent outside of allowed window.", subcode=2018278)
    return found


def _reachable(page: Page, person: str) -> None:
    subcode = page.deaf.get(person)
    if subcode == 1545041:
        raise GraphError(551, "(#551) This person isn't available right now.", subcode=subcode)
    if subcode:
        raise GraphError(10, "(#10) This Person Cannot Receive Messages", subcode=subcode)


def _by_person(message: Message) -> bool:
    return message.author.id != message.conversation.page.id
