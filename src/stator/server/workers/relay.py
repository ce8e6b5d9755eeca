"""A reader's side of its link: requests go to the writer, and replies come back.

asked ──a writer is there──> sent ──reply──> answered
  └── none is there: waits, for the time of a request
                           └── the writer is gone: 500, since nobody knows whether it was carried out
"""

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Any, Final

from stator.base.errors import ApiError
from stator.protocol.http import Request
from stator.protocol.pipeline import ReadyReply
from stator.server.workers.link import Link
from stator.server.workers.messages import Ask, AskOther, AskServer, Leave, Message, Reply

Asking = Ask | AskServer | AskOther

_OK: Final = 200
_UNKNOWN: Final = "The server's writing process ended. The request may have been carried out."
_NO_WRITER: Final = "The server's writing process did not come back in time. The request was not carried out."


class Relay:
    """Asks the writer, whichever it is at the time. `leave` is called when the writer wants the log free."""

    def __init__(self, patience: float, leave: Callable[[], None]) -> None:
        self._patience = patience
        self._leave = leave
        self._link: Link | None = None
        self._asked: dict[int, asyncio.Future[bytes]] = {}
        self._waiting: deque[Asking] = deque()
        self._count = 0

    def ask(self, target: str, region: str, host: str, body: bytes) -> asyncio.Future[bytes]:
        """Have an operation carried out; its result, or ReadyReply or ApiError."""
        self._count += 1
        return self._send(Ask(self._count, target, region, host, body))

    def ask_server(self, request: Request) -> asyncio.Future[bytes]:
        """Have a request to the server itself answered; ends with ReadyReply or ApiError."""
        self._count += 1
        accept = request.headers.get(b"accept", b"")
        return self._send(AskServer(self._count, request.method, request.url, request.body, accept))

    def ask_other(self, request: Request) -> asyncio.Future[bytes]:
        """Have a request to another service answered; ends with ReadyReply or ApiError."""
        self._count += 1
        return self._send(AskOther(self._count, request.method, request.url, request.headers, request.body))

    def attach(self, link: Link) -> None:
        """A writer is there."""
        if self._link is not None:  # We hear of the old one's end only now.
            self.lost(self._link)
        self._link = link
        while self._waiting:
            link.send(self._waiting.popleft())

    def lost(self, link: Link) -> None:
        """A writer is gone; what it was asked and has not answered may have been done or not."""
        if link is not self._link:
            return
        self._link = None
        waiting = {message.id for message in self._waiting}
        for id_ in [id_ for id_ in self._asked if id_ not in waiting]:
            self._fail(id_, _UNKNOWN)

    def received(self, _link: Link, message: Message) -> None:
        """A message of the writer."""
        if isinstance(message, Leave):
            self._leave()
            return
        assert isinstance(message, Reply)
        future = self._asked.pop(message.id, None)
        if future is None or future.done():  # its client's patience, or ours, was at an end
            return
        if message.status == _OK and message.content_type is None:
            future.set_result(message.body)
        else:
            future.set_exception(
                ReadyReply(
                    message.status, message.body, message.content_type, message.request_id, message.fields
                )
            )

    def _send(self, message: Asking) -> asyncio.Future[Any]:
        loop = asyncio.get_running_loop()
        future = self._asked[message.id] = loop.create_future()
        if self._link is not None:
            self._link.send(message)
        else:
            self._waiting.append(message)
            loop.call_later(self._patience, self._give_up, message)
        return future

    def _give_up(self, message: Asking) -> None:
        if message in self._waiting:
            self._waiting.remove(message)
            self._fail(message.id, _NO_WRITER)

    def _fail(self, id_: int, text: str) -> None:
        future = self._asked.pop(id_)
        if not future.done():
            future.set_exception(ApiError("InternalServerError", text))
