"""What the report says of tickets that are withheld or wait, and of Graph's refusals, in Bahasa Indonesia."""

from dataclasses import replace

import pytest

from connector.graph import codes
from connector.graph.answers import Asked, failure
from connector.records import FORGOTTEN, RESTRICTED
from connector.report.apart import Withheld
from connector.report.faults import told
from connector.report.summary import ReasonCount, summarise
from tests.core.test_report_summary import EMPTY, NAMES

ENGLISH = ("the ", " token is ", "refused", "missing", "again", "connect", "passing")


def test_what_citizens_asked_not_to_be_shown_is_counted_apart() -> None:
    reasons = [ReasonCount("ignore", RESTRICTED, 2), ReasonCount("ignore", FORGOTTEN, 1), ReasonCount("review", "x", 9)]
    summary = summarise(replace(EMPTY, withheld=4, waiting=3, reasons=reasons), NAMES)
    assert summary.withheld == Withheld(4, 0, 3)
    assert summary.notes == ("3 tiket sudah ditutup, tetapi pelapornya menulis lagi dan menunggu jawaban.",)


def refusals() -> list[tuple[int, int | None, str]]:
    known = [(190, sub, "") for sub in codes.TOKEN_WHY] + [(code, None, "") for code in codes.TOKEN_CODE_WHY]
    return [
        *known,
        (10, None, ""),
        (190, 999, ""),
        (100, None, "Invalid appsecret_proof"),
        (100, None, "other"),
        (2, None, ""),
    ]


@pytest.mark.parametrize(("code", "subcode", "text"), refusals())
def test_every_refusal_is_told_in_indonesian_with_its_code(code: int, subcode: int | None, text: str) -> None:
    error = {"code": code, "message": text, "type": "OAuthException"} | ({"error_subcode": subcode} if subcode else {})
    line = told(str(failure(400, {}, {"error": error}, Asked(path="/me"))))
    assert line.endswith(f"(kode Graph {code}{f'/{subcode}' if subcode else ''})")
    assert not [word for word in ENGLISH if word in line]


def test_what_is_not_known_is_shown_as_it_is() -> None:
    assert told("sesuatu\x07 lain") == "sesuatu␇ lain" and told("GET /me: too many calls").startswith("terlalu banyak")
