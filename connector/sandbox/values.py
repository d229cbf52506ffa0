"""How each field of each node is read: `name → (node, view) → JSON value`, None for a field without data."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from .things import Attachment, Comment, Conversation, Message, Page, Post, Profile
from .tokens import Token
from .view import View, stamp

Getter = Callable[[Any, View], Any]
Getters = Mapping[str, Getter]
FACEBOOK = "https://www.facebook.com"
_DAY = 86_400
_MEDIA_DAYS = 10


def author(profile: Profile, page: Page, anonymous: bool, view: View) -> dict[str, str] | None:
    """`from`: absent for hidden authors, for any token but the Page's own, and, for people, without
    pages_read_user_content."""
    if anonymous or page.id != view.page_id or (profile.id != page.id and not view.reads_people):
        return None
    return {"name": profile.name, "id": profile.id}


def mailed(profile: Profile) -> dict[str, str]:
    """A participant of a conversation, with the made-up address that Facebook gives."""
    return {"name": profile.name, "email": f"{profile.id}@facebook.com", "id": profile.id}


def media_url(attachment: Attachment, view: View, suffix: str = "jpg") -> str:
    """A signed address that expires: `oe` is the hexadecimal unix time of its end."""
    expires = (view.now // _DAY + _MEDIA_DAYS) * _DAY
    return f"https://scontent.xx.fbcdn.net/v/t1.15752-9/{attachment.id}_n.{suffix}?_nc_cat=107&oh=00_{attachment.id}&oe={expires:X}"


def story_attachment(attachment: Attachment, view: View) -> dict[str, Any]:
    """The attachment of a post or comment."""
    address = attachment.url or f"{FACEBOOK}/photo.php?fbid={attachment.id}"
    media_type = attachment.kind.removesuffix("_inline")
    value: dict[str, Any] = {"description": attachment.description, "title": attachment.title}
    if attachment.kind != "share":
        image = {"height": 720, "src": media_url(attachment, view), "width": 960}
        value["media"] = {"image": image}
    value |= {"media_type": "link" if attachment.kind == "share" else media_type}
    value |= {"target": {"id": attachment.id, "url": address}, "type": attachment.kind}
    value |= {"unshimmed_url": address, "url": address}
    if attachment.parts:
        value["subattachments"] = {"data": [story_attachment(part, view) for part in attachment.parts]}
    return {name: found for name, found in value.items() if found != ""}


def comment_attachment(comment: Comment, view: View) -> dict[str, Any] | None:
    """`attachment` of a comment: media, target, type, url."""
    if comment.attachment is None:
        return None
    value = story_attachment(comment.attachment, view)
    return {name: value[name] for name in ("media", "target", "title", "type", "url") if name in value}


def _comment_link(comment: Comment, view: View) -> str:
    top, numbers = comment, str(comment.n)
    while top.parent is not None:
        top = top.parent
    if top is not comment:
        numbers = f"{top.n}&reply_comment_id={comment.n}"
    return f"{FACEBOOK}/{comment.post.page.id}/posts/{comment.post.n}/?comment_id={numbers}"


def _private_reply(thing: Comment | Post, page: Page, view: View) -> bool:
    fresh = view.now - thing.created <= 7 * _DAY
    return fresh and thing.author.id != page.id and not thing.answered_privately and not thing.anonymous


def may_answer(thing: Comment | Post, view: View) -> bool:
    """Whether the Page may comment under it now: comments are not closed, and it is not hidden where that matters."""
    post = thing if isinstance(thing, Post) else thing.post
    return not post.closed and (view.options.hidden_takes_answers or not thing.hidden)


COMMENT: Getters = {
    "id": lambda c, v: c.id,
    "message": lambda c, v: c.text,
    "created_time": lambda c, v: stamp(c.created),
    "from": lambda c, v: author(c.author, c.post.page, c.anonymous, v),
    "parent": lambda c, v: c.parent,
    "object": lambda c, v: c.post,
    "attachment": comment_attachment,
    "comment_count": lambda c, v: len(c.replies or ()),
    "like_count": lambda c, v: c.likes,
    "user_likes": lambda c, v: False,
    "is_hidden": lambda c, v: c.hidden,
    "is_private": lambda c, v: c.private,
    "can_comment": lambda c, v: may_answer(c, v),
    "can_like": lambda c, v: True,
    "can_hide": lambda c, v: c.author.id != c.post.page.id,
    "can_remove": lambda c, v: True,
    "can_reply_privately": lambda c, v: _private_reply(c, c.post.page, v),
    "permalink_url": _comment_link,
}

POST: Getters = {
    "id": lambda p, v: p.id,
    "message": lambda p, v: p.text or None,
    "story": lambda p, v: p.story or None,
    "created_time": lambda p, v: stamp(p.created),
    "updated_time": lambda p, v: stamp(p.updated),
    "tagged_time": lambda p, v: stamp(p.created) if p.tagged else None,
    "from": lambda p, v: author(p.author, p.page, p.anonymous, v),
    "permalink_url": lambda p, v: f"{FACEBOOK}/{p.page.id}/posts/{p.n}/",
    "status_type": lambda p, v: p.status_type,
    "is_published": lambda p, v: p.published,
    "is_hidden": lambda p, v: p.hidden,
    "is_expired": lambda p, v: p.expired,
    "is_popular": lambda p, v: False,
    "is_spherical": lambda p, v: False,
    "is_app_share": lambda p, v: False,
    "is_inline_created": lambda p, v: False,
    "is_eligible_for_promotion": lambda p, v: p.published,
    "timeline_visibility": lambda p, v: "hidden" if p.hidden else "normal",
    "promotion_status": lambda p, v: "inactive",
    "promotable_id": lambda p, v: p.id,
    "scheduled_publish_time": lambda p, v: p.scheduled or None,
    "subscribed": lambda p, v: False,
    "can_reply_privately": lambda p, v: _private_reply(p, p.page, v),
    "shares": lambda p, v: {"count": p.shares} if p.shares else None,
    "full_picture": lambda p, v: media_url(p.attachments[0], v) if p.attachments else None,
    "picture": lambda p, v: media_url(p.attachments[0], v) if p.attachments else None,
    "privacy": lambda p, v: {"allow": "", "deny": "", "description": "Public", "friends": "", "value": "EVERYONE"},
}


def _page_token(page: Page, view: View) -> str | None:
    if view.token.kind == "APP" or (view.token.kind == "PAGE" and not view.owns(page)):
        return None
    return view.token.value if view.owns(page) else view.tokens.page(page).value


PAGE: Getters = {
    "id": lambda p, v: p.id,
    "name": lambda p, v: p.name,
    "username": lambda p, v: p.username,
    "category": lambda p, v: p.category,
    "category_list": lambda p, v: [{"id": "161422927240513", "name": p.category}],
    "link": lambda p, v: f"{FACEBOOK}/{p.id}",
    "fan_count": lambda p, v: 128_400,
    "followers_count": lambda p, v: 131_250,
    "is_published": lambda p, v: True,
    "is_owned": lambda p, v: True,
    "verification_status": lambda p, v: "blue_verified",
    "has_transitioned_to_new_page_experience": lambda p, v: p.new_experience,
    "unread_message_count": lambda p, v: sum(c.unread for c in p.conversations),
    "access_token": _page_token,
    "tasks": lambda p, v: ["ANALYZE", "ADVERTISE", "MESSAGING", "MODERATE", "CREATE_CONTENT", "MANAGE"],
}


def _link(c: Conversation, view: View) -> str:
    return f"/{c.page.id}/inbox/{c.n}/"


def _snippet(c: Conversation, view: View) -> str | None:
    texts = [m.text for m in c.messages if not m.unsent]
    return texts[-1][:100] if texts and texts[-1] else None


def _participants(c: Conversation, view: View) -> dict[str, Any]:
    return {"data": [mailed(c.person), mailed(c.page.profile)]}


THREAD: Getters = {
    "id": lambda c, v: c.id,
    "updated_time": lambda c, v: stamp(c.updated),
    "link": _link,
    "message_count": lambda c, v: len(c.messages),
    "unread_count": lambda c, v: c.unread,
    "snippet": _snippet,
    "participants": _participants,
    "senders": _participants,
    "can_reply": lambda c, v: c.owner,
    "is_owner": lambda c, v: c.owner,
    "is_subscribed": lambda c, v: True,
    "folder": lambda c, v: c.folder,
    "scoped_thread_key": lambda c, v: c.id,
}


def _to(message: Message, view: View) -> dict[str, Any]:
    c = message.conversation
    other = c.person if message.author.id == c.page.id else c.page.profile
    return {"data": [mailed(other)]}


def _tags(message: Message, view: View) -> dict[str, Any]:
    by_page = message.author.id == message.conversation.page.id
    return {"data": [{"name": "inbox"}, {"name": "sent" if by_page else "read"}, {"name": "source:mobile"}]}


def _reactions(message: Message, view: View) -> dict[str, Any] | None:
    if not message.reaction:
        return None
    return {"data": [{"reaction": message.reaction, "users": [mailed(message.conversation.person)]}]}


MESSAGE: Getters = {
    "id": lambda m, v: m.id,
    "created_time": lambda m, v: stamp(m.created),
    "message": lambda m, v: m.text,
    "from": lambda m, v: mailed(m.author),
    "to": _to,
    "tags": _tags,
    "sticker": lambda m, v: m.sticker or None,
    "reactions": _reactions,
    "reply_to": lambda m, v: {"mid": m.reply_to, "is_self_reply": False} if m.reply_to else None,
    "is_unsupported": lambda m, v: m.unsupported or None,
    "thread_id": lambda m, v: m.conversation.id,
}

_MIME = {"image": ("image/jpeg", "jpg"), "video": ("video/mp4", "mp4"), "audio": ("audio/mp4", "m4a")}


def message_attachment(attachment: Attachment, view: View) -> dict[str, Any]:
    """An attachment of a message: image_data, video_data, or file_url with an expiring address."""
    mime, suffix = _MIME.get(attachment.kind, ("application/pdf", "pdf"))
    name = attachment.title or f"{attachment.kind}-{attachment.id}"
    value: dict[str, Any] = {"id": attachment.id, "mime_type": mime, "name": name, "size": attachment.size}
    address = media_url(attachment, view, suffix)
    size = {"width": 960, "height": 720}
    if attachment.kind == "image":
        more = {"max_width": 960, "max_height": 720, "url": address, "preview_url": address}
        value["image_data"] = size | more | {"image_type": 1, "render_as_sticker": False}
    elif attachment.kind == "video":
        more = {"length": 11, "video_type": 1, "url": address, "preview_url": address, "rotation": 0}
        value["video_data"] = size | more
    else:
        value["file_url"] = address
    return value


def _part(index: int) -> Getter:
    def read(profile: Profile, view: View) -> str:
        return profile.name.split(" ", 1)[index] if " " in profile.name else profile.name

    return read


USER: Getters = {
    "id": lambda u, v: u.id,
    "name": lambda u, v: u.name,
    "first_name": _part(0),
    "last_name": _part(1),
    "profile_pic": lambda u, v: media_url(Attachment("photo", u.id), v),
}


def user_of(token: Token) -> Profile:
    """The person (or system user) behind a token."""
    return Profile(token.user_id, "Admin NTB Care" if token.kind == "USER" else "ntbcare-connector")
