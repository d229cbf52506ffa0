"""The records that others rely on, as CONTRACT.md has them: which keys, of which types, with which values."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from classifiers.verdict import CATEGORIES

Check = Callable[[Any], bool]
KINDS = ("pengaduan", "aspirasi", "pertanyaan", "apresiasi", "spam", "lainnya")
STREAMS = ("posts", "comments", "visitor_posts", "messages")


def _is(pattern: str) -> Check:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value, re.DOTALL) is not None


def _in(*values: Any) -> Check:
    return lambda value: value in values


def _or_null(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _list(check: Check) -> Check:
    return lambda value: isinstance(value, list) and all(check(one) for one in value)


def _share(value: Any) -> bool:
    return isinstance(value, float | int) and not isinstance(value, bool) and 0 <= value <= 1


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


TEXT, FILLED = _is(r".*"), _is(r".+")
TIME = _is(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")
LINK = _is(r"https://\S+")
NUMBER = _is(r"NTB-\d{4}-\d{6}")

VERDICT: dict[str, Check] = {
    "kind": _in(*KINDS),
    "is_complaint": _flag,
    "complaint_score": _share,
    "category": _in(*CATEGORIES),
    "category_score": _share,
    "urgency": _in("mendesak", "penting", "biasa"),
    "urgent_score": _share,
    "needs_review": _flag,
    "model": FILLED,
}
PLACE: dict[str, Check] = {
    "kabupaten": _or_null(_is(r"52\.\d\d")),
    "kecamatan": _or_null(_is(r"52\.\d\d\.\d\d")),
    "desa": _or_null(_is(r"52\.\d\d\.\d\d\.\d{4}")),
    "text": _or_null(FILLED),
    "ambiguous": _flag,
}
ITEM: dict[str, Check] = {
    "platform": _in("facebook"),
    "account": FILLED,
    "kind": _in("post", "comment", "message"),
    "id": FILLED,
    "post_id": _or_null(FILLED),
    "parent_id": _or_null(FILLED),
    "conversation_id": _or_null(FILLED),
    "author_id": _or_null(FILLED),
    "by_account": _flag,
    "text": _or_null(TEXT),
    "created_at": TIME,
    "edited": _flag,
    "deleted": _flag,
    "permalink": _or_null(LINK),
    "ticket": _or_null(NUMBER),
    "verdict": lambda value: value is None or fits(value, VERDICT),
}
ITEM_MORE: dict[str, Check] = {
    "hidden": _flag,
    "attachments": lambda value: isinstance(value, list),
    "decision": _or_null(_in("open", "append", "review", "ignore")),
    "reason": _or_null(TEXT),
}
RAW: dict[str, Check] = {
    "platform": _in("facebook"),
    "account": FILLED,
    "stream": _in(*STREAMS),
    "kind": _in("post", "comment", "message"),
    "id": FILLED,
    "parent_id": _or_null(FILLED),
    "fetched_at": TIME,
    "payload": lambda value: isinstance(value, dict) and "paging" not in value,
}
RAW_MORE: dict[str, Check] = {
    "post_id": _or_null(FILLED),
    "conversation_id": _or_null(FILLED),
    "created_at": _or_null(TIME),
    "deleted_at": _or_null(TIME),
    "revisions": _list(lambda value: fits(value, {"fetched_at": TIME, "payload": RAW["payload"]})),
}
TICKET: dict[str, Check] = {
    "number": NUMBER,
    "status": _in("diterima", "ditindaklanjuti", "tuntas", "ditolak"),
    "urgency": _in("mendesak", "penting", "biasa"),
    "category": _in(*CATEGORIES),
    "agency": FILLED,
    "summary": TEXT,
    "account": FILLED,
    "source_ids": _list(FILLED),
    "supporters": lambda value: isinstance(value, int) and not isinstance(value, bool) and value >= 0,
    "reporter_id": _or_null(FILLED),
    "place": lambda value: fits(value, PLACE),
    "permalink": _or_null(LINK),
    "opened_at": TIME,
    "answer_by": TIME,
    "first_response_at": _or_null(TIME),
    "closed_at": _or_null(TIME),
    "merged_into": _or_null(NUMBER),
}
TICKET_MORE: dict[str, Check] = {
    "waiting_since": _or_null(TIME),
    "version": lambda value: isinstance(value, int) and value >= 1,
    "copied": lambda value: isinstance(value, int) and value >= 0,
    "lapor": lambda value: isinstance(value, dict),
}


def fits(record: Any, shape: Mapping[str, Check], more: Mapping[str, Check] | None = None) -> bool:
    """True when a record has exactly the keys of a shape (and of those known beyond the contract), each as it must be."""
    problems = misfits(record, shape, more or {})
    assert not problems, f"{problems} in {record}"
    return True


def misfits(record: Any, shape: Mapping[str, Check], more: Mapping[str, Check]) -> list[str]:
    """What is wrong with a record."""
    if not isinstance(record, dict):
        return ["not an object"]
    keys = [f"missing {key}" for key in shape if key not in record]
    keys += [f"unknown {key}" for key in record if key not in shape and key not in more]
    values = [f"{k} = {v!r}" for k, v in record.items() if k in (known := {**shape, **more}) and not known[k](v)]
    return keys + values
