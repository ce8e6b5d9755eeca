"""The load generator: what it asks is what YCSB defines, what it counts is what a client would have felt."""

import itertools
import json
import random
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from benchmarks.dataset import ITEMS_TABLE, DataSet, WrongData
from benchmarks.load.driver import Clock, Closed, Driver, Open
from benchmarks.load.histogram import decoded, encoded, histogram, latency
from benchmarks.load.sources import LOOK_EVERY, Fill, Gets, Messages, Request
from benchmarks.load.ycsb import MIXES, Ycsb
from benchmarks.load.zipfian import Scrambled, Zipfian, fnv
from benchmarks.records import Records
from benchmarks.wrk.run import LoadFailed

MESSAGES = Messages("127.0.0.1:1")
DATA = DataSet(seed=1, items=1_000, partitions=2, draw=2)
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"


class Counted:
    """So many requests of one byte."""

    def __init__(self, count: int) -> None:
        self.left = count

    def next(self) -> Request | None:
        self.left -= 1
        return Request("ask", b"?") if self.left >= 0 else None

    def reply(self, request: Request, body: bytes) -> None:
        assert body == b"{}"


@contextmanager
def serving(answer: Callable[[socket.socket, int], None]) -> Iterator[str]:
    """A server that gives each byte that it receives to `answer`, with its number."""
    numbers = itertools.count()

    def serve(wire: socket.socket) -> None:
        with wire:
            while wire.recv(1):
                answer(wire, next(numbers))

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            try:
                while True:
                    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
            except OSError:
                return

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()


def drive(url: str, connections: int, count: int) -> dict[str, list[int]]:
    driver = Driver(url, connections, Counted(count))
    try:
        return driver.run(Closed(0, 1e9)).latencies
    finally:
        driver.close()


def test_replies_in_pieces_are_put_together() -> None:
    def in_pieces(wire: socket.socket, number: int) -> None:
        for piece in (OK[:5], OK[5:30], OK[30:]):
            wire.sendall(piece)

    with serving(in_pieces) as url:
        assert len(drive(url, 3, 40)["ask"]) == 40


def test_a_server_that_closes_is_asked_again() -> None:
    closing = OK.replace(b"Content-Length", b"Connection: close\r\nContent-Length")

    def close(wire: socket.socket, number: int) -> None:
        wire.sendall(closing)
        wire.shutdown(socket.SHUT_WR)

    with serving(close) as url:
        assert len(drive(url, 1, 5)["ask"]) == 5


