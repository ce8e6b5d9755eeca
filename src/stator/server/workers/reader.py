"""A worker that reads: it answers from its own snapshots what only reads, and has the writer do the rest.

When the board has changed, it catches up: with a newer commit, or with the writer's wish to carry out
everything itself.
"""

import asyncio
import logging
import socket
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from stator.base.errors import StorageError
from stator.protocol.http import Request
from stator.protocol.pipeline import Decoder, OwnReply, Pipeline, ReadyReply
from stator.server.admin import is_local
from stator.server.application import Application, open_application
from stator.server.assembly import make_clock, make_pipeline, open_with
from stator.server.config import Settings
from stator.server.memory import settle_down
from stator.server.others import OthersElsewhere
from stator.server.telemetry.scrape import form, is_scrape, refusal
from stator.server.workers.board import HOLD, RELAY, Board
from stator.server.workers.control import Control
from stator.server.workers.door import SharedListener
from stator.server.workers.front import Front
from stator.server.workers.link import Links
from stator.server.workers.process import Place, live
from stator.server.workers.relay import Relay
from stator.storage.open import open_follower
from stator.storage.sqlite.follower import FollowerEngine

_log = logging.getLogger("stator.server")


class Company:
    """The other processes, as a reader's storage knows them."""

    def __init__(self, board: Board, number: int) -> None:
        self._board = board
        self._number = number

    @property
    def holding(self) -> bool:
        """Whether the log is about to start again."""
        return self._board.is_flagged(HOLD)

    def hold(self, holding: bool) -> None:
        """The writer's."""
        raise AssertionError("only the writer holds the readers")

    def make_way(self) -> None:
        """The writer's."""
        raise AssertionError("only the writer asks for that")

    def shown(self, commit: int) -> None:
        """Say that `commit` may be seen from now on, if nobody did."""
        if commit > self._board.newest():
            self._board.show(self._number, commit)


@dataclass(frozen=True, slots=True)
class Relayed:
    """An operation that the writer carries out; its request is the body as it came."""

    name: str
    handler: Callable[[Any, bytes], Awaitable[bytes]]


class Undecoded:
    """The decoder of what the writer decodes."""

    @staticmethod
    def decode(body: bytes) -> bytes:
        """The body."""
        return body


def relayed(application: Application, relay: Relay, *, all_: bool) -> Application:
    """An application whose operations the writer carries out: those that write, or all."""

    def handler(target: str) -> Callable[[Any, bytes], Awaitable[bytes]]:
        return lambda call, body: relay.ask(target, call.region, call.host, body)

    operations = {
        target: Relayed(operation.name, handler(target))
        if all_ or not getattr(operation, "from_snapshot", False)
        else operation
        for target, operation in application.operations.items()
    }
    names = {operation.name for operation in operations.values() if isinstance(operation, Relayed)}

    def decoder(name: str) -> Decoder:
        return Undecoded if name in names else application.decoder(name)

    others = OthersElsewhere(relay.ask_other)
    return replace(application, operations=operations, decoder=decoder, others=others)


def counts_in_one_place(settings: Settings) -> bool:
    """Whether requests are counted or compared while they are carried out, which only one process can do."""
    return settings.throttle or settings.transaction_conflicts == "on"


class ReaderFront(Front):
    """Answers from snapshots, or has the writer answer."""

    def __init__(
        self,
        reading: Pipeline[Any],
        relaying: Pipeline[Any],
        board: Board,
        engine: FollowerEngine,
        *,
        relay_all: bool,
    ) -> None:
        super().__init__(reading, board)
        self._reading = reading.handle
        self._relaying = relaying.handle
        self._relay_all = relay_all
        self._engine = engine

    def rest(self) -> None:
        """Leave a snapshot that is old: nobody has read for a while."""
        if self._map[self._watched] != self._seen:
            self._engine.leave()

    def catch_up(self) -> None:
        """Read the newest commit from now on, or ask the writer if it wants to be asked."""
        board = self._board
        seen = self._map[self._watched]  # Before the snapshot, so that no change is missed.
        relays = self._relay_all or board.is_flagged(RELAY)
        try:
            self._engine.catch_up(board.newest())
        except StorageError:
            _log.exception("the database cannot be read here; the writer is asked instead")
            self._handle, self._seen = self._relaying, b""
            return
        self._handle = self._relaying if relays else self._reading
        self._seen = seen


class Reader:
    """The life of the process."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._stopping = asyncio.Event()
        self._links = Links()
        self._engine: FollowerEngine | None = None
        self._relay = Relay(place.settings.request_timeout, self._leave)

    async def run(self) -> None:
        """Serve until told to stop."""
        place, settings = self._place, self._place.settings
        control = Control(place.control, self._attach, self._stopping.set)
        clock = make_clock(settings)
        opener = partial(open_application, engine_of=self._open, books=place.books, number=place.number)
        application = await open_with(opener, settings, clock)
        assert self._engine is not None
        try:
            relaying, reading = (
                make_pipeline(relayed(application, self._relay, all_=all_), settings, clock)
                for all_ in (True, False)
            )
            reading.elsewhere = relaying.handle
            reading.reserved = relaying.reserved = self._reserved
            front = ReaderFront(
                reading, relaying, place.board, self._engine, relay_all=counts_in_one_place(settings)
            )
            listener = SharedListener(front, settings, place.sockets, place.board, place.number)
            await listener.start()
            settle_down()
            live(place.board, place.number, front.rest, application.tick)
            control.ready()
            await self._stopping.wait()
            await listener.stop()
        finally:
            await application.close()

    def _open(self, data: Path | None) -> FollowerEngine:
        assert data is not None
        self._engine = open_follower(data, Company(self._place.board, self._place.number))
        return self._engine

    def _leave(self) -> None:
        if self._engine is not None:
            self._engine.leave()

    def _reserved(self, request: Request) -> OwnReply | Awaitable[Any] | None:
        if is_scrape(request):
            return refusal(request, self._place.settings) or self._scraped(request)
        return self._relay.ask_server(request) if is_local(request) else None

    async def _scraped(self, request: Request) -> bytes:
        body = await self._relay.ask_server(request)
        raise ReadyReply(200, body, form(request))

    def _attach(self, end: socket.socket) -> None:
        self._links.make(end, self._relay.attach, self._relay.received, self._relay.lost)


async def read(place: Place) -> None:
    """Be a worker that reads."""
    await Reader(place).run()
