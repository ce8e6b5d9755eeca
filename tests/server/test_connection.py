"""Sockets: order, patience and its end, and clients that misbehave."""

import random
import socket
from collections.abc import Callable

import pytest

from harness.local import LocalServer
from harness.process import eventually
from harness.wire import TOO_LARGE_BODY, call, chunked, message

Start = Callable[..., LocalServer]


def test_a_connection_is_used_again_and_again(local_server: Start) -> None:
    with local_server().connect() as wire:
        replies = [wire.ask(call(name, {"n": n})).checked() for n, name in enumerate(["Echo", "Soon"] * 20)]
    assert [reply.json["request"]["n"] for reply in replies] == list(range(40))
    assert len({reply.headers["x-amzn-requestid"] for reply in replies}) == 40


def test_replies_keep_the_order_of_requests(local_server: Start) -> None:
    """Also if the first takes long, and those behind it would be quick."""
    server = local_server()
    with server.connect() as wire:
        names = ["Later", *["Echo", "Soon", "Echo"] * 40, "Later", "Refuse", "Echo"]
        requests = [call(name, {"n": n, "name": "Refused", "message": "x"}) for n, name in enumerate(names)]
        wire.send(b"".join(requests))
        server.later.answer()
        server.later.answer()
        replies = [wire.reply().checked() for _ in names]
    assert replies[-2].error == ("Refused", "x")
    seen = [reply.json.get("request", reply.json).get("n") for reply in replies]
    assert seen == [*range(len(names) - 2), None, len(names) - 1]


def test_clients_do_not_wait_for_each_other(local_server: Start) -> None:
    server = local_server()
    with server.connect() as slow, server.connect() as quick:
        slow.send(call("Later"))
        request, future = server.later.begun.get(timeout=10)
        assert quick.ask(call("Echo")).status == 200
        future.get_loop().call_soon_threadsafe(future.set_result, request)
        assert slow.reply().status == 200


def test_http_1_0_and_close(local_server: Start) -> None:
    server = local_server()
    for data in (
        call("Echo").replace(b"HTTP/1.1", b"HTTP/1.0"),
        call("Echo", connection="close"),
        call("Soon", connection="close"),
    ):
        with server.connect() as wire:
            reply = wire.ask(data + call("Echo"))  # What follows the last request is not answered.
            assert (reply.status, reply.headers["connection"]) == (200, "close")
            assert wire.rest() == b""


def test_replies_are_not_lost_to_what_follows_the_last_request(local_server: Start) -> None:
    """A socket closed with unread bytes resets the connection, and the client loses what it had not read."""
    server = local_server()
    with server.connect() as wire:
        wire.send(call("Later") + call("Echo", connection="close") + call("Echo") * 1000)
        server.later.answer()
        assert [wire.reply().status, wire.reply().status] == [200, 200]
        assert wire.socket.recv(1) == b""


def test_a_chunked_request(local_server: Start) -> None:
    head, _, _ = call("Echo", b"", transfer_encoding="chunked").partition(b"\r\n\r\n")
    with local_server().connect() as wire:
        for data in (head, b"\r\n\r\n", b'4\r\n{"a"\r', b"\n3;x=y\r\n:1}\r\n0\r\n\r\n"):
            wire.send(data)
        assert wire.reply().json["request"] == {"a": 1}
        assert wire.ask(head + b"\r\n\r\n" + chunked(b"{", b"}")).status == 200


