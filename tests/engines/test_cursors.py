"""APSW keeps a cursor for good when another one of its connection is closed first; so commits share one."""

import gc
from collections.abc import Callable

import apsw

from stator.storage.engine import Engine

SPACE = 5


def open_cursors() -> int:
    gc.collect()
    return sum(isinstance(each, apsw.Cursor) for each in gc.get_objects())


def test_commits_and_reads_leave_no_cursor_behind(engine: Engine, write: Callable) -> None:
    def work() -> None:
        for number in range(20):
            key = b"%d" % number
            write(lambda t, key=key: t.put(SPACE, key, b"value"))
            write(lambda t: t.scan(SPACE, b"", None, limit=3))
            engine.reader.get(SPACE, key)
            engine.reader.scan(SPACE, b"", None, limit=5, size=1)

    work()
    before = open_cursors()
    work()
    assert open_cursors() == before
