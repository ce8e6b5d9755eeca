"""The process of a peer: started, asked until it answers, watched, and stopped by its id."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.client import HEADERS

_START_SECONDS_MAX: Final = 60.0
_STOP_SECONDS_MAX: Final = 30.0
_POLL_SECONDS: Final = 0.001
_CPU_FIELD: Final = 11  # utime of /proc/PID/stat, counted after the name, which may hold anything
_HOST: Final = "127.0.0.1"


class CannotStart(Exception):
    """A peer that ended or did not answer; the text has the end of its log."""


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
    def watched(self) -> bool:
        """Whether it is a process of ours."""
        return self._process is not None

    @property
    def pid(self) -> int:
        """The id of its process. Raises ValueError if it is none of ours."""
        if self._process is None:
            raise ValueError(f"{self.url} is not a process of ours")
        return self._process.pid

    def cpu_seconds(self) -> float | None:
        """Processor time used so far by all its threads; None where the system does not tell."""
        if self._process is None or sys.platform != "linux":
            return None
        text = Path(f"/proc/{self._process.pid}/stat").read_text()
        ticks = text.rpartition(") ")[2].split()[_CPU_FIELD : _CPU_FIELD + 2]
        return sum(map(int, ticks)) / _ticks_per_second()

    def resident_bytes(self) -> int | None:
        """Its resident memory."""
        if self._process is None:
            return None
        command = ["ps", "-o", "rss=", "-p", str(self._process.pid)]
        return int(subprocess.run(command, capture_output=True, check=True).stdout) * 1024

    def stop(self) -> None:
        """Ask it to end; kill it if it does not."""
        if self._process is None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def start(command: Sequence[str], port: int, log: Path, directory: Path | None = None) -> Server:
    """Start a server that will listen on `port`; returns when it answered. Raises CannotStart."""
    with log.open("wb") as output:
        started = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=output, cwd=directory)
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


def _request(port: int) -> bytes:
    fields = {"Host": f"{_HOST}:{port}", "X-Amz-Target": "DynamoDB_20120810.ListTables", **HEADERS}
    lines = ["POST / HTTP/1.1", *(f"{name}: {value}" for name, value in fields.items()), "Content-Length: 2"]
    return "\r\n".join([*lines, "", "{}"]).encode()


def _answers(port: int, request: bytes) -> bool:
    with contextlib.suppress(OSError), socket.create_connection((_HOST, port), _START_SECONDS_MAX) as wire:
        wire.sendall(request)
        return wire.recv(4096).startswith(b"HTTP/1.1 200")
    return False


def _ticks_per_second() -> int:
    return os.sysconf("SC_CLK_TCK")
