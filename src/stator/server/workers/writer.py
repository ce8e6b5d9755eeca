"""The worker that writes: it runs the jobs, serves clients, and carries out what readers ask for.

It is what a server with one worker is, and the processes beside it follow: its commits are on the board
before they are answered, and readers' snapshots make way when the log is to be copied.
"""

import asyncio
import os
import socket
from collections.abc import Awaitable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from stator.operations.request_meter import Work
from stator.protocol.http import Request
from stator.protocol.pipeline import Operation, OwnReply, Pipeline, ReadyReply, Reserved
from stator.server.application import open_application
from stator.server.assembly import end_jobs, make_clock, make_pipeline, open_with, start_jobs
from stator.server.memory import settle_down
from stator.server.telemetry.processes import Process
from stator.server.workers.board import HOLD, RELAY, Board
from stator.server.workers.control import Control
from stator.server.workers.door import SharedListener
from stator.server.workers.front import Front
from stator.server.workers.link import Link, Links
from stator.server.workers.messages import Ask, AskOther, AskServer, Leave, Message, Reply
from stator.server.workers.process import WRITER, Place, live
from stator.storage.open import open_shared_engine
from stator.storage.sqlite.leader import SharedEngine

_LOOPBACK = "127.0.0.1"  # whether a client may ask was its reader's to tell
_NOT_FOUND = 404


class Readers:
    """The processes that follow this one: the storage's company, over the board and the links."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._links: set[Link] = set()
        self._left = asyncio.Event()

    holding = False  # The writer's own reader is released in its turn, as ever.

    def hold(self, holding: bool) -> None:
        """Say whether the log is about to start again."""
        self._board.flag(HOLD, holding)
        if holding:
            self.make_way()

    def make_way(self) -> None:
        """Ask all readers to leave their snapshots."""
        for link in self._links:
            link.send(Leave())

    def shown(self, commit: int) -> None:
        """Say that `commit` may be seen from now on."""
        self._board.show(WRITER, commit)

    def joined(self, link: Link) -> None:
        """A reader is there."""
        self._links.add(link)

    def lost(self, link: Link) -> None:
        """A reader is gone."""
        self._links.discard(link)
        self._left.set()

    async def all_gone(self) -> None:
        """Wait until no reader is left."""
        while self._links:
            self._left.clear()
            await self._left.wait()


class Desk:
    """Carries out what readers ask for."""

    def __init__(self, front: "WriterFront", pipeline: Pipeline[Any], reserved: Reserved) -> None:
        self._front = front
        self._pipeline = pipeline
        self._reserved = reserved
        self._others = pipeline.others
        self._tasks: set[asyncio.Future[Any]] = set()

    def received(self, link: Link, message: Message) -> None:
        """A reader's message."""
        self._front.catch_up()
        if isinstance(message, Ask):
            self._carry_out(link, message)
        elif isinstance(message, AskOther):
            self._ask_other(link, message)
        else:
            assert isinstance(message, AskServer)
            link.send(self._answer(message))

    def _carry_out(self, link: Link, ask: Ask) -> None:
        try:
            result, work = self._pipeline.carry_out(ask.target, ask.region, ask.host, ask.body)
        except ReadyReply as refused:
            link.send(_reply(ask.id, refused))
            return
        if isinstance(result, bytes):
            link.send(Reply(ask.id, result))
        else:
            self._wait_for(result, link, ask.id, work)

    def _ask_other(self, link: Link, asked: AskOther) -> None:
        reply = self._others(Request(asked.method, asked.url, asked.headers, asked.body))
        assert reply is not None, "the reader knew what it was for"
        if isinstance(reply, ReadyReply):
            link.send(_reply(asked.id, reply))
        else:
            self._wait_for(reply, link, asked.id)

    def _wait_for(self, awaitable: Awaitable[Any], link: Link, id_: int, work: Work | None = None) -> None:
        task = asyncio.ensure_future(awaitable)
        self._tasks.add(task)
        task.add_done_callback(partial(self._done, link, id_, work))

    def _done(self, link: Link, id_: int, work: Work | None, task: "asyncio.Future[Any]") -> None:
        self._tasks.discard(task)
        try:
            reply = Reply(id_, self._pipeline.carried_out(task, work))
        except ReadyReply as ready:
            reply = _reply(id_, ready)
        link.send(reply)

    def _answer(self, asked: AskServer) -> Reply:
        headers = {b"accept": asked.accept}
        answer = self._reserved(Request(asked.method, asked.url, headers, asked.body, peer=_LOOPBACK))
        if answer is None:
            return Reply(asked.id, b"{}", _NOT_FOUND)
        assert isinstance(answer, OwnReply)
        return Reply(asked.id, answer.body, answer.status)


