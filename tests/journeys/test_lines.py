"""Texts judged and placed one a line, whatever the line."""

import json
import select
import subprocess
from pathlib import Path

import pytest

from tests.journeys.rig import PROGRAM, call
from tests.journeys.shapes import PLACE, VERDICT, fits

HOSTILE = [
    b"jalan rusak di Gerung\0, berlubang",
    b"\xff\xfe\xfa bukan utf-8",
    "air mati \ud800 lima hari".encode("utf-8", "surrogatepass"),
    b"",
    b"   \t ",
    b'{"text": "Jembatan putus di Sekotong, tolong", "id": 7}',
    b'{"text": 5}',
    b'{"text": "putus',
    b"[" * 5000,
    b"{" * 5000,
    b'{"text": "air mati \\ud800\\u0000 di Praya"}',
    "‮=cmd|' /C calc'!A0 🙏🏽👨‍👩‍👧".encode(),
    b"a" * 1_000_000,
    "Z̷̛͎͊a̶l̵g̸o".encode() * 500,
    b"\x1b[31mmerah\x07",
    b"satu\rdua",
]


def test_classify_gives_one_verdict_a_line_whatever_the_line(tmp_path: Path) -> None:
    stdin = b"\n".join(HOSTILE) + b"\n"
    done = call("classify", stdin=stdin, cwd=tmp_path)
    assert len(done.records) == len(HOSTILE) and done.err == ""
    assert all(fits(record, VERDICT) for record in done.records)
    (tmp_path / "texts.txt").write_bytes(stdin)
    assert call("classify", "texts.txt", "--json", cwd=tmp_path).out == done.out
    assert done.records[5] == call("classify", stdin=b"Jembatan putus di Sekotong, tolong", cwd=tmp_path).answer
    assert done.records[5]["is_complaint"] and not done.records[4]["is_complaint"]


def test_lines_are_texts_or_objects_with_one_as_other_programs_write_them(tmp_path: Path) -> None:
    said, nothing = b"Jembatan putus di Sekotong, tolong", b""
    lines = [
        b'\xef\xbb\xbf{"text": "' + said + b'"}\r',
        b' {"text": "' + said + b'"}',
        b'{"id": "1", "text": null}',
        nothing,
    ]
    (tmp_path / "lines.jsonl").write_bytes(b"\n".join(lines) + b"\n")
    found = call("classify", "lines.jsonl", cwd=tmp_path).records
    assert found == call("classify", stdin=b"\n".join([said, said, nothing, nothing, nothing]), cwd=tmp_path).records
    assert call("classify", stdin=b"\xef\xbb\xbf" + said, cwd=tmp_path).records == found[:1]


@pytest.mark.parametrize("verb", ["classify", "places"])
def test_a_line_in_a_pipe_is_answered_before_the_next_one_comes(tmp_path: Path, verb: str) -> None:
    with subprocess.Popen([PROGRAM, verb], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=tmp_path) as asked:
        assert asked.stdin and asked.stdout
        try:
            for line in (b"jalan rusak di Gerung\n", b"air mati di Praya\n"):
                asked.stdin.write(line)
                asked.stdin.flush()
                assert select.select([asked.stdout], [], [], 60)[0], "no answer"
                assert json.loads(asked.stdout.readline())
        finally:
            asked.stdin.close()
        assert asked.stdout.read() == b"" and asked.wait(60) == 0


def test_places_gives_one_place_a_line_whatever_the_line(tmp_path: Path) -> None:
    lines = [*HOSTILE, b"jalan rusak di Gerung, Lombok Barat", b'{"text": "banjir di Dompu"}', b"Indonesia"]
    records = call("places", stdin=b"\n".join(lines), cwd=tmp_path).records
    assert len(records) == len(lines) and all(fits(record, PLACE) for record in records)
    assert [record["kabupaten"] for record in records[-3:]] == ["52.01", "52.05", None]
    assert records[-1] == {"kabupaten": None, "kecamatan": None, "desa": None, "text": None, "ambiguous": False}
