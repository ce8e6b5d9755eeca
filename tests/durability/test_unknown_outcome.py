"""When the disk fails in a commit or a checkpoint, nobody knows what is on it: the process is to end."""

import asyncio
import subprocess
import sys
from pathlib import Path

import apsw

from stator.base.errors import StorageError
from stator.storage.group import UnknownOutcome
from stator.storage.open import DATABASE
from stator.storage.sqlite import checkpoint
from stator.storage.sqlite.ballast import Ballast
from stator.storage.sqlite.engine import EXIT_STATUS, SqliteEngine
from stator.storage.sqlite.writer import LOG_SUFFIX, sync_file


class FailingVfs(apsw.VFS):
    """Syncing a file whose name ends with `failing` fails."""

    def __init__(self, directory: Path) -> None:
        self.name = f"failing-{directory}"
        self.failing = "nothing"
        super().__init__(self.name, base="")

    def xOpen(self, name, flags):
        return _File(self, name, flags)


class _File(apsw.VFSFile):
    def __init__(self, vfs, name, flags):
        super().__init__("", name, flags)
        self.vfs = vfs
        self.name = name if isinstance(name, str) else name.filename()

    def xSync(self, flags):
        if self.name.endswith(self.vfs.failing):
            raise apsw.IOError("the disk is gone")
        super().xSync(flags)

    def excepthook(self, *exception):
        return True  # apsw need not print it


def scenario(directory: Path, failing: str, errors: list) -> tuple[list, list]:
    """Two writes before the disk fails and three after; how these ended, and later ones."""
    vfs = FailingVfs(directory)
    ballast = Ballast(directory / "ballast", 0)

    def sync(descriptor: int) -> None:
        if vfs.failing == LOG_SUFFIX:
            raise OSError("the disk is gone")
        sync_file(descriptor)

    engine = SqliteEngine(directory / DATABASE, ballast=ballast, vfs=vfs.name, sync=sync, fatal=errors.append)

    async def run():
        await asyncio.gather(*[engine.write(lambda t, n=n: t.put(5, b"%d" % n, b"v")) for n in range(2)])
        vfs.failing = failing
        writes = [engine.write(lambda t, n=n: t.put(5, b"later%d" % n, b"v")) for n in range(3)]
        first = await asyncio.gather(*writes, return_exceptions=True)
        while not errors:  # a checkpoint comes some time after the commits
            await asyncio.gather(engine.write(lambda t: t.put(5, b"more", b"v")), return_exceptions=True)
        later = await asyncio.gather(engine.write(lambda t: None), return_exceptions=True)
        vfs.failing = "nothing"
        engine.close()
        return first, later

    return asyncio.run(run())


def test_a_commit_that_fails(tmp_path):
    errors: list = []
    first, later = scenario(tmp_path, LOG_SUFFIX, errors)
    assert [type(error) for error in first + later + errors] == [UnknownOutcome] * 5


def test_a_checkpoint_that_fails(tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "START_FRAMES", 1)
    errors: list = []
    first, later = scenario(tmp_path, DATABASE, errors)
    assert [type(error) for error in later + errors] == [StorageError] * 2
    # A checkpoint may begin before the writes are answered. What was acknowledged is in the log.
    acknowledged = [b"later%d" % n for n, outcome in enumerate(first) if outcome is None]
    assert {type(outcome) for outcome in first} <= {type(None), StorageError}
    engine = SqliteEngine(tmp_path / DATABASE, ballast=Ballast(tmp_path / "ballast", 0))
    kept = {key for key, _ in engine.reader.scan(5, b"", None, limit=10)}
    engine.close()
    assert {b"0", b"1", *acknowledged} <= kept


def test_the_process_ends():
    """What happens where no `fatal` is given."""
    program = "from stator.storage.sqlite import engine; engine.leave_process(Exception())"
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert ended.returncode == EXIT_STATUS
