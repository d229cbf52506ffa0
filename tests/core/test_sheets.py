"""CSV as offices hand it in: what is broken is named by its line and loses no other."""

import csv
from io import StringIO

from hypothesis import given
from hypothesis import strategies as st

from connector.sheets import heads, records

TABLE = 'a,b\n1,"x\ny"\n2,"open\n3,z\n4,"good, too"\n\n5\n6,y,more\n7,"open at the end\n8,last\n9,,,\n'


def test_a_quote_that_is_never_closed_loses_no_other_line() -> None:
    found = list(records(TABLE))
    faults = [line for line, row in found if isinstance(row, str)]
    good = {line: row for line, row in found if not isinstance(row, str)}
    assert faults == [4, 9, 10]
    assert good == {
        2: {"a": "1", "b": "x\ny"},
        5: {"a": "3", "b": "z"},
        6: {"a": "4", "b": "good, too"},
        8: {"a": "5"},
        12: {"a": "9", "b": ""},
        11: {"a": "8", "b": "last"},
    }
    assert heads(TABLE) == ["a", "b"] and heads("") == []


def test_words_behind_a_comma_outside_of_quotes_are_not_cut_off_in_silence() -> None:
    said = [row for _, row in records("number,reason\nN-1,sudah ditambal, terima kasih\nN-2,sudah,,\n")]
    assert isinstance(said[0], str) and "more cells" in said[0]
    assert said[1] == {"number": "N-2", "reason": "sudah"}


def test_spreadsheets_set_to_indonesian_write_semicolons() -> None:
    assert list(records('a;b\n1;"x; y, z"\n')) == [(2, {"a": "1", "b": "x; y, z"})]
    assert heads("a;b\n") == ["a", "b"] and heads('a,"b;c"\n') == ["a", "b;c"]


@given(st.text(alphabet='a,";\n\r\0 ', max_size=200))
def test_whatever_is_handed_in_is_read_to_its_end(text: str) -> None:
    for line, _ in records(text):
        assert 1 <= line <= text.count("\n") + text.count("\r") + 1


@given(st.lists(st.lists(st.text(max_size=9), min_size=2, max_size=2), min_size=1, max_size=9))
def test_what_is_whole_is_read_as_it_was_written(rows: list[list[str]]) -> None:
    written = StringIO(newline="")
    csv.writer(written).writerows([["a", "b"], *rows])
    assert [row for _, row in records(written.getvalue())] == [{"a": a, "b": b} for a, b in rows]
