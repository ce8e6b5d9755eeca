"""What every worker process is given, and how it begins: forked from the supervisor, before any thread.

A worker takes its orders from the supervisor and ignores the signals that stop a server, which a terminal or
a service manager sends to all processes at once.
"""

import asyncio
import os
import signal
import socket
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass
from typing import Any, Final

from stator.server.assembly import CannotStart, new_loop
from stator.server.config import Settings
from stator.server.telemetry import logs
from stator.server.workers.board import Board
from stator.server.workers.control import tell_failure
from stator.tables.book import Books

WRITER: Final = 0  # the worker that writes; the others read
BEAT_SECONDS: Final = 0.25


@dataclass(frozen=True, slots=True)
class Place:
    """A worker's place: its number, and what it shares with the others."""

    number: int
    settings: Settings
    board: Board
    books: Books | None  # None if nobody counts
    sockets: Sequence[socket.socket]
    control: socket.socket


def work(place: Place, main: Callable[[Place], Coroutine[Any, Any, None]]) -> int:
    """Be a worker until told to stop. The process's exit status."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave_to_the_supervisor)
    logs.set_up(place.settings, place.number)
    place.board.occupy(place.number, os.getpid())
    try:
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(main(place))
    except CannotStart as error:
        tell_failure(place.control, str(error))
        return 1
    return 0


def _leave_to_the_supervisor(number: int, frame: object) -> None:
    """Do nothing. Programs that a worker starts would inherit it if it ignored the signal."""


def live(board: Board, number: int, *also: Callable[[], None]) -> None:
    """Show signs of life from here on; do something else with each."""

    def beat() -> None:
        board.beat(number)
        for each in also:
            each()
        loop.call_later(BEAT_SECONDS, beat)

    loop = asyncio.get_running_loop()
    beat()
