"""The demo as it is run for real: everything starts, is filled and listed, and nothing stays behind."""

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from services.demo.programs import SERVICES

from harness.process import eventually
from harness.wire import PATIENCE_SECONDS

from ..process import ROOT

_LINK = re.compile(r'href="(http://[^"]+)"')
# What may lead a service elsewhere; the demo lets none of it pass.
ASTRAY = {
    "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    "AWS_PROFILE": "nobody",
    "DYNAMODB_ENDPOINT": "http://127.0.0.1:1",
    "DYNAMODB_TABLE_NAME": "another",
    "STATOR_MEMORY": "perhaps",
}


linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists the children of a process")


class Demo:
    """A running demo."""

    def __init__(self, directory: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "services.demo", "--any-ports", "--data", str(directory)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={**os.environ, "COLUMNS": "80", **ASTRAY},
        )
        assert self.process.stdout is not None
        self.lines = []
        for line in self.process.stdout:
            self.lines.append(line)
            if "Ctrl-C" in line:
                return
        assert self.process.stderr is not None
        raise AssertionError(self.process.stderr.read())

    @property
    def page(self) -> str:
        """The address of the page."""
        (line,) = (line for line in self.lines if line.startswith("One page"))
        return line.split()[-1]

    def end(self, number: signal.Signals) -> int:
        """Send it a signal; its exit status."""
        self.process.send_signal(number)
        with self.process:
            return self.process.wait(PATIENCE_SECONDS)


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path)
    with demo.process:
        yield demo
        if demo.process.poll() is None:
            demo.end(signal.SIGTERM)


def children(parent: int) -> list[int]:
    """The processes that a process has started."""
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(each) for each in listed.split()]


def gone(pids: list[int]) -> bool:
    return not any(Path(f"/proc/{pid}").exists() for pid in pids)


@linux
def test_everything_is_there_until_it_is_stopped(demo: Demo, tmp_path: Path) -> None:
    links = _LINK.findall(httpx.get(demo.page).text)
    listings = [link for link in links if not link.endswith("/docs")]
    assert len(listings) == len(links) / 2 == len(SERVICES) == 8
    for link in links:
        assert httpx.get(link).status_code == 200
    for listing in listings:
        assert httpx.get(listing).json(), listing
        assert any(listing in line for line in demo.lines)
    started = children(demo.process.pid)
    assert len(started) == 1 + len(SERVICES)
    assert demo.end(signal.SIGINT) == 0
    assert gone(started)
    # The data was to be kept: the next one finds it, and adds nothing.
    again = Demo(tmp_path)
    try:
        (orders,) = (link for link in _LINK.findall(httpx.get(again.page).text) if link.endswith("/orders"))
        assert len(httpx.get(orders).json()) == 3
    finally:
        assert again.end(signal.SIGTERM) == 0


@linux
def test_if_one_ends_all_end(demo: Demo) -> None:
    started = children(demo.process.pid)
    os.kill(started[3], signal.SIGKILL)
    assert demo.process.stderr is not None
    assert "movimiento-inventario has ended." in demo.process.stderr.read()
    assert demo.process.wait(PATIENCE_SECONDS) == 1
    for _ in eventually():
        if gone(started):
            break


def test_ports_that_are_taken_are_told(tmp_path: Path) -> None:
    held = []
    for port in (3000, 5003):
        try:
            held.append(socket.create_server(("127.0.0.1", port)))
        except OSError:
            continue  # Something else has it, which is as good.
    try:
        done = subprocess.run(
            [sys.executable, "-m", "services.demo", "--data", str(tmp_path)],
            capture_output=True,
            text=True,
            cwd=ROOT,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
    finally:
        for each in held:
            each.close()
    assert done.returncode == 1
    assert "3000 (orders)" in done.stderr
    assert "5003 (proveedor)" in done.stderr
    assert "Traceback" not in done.stderr
