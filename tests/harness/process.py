"""A real server in a process of its own, to be used, stopped, killed and started again."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

from harness.wire import PATIENCE_SECONDS, Wire
from stator.base.clock import FileClock
from stator.storage.open import open_reader
from stator.tables.check import check

_URL = re.compile(r"http://(?P<host>\S+):(?P<port>[0-9]+)")
COMMAND = (sys.executable, "-m", "stator")


def environment(**variables: str) -> dict[str, str]:
    """The environment of a command under test: this one without any setting, and `variables`."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("STATOR_")}
    return kept | variables


class ServerProcess:
    """A server. Its data directory, log and clock are in `directory`; a restart finds them there.

    `settings` are those of `stator serve`; there is one worker unless they say otherwise. With `clock`
    (seconds since the epoch), time stands still until `clock.advance(seconds)`. `program` is what understands
    `serve`.
    """

    program: tuple[str, ...] = COMMAND

    def __init__(
        self, directory: Path, *, memory: bool = False, clock: float | None = None, **settings: object
    ) -> None:
        self.directory = directory
        self.data = directory / "data"
        place: dict[str, object] = {"memory": True} if memory else {"data": self.data}
        self.settings: dict[str, object] = {"port": 0, "workers": 1, **place, **settings}
        self._clock: FileClock | None = None
        if clock is not None:
            self._clock = FileClock.create(directory / "clock", clock)
            self.settings["test_clock"] = directory / "clock"
        self._log = directory / "server.log"
        self._process: subprocess.Popen[str] | None = None
        self._clients: list[Any] = []
        self.ready_line = ""

    # Its life.

    def start(self) -> "ServerProcess":
        """Start, and wait until it is ready."""
        assert self._process is None
        options = [
            text
            for name, value in self.settings.items()
            for text in ("--" + name.replace("_", "-"), *([] if value is True else [str(value)]))
        ]
        with self._log.open("a") as log:
            self._process = subprocess.Popen(
                [*self.program, "serve", *options],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=self.directory,
                env=environment(TMPDIR=str(self.directory)),  # What a killed one leaves goes with it.
            )
        assert self._process.stdout is not None
        self.ready_line = self._process.stdout.readline()
        found = _URL.search(self.ready_line)
        if found is None:
            self.kill()
            raise AssertionError(f"the server did not start: {self.ready_line!r}, log:\n{self.log}")
        self.host, self.port = found["host"].strip("[]"), int(found["port"])
        self.settings["port"] = self.port  # A restart serves the clients of before.
        return self

    def stop(self) -> int:
        """Ask it to stop, and wait. Its exit status."""
        return self._end(signal.SIGTERM)

    def kill(self) -> None:
        """Kill it, with no chance to finish anything."""
        self._end(signal.SIGKILL)

    def restart(self) -> "ServerProcess":
        """Stop, and start again."""
        assert self.stop() == 0
        return self.start()

    def _end(self, number: signal.Signals) -> int:
        process, self._process = self._process, None
        assert process is not None
        process.send_signal(number)
        with process:
            return process.wait(PATIENCE_SECONDS)

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def wait(self) -> int:
        """Wait for its end. Its exit status."""
        process, self._process = self._process, None
        assert process is not None
        with process:
            return process.wait(PATIENCE_SECONDS)

    def close(self) -> None:
        """Leave nothing behind."""
        for client in self._clients:
            client.close()
        if self._process is not None:
            self.kill()

    # Its use.

    @property
    def url(self) -> str:
        return f"http://{self.host}:{self.port}"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def workers(self) -> list[int]:
        """The processes of its workers, oldest first: at the start, the writer and then the readers."""
        found = subprocess.run(
            ["pgrep", "-P", str(self.pid)],
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        return sorted(map(int, found.stdout.split()))

    @property
    def log(self) -> str:
        """What it wrote to standard error, since the first start."""
        return self._log.read_text() if self._log.exists() else ""

    @property
    def clock(self) -> FileClock:
        """Its time."""
        assert self._clock is not None, "start the server with clock=..."
        return self._clock

    def client(self, service: str = "dynamodb", *, region: str = "us-east-1", **config: Any) -> Any:
        """A boto3 client that does not retry and does not check parameters (unless `config` tells it to)."""
        client = boto3.client(
            service,
            endpoint_url=self.url,
            region_name=region,
            aws_access_key_id="AKIDEXAMPLE",
            aws_secret_access_key="secret",
            config=Config(
                **{
                    "retries": {"total_max_attempts": 1},
                    "parameter_validation": False,
                    "read_timeout": PATIENCE_SECONDS,
                    **config,
                }
            ),
        )
        self._clients.append(client)
        return client

    def connect(self) -> Wire:
        """A raw connection."""
        return Wire(self.host, self.port)

    def check(self, data: Path | None = None) -> None:
        """Prove that its data, or a copy of it, is whole, as `stator check` does.

        In this process: to start another one would take longer than most checks do.
        """
        with open_reader(data or self.data) as reader:
            report = check(reader)
        assert report.problems == [], report.summary

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        """Run another `stator` command in the same directory, such as `backup list`."""
        return run(*arguments, directory=self.directory)


def run(
    *arguments: str, directory: Path, seconds: float = PATIENCE_SECONDS, **variables: str
) -> "subprocess.CompletedProcess[str]":
    """Run a `stator` command that ends by itself, within some seconds."""
    return subprocess.run(
        [*COMMAND, *arguments],
        capture_output=True,
        text=True,
        cwd=directory,
        env=environment(**variables),
        timeout=seconds,
        check=False,
    )


def eventually(seconds: float = PATIENCE_SECONDS, pause: float = 0.01) -> Any:
    """Turns of a loop that waits for something which cannot be awaited; fails when they have taken too long.

    for _ in eventually():
        if done():
            break
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        yield
        time.sleep(pause)
    raise AssertionError(f"it did not happen within {seconds} seconds")
