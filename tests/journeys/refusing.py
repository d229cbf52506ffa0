"""What must be refused: said in lines of its own on stderr, without a call to Graph and with nothing touched."""

from pathlib import Path

from tests.journeys.rig import Done, Rig


def files(folder: Path) -> dict[str, bytes]:
    """Every file under a folder, with its bytes; an empty side file of SQLite is no file."""
    found = {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}
    return {name: data for name, data in found.items() if not name.endswith("-shm") and (data or "-wal" not in name)}


def refused(rig: Rig, *args: str, says: tuple[str, ...] = (), code: int = 2, env: dict[str, str] | None = None) -> Done:
    """Runs a verb that must be refused, say so in lines of its own on stderr, ask Graph nothing, and touch nothing."""
    before = files(rig.folder)
    rig.sandbox.calls.clear()
    done = rig.run(*args, code=code, env=env)
    assert done.out == "" and done.err.strip()
    missing = [word for word in says if word not in done.err]
    assert not missing, f"{missing} not in: {done.err}"
    assert files(rig.folder).keys() == before.keys()
    assert files(rig.folder) == before, "the store or another file was touched"
    assert rig.sandbox.calls == []
    return done