def test_a_client_that_asks_before_it_sends(local_server: Start) -> None:
    server = local_server()
    with server.connect() as wire:
        data = call("Echo", b'{"a":1}', expect="100-continue")
        head, body = data[:-7], data[-7:]
        assert wire.ask(head).status == 100
        assert wire.ask(body).json["request"] == {"a": 1}
        # Sent at once, it need not be told.
        assert wire.ask(data).json["request"] == {"a": 1}
        # It is told in its turn.
        wire.send(call("Later") + head)
        server.later.answer()
        assert [wire.reply().status, wire.reply().status] == [200, 100]
        assert wire.ask(body).status == 200
        # It is refused without having to send.
        reply = wire.ask(message("POST", "/", {"expect": "100-continue", "content-length": "99999999"}))
        assert reply.status == 413


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_body_too_large_is_refused_though_it_is_still_being_sent(local_server: Start, framing: str) -> None:
    headers: dict[str, str | None] = {"transfer-encoding": "chunked"} if framing == "chunked" else {}
    body = TOO_LARGE_BODY if framing == "length" else chunked(TOO_LARGE_BODY)
    with local_server().connect() as wire:
        wire.send(call("Echo") + message("POST", "/", headers, body))
        assert wire.reply().status == 200
        reply = wire.reply()
        assert (reply.status, reply.body) == (413, b"")
        assert reply.headers["transfer-encoding"] == "chunked"
        assert "x-amzn-requestid" not in reply.headers
        assert wire.rest() == b""


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (bytes(100), 400),
        (b"GET / HTTP/1.1\r\n" + b"".join(b"h%d: b\r\n" % n for n in range(10_000)), 431),
        (message("GET", "/", {"a": "b" * 40_000}), 431),
    ],
)
def test_what_cannot_be_read_on_is_refused_in_its_turn(local_server: Start, data: bytes, status: int) -> None:
    server = local_server()
    with server.connect() as wire:
        wire.send(call("Later") + call("Echo") + data)
        server.later.answer()
        assert [wire.reply().status for _ in range(3)] == [200, 200, status]
        assert wire.rest() == b""


@pytest.mark.parametrize("seed", range(20))
def test_random_bytes(local_server: Start, seed: int) -> None:
    chance = random.Random(seed)
    server = local_server()
    with server.connect() as wire:
        good = call("Echo")
        cut = chance.randrange(len(good))
        wire.send(good[:cut] + chance.randbytes(chance.randint(1, 3000)) + b"\r\n\r\n")
        wire.shut()
        rest = wire.rest()
        assert rest == b"" or rest.startswith(b"HTTP/1.1 ")
    with server.connect() as wire:
        assert wire.ask(call("Echo")).status == 200


def test_a_truncated_request_is_not_carried_out(local_server: Start) -> None:
    server = local_server()
    data = call("Later", b'{"a":1}')
    with server.connect() as wire:
        wire.send(data[:-1])
        wire.shut()
        assert wire.rest() == b""
    assert server.later.begun.empty()


def test_a_client_that_sends_no_more_is_still_answered(local_server: Start) -> None:
    server = local_server()
    with server.connect() as wire:
        wire.send(call("Later") + call("Soon") + call("Echo"))
        wire.shut()
        server.later.answer()
        assert [wire.reply().status for _ in range(3)] == [200, 200, 200]
        assert wire.rest() == b""


def test_a_client_that_is_gone_does_not_stop_what_it_began(local_server: Start) -> None:
    server = local_server()
    with server.connect() as wire:
        wire.send(call("Later", {"n": 1}))
        request, future = server.later.begun.get(timeout=10)
        # A reset, not a gentle end.
        wire.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    future.get_loop().call_soon_threadsafe(future.set_result, {})
    with server.connect() as wire:
        assert wire.ask(call("Echo")).status == 200
    assert request == {"n": 1}
    assert future.result() == {}


def test_an_idle_connection_is_closed(local_server: Start) -> None:
    server = local_server(keep_alive_timeout=0.5)
    with server.connect() as fresh, server.connect() as used:
        assert used.ask(call("Echo")).status == 200
        assert (fresh.rest(), used.rest()) == (b"", b"")


@pytest.mark.parametrize("part", [b"P", call("Echo")[:100], call("Echo")[:-1]])
def test_a_request_must_arrive_in_time(local_server: Start, part: bytes) -> None:
    """However long an idle connection may stay, and however well the client began."""
    server = local_server(request_timeout=0.2, keep_alive_timeout=1000)
    with server.connect() as wire:
        assert wire.ask(call("Echo")).status == 200
        wire.send(part)
        assert wire.reply().status == 408
        assert wire.rest() == b""


