"""The order of checks is AWS's: a request with several faults is told of the first (docs/protocol.md)."""

import gzip
import logging
import zlib
from typing import Any

import pytest

from harness.local import FakeCall, Later
from harness.wire import AUTHORIZATION, DATE, Reply, call, message, parse_one
from stator.base.errors import (
    StorageClosed,
    StorageConflict,
    StorageCorrupt,
    StorageError,
    StorageFull,
)
from stator.base.limits import REQUEST_BODY_BYTES_MAX
from stator.protocol.pipeline import Pipeline
from stator.protocol.reader import RequestReader

from .conftest import Ask

UNKNOWN_OPERATION = (b'{"__type":"com.amazon.coral.service#UnknownOperationException"}', 1368724161)
NOT_JSON = (b'{"__type":"com.amazon.coral.service#SerializationException"}', 3948637019)
NOT_FOUND = (b"<UnknownOperationException/>\n", 3552371480)
HEALTHY = (b"healthy: dynamodb.us-east-1.amazonaws.com ", 3128867991)

JSON_10 = "application/x-amz-json-1.0"
NO_BODY: dict[str, str | None] = {"x-amz-target": "DynamoDB_20120810.Echo", "x-amz-date": DATE}


def is_exactly(reply: Reply, status: int, expected: tuple[bytes, int]) -> bool:
    return (reply.status, reply.body, reply.headers["x-amz-crc32"]) == (status, expected[0], str(expected[1]))


# Each row adds the fault that is found before those of the rows below it.
@pytest.mark.parametrize(
    ("headers", "body", "status", "expected"),
    [
        ({"content_type": "text/plain", "x_amz_target": "no", "authorization": None}, b"[", 404, NOT_FOUND),
        ({"x_amz_target": "no", "authorization": None}, b"[", 400, NOT_JSON),
        ({"x_amz_target": "no", "authorization": None}, b"{}", 400, UNKNOWN_OPERATION),
        ({"authorization": None}, b"{}", 400, "Request is missing Authentication Token"),
        ({}, b'{"member":1}', 200, None),
    ],
)
def test_the_first_fault_is_told(
    ask: Ask, headers: dict[str, str | None], body: bytes, status: int, expected: Any
) -> None:
    reply = ask(call("Echo", body, **headers)).checked()
    if isinstance(expected, tuple):
        assert is_exactly(reply, status, expected)
    elif expected:
        assert (reply.status, reply.error[1]) == (status, expected)
    else:
        assert reply.json == {"request": {"member": 1}, "region": "eu-west-3", "host": "stator.test:8000"}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS", "HEAD"])
def test_other_methods_are_not_found(ask: Ask, method: str) -> None:
    reply = ask(message(method, "/", NO_BODY | {"content-type": JSON_10}))
    body, checksum = NOT_FOUND
    assert reply.status == 404
    assert reply.body == (b"" if method == "HEAD" else body)
    assert reply.headers["x-amz-crc32"] == str(checksum)
    assert reply.headers["content-length"] == "29"


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (JSON_10, JSON_10),
        ("application/json", "application/json"),
        ("Application/JSON ; charset=utf-8", "application/json"),
        (JSON_10 + ";", JSON_10),
        (JSON_10 + "  ", JSON_10),
        ("application/x-amz-json-1.1", None),
        ("application/x-www-form-urlencoded", None),
        ("text/plain", None),
        ("", None),
        (None, None),
    ],
)
def test_content_types(ask: Ask, given: str | None, told: str | None) -> None:
    reply = ask(call("Echo", content_type=given))
    assert reply.headers.get("content-type") == told
    assert reply.status == (200 if told else 404)


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, UNKNOWN_OPERATION),
        ({"content-type": "text/plain"}, UNKNOWN_OPERATION),
        (NO_BODY, "MissingAuthenticationTokenException"),
        (NO_BODY | {"authorization": AUTHORIZATION}, NOT_JSON),
    ],
)
def test_without_a_body_the_target_comes_first(
    ask: Ask, headers: dict[str, str | None], expected: Any
) -> None:
    reply = ask(message("POST", "/", headers))
    if isinstance(expected, str):
        assert reply.error[0] == expected
    else:
        assert is_exactly(reply, 400, expected)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"x"', b"null", b"1", b"{}{}", b"\xff", b'{"a":"\xff"}', b"[" * 200_000, b'{"a":01}'],
)
def test_a_body_must_be_one_object(ask: Ask, body: bytes) -> None:
    assert is_exactly(ask(call("Echo", body)), 400, NOT_JSON)
    assert is_exactly(ask(call("NoSuch", body or b" ")), 400, NOT_JSON)


@pytest.mark.parametrize(
    "target",
    [
        None,
        "",
        "Echo",
        "DynamoDB_20120810.",
        "DynamoDB_20120810.echo",
        "DynamoDB_20111205.Echo",
        "DynamoDBStreams_20120810.Echo",
        "DynamoDB_20120810.Echo.Echo",
        "\xe9",
    ],
)
def test_unknown_targets(ask: Ask, target: str | None) -> None:
    assert is_exactly(ask(call("Echo", x_amz_target=target)), 400, UNKNOWN_OPERATION)


@pytest.mark.parametrize("url", ["/", "/any/path", "/?X-Amz-Algorithm=x"])
def test_get_tells_health(ask: Ask, url: str) -> None:
    assert is_exactly(ask(message("GET", url, {})), 200, HEALTHY)


@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
def test_a_reserved_path_is_not_found(ask: Ask, method: str) -> None:
    assert is_exactly(ask(message(method, "/_stator/x", {"content-type": JSON_10}, b"{}")), 404, NOT_FOUND)


