"""S-10: where a command writes when it is told a file: whole or not at all, and never over what is no file."""

import errno
import os
from pathlib import Path

import pytest

from connector.cli.opening import written
from connector.cli.outcome import out


def test_a_file_appears_whole_or_not_at_all(tmp_path: Path) -> None:
    file = tmp_path / "laporan.html"
    with written(file) as stream:
        stream.write("lama\n")
    with pytest.raises(ZeroDivisionError), written(file) as stream:
        stream.write("baru")
        raise ZeroDivisionError
    assert file.read_text("utf-8") == "lama\n"
    assert [one.name for one in tmp_path.iterdir()] == ["laporan.html"]


def test_a_full_disk_is_said_with_the_files_name(tmp_path: Path) -> None:
    with pytest.raises(OSError, match=r"laporan\.html"), written(tmp_path / "laporan.html"):
        raise OSError(errno.ENOSPC, "No space left on device")


def test_a_device_or_pipe_is_written_to_and_stays_one(tmp_path: Path) -> None:
    pipe = tmp_path / "pipa"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    try:
        with written(pipe) as stream:
            stream.write("baris\n")
        assert pipe.is_fifo()
        assert os.read(reader, 100) == b"baris\n"
    finally:
        os.close(reader)


def test_what_people_wrote_does_not_steer_the_terminal(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    out("\x1b[31mmerah\x9b2J \u202egnp.exe\ttab 👨‍👩‍👧 a\u00a0b\n")
    assert capfdbinary.readouterr().out.decode() == "�[31mmerah�2J �gnp.exe\ttab 👨‍👩‍👧 a\u00a0b\n\n"
