"""A machine that loses power: what SQLite writes and syncs is recorded, and at any moment what was not synced may be lost.

SQLite lets a program put its own file layer (a VFS) under every database. This one writes on as the usual one does and keeps
a list of all writes, truncations and syncs; from it the files are made as a disk may hold them after a cut: of each file all
up to its last sync, and of what came later any part, in any order, torn at sectors.
"""

import _sqlite3
import ctypes
from collections.abc import Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_void_p
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, Literal

SECTOR = 512
_OPEN = CFUNCTYPE(c_int, c_void_p, c_void_p, c_void_p, c_int, c_void_p)  # SQLite keeps the very pointer to the name
_WRITE = CFUNCTYPE(c_int, c_void_p, c_void_p, c_int, c_int64)
_TRUNCATE = CFUNCTYPE(c_int, c_void_p, c_int64)
_SYNC = CFUNCTYPE(c_int, c_void_p, c_int)
_DELETE = CFUNCTYPE(c_int, c_void_p, c_char_p, c_int)


class _Layer(Structure):
    """sqlite3_vfs, as far as it matters here."""

    _fields_ = [
        ("version", c_int), ("file_size", c_int), ("longest", c_int), ("next", c_void_p), ("name", c_char_p), ("data", c_void_p),
        ("open", c_void_p), ("delete", c_void_p), ("rest", c_void_p * 14),
    ]  # fmt: skip


class _Methods(Structure):
    """sqlite3_io_methods."""

    _fields_ = [
        ("version", c_int), ("close", c_void_p), ("read", c_void_p), ("write", c_void_p), ("truncate", c_void_p),
        ("sync", c_void_p), ("rest", c_void_p * 14),
    ]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was done to a file; a mark is a note of the test's own, such as what was committed by then.

    `at` is the place of a write, the new size of a truncation, and for a deletion whether the folder was synced after it.
    """

    what: Literal["write", "truncate", "sync", "delete", "mark"]
    file: str = ""
    at: int = 0
    data: bytes = b""
    said: Any = None


class Recorder:
    """The file layer; `steps` is what happened to the files of `folder`, in order."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.steps = str(folder), list[Step]()
        self._files: dict[int, str] = {}
        self._kept: list[Any] = []  # callbacks and structures that SQLite points to
        self._made: dict[int, _Methods] = {}
        self.library = ctypes.CDLL(getattr(_sqlite3, "__file__", None))
        self.library.sqlite3_vfs_find.restype = POINTER(_Layer)
        self._usual = self.library.sqlite3_vfs_find(None)
        self._layer = _Layer.from_buffer_copy(self._usual.contents)
        self._layer.name, self._layer.next = b"recorded", None
        for name, callback in (("open", _OPEN(self._open)), ("delete", _DELETE(self._delete))):
            self._kept.append(callback)
            setattr(self._layer, name, ctypes.cast(callback, c_void_p))

    def mark(self, said: Any) -> None:
        """A note between the steps."""
        self.steps.append(Step("mark", said=said))

    @contextmanager
    def recording(self) -> Iterator[None]:
        """All databases that are opened meanwhile are recorded."""
        self.library.sqlite3_vfs_register(ctypes.byref(self._layer), 1)
        try:
            yield
        finally:
            self.library.sqlite3_vfs_unregister(ctypes.byref(self._layer))

    def _open(self, _layer: Any, name: int | None, file: int, flags: int, out: Any) -> int:
        code: int = _OPEN(self._usual.contents.open)(ctypes.addressof(self._usual.contents), name, file, flags, out)
        path = ctypes.string_at(name).decode() if name else ""
        if code == 0 and path.startswith(self.folder):
            self._files[file] = Path(path).name
            methods = c_void_p.from_address(file)
            assert methods.value is not None
            if methods.value not in self._made:
                self._made[methods.value] = self._watched(_Methods.from_address(methods.value))
            methods.value = ctypes.addressof(self._made[methods.value])
        return code

    def _delete(self, _layer: Any, name: bytes, folder_synced: int) -> int:
        code: int = _DELETE(self._usual.contents.delete)(ctypes.addressof(self._usual.contents), name, folder_synced)
        if code == 0 and name.decode().startswith(self.folder):
            self.steps.append(Step("delete", Path(name.decode()).name, folder_synced))
        return code

    def _watched(self, usual: _Methods) -> _Methods:
        methods = _Methods.from_buffer_copy(usual)
        write, truncate, sync = _WRITE(usual.write), _TRUNCATE(usual.truncate), _SYNC(usual.sync)

        def written(file: int, data: int, size: int, at: int) -> int:
            self.steps.append(Step("write", self._files[file], at, ctypes.string_at(data, size)))
            return int(write(file, data, size, at))

        def cut(file: int, size: int) -> int:
            self.steps.append(Step("truncate", self._files[file], size))
            return int(truncate(file, size))

        def synced(file: int, flags: int) -> int:
            code = int(sync(file, flags))
            self.steps.append(Step("sync", self._files[file]))
            return code

        for name, callback in (("write", _WRITE(written)), ("truncate", _TRUNCATE(cut)), ("sync", _SYNC(synced))):
            self._kept.append(callback)
            setattr(methods, name, ctypes.cast(callback, c_void_p))
        return methods


@dataclass(slots=True)
class Disk:
    """What surely stands on the disk, and what is on its way there."""

    safe: dict[str, bytearray] = field(default_factory=dict)
    loose: dict[str, list[Step]] = field(default_factory=dict)

    def take(self, step: Step) -> None:
        """One step more."""
        if step.what == "sync":
            if (
                step.file not in self.safe
            ):  # SQLite syncs the folder with a new journal: what was deleted before is gone
                for name in [n for n, steps in self.loose.items() if any(one.what == "delete" for one in steps)]:
                    self._lose(name)
            held = self.safe.setdefault(step.file, bytearray())
            for one in self.loose.pop(step.file, []):
                _put(held, one, None)
        elif step.what == "delete" and step.at:
            self._lose(step.file)
        elif step.what != "mark":
            self.loose.setdefault(step.file, []).append(step)

    def _lose(self, name: str) -> None:
        self.safe.pop(name, None)
        self.loose.pop(name, None)

    def after_a_cut(self, folder: Path, dice: Random) -> None:
        """The files as they may be found when power comes back."""
        for name in {*self.safe, *self.loose}:
            held = bytearray(self.safe.get(name, b""))
            coming = [one for one in self.loose.get(name, ()) if dice.random() < 0.5]
            if dice.random() < 0.5:  # the disk writes in an order of its own
                dice.shuffle(coming)
            for one in coming:
                _put(held, one, dice)
            if not any(one.what == "delete" for one in coming):
                (folder / name).write_bytes(held)


def _put(held: bytearray, step: Step, dice: Random | None) -> None:
    """A write or truncation; with dice some of its sectors may be missing."""
    if step.what != "write":
        del held[step.at if step.what == "truncate" else 0 :]
        return
    torn = dice is not None and dice.random() < 0.3
    for start in range(0, len(step.data), SECTOR):
        if torn and dice is not None and dice.random() < 0.5:
            continue
        part, at = step.data[start : start + SECTOR], step.at + start
        held.extend(bytes(max(0, at + len(part) - len(held))))
        held[at : at + len(part)] = part
