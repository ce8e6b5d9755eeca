"""Where and with what was measured: facts that a reader needs to compare two results."""

import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec

_SYNCS: Final = 200
_SYNC_BYTES: Final = 8 * 1024
_LIBRARIES: Final = ("uvloop", "httptools", "msgspec", "apsw-sqlite3mc")
# Asked of the interpreter that the server runs in.
_VERSIONS: Final = """
import json, platform, sys
from importlib.metadata import version
from stator.base.build import FORM
found = {"Stator:": FORM, "python": platform.python_version()}
print(json.dumps(found | {name: version(name) for name in sys.argv[1:]}))
"""


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """The machine. `disk_sync_ms` is the median time that 8 KB, written over, and their fdatasync take."""

    system: str
    processor: str
    cores: int
    memory_bytes: int
    disk_sync_ms: float


def machine(directory: Path) -> Machine:
    """This machine, with the disk of `directory`."""
    return Machine(
        system=platform.platform(),
        processor=_processor(),
        cores=os.cpu_count() or 0,
        memory_bytes=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        disk_sync_ms=round(disk_sync_seconds(directory) * 1e3, 3),
    )


def versions(python: str = sys.executable) -> dict[str, str]:
    """Of what the figures depend on: `python`, what is installed there, and programs beside it."""
    done = subprocess.run([python, "-c", _VERSIONS, *_LIBRARIES], capture_output=True, check=True)
    found = msgspec.json.decode(done.stdout, type=dict[str, str])
    found["node"] = _first_line(["node", "--version"]).removeprefix("v")
    # wrk 4.1.0 [epoll] Copyright ...
    found["wrk"] = " ".join(_first_line(["wrk", "--version"]).split()[1:2])
    return found


def commit(root: Path) -> str:
    """The commit that is checked out; `+` follows if the sources differ from it."""
    head = _first_line(["git", "-C", str(root), "rev-parse", "--short=12", "HEAD"])
    return head + ("+" if head and _first_line(["git", "-C", str(root), "status", "--short", "src"]) else "")


def load() -> float:
    """The load average of the last minute."""
    return round(os.getloadavg()[0], 2)


def _processor() -> str:
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        for line in facts.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def disk_sync_seconds(directory: Path) -> float:
    """The median time in which the disk of `directory` makes 8 KB durable that are there already.

    The file does not grow: a database's log does not either, most of the time, and growing costs more.
    """
    sync = getattr(os, "fdatasync", os.fsync)
    durations = []
    with tempfile.TemporaryFile(dir=directory) as file:
        file.write(bytes(_SYNCS * _SYNC_BYTES))
        file.flush()
        os.fsync(file.fileno())
        for number in range(_SYNCS):
            started = time.perf_counter()
            os.pwrite(file.fileno(), os.urandom(_SYNC_BYTES), number * _SYNC_BYTES)
            sync(file.fileno())
            durations.append(time.perf_counter() - started)
    return statistics.median(durations)


def _first_line(command: list[str]) -> str:
    """The first line that a program prints; nothing if there is no such program."""
    if shutil.which(command[0]) is None:
        return ""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return (done.stdout or done.stderr).partition("\n")[0].strip() if done.returncode in (0, 1) else ""
