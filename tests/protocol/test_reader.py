"""The reader must give the same requests however the bytes arrive, and survive whatever they are."""

import random
from itertools import pairwise

import pytest

from harness.wire import call, chunked, message
from stator.base.limits import REQUEST_BODY_BYTES_MAX
from stator.protocol.http import HEAD_BYTES_MAX, HEADERS_MAX, TOO_LARGE, Request
from stator.protocol.reader import BAD_REQUEST, HEAD_TOO_LARGE, RequestReader

Seen = list[tuple[bytes, bytes, dict[bytes, bytes], bytes, bool]]


def seen(requests: list[Request]) -> Seen:
    return [(one.method, one.url, one.headers, one.body, one.keep_alive) for one in requests]


def read(*parts: bytes) -> tuple[Seen, RequestReader]:
    reader = RequestReader()
    requests = [request for part in parts for request in reader.feed(part)]
    return seen(requests), reader


PIPELINED = b"".join(
    [
        call("GetItem", b'{"TableName":"a"}'),
        message("POST", "/", {"transfer-encoding": "chunked"}, chunked(b'{"a":', b"1}")),
        message("GET", "/health?x=1", {"Host": "h"}),
        message("POST", "/", {"Content-Length": "0"}),
        message("POST", "/", {"connection": "close"}, b"{}"),
    ]
)


def test_a_request_is_read_whole() -> None:
    (request,), reader = read(message("POST", "/a?b", {"X-Amz-Target": " T"}, b"{}"))
    assert request == (b"POST", b"/a?b", {b"x-amz-target": b"T", b"content-length": b"2"}, b"{}", True)
    assert not reader.partial
    assert not reader.ended


@pytest.mark.parametrize("step", [1, 2, 3, 7, 64])
def test_requests_are_the_same_however_they_arrive(step: int) -> None:
    parts = [PIPELINED[start : start + step] for start in range(0, len(PIPELINED), step)]
    assert read(*parts)[0] == read(PIPELINED)[0]
    assert len(read(PIPELINED)[0]) == 5


def test_after_the_last_request_nothing_is_read() -> None:
    requests, reader = read(message("POST", "/", {"connection": "close"}, b"{}") + b"garbage", b"more")
    assert [request[4] for request in requests] == [False]
    assert reader.ended
    assert reader.refusal is None


@pytest.mark.parametrize(
    ("version", "connection", "kept"),
    [("1.1", None, True), ("1.1", "close", False), ("1.0", None, False), ("1.0", "keep-alive", True)],
)
def test_a_connection_is_kept_as_the_client_wants(version: str, connection: str | None, kept: bool) -> None:
    requests, _ = read(message("POST", "/", {"connection": connection}, b"{}", version))
    assert [request[4] for request in requests] == [kept]


def test_a_trailer_is_no_header() -> None:
    body = b"2\r\n{}\r\n0\r\nAuthorization: forged\r\n\r\n"
    following = message("POST", "/", {"a": "b"})
    requests, _ = read(message("POST", "/", {"transfer-encoding": "chunked"}, body) + following)
    assert [request[2] for request in requests] == [{b"transfer-encoding": b"chunked"}, {b"a": b"b"}]


@pytest.mark.parametrize(
    ("version", "expect", "awaited"),
    [
        ("1.1", "100-continue", True),
        ("1.1", "100-Continue", True),
        ("1.0", "100-continue", False),
        ("1.1", "tea", False),
    ],
)
def test_a_client_may_ask_before_it_sends_the_body(version: str, expect: str, awaited: bool) -> None:
    reader = RequestReader()
    head = message("POST", "/", {"expect": expect, "content-length": "2", "connection": "x"}, b"", version)
    assert reader.feed(head) == []
    assert reader.awaits_continue is awaited
    assert len(reader.feed(b"{}")) == 1
    assert not reader.awaits_continue


