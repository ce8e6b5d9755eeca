"""Between the supervisor and a worker: a socket pair, one letter to a message.

    to a worker       L, with one end of a link between the writer and a reader
                      S: stop
    to the supervisor R: ready
                      F, and a text: cannot start

Its end is a message too. A worker whose supervisor is gone leaves at once, so that the next server can have
the directory; a supervisor learns from the system how a worker ended.
"""

import asyncio
import logging
import os
import socket
from collections.abc import Callable
from typing import Final

LINK: Final = b"L"
STOP: Final = b"S"
READY: Final = b"R"
FAILED: Final = b"F"
ORPHANED_STATUS: Final = 75  # EX_TEMPFAIL

_MESSAGE_BYTES: Final = 64 * 1024

_log = logging.getLogger("stator.server")


class Control:
    """The worker's end."""

    def __init__(
        self, end: socket.socket, link: Callable[[socket.socket], None], stop: Callable[[], None]
    ) -> None:
        """`link` is given ends of links, `stop` is called when the worker is to stop."""
        self._end = end
        self._link = link
        self._stop = stop
        end.setblocking(False)
        asyncio.get_running_loop().add_reader(end.fileno(), self._readable)

    def ready(self) -> None:
        """Tell the supervisor that clients are served."""
        self._end.send(READY)

    def _readable(self) -> None:
        # One letter at a time, so that it and what it carries stay together.
        try:
            letter, descriptors, _, _ = socket.recv_fds(self._end, 1, 1)
        except (BlockingIOError, InterruptedError):
            return
        except OSError:
            letter, descriptors = b"", []
        if letter == LINK and descriptors:
            self._link(socket.socket(fileno=descriptors[0]))
        elif letter == LINK:
            _log.error("no link to another worker: too many files are open")
        elif letter == STOP:
            self._stop()
        else:
            os._exit(ORPHANED_STATUS)


def tell_failure(end: socket.socket, reason: str) -> None:
    """Tell the supervisor why this worker cannot start."""
    end.setblocking(True)
    end.sendall(FAILED + reason.encode("utf-8", "replace")[: _MESSAGE_BYTES - 1])


def heard(end: socket.socket) -> bytes:
    """What a worker has said; empty if it is gone."""
    try:
        return end.recv(_MESSAGE_BYTES)
    except OSError:
        return b""