@pytest.mark.parametrize("url", ["/", "/any/path", "/?a=b", "*"])
def test_any_path_of_a_post_is_the_same(ask: Ask, url: str) -> None:
    data = call("Echo").replace(b"POST / ", f"POST {url} ".encode())
    assert ask(data).status == 200


def test_a_known_caller_is_not_trusted_in_what_changed(ask: Ask) -> None:
    """The short way, taken from the second request on, must find what the long way finds."""
    changes: list[tuple[dict[str, str | None], int]] = [
        ({}, 200),
        ({"x_amz_target": "no"}, 400),
        ({"content_type": "text/plain"}, 404),
        ({"authorization": AUTHORIZATION[:-10]}, 200),
        ({"authorization": AUTHORIZATION[:-64]}, 400),
        ({"authorization": AUTHORIZATION[:-64] + ", " + "x" * 62}, 400),
        ({"x_amz_date": None}, 400),
        ({"x_amz_date": ""}, 400),
        ({"content_encoding": "gzip"}, 400),
        ({"host": "other"}, 200),
    ]
    for headers, _ in changes:
        ask(call("Echo"))
        first = ask(call("Echo", **headers))
        second = ask(call("Echo", **headers))
        assert (first.status, first.body) == (second.status, second.body)
    assert [ask(call("Echo", **headers)).status for headers, _ in changes] == [
        status for _, status in changes
    ]


def test_errors_are_told_as_aws_tells_them(ask: Ask) -> None:
    def told(name: str, message_: str | None, fields: Any = None) -> Reply:
        return ask(call("Refuse", {"name": name, "message": message_, "fields": fields})).checked()

    reply = told("ResourceNotFoundException", "Requested resource not found")
    assert (reply.status, reply.body) == (
        400,
        b'{"__type":"com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",'
        b'"message":"Requested resource not found"}',
    )
    assert told("ValidationException", "x").json == {
        "__type": "com.amazon.coral.validate#ValidationException",
        "message": "x",
    }
    assert told("SerializationException", "x").json == {
        "__type": "com.amazon.coral.service#SerializationException",
        "Message": "x",
    }
    assert told("ConditionalCheckFailedException", "x", {"Item": {"a": {"S": "é"}}}).json == {
        "__type": "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",
        "message": "x",
        "Item": {"a": {"S": "é"}},
    }
    assert told("InternalServerError", "x").status == 500


def test_a_bug_is_told_to_the_log_alone(ask: Ask, caplog: pytest.LogCaptureFixture) -> None:
    reply = ask(call("Bug")).checked()
    assert (reply.status, reply.error) == (500, ("InternalServerError", "Internal server error"))
    assert "secret" not in reply.body.decode()
    assert vars(caplog.records[-1])["request_id"] == reply.headers["x-amzn-requestid"]
    assert "a secret of the implementation" in caplog.text


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (StorageFull, "The disk of the server is full. The write was not made."),
        (StorageConflict, "The request met another one too often. It was not carried out; try again."),
        (StorageCorrupt, "The server read data that it did not write. See the server's log."),
        (StorageClosed, "The server is stopping."),
        (StorageError, "The storage of the server failed. See the server's log."),
    ],
)
def test_storage_errors_say_what_happened(
    pipeline: "Pipeline[FakeCall]",
    later: Later,
    caplog: pytest.LogCaptureFixture,
    kind: type[StorageError],
    text: str,
) -> None:
    (request,) = RequestReader().feed(call("Soon"))
    awaitable = pipeline.handle(request)
    awaitable.close()  # type: ignore[union-attr]

    class Outcome:
        def result(self) -> None:
            raise kind("page 7")

    caplog.set_level(logging.ERROR)
    reply = pipeline.finish(request, Outcome())  # type: ignore[arg-type]
    assert parse_one(reply).status == 500
    assert parse_one(reply).error == ("InternalServerError", text)
    assert "page 7" in caplog.text


def test_a_packed_body_is_unpacked(ask: Ask) -> None:
    body = gzip.compress(b'{"member":1}')
    reply = ask(call("Echo", body, content_encoding="gzip"))
    assert reply.json == {"request": {"member": 1}, "region": "eu-west-3", "host": "stator.test:8000"}


@pytest.mark.parametrize(
    "body",
    [
        b"{}",
        gzip.compress(b"{}")[:-1],
        gzip.compress(b"{}") + b"x",
        gzip.compress(b"{}") + gzip.compress(b""),
        zlib.compress(b"{}"),
        gzip.compress(b""),
        gzip.compress(b"[]"),
    ],
    ids=["plain", "truncated", "more", "two members", "zlib", "empty", "list"],
)
def test_a_badly_packed_body_is_not_json(ask: Ask, body: bytes) -> None:
    assert is_exactly(ask(call("Echo", body, content_encoding="gzip")), 400, NOT_JSON)


def test_a_bomb_does_not_go_off(pipeline: "Pipeline[FakeCall]") -> None:
    body = gzip.compress(b" " * (REQUEST_BODY_BYTES_MAX - 2) + b"{}")
    fits = RequestReader().feed(call("Letters", body, content_encoding="gzip"))[0]
    assert (
        parse_one(pipeline.handle(fits)).status == 500
    )  # It lacks a length, which is noticed after all checks.
    body = gzip.compress(b" " * REQUEST_BODY_BYTES_MAX + b"{}")
    exceeds = RequestReader().feed(call("Letters", body, content_encoding="gzip"))[0]
    assert parse_one(pipeline.handle(exceeds)).status == 413
    assert not exceeds.keep_alive