def test_a_drip_is_not_a_request_in_time(local_server: Start) -> None:
    server = local_server(request_timeout=0.3, keep_alive_timeout=1000)
    with server.connect() as wire:
        wire.socket.settimeout(0.02)
        dripped = 0
        for byte in call("Echo", b"x" * 10_000):
            try:
                wire.send(bytes([byte]))
                dripped += 1
                assert wire.socket.recv(10_000).startswith(b"HTTP/1.1 408 ")
                break
            except TimeoutError:
                pass
        assert 0 < dripped < 1000


def test_a_request_under_way_has_no_deadline(local_server: Start) -> None:
    server = local_server(request_timeout=0.5, keep_alive_timeout=0.5)
    with server.connect() as wire, server.connect() as other:
        wire.send(call("Later"))
        request, future = server.later.begun.get(timeout=10)
        assert other.rest() == b""  # So long it was.
        future.get_loop().call_soon_threadsafe(future.set_result, request)
        assert wire.reply().status == 200


def test_a_client_that_takes_nothing_is_given_up(local_server: Start) -> None:
    """And what it asked for is not piled up: requests behind a full socket wait."""
    server = local_server(request_timeout=0.3, keep_alive_timeout=1000, max_connections=1)
    with server.connect(receive_bytes=4096) as wire:
        wire.socket.setblocking(False)
        sent = 0
        data = call("Letters", {"length": 1_000_000}) * 50 + call("Later")
        while sent < len(data):
            sent += wire.socket.send(data[sent:])
        for _ in eventually():
            with server.connect() as other:  # There is room for one, and the first will not be it.
                if other.ask(call("Echo")).status == 200:
                    break
        wire.socket.settimeout(10)
        assert 0 < len(wire.rest()) < 50_000_000
    assert server.later.begun.empty()


def test_a_slow_client_gets_everything(local_server: Start) -> None:
    server = local_server(request_timeout=5)
    with server.connect(receive_bytes=4096) as wire:
        wire.send(call("Letters", {"length": 300_000}) * 30)
        lengths = [len(wire.reply().checked().body) for _ in range(30)]
    assert lengths == [300_000] * 30


def test_one_connection_too_many(local_server: Start) -> None:
    server = local_server(max_connections=2)
    with server.connect() as first:
        with server.connect() as second:
            assert first.ask(call("Echo")).status == second.ask(call("Echo")).status == 200
            with server.connect() as third:
                assert third.reply().status == 503
                assert third.rest() == b""
            assert second.ask(call("Echo", connection="close")).status == 200
            assert second.rest() == b""
        with server.connect() as fourth:
            assert fourth.ask(call("Echo")).status == 200


def test_a_stop_finishes_what_has_begun(local_server: Start) -> None:
    server = local_server()
    with server.connect() as idle, server.connect() as busy, server.connect() as sending:
        assert idle.ask(call("Echo")).headers["connection"] == "keep-alive"
        busy.send(call("Later", {"n": 1}) + call("Later", {"n": 2}))
        request, future = server.later.begun.get(timeout=10)
        data = call("Echo", {"n": 3})
        sending.send(data[:-1])
        assert idle.ask(call("Echo")).status == 200  # By now the server has read all that was sent.
        server.begin_stop()
        assert idle.rest() == b""
        with pytest.raises(ConnectionRefusedError):
            server.connect()
        future.get_loop().call_soon_threadsafe(future.set_result, request)
        server.later.answer()
        replies = [busy.reply(), busy.reply()]
        assert [(reply.json["n"], reply.headers["connection"]) for reply in replies] == [
            (1, "keep-alive"),
            (2, "close"),
        ]
        reply = sending.ask(data[-1:])
        assert (reply.json["request"], reply.headers["connection"]) == ({"n": 3}, "close")
        assert busy.rest() == sending.rest() == b""
    server.close()


def test_a_stop_does_not_wait_for_ever(local_server: Start) -> None:
    server = local_server(stop_timeout=0.2)
    with server.connect() as wire:
        wire.send(call("Later"))
        server.later.begun.get(timeout=10)
        server.begin_stop()
        assert wire.rest() == b""