@pytest.mark.parametrize("reply", [b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", b""])
def test_what_is_not_answered_fails_the_run(reply: bytes) -> None:
    def refuse(wire: socket.socket, number: int) -> None:
        wire.sendall(reply)
        wire.shutdown(socket.SHUT_RDWR)

    with serving(refuse) as url, pytest.raises(LoadFailed):
        drive(url, 1, 1)


def test_an_open_loop_does_not_forgive_a_stall() -> None:
    """One connection, a request each millisecond; the server holds back the first reply until all were due.

    A closed loop would count one slow request; here all those behind it were as late.
    """
    schedule = Open(0, 0.05, 1_000)
    assert [schedule.take(now) for now in (0, 0, 999_999, 1_000_000)] == [0, None, None, 1_000_000]
    assert schedule.wait(1_500_000) == pytest.approx(0.0005)
    late = 10_000_000_000
    intended = [schedule.take(late) for _ in range(48)]
    assert [late - (at or 0) for at in intended] == [late - n * 1_000_000 for n in range(2, 50)]
    assert schedule.over(late)
    assert schedule.take(late) is None


def test_waiting_for_a_connection_is_not_the_generators_own() -> None:
    """Twenty requests were due a second ago: only the first could have been sent sooner."""
    with serving(lambda wire, number: wire.sendall(OK)) as url:
        driver = Driver(url, 1, Counted(1_000))
        measured = driver.run(Open(Clock() - 1_000_000_000, 0.2, 100))
        driver.close()
    latencies = measured.latencies["ask"]
    assert len(latencies) == 20
    assert min(latencies) > 800_000_000
    assert len(measured.late) == 1


def test_percentiles_survive_being_kept() -> None:
    made = histogram(number * 1_000_000 for number in range(1, 1_001))
    found = latency(decoded(encoded(made)))
    assert found.p50 == pytest.approx(500_000, rel=1e-3)
    assert found.p99 == pytest.approx(990_000, rel=1e-3)
    assert found.max == pytest.approx(1_000_000, rel=1e-3)


def test_zipfian_favours_as_ycsb_does() -> None:
    draw = random.Random(3)
    zipfian = Zipfian(draw, 1_000)
    counts = Counter(zipfian.next() for _ in range(50_000))
    zeta = sum(1 / n**0.99 for n in range(1, 1_001))
    assert counts[0] / 50_000 == pytest.approx(1 / zeta, rel=0.05)
    assert counts[1] / 50_000 == pytest.approx(0.5**0.99 / zeta, rel=0.08)
    assert max(counts) < 1_000
    scrambled = Counter(Scrambled(draw, 1_000).next() for _ in range(20_000))
    assert scrambled.most_common(1)[0][0] == fnv(0) % 1_000
    assert fnv(0) == 0xA8C7F832281A39C5  # of eight zero bytes


@pytest.mark.parametrize("letter", MIXES)
def test_mixes_have_their_shares(letter: str) -> None:
    draw = random.Random(4)
    source = Ycsb(MESSAGES, MIXES[letter], Records(DATA, draw), draw, 5_000)
    asked = [source.next() for _ in range(2_000)]
    shares = Counter(request.kind for request in asked)
    for kind, share in MIXES[letter].shares.items():
        assert shares[kind] / 2_000 == pytest.approx(share, abs=0.04)
    inserted = [request.about for request in asked if request.kind == "insert"]
    assert inserted == list(range(5_000, 5_000 + len(inserted)))
    assert source.count == 5_000 + len(inserted)


def test_a_modification_follows_its_read() -> None:
    draw = random.Random(5)
    records = Records(DATA, draw)
    source = Ycsb(MESSAGES, MIXES["f"], records, draw, 1_000)
    read = next(request for request in iter(source.next, None) if request.kind == "modify")
    assert b"DynamoDB_20120810.GetItem" in read.message
    item = b'{"Item":' + records.record_text(read.about[0]).encode() + b"}"
    update = source.reply(read, item)
    assert update is not None
    assert b"DynamoDB_20120810.UpdateItem" in update.message
    assert b'"user%010d"' % read.about[0] in update.message
    assert source.reply(update, b"{}") is None
    with pytest.raises(WrongData, match="asked for record"):
        source.reply(read, b"{}")


def test_wrong_records_are_found() -> None:
    records = Records(DATA, random.Random(6))
    right = json.loads(records.record_text(7))
    records.check_record(7, right)
    for spoil in ({"field3": {"S": "12345"}}, {"pk": {"S": "user0000000008"}}, {"field3": {"S": "x" * 100}}):
        with pytest.raises(WrongData):
            records.check_record(7, right | spoil)
    ranged = [json.loads(records.ranged_text(number)) for number in range(998, 1_000)]
    records.check_range(998, ranged, 5)
    for wrong in (ranged[::-1], ranged * 3, []):
        with pytest.raises(WrongData):
            records.check_range(998, wrong, 5)


def test_items_are_those_that_scripts_make() -> None:
    for number in (0, 999):
        DATA.check_item(number, json.loads(DATA.item_text(number)))
    rows = [json.loads(text) for text in DATA.row_texts()]
    DATA.check_rows(1, rows[50:])


def test_every_reply_is_looked_at() -> None:
    source = Gets(MESSAGES, DATA, random.Random(7))
    request = source.next()
    right = b'{"Item":' + DATA.item_text(request.about).encode() + b"}"
    source.reply(request, right)
    with pytest.raises(WrongData, match="asked for item"):
        source.reply(request, b"{}")
    torn = right.replace(b'"field6":{"S":"', b'"field6":{"S":"?')
    for _ in range(LOOK_EVERY - 2):
        source.reply(request, torn)
    with pytest.raises(WrongData, match="item "):
        source.reply(request, torn)


def test_what_a_batch_leaves_is_sent_again() -> None:
    source = Fill(MESSAGES, ITEMS_TABLE, map(DATA.item_text, range(30)))
    first, second = source.next(), source.next()
    assert first is not None
    assert second is not None
    assert [request.message.count(b"PutRequest") for request in (first, second)] == [25, 5]
    left = json.loads(second.message.partition(b"\r\n\r\n")[2])["RequestItems"]
    again = source.reply(second, json.dumps({"UnprocessedItems": left}).encode())
    assert again is not None
    assert json.loads(again.message.partition(b"\r\n\r\n")[2])["RequestItems"] == left
    assert source.reply(again, b'{"UnprocessedItems":{}}') is None
    assert source.next() is None
