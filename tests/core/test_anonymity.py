"""Records without people: what of an object stays, which links lead to nobody, and names taken out of words. Pure."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.anonymity import Veil, veiled_item, veiled_raw
from connector.masking import mask
from connector.platforms.facebook.links import post_on, stands_on

PAGE = "100000000000001"
VEIL = Veil(PAGE, frozenset({"Baiq Rohani", "Budi", "."}))
OWN = f"https://www.facebook.com/{PAGE}/posts/122/?comment_id=7&reply_comment_id=8"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("Saya Baiq Rohani dari Gerung", "Saya [nama] dari Gerung"),
        ("BAIQ  rohani, terima kasih. Pak budi?", "[nama], terima kasih. Pak [nama]?"),
        ("budidaya ikan, Budi081234567890", "budidaya ikan, Budi[telepon]"),
        ("Rohani saja. Jalan rusak.", "Rohani saja. Jalan rusak."),
    ],
)
def test_names_are_taken_out_of_words_and_nothing_else(text: str, masked: str) -> None:
    assert VEIL.words(text) == masked


@given(st.text(), st.frozensets(st.text(), max_size=4))
def test_masking_takes_any_names(text: str, names: frozenset[str]) -> None:
    mask(text, names)


@pytest.mark.parametrize(
    ("link", "stands"),
    [
        (OWN, True),
        (f"https://www.facebook.com/{PAGE}/posts/pfbid02AbC", True),
        (f"https://m.facebook.com/{PAGE}/videos/123/", True),
        (f"https://www.facebook.com/permalink.php?story_fbid=pfbid02AbC&id={PAGE}", True),
        ("https://www.facebook.com/permalink.php?story_fbid=pfbid02AbC&id=7777777777", False),
        (f"https://www.facebook.com/permalink.php?story_fbid=1&id={PAGE}&id=7777777777", False),
        ("https://www.facebook.com/7777777777/posts/122/", False),
        ("https://www.facebook.com/baiq.rohani/posts/122", False),
        (f"https://www.facebook.com/{PAGE}/posts/baiq-rohani-lapor/122", False),
        (f"https://www.facebook.com/{PAGE}/posts/122?from=baiq.rohani", False),
        (f"https://www.facebook.com/{PAGE}/posts/122#baiq.rohani", False),
        (f"https://baiq.rohani@www.facebook.com/{PAGE}/posts/122", False),
        (f"https://contoh.id/{PAGE}/posts/122", False),
        (f"http://www.facebook.com/{PAGE}/posts/122", False),
        ("https://[", False),
    ],
)
def test_only_what_stands_on_the_page_may_be_linked(link: str, stands: bool) -> None:
    assert stands_on(link, PAGE) is stands
    assert VEIL.link(link) == (link if stands else None)
    assert Veil("").link(link) is None


@pytest.mark.parametrize(
    ("link", "post"),
    [
        (OWN, f"{PAGE}_122"),
        (f"https://www.facebook.com/permalink.php?story_fbid=122&id={PAGE}&comment_id=7", f"{PAGE}_122"),
        (f"https://www.facebook.com/{PAGE}/posts/pfbid02AbC?comment_id=7", None),
        (f"https://www.facebook.com/{PAGE}/videos/122/?comment_id=7", None),
        ("https://www.facebook.com/7777777777/posts/122", None),
        ("?", None),
    ],
)
def test_a_link_tells_its_post_or_nothing(link: str, post: str | None) -> None:
    assert post_on(link, PAGE) == post


@given(st.text())
def test_a_link_may_be_anything(link: str) -> None:
    stands_on(f"https://www.facebook.com/{link}", PAGE)
    post_on(link, PAGE)


PAYLOAD: dict[str, Any] = {
    "id": "100000000000001_1220000000001",
    "parent": {"id": "1220000000001_7000000000001"},
    "message": "Baiq Rohani minta Lalu Gede cek, hub 081234567890",
    "story": "Baiq Rohani is with Lalu Gede.",
    "from": {"id": "7777777777", "name": "Baiq Rohani"},
    "to": {"data": [{"id": PAGE, "name": "Gubernur NTB"}, {"id": "7002", "name": "Inaq Sari"}]},
    "message_tags": [{"id": "7003", "name": "Lalu Gede", "offset": 18}],
    "created_time": "2026-11-24T01:02:03+0000",
    "permalink_url": "https://www.facebook.com/permalink.php?story_fbid=1&id=7777777777",
    "is_hidden": False,
    "attachments": {
        "data": [
            {
                "type": "photo",
                "title": "Baiq Rohani's photo",
                "url": "https://www.facebook.com/baiq.rohani/photos/1",
                "target": {"id": "7777777777", "url": "https://www.facebook.com/7777777777"},
            }
        ]
    },
    "asked_for_one_day": "Baiq Rohani",
}
SHOWN: dict[str, Any] = {
    "id": PAYLOAD["id"],
    "parent": PAYLOAD["parent"],
    "message": "[nama] minta [nama] cek, hub [telepon]",
    "created_time": PAYLOAD["created_time"],
    "is_hidden": False,
    "attachments": {"data": [{"type": "photo"}]},
}


def test_of_an_object_only_what_tells_nobody_stays() -> None:
    veiled = veiled_raw({"id": PAYLOAD["id"], "payload": PAYLOAD, "revisions": []}, Veil(PAGE))
    assert veiled == {
        "id": PAYLOAD["id"],
        "masked": True,
        "payload": SHOWN,
        "revisions": [],
    }


def test_of_earlier_revisions_no_more_stays_and_who_stands_in_one_is_hidden_in_all() -> None:
    now = {"id": PAYLOAD["id"], "message": PAYLOAD["message"]}
    older = [{"fetched_at": "2026-11-24T01:00:00Z", "payload": PAYLOAD}]
    veiled = veiled_raw({"payload": now, "revisions": older}, Veil(PAGE))
    assert veiled["payload"] == {"id": PAYLOAD["id"], "message": SHOWN["message"]}
    assert veiled["revisions"] == [{"fetched_at": "2026-11-24T01:00:00Z", "payload": SHOWN}]


def test_the_pages_own_words_keep_its_name_and_link() -> None:
    own = {"message": "Gubernur NTB hadir", "from": {"id": PAGE, "name": "Gubernur NTB"}, "permalink_url": OWN}
    shown = {"message": "Gubernur NTB hadir", "permalink_url": OWN}
    assert veiled_raw({"payload": own, "revisions": []}, VEIL)["payload"] == shown
    assert veiled_raw({"payload": {"not_an_object": "Budi"}, "revisions": []}, VEIL)["payload"] == {}


def test_what_hangs_on_an_item_is_called_by_its_type() -> None:
    record = {
        "id": "1_2",
        "author_id": "7001",
        "text": "Budi",
        "permalink": "https://www.facebook.com/budi/posts/1",
        "attachments": [{"type": "application/pdf", "name": "ktp_budi.pdf", "url": OWN}],
    }
    assert veiled_item(record, VEIL) == {
        "id": "1_2",
        "author_id": None,
        "text": "[nama]",
        "permalink": None,
        "attachments": [{"type": "application/pdf", "name": None, "url": OWN}],
    }
