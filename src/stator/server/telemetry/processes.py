"""The processes of a server, and what the system knows of each: memory, processor time, open files.

A worker's pid is on the board, so the writer asks for all of them, at the moment in which somebody wants to
know; no process reports anything in between. Where there is no `/proc` (macOS), only the process that is
asked is known.
"""

import os
import resource
import sys
import time
from collections.abc import Callable, Iterable
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

_PROC: Final = Path("/proc")
# Of `/proc/<pid>/stat`, counted from the field behind the program's name, which may have spaces.
_USER_TICKS, _SYSTEM_TICKS, _START_TICKS = 11, 12, 19


class Process(NamedTuple):
    """A process of the server: how it is called, and how many connections it has, if it is to have any."""

    name: str
    pid: int
    connections: int | None = None


class Usage(NamedTuple):
    """What a process uses; None if the system does not tell. `started` is in seconds since the epoch."""

    memory_bytes: int | None
    cpu_seconds: float | None
    open_files: int | None
    started: float | None


Processes = Callable[[], Iterable[Process]]


def usage(pid: int) -> Usage | None:
    """What a process uses; None if there is no such process, or nothing is known of it."""
    folder = _PROC / str(pid)
    try:
        fields = (folder / "stat").read_text().rpartition(")")[2].split()
        pages = int((folder / "statm").read_text().split()[1])
    except OSError:
        return _own_usage() if pid == os.getpid() else None
    ticks = os.sysconf("SC_CLK_TCK")
    return Usage(
        memory_bytes=pages * os.sysconf("SC_PAGE_SIZE"),
        cpu_seconds=(int(fields[_USER_TICKS]) + int(fields[_SYSTEM_TICKS])) / ticks,
        open_files=_open_files(folder),
        started=round(_boot_time() + int(fields[_START_TICKS]) / ticks, 2),
    )


def _open_files(folder: Path) -> int | None:
    try:
        return len(os.listdir(folder / "fd"))
    except OSError:  # It may be another user's to know.
        return None


@cache
def _boot_time() -> float:
    return time.time() - time.clock_gettime(time.CLOCK_BOOTTIME)


def _own_usage() -> Usage:
    used = resource.getrusage(resource.RUSAGE_SELF)
    # The most that there ever was, which is what there is to be had; macOS counts it in bytes.
    size = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    return Usage(size, used.ru_utime + used.ru_stime, None, None)