def _reply(id_: int, ready: ReadyReply) -> Reply:
    return Reply(id_, ready.body, ready.status, ready.request_id, ready.content_type, ready.fields)


class WriterFront(Front):
    """Answers the writer's own clients, who may have seen a commit elsewhere before it is published here."""

    def __init__(self, pipeline: Pipeline[Any], board: Board, engine: SharedEngine) -> None:
        super().__init__(pipeline, board)
        self._engine = engine

    def catch_up(self) -> None:
        """See what others have shown."""
        self._seen = self._map[self._watched]
        self._engine.catch_up(self._board.newest())


class Writer:
    """The life of the process."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._stopping = asyncio.Event()
        self._ends: list[socket.socket] = []  # of links, before there is anybody to answer
        self._desk: Desk | None = None
        self._links = Links()
        self._readers = Readers(place.board)
        self._engine: SharedEngine | None = None

    async def run(self) -> None:
        """Serve until told to stop."""
        place, settings = self._place, self._place.settings
        control = Control(place.control, self._offered, self._stopping.set)
        clock = make_clock(settings)
        opener = partial(open_application, engine_of=self._open, books=place.books)
        application = await open_with(opener, settings, clock)
        assert self._engine is not None
        try:
            pipeline = make_pipeline(application, settings, clock)
            front = WriterFront(pipeline, place.board, self._engine)
            reserved = pipeline.reserved = application.own_replies(
                partial(self._serve, pipeline, application.operations), self._processes
            )
            self._desk = Desk(front, pipeline, reserved)
            for end in self._ends:
                self._attach(end, self._desk)
            listener = SharedListener(front, settings, place.sockets, place.board, place.number)
            await listener.start()
            jobs = start_jobs(application)
            settle_down()
            live(place.board, place.number)
            control.ready()
            await self._stopping.wait()
            await listener.stop()
            await self._readers_end()
            await end_jobs(jobs)
        finally:
            await application.close()

    def _open(self, data: Path | None) -> SharedEngine:
        assert data is not None
        self._place.board.flag(RELAY, False)  # Faults end with the process that had them.
        self._engine = open_shared_engine(data, self._readers)
        return self._engine

    def _serve(
        self,
        pipeline: Pipeline[Any],
        normal: Mapping[str, Operation],
        operations: Mapping[str, Operation],
    ) -> None:
        """Serve other operations than normally: then all of them here."""
        pipeline.serve(operations)
        self._place.board.flag(RELAY, operations is not normal)

    def _processes(self) -> Iterator[Process]:
        board = self._place.board
        yield Process("supervisor", os.getppid())
        for number, (pid, connections) in enumerate(zip(board.pids(), board.connections(), strict=True)):
            if pid:
                yield Process(str(number), pid, connections)

    def _offered(self, end: socket.socket) -> None:
        if self._desk is None:
            self._ends.append(end)
        else:
            self._attach(end, self._desk)

    def _attach(self, end: socket.socket, desk: Desk) -> None:
        self._links.make(end, self._readers.joined, desk.received, self._readers.lost)

    async def _readers_end(self) -> None:
        """Carry out what readers still ask; they stop at the same time, and have as long for it."""
        try:
            async with asyncio.timeout(self._place.settings.stop_timeout):
                await self._readers.all_gone()
        except TimeoutError:
            pass


async def write(place: Place) -> None:
    """Be the worker that writes."""
    await Writer(place).run()
