"""The processes of the demo: started, watched, and stopped in the opposite order, whatever happens."""

import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Final, Self

READY_SECONDS_MAX: Final = 60
STOP_SECONDS_MAX: Final = 15
LOG_LINES_SHOWN: Final = 5
_URL = re.compile(r"http://[^\s/]+")


class DemoError(Exception):
    """A process did not do what it was started for."""


class Processes:
    """Children of this process, each with a log in the directory. Leaving the context stops them."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._running: dict[str, subprocess.Popen[str]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, stack: TracebackType | None
    ) -> None:
        # Who is impatient with Ctrl-C would leave some of them behind.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        # The first is what the others stand on.
        first, others = list(self._running.values())[:1], list(self._running.values())[1:]
        for together in (others, first):
            for process in together:
                process.send_signal(signal.SIGTERM)
            for process in together:
                _wait(process)

    def launch(self, name: str, *arguments: str, variables: Mapping[str, str]) -> None:
        """Start a module of Python, which says where it listens when it does; see `ready`."""
        with self._log(name).open("w") as log:
            self._running[name] = subprocess.Popen(
                [sys.executable, "-m", *arguments],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env=dict(variables),
                cwd=Path(__file__).parents[2],
                # Ctrl-C is for the demo, which then stops them in order.
                start_new_session=True,
            )

    def ready(self, name: str) -> str:
        """The address of one that was launched, once it listens. Raises DemoError."""
        output = self._running[name].stdout
        assert output is not None
        readable, _, _ = select.select([output], [], [], READY_SECONDS_MAX)
        found = _URL.search(output.readline()) if readable else None
        if found is None:
            raise DemoError(f"{name} did not start.\n{self._tail(name)}")
        return found[0]

    def finish(self, *arguments: str, variables: Mapping[str, str]) -> None:
        """Run a module that ends by itself. Raises DemoError if it fails."""
        done = subprocess.run(
            [sys.executable, "-m", *arguments],
            capture_output=True,
            text=True,
            env=dict(variables),
            cwd=Path(__file__).parents[2],
            check=False,
        )
        if done.returncode:
            raise DemoError(f"{' '.join(arguments)} failed.\n{done.stderr}")

    def watch(self, pause: float = 0.5) -> None:
        """Wait until one of them ends, which is a DemoError: only the demo's own end ends them."""
        while True:
            for name in self._ended():
                raise DemoError(f"{name} has ended.\n{self._tail(name)}")
            time.sleep(pause)

    def _ended(self) -> Iterator[str]:
        return (name for name, process in self._running.items() if process.poll() is not None)

    def _log(self, name: str) -> Path:
        return self._directory / f"{name}.log"

    def _tail(self, name: str) -> str:
        lines = self._log(name).read_text().splitlines()
        return "\n".join(lines[-LOG_LINES_SHOWN:])


def _wait(process: "subprocess.Popen[str]") -> None:
    """Wait for the end of a process, and kill it if that takes too long."""
    with process:
        try:
            process.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
