"""What every reply carries."""

import gzip
import time
import zlib
from email.utils import formatdate

import pytest

from harness.wire import Reply, call, message
from stator.base.clock import FileClock
from stator.protocol.compression import GZIP_BYTES_MIN, accepts_gzip
from stator.protocol.http import http_date

from .conftest import NOW, Ask

EVERY_REPLY = [
    call("Echo"),
    call("Refuse", {"name": "ResourceNotFoundException", "message": "x"}),
    call("NoSuch"),
    message("GET", "/", {}),
    message("PUT", "/", {}),
    message("OPTIONS", "/", {"origin": "http://a"}),
]


@pytest.mark.parametrize("data", EVERY_REPLY)
def test_every_reply_has_the_usual_fields(ask: Ask, data: bytes) -> None:
    reply = ask(data).checked()
    assert reply.headers["server"] == "Server"
    assert reply.headers["connection"] == "keep-alive"
    assert reply.headers["date"] == "Sun, 19 Jul 2026 10:13:20 GMT"
    assert reply.headers["content-length"] == str(len(reply.body))
    identity = reply.headers["x-amzn-requestid"]
    assert len(identity) == 52
    assert set(identity) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    assert ask(data).headers["x-amzn-requestid"] != identity
    assert "transfer-encoding" not in reply.headers
    assert "content-encoding" not in reply.headers


def test_the_date_is_the_clocks(ask: Ask, clock: FileClock) -> None:
    clock.advance(0.9)
    assert ask(call("Echo")).headers["date"] == "Sun, 19 Jul 2026 10:13:20 GMT"
    clock.advance(0.1)
    assert ask(call("Echo")).headers["date"] == "Sun, 19 Jul 2026 10:13:21 GMT"
    clock.advance(-1)
    assert ask(call("Echo")).headers["date"] == "Sun, 19 Jul 2026 10:13:20 GMT"


@pytest.mark.parametrize("days", [0, 31, 59, 200, 365, 366 + 365])
def test_dates_are_those_of_the_standard_library(days: int) -> None:
    moment = NOW + days * 86400 + days
    assert http_date(moment) == formatdate(moment, usegmt=True)
    assert time.strptime(http_date(moment), "%a, %d %b %Y %H:%M:%S GMT")


def test_a_last_reply_says_so(ask: Ask) -> None:
    assert ask(call("Echo", connection="close")).headers["connection"] == "close"


# Browsers.


@pytest.mark.parametrize("data", [call("Echo", origin="http://a"), call("NoSuch", origin="null")])
def test_any_origin_may_read(ask: Ask, data: bytes) -> None:
    reply = ask(data)
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "x-amzn-RequestId" in reply.headers["access-control-expose-headers"]


def test_without_an_origin_nothing_is_said_of_it(ask: Ask) -> None:
    assert not [name for name in ask(call("Echo")).headers if name.startswith("access-control")]


def cors(reply: Reply) -> dict[str, str]:
    return {
        name.removeprefix("access-control-"): value
        for name, value in reply.headers.items()
        if name.startswith("access-control-") and name != "access-control-expose-headers"
    }


def test_preflight(ask: Ask) -> None:
    asked: dict[str, str | None] = {
        "origin": "http://a",
        "access-control-request-headers": "x-amz-target,authorization",
        "access-control-request-method": "POST",
    }
    reply = ask(message("OPTIONS", "/", asked)).checked()
    assert (reply.status, reply.body, reply.headers["content-length"]) == (200, b"", "0")
    assert cors(reply) == {
        "allow-origin": "*",
        "max-age": "172800",
        "allow-headers": "x-amz-target,authorization",
        "allow-methods": "POST",
    }
    assert cors(ask(message("OPTIONS", "/", {"origin": "x"}))) == {"allow-origin": "*", "max-age": "172800"}


# Compression, only ever when asked for: SDKs that did not ask fail on it.


@pytest.mark.parametrize(
    ("field", "accepted"),
    [
        ("gzip", True),
        ("gzip, deflate, br", True),
        ("br;q=1.0, GZIP;q=0.8, *;q=0.1", True),
        ("x-gzip", True),
        ("identity", False),
        ("", False),
        ("gzip;q=0", False),
        ("gzip; q=0.000", False),
        ("gzip;q=0.001", True),
        ("gzipped", False),
        ("*", False),
    ],
)
def test_who_accepts_gzip(field: str, accepted: bool) -> None:
    assert accepts_gzip(field.encode()) is accepted


@pytest.mark.parametrize("length", [GZIP_BYTES_MIN - 1, GZIP_BYTES_MIN, 1_000_000])
def test_a_long_reply_is_packed_for_who_asks(ask: Ask, length: int) -> None:
    reply = ask(call("Letters", {"length": length}, accept_encoding="gzip")).checked()
    if length < GZIP_BYTES_MIN:
        assert "content-encoding" not in reply.headers
        assert len(reply.body) == length
    else:
        assert reply.headers["content-encoding"] == "gzip"
        assert len(gzip.decompress(reply.body)) == length
        assert len(reply.body) < length


def test_a_long_reply_is_plain_for_others(ask: Ask) -> None:
    for field in (None, "identity"):
        reply = ask(call("Letters", {"length": 100_000}, accept_encoding=field)).checked()
        assert "content-encoding" not in reply.headers
        assert zlib.crc32(b'"' + b"x" * 99_998 + b'"') == int(reply.headers["x-amz-crc32"])
