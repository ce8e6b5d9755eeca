"""The link between a reader and the writer: whole messages, and what becomes of requests."""

import asyncio
import random
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from harness.other_wire import form
from stator.base.errors import ApiError
from stator.protocol.pipeline import ReadyReply
from stator.protocol.reader import RequestReader
from stator.server.others import OthersElsewhere
from stator.server.workers.link import Link
from stator.server.workers.messages import Ask, Leave, Message, Reply
from stator.server.workers.relay import Relay

REQUEST = ("DynamoDB_20120810.PutItem", "us-east-1", "host", b"{}")


class Writer:
    """The other end: it notes what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Message] = []
        self.lost = asyncio.Event()

    async def link(self, end: socket.socket) -> Link:
        return await Link.over(end, lambda _, message: self.asked.append(message), lambda _: self.lost.set())


async def linked(relay: Relay) -> tuple[Writer, Link, Link]:
    """A relay with a writer: the writer, and both ends of their link."""
    ours, theirs = socket.socketpair()
    writer = Writer()
    theirs_link = await writer.link(theirs)
    ours_link = await Link.over(ours, relay.received, relay.lost)
    relay.attach(ours_link)
    return writer, theirs_link, ours_link


async def until(done: Callable[[], bool]) -> None:
    """Let the loop run until something has happened."""
    async with asyncio.timeout(20):
        while not done():
            await asyncio.sleep(0)


def run(test: Coroutine[Any, Any, None]) -> None:
    asyncio.run(test)


def test_messages_are_whole_however_they_arrive() -> None:
    async def test() -> None:
        choice = random.Random(1)
        sent: list[Message] = [
            Reply(number, choice.randbytes(choice.choice([0, 10, 3_000, 70_000])), request_id="id")
            for number in range(60)
        ]
        ours, theirs = socket.socketpair()
        writer = Writer()
        ends = await Link.over(ours, lambda *_: None, lambda _: None), await writer.link(theirs)
        bytes_of: list[bytes] = []
        ends[0]._transport.write = bytes_of.append  # type: ignore[method-assign, union-attr]
        for message in sent:
            ends[0].send(message)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        stream = b"".join(map(bytes, bytes_of))
        while stream:
            size = choice.choice([1, 3, 5, 1_000, 100_000])
            ends[1].data_received(stream[:size])
            stream = stream[size:]
        assert writer.asked == sent
        for end in ends:
            end.close()

    run(test())


def test_a_request_is_answered() -> None:
    async def test() -> None:
        relay = Relay(10, lambda: None)
        writer, theirs, ours = await linked(relay)
        good, bad = relay.ask(*REQUEST), relay.ask(*REQUEST)
        await until(lambda: len(writer.asked) == 2)
        first, second = writer.asked
        assert isinstance(first, Ask)
        assert (first.target, first.region, first.host, first.body) == REQUEST
        assert isinstance(second, Ask)
        theirs.send(Reply(second.id, b"no", 400, "id"))
        theirs.send(Reply(first.id, b"yes"))
        assert await good == b"yes"
        with pytest.raises(ReadyReply) as refused:
            await bad
        assert (refused.value.status, refused.value.body, refused.value.request_id) == (400, b"no", "id")
        ours.close()

    run(test())


def test_a_request_without_a_writer_waits_for_one() -> None:
    async def test() -> None:
        relay = Relay(10, lambda: None)
        waiting = relay.ask(*REQUEST)
        writer, theirs, ours = await linked(relay)
        await until(lambda: len(writer.asked) == 1)
        theirs.send(Reply(1, b"yes"))
        assert await waiting == b"yes"
        ours.close()

    run(test())


def test_a_request_does_not_wait_for_ever() -> None:
    async def test() -> None:
        with pytest.raises(ApiError, match="was not carried out"):
            await Relay(0.01, lambda: None).ask(*REQUEST)

    run(test())


def test_what_a_lost_writer_was_asked_is_unknown() -> None:
    """What it was not asked goes to the next one."""

    async def test() -> None:
        relay = Relay(10, lambda: None)
        writer, theirs, _ = await linked(relay)
        unknown = relay.ask(*REQUEST)
        await until(lambda: len(writer.asked) == 1)
        theirs.close()
        with pytest.raises(ApiError, match="may have been carried out"):
            await unknown
        waiting = relay.ask(*REQUEST)
        writer, theirs, ours = await linked(relay)
        await until(lambda: len(writer.asked) == 1)
        theirs.send(Reply(2, b"yes"))
        assert await waiting == b"yes"
        ours.close()

    run(test())


def test_clients_of_other_services_learn_of_a_lost_writer_in_their_own_form() -> None:
    (asked,) = RequestReader().feed(form("sts", "Action=GetCallerIdentity&Version=2011-06-15"))

    async def test() -> None:
        relay = Relay(10, lambda: None)
        writer, theirs, _ = await linked(relay)
        reply = OthersElsewhere(relay.ask_other)(asked)
        assert reply is not None
        waiting = asyncio.ensure_future(reply)
        await until(lambda: len(writer.asked) == 1)
        theirs.close()
        with pytest.raises(ReadyReply) as raised:
            await waiting
        assert raised.value.status == 500
        assert raised.value.body.startswith(
            b'<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
        )
        assert b"may have been carried out" in raised.value.body

    run(test())


def test_a_writer_asks_for_the_log() -> None:
    async def test() -> None:
        left: list[bool] = []
        relay = Relay(10, lambda: left.append(True))
        _, theirs, ours = await linked(relay)
        theirs.send(Leave())
        await until(lambda: left == [True])
        ours.close()

    run(test())
