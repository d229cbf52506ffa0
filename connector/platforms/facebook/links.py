"""What an address on Facebook tells by itself: on whose profile or Page a post stands, and which one it is. Pure.

Of the forms that Facebook uses only the plain ones are read; one that tells more, or less, is said to tell nothing.
"""

import re
from urllib.parse import parse_qs, urlsplit

_HOST = re.compile(r"(?:[a-z-]{1,20}\.)?facebook\.com")
_PATH = re.compile(r"/([0-9]+)/(?:posts|videos|photos)/(?:[0-9]+|pfbid[0-9A-Za-z]+)/?")
_POST = re.compile(r"/([0-9]+)/posts/([0-9]+)/?")
_COMMENT = {"comment_id", "reply_comment_id"}


def stands_on(link: str, page: str) -> bool:
    """Whether an address leads to what stands on this Page, and names nobody else."""
    told = _parts(link)
    if told is None:
        return False
    path, query = told
    if path == "/permalink.php":
        return query.get("id") == page and query.keys() <= {"id", "story_fbid", *_COMMENT}
    named = _PATH.fullmatch(path)
    return named is not None and named[1] == page and query.keys() <= _COMMENT


def post_on(link: str, page: str) -> str | None:
    """The id of the post on this Page that an address leads to or under; None where it does not tell."""
    told = _parts(link)
    if told is None:
        return None
    path, query = told
    if path == "/permalink.php" and query.get("id") == page and re.fullmatch("[0-9]+", query.get("story_fbid", "")):
        return f"{page}_{query['story_fbid']}"
    named = _POST.fullmatch(path)
    return f"{page}_{named[2]}" if named and named[1] == page else None


def _parts(link: str) -> tuple[str, dict[str, str]] | None:
    """Path and parameters of an address on Facebook; None for any other, and where a parameter stands twice."""
    try:
        parts = urlsplit(link)
        query = parse_qs(parts.query, keep_blank_values=True, max_num_fields=20)
    except ValueError:
        return None
    plain = parts.scheme == "https" and _HOST.fullmatch(parts.netloc) and not parts.fragment
    if not plain or any(len(values) > 1 for values in query.values()):
        return None
    return parts.path, {name: values[0] for name, values in query.items()}