@pytest.mark.parametrize("framing", ["length", "chunked"])
def test_a_body_has_a_limit(framing: str) -> None:
    largest = b"x" * REQUEST_BODY_BYTES_MAX
    if framing == "length":
        fits, exceeds = message("POST", "/", {}, largest), message("POST", "/", {}, largest + b"x")
    else:
        headers = {"transfer-encoding": "chunked"}
        fits = message("POST", "/", headers, chunked(largest))
        exceeds = message("POST", "/", headers, chunked(largest, b"x"))
    requests, reader = read(fits)
    assert [len(request[3]) for request in requests] == [REQUEST_BODY_BYTES_MAX]
    assert reader.refusal is None
    requests, reader = read(exceeds)
    assert requests == []
    assert reader.refusal == TOO_LARGE


def test_a_length_is_believed_before_the_body_comes() -> None:
    _, reader = read(message("POST", "/", {"content-length": str(REQUEST_BODY_BYTES_MAX + 1)}))
    assert reader.refusal == TOO_LARGE
    _, reader = read(message("POST", "/", {"content-length": "00000000000000000002"}) + b"{}")
    assert reader.refusal is None


@pytest.mark.parametrize(
    "head",
    [
        message("POST", "/", {"a": "x" * HEAD_BYTES_MAX}),
        message("POST", "/" + "x" * HEAD_BYTES_MAX, {}),
        message("POST", "/", {f"h{number}": "v" for number in range(HEADERS_MAX + 1)}),
        b"POST / HTTP/1.1\r\n" + b"x" * (HEAD_BYTES_MAX + 1),
        # Hidden where it is not a head any more.
        message("POST", "/", {"transfer-encoding": "chunked"}) + b"1;" + b"x" * (HEAD_BYTES_MAX * 2),
        message("POST", "/", {"transfer-encoding": "chunked"}) + b"0\r\na: " + b"x" * (HEAD_BYTES_MAX * 2),
    ],
    ids=["value", "url", "count", "unfinished", "chunk extension", "trailer"],
)
@pytest.mark.parametrize("step", [1000, 1 << 20])
def test_a_head_has_a_limit(head: bytes, step: int) -> None:
    _, reader = read(*(head[start : start + step] for start in range(0, len(head), step)))
    assert reader.refusal == HEAD_TOO_LARGE


def test_a_head_may_be_nearly_as_large_as_its_limit() -> None:
    requests, reader = read(message("POST", "/", {"a": "x" * (HEAD_BYTES_MAX - 100)}, b"y" * 100_000))
    assert len(requests) == 1
    assert reader.refusal is None


@pytest.mark.parametrize(
    "data",
    [
        b"hello\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(100),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"POST / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nno colon\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        b"POST / HTTP/1.1\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n",
        b"POST / HTTP/1.1\r\na: b\r\n c\r\n\r\n",
        b"POST / HTTP/1.1\r\na: b\x00c\r\n\r\n",
    ],
)
def test_what_is_not_http_is_refused(data: bytes) -> None:
    requests, reader = read(data)
    assert requests == []
    assert reader.refusal == BAD_REQUEST


def test_what_was_read_before_an_error_counts() -> None:
    requests, reader = read(call("GetItem") + b"garbage\r\n\r\n")
    assert len(requests) == 1
    assert reader.refusal == BAD_REQUEST


def test_another_protocol_is_not_taken_up() -> None:
    headers = {
        "connection": "Upgrade, HTTP2-Settings",
        "upgrade": "h2c",
        "http2-settings": "AAMAAABk",
    }
    requests, reader = read(message("GET", "/", headers))
    assert [request[0] for request in requests] == [b"GET"]
    assert reader.ended
    assert reader.refusal is None


@pytest.mark.parametrize("seed", range(300))
def test_mutilated_messages_do_no_harm(seed: int) -> None:
    chance = random.Random(seed)
    data = bytearray(PIPELINED)
    for _ in range(chance.randint(1, 8)):
        place = chance.randrange(len(data))
        match chance.randrange(3):
            case 0:
                data[place] = chance.randrange(256)
            case 1:
                del data[place : place + chance.randint(1, 40)]
            case _:
                data[place:place] = chance.randbytes(chance.randint(1, 40))
    cuts = sorted({0, len(data), *(chance.randrange(len(data)) for _ in range(chance.randint(0, 6)))})
    pieces, whole = read(*(bytes(data[a:b]) for a, b in pairwise(cuts))), read(bytes(data))
    assert pieces[0] == whole[0]
    assert pieces[1].refusal == whole[1].refusal
