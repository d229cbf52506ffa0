"""The wire's pure parts: usage headers, cursors, the fields grammar, bodies within bounds."""

import io
import json
import zlib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connector.errors import BadRequest
from connector.graph.body import MIB, BodyError, load, parse
from connector.graph.paging import MOST_EMPTY, Guard, Halt, after_of
from connector.graph.redact import one_line, redact
from connector.graph.usage import Usage, usage_of


def test_the_highest_measure_of_all_headers_counts() -> None:
    headers = {
        "x-app-usage": '{"call_count":28,"total_time":25,"total_cputime":25}',
        "X-Page-Usage": '{"call_count":85.2}',
        "X-Business-Use-Case-Usage": json.dumps(
            {
                "7": [
                    {
                        "type": "PAGES",
                        "call_count": 3,
                        "total_cputime": 41,
                        "estimated_time_to_regain_access": 2,
                        "x": {},
                    }
                ]
            }
        ),
    }
    assert usage_of(headers) == Usage(86, 120.0, (("app", 28), ("page", 86), ("pages", 41)))
    assert usage_of({}) == Usage()


def test_the_own_account_goes_before_others() -> None:
    headers = {
        "x-business-use-case-usage": '{"1":[{"type":"pages","call_count":9}],"2":[{"type":"pages","call_count":99}]}'
    }
    assert usage_of(headers, "1").percent == 9
    assert usage_of(headers, "3").percent == 99


@pytest.mark.parametrize("owner", ["1", "9"])
def test_what_advertising_and_instagram_use_up_pauses_no_page(owner: str) -> None:
    spent = [
        {"type": kind, "call_count": 100, "estimated_time_to_regain_access": 50}
        for kind in ("ads_insights", "instagram")
    ]
    headers = {"x-business-use-case-usage": json.dumps({owner: [*spent, {"type": "pages", "call_count": 4}]})}
    assert usage_of(headers, "1") == Usage(4, None, (("pages", 4),))


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", "[" * 5000, '{"a":1}', '{"1":{"call_count":99}}', '{"1":[null,3,"x"]}', '{"1":null}']
    + [f'{{"call_count":{value}}}' for value in ('"x"', "-3", "NaN", "true", "1e999", "null")],
)
def test_odd_headers_count_as_nothing_used(text: str) -> None:
    assert usage_of({"x-app-usage": text, "x-business-use-case-usage": text}).percent == 0


def page(next_: Any, after: Any = "cur") -> dict[str, Any]:
    return {"data": [], "paging": {"cursors": {"after": after}, "next": next_}}


@pytest.mark.parametrize(
    ("data", "after"),
    [
        ({"data": []}, None),
        ({"data": [], "paging": {"cursors": {"after": "x"}}}, None),
        (page(None), None),
        (page("https://graph.facebook.com/v26.0/1/feed?access_token=T&limit=25&after=QVFI%3D%3D"), "QVFI=="),
        (page("https://graph.facebook.com@evil.example:99/x?after=good"), "good"),
        (page("gopher://127.0.0.1/?until&since&__previous&after=good"), "good"),
        (page("http://[/?after=good"), "good"),
        (page("https://graph.facebook.com/v26.0/1/feed?until=5"), "cur"),
        (page("https://graph.facebook.com/v26.0/1/feed?after="), "cur"),
        (page(7), "cur"),
        ({"paging": []}, None),
        ([], None),
        (None, None),
    ],
)
def test_only_next_says_that_there_is_more_and_only_after_is_taken(data: Any, after: str | None) -> None:
    assert after_of(data) == after


@pytest.mark.parametrize("after", [None, "", 5, "x" * 5000])
def test_more_without_a_way_to_it_is_an_error(after: Any) -> None:
    with pytest.raises(BadRequest):
        after_of(page("https://graph.facebook.com/v26.0/1/feed?until=5", after))


@given(st.text())
def test_no_next_breaks_the_reading(text: str) -> None:
    assert after_of(page(text)) is None or isinstance(after_of(page(text)), str)


def walk(*steps: tuple[str, int]) -> Guard | Halt:
    guard: Guard | Halt = Guard()
    for after, items in steps:
        assert isinstance(guard, Guard)
        guard = guard.step(after, items)
    return guard


def test_a_walk_in_circles_halts() -> None:
    assert isinstance(walk(("a", 1), ("a", 1)), Halt)
    assert isinstance(walk(("a", 1), ("b", 1), ("a", 1)), Halt)
    assert isinstance(walk(("a", 1), ("b", 1), ("c", 1)), Guard)


def test_ten_empty_batches_are_followed_and_not_eleven() -> None:
    empty = [(str(n), 0) for n in range(MOST_EMPTY)]
    assert isinstance(walk(*empty), Guard)
    assert isinstance(walk(*empty, ("x", 0)), Halt)
    assert isinstance(walk(*empty, ("x", 1), ("y", 0)), Guard)


def raw(data: bytes) -> io.BytesIO:
    return io.BytesIO(data)


def gz(data: bytes) -> bytes:
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    return pack.compress(data) + pack.flush()


@given(st.binary(max_size=200_000))
def test_every_packing_comes_back_whole(data: bytes) -> None:
    bare = zlib.compressobj(6, zlib.DEFLATED, -15)
    assert load(raw(data), "") == data
    assert load(raw(gz(data)), "gzip") == data
    assert load(raw(zlib.compress(data)), "deflate") == data
    assert load(raw(bare.compress(data) + bare.flush()), "deflate") == data


def test_a_bomb_is_left_unopened() -> None:
    source = raw(gz(b"\0" * (70 * MIB)))
    with pytest.raises(BodyError, match="far more"):
        load(source, "gzip")
    assert source.read(1), "the rest was not even read"


def test_too_much_is_refused_on_the_wire_and_unpacked() -> None:
    with pytest.raises(BodyError, match="16 MiB"):
        load(raw(b"x" * (16 * MIB + 1)), "")
    assert len(load(raw(b"x" * 16 * MIB), "")) == 16 * MIB
    with pytest.raises(BodyError, match="far more"):
        load(raw(gz(bytes(range(256)) * 400)), "gzip", most_unpacked=100_000)


@pytest.mark.parametrize(
    ("data", "encoding"), [(gz(b"x" * 999)[:-5], "gzip"), (b"plain", "gzip"), (b"x", "br"), (b"x", "gzip, gzip")]
)
def test_packings_that_do_not_open(data: bytes, encoding: str) -> None:
    with pytest.raises(BodyError):
        load(raw(data), encoding)


def test_odd_characters_pass_untouched() -> None:
    assert parse(b'{"m":"\\ud800 \\u0000"}') == {"m": "\ud800 \0"}


@pytest.mark.parametrize(
    "body", [b"", b"  ", b"<html>", b'{"a":', b'{"a":NaN}', b"[" * 100_000, b'"\xff"', b"9" * 9999]
)
def test_what_is_not_json(body: bytes) -> None:
    with pytest.raises(BodyError) as caught:
        parse(body)
    assert caught.value.__context__ is None


def test_shown_text_is_short_and_clean() -> None:
    assert one_line("a\n\tb\x00\u202e\ud800c" + "d" * 999, 20) == "a b c" + "d" * 14 + "…"
    assert redact("Authorization: Bearer abc123def456ghi") == "Authorization: Bearer ***"
    assert redact("x?input_token=a%7Cb&y=1") == "x?input_token=***&y=1"
