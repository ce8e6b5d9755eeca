"""The process of a peer: started, asked until it answers, watched, and stopped by its id.

A server may be several processes: what is watched is the process and its descendants.
"""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from benchmarks.client import HEADERS

_START_SECONDS_MAX: Final = 60.0
_STOP_SECONDS_MAX: Final = 60.0
_FORGET_SECONDS_MAX: Final = 1.0
_POLL_SECONDS: Final = 0.001
_PARENT_FIELD: Final = 1  # of /proc/PID/stat, counted after the name, which may hold anything
_CPU_FIELD: Final = 11
_HOST: Final = "127.0.0.1"


class CannotStart(Exception):
    """A peer that ended or did not answer; the text has the end of its log."""


class Memory(NamedTuple):
    """Bytes of a process: resident, and those of them that are its own, not pages of files that it maps."""

    resident: int
    own: int


class Server:
    """A running peer. `first_answer` is for how many seconds it was started before it answered a request.

    A server that was found running (an endpoint given by its URL) has no process and cannot be watched.
    """

    def __init__(
        self, url: str, process: "subprocess.Popen[bytes] | None" = None, first_answer: float = 0.0
    ) -> None:
        self.url = url
        self.first_answer = first_answer
        self._process = process

    @property
    def pid(self) -> int:
        """The id of its process. Raises ValueError if it is none of ours."""
        if self._process is None:
            raise ValueError(f"{self.url} is not a process of ours")
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs, as far as can be known."""
        return self._process is None or self._process.poll() is None

    def cpu_seconds(self) -> float | None:
        """Processor time used so far by all its threads and processes; None if it cannot be known."""
        if self._process is None or sys.platform != "linux":
            return None
        used = 0
        for pid in family(self._process.pid):
            with contextlib.suppress(OSError):
                used += sum(map(int, _stat(pid)[_CPU_FIELD : _CPU_FIELD + 2]))
        return used / os.sysconf("SC_CLK_TCK")

    def memory(self) -> Memory | None:
        """The memory of its largest process: of one worker, where there are workers. None if unknown."""
        if self._process is None or sys.platform != "linux":
            return None
        found = [_memory(pid) for pid in family(self._process.pid)]
        return max((memory for memory in found if memory is not None), default=None)

    def stop(self, *, forget: bool = False) -> None:
        """Ask it to end; kill it if it does not, soon if there is nothing to keep (`forget`)."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_FORGET_SECONDS_MAX if forget else _STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def start(
    command: Sequence[str],
    port: int,
    log: Path,
    directory: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> Server:
    """Start a server that will listen on `port`; returns when it answered. Raises CannotStart."""
    with log.open("wb") as output:
        started = time.perf_counter()
        try:
            process = subprocess.Popen(command, stdout=output, stderr=output, cwd=directory, env=environment)
        except OSError as error:
            raise CannotStart(f"{' '.join(command)} cannot be started: {error}") from None
    request = _request(port)
    while not _answers(port, request):
        elapsed = time.perf_counter() - started
        if process.poll() is not None or elapsed > _START_SECONDS_MAX:
            process.kill()
            process.wait()
            tail = log.read_text(errors="replace")[-2000:]
            raise CannotStart(f"{' '.join(command)} did not answer within {elapsed:.0f} s: {tail}")
        time.sleep(_POLL_SECONDS)
    return Server(f"http://{_HOST}:{port}", process, time.perf_counter() - started)


def free_port() -> int:
    """A port that was free a moment ago."""
    with socket.socket() as probe:
        probe.bind((_HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def family(pid: int) -> list[int]:
    """A process and its descendants (Linux)."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            children.setdefault(int(_stat(int(path.name))[_PARENT_FIELD]), []).append(int(path.name))
    found = [pid]
    for member in found:  # It grows meanwhile.
        found += children.get(member, [])
    return found


def _stat(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()


def _memory(pid: int) -> Memory | None:
    sizes = {}
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            name, _, value = line.partition(":")
            if name in ("VmRSS", "RssAnon"):
                sizes[name] = int(value.split()[0]) * 1024
    return Memory(sizes["VmRSS"], sizes["RssAnon"]) if len(sizes) == 2 else None


def _request(port: int) -> bytes:
    fields = {"Host": f"{_HOST}:{port}", "X-Amz-Target": "DynamoDB_20120810.ListTables", **HEADERS}
    lines = ["POST / HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "Content-Length: 2"]
    return "\r\n".join([*lines, "", "{}"]).encode()


def _answers(port: int, request: bytes) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((_HOST, port), _START_SECONDS_MAX) as wire:
        wire.sendall(request)
        return wire.recv(4096).startswith(b"HTTP/1.1 200")
    return False
