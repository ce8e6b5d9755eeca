"""Requests as SDKs do not send them: other ways to write the same, and what cannot be read."""

import gzip
import random
import re
from typing import Any

import cbor2
import pytest

from harness.other_wire import cbor_call, form_call, json_call, signed, some_value, told, written
from harness.services import PROTOCOLS, service_model
from stator.protocol.services.front import BODY_BYTES_MAX

from .conftest import Stage

SEED = 7


def test_numbers_and_moments_as_cbor_may_write_them(stage: Stage) -> None:
    def threshold(encoded: bytes) -> Any:
        head = cbor2.dumps(
            {"AlarmName": "a", "EvaluationPeriods": 1, "ComparisonOperator": "GreaterThanThreshold"}
        )
        stage.asked.clear()
        reply = stage.ask(
            cbor_call("PutMetricAlarm", b"\xa4" + head[1:] + cbor2.dumps("Threshold") + encoded)
        )
        return stage.asked[0][2]["Threshold"] if stage.asked else told(reply)[1]

    numbers = [
        b"\xf9\x3e\x00",
        b"\xfa\x3f\xc0\x00\x00",
        b"\xfb\x3f\xf8" + b"\x00" * 6,
        b"\x01",
        b"\x39\x01\xf3",
    ]
    assert [threshold(number) for number in numbers] == [1.5, 1.5, 1.5, 1.0, -500.0]
    refused = [b"\xc2\x49" + b"\xff" * 9, b"\xf5", b"\x61a", b"\xd8\x23\x61a", b"\xd8\x63\x01"]
    assert {threshold(number) for number in refused} == {"com.amazon.coral.service#SerializationException"}
    # Lengths that are not told, and moments in seconds, whole or not.
    body = (
        bytes.fromhex("bf") + cbor2.dumps("StartTime") + b"\xc1\x1a\x66\x00\x00\x00" + cbor2.dumps("EndTime")
    )
    body += b"\xc1\xfb\x41\xd9\x80\x00\x00\x20\x00\x00" + cbor2.dumps("MetricDataQueries") + b"\x9f\xff"
    stage.ask(cbor_call("GetMetricData", body + b"\x7f\x64Next\x65Token\xff\x7f\x61a\xff\xff"))
    assert stage.asked[-1][2] == {
        "StartTime": 1711276032.0,
        "EndTime": 1711276032.5,
        "MetricDataQueries": [],
        "NextToken": "a",
    }


def test_what_forms_may_look_like(stage: Stage) -> None:
    ask = "&MetricDataQueries.member.10.Id=b&MetricDataQueries.member.9.Id=a&Unknown.member.1=x"
    ask += "&MetricDataQueries.member.9.ReturnData=True&StartTime=2026-01-02T03:04:05"
    ask += "&EndTime=2026-01-02T03:04:05.25%2B01:00&MaxDatapoints=%2B5"
    stage.ask(form_call("GetMetricData", ask))
    assert stage.asked[-1][2] == {
        "MetricDataQueries": [{"Id": "a", "ReturnData": True}, {"Id": "b"}],
        "StartTime": 1767323045.0,
        "EndTime": 1767319445.25,
        "MaxDatapoints": 5,
    }
    stage.ask(form_call("GetMetricData", "&MetricDataQueries=&StartTime=1767323045.5&EndTime=1.7e9"))
    assert stage.asked[-1][2] == {"MetricDataQueries": [], "StartTime": 1767323045.5, "EndTime": 1.7e9}


@pytest.mark.parametrize(
    "rest",
    [
        "&MetricDataQueries.member.x.Id=a",
        "&MetricDataQueries=a",
        "&MetricDataQueries.member.1=a",
        "&MetricDataQueries.member.1.Id=a&MetricDataQueries.member.1=b",
        "&MetricDataQueries.member.1=&MetricDataQueries.member.1.Id=b",
        "&NextToken.a=b",
        "&MaxDatapoints=1.5",
        "&MaxDatapoints=1_0",
        "&MaxDatapoints=99999999999999999999",
        "&StartTime=tomorrow",
        "&StartTime=1e15",
        "&StartTime=" + "9" * 5000,
        "&MetricDataQueries.member.1.ReturnData=maybe",
        "&NextToken=%ff",
        "&NextToken=\xff",
        "&MetricDataQueries.member.1.MetricStat.Period=" + "9" * 5000,
    ],
)
def test_forms_that_cannot_be_read(stage: Stage, rest: str) -> None:
    status, code, text = told(stage.ask(form_call("GetMetricData", rest)))
    assert (status, code) == (400, "MalformedInput")
    assert text
    assert stage.asked == []


@pytest.mark.parametrize(
    "body", [b"[", b"[]", b"\xff", b"1", b'{"AlarmNames":1}', b'{"AlarmNames":[{}]}', b'{"MaxRecords":true}']
)
def test_json_that_cannot_be_read(stage: Stage, body: bytes) -> None:
    status, name, _ = told(stage.ask(json_call("DescribeAlarms", body)))
    assert (status, name) == (400, "com.amazon.coral.service#SerializationException")


@pytest.mark.parametrize(
    "body",
    [
        b"\xff",
        b"\x01",
        b"\xa1",
        b"\xa1\x61",
        b"\x9f" * 100_000,
        b"\x9b" + b"\xff" * 8,
        b"\xa1\xa0\x01",
        b"\xa1\x6aAlarmNames\xd8\x1c\x81\xd8\x1d\x00",
        b"\xa1\x69StartDate\xc1\xfb\x7f\xf0" + b"\x00" * 6,
    ],
)
def test_cbor_that_cannot_be_read(stage: Stage, body: bytes) -> None:
    status, name, _ = told(stage.ask(cbor_call("DescribeAlarmHistory", body)))
    assert (status, name) == (400, "com.amazon.coral.service#SerializationException")


def test_bodies_in_gzip(stage: Stage) -> None:
    text = b"Action=DeleteAlarms&Version=2010-08-01&AlarmNames.member.1=a"
    for packed in (
        gzip.compress(text),
        gzip.compress(b'{"AlarmNames":["a"]}'),
        gzip.compress(cbor2.dumps({"AlarmNames": ["a"]})),
    ):
        made = {
            0: signed(
                "monitoring",
                packed,
                content_type="application/x-www-form-urlencoded",
                content_encoding="gzip",
            ),
            1: json_call("DeleteAlarms", packed, content_encoding="gzip"),
            2: cbor_call("DeleteAlarms", packed, content_encoding="gzip"),
        }
        assert sorted(stage.ask(each).status for each in made.values()) == [200, 400, 400]
    assert [asked for _, _, asked in stage.asked] == [{"AlarmNames": ["a"]}] * 3
    assert (
        told(stage.ask(json_call("DeleteAlarms", b"{}", content_encoding="gzip")))[2]
        == "The body is not gzip"
    )
    bomb = gzip.compress(b" " * (BODY_BYTES_MAX + 1))
    assert told(stage.ask(json_call("DeleteAlarms", bomb, content_encoding="gzip")))[:2] == (
        413,
        "com.amazon.coral.service#RequestEntityTooLargeException",
    )
    longest = b'{"AlarmNames":["a"]' + b" " * (BODY_BYTES_MAX - 20) + b"}"
    assert stage.ask(json_call("DeleteAlarms", longest)).status == 200
    assert stage.ask(json_call("DeleteAlarms", longest + b" ")).status == 413


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_damaged_requests_are_refused_or_read(stage: Stage, protocol: str) -> None:
    source = random.Random(SEED)
    model = service_model("cloudwatch", protocol)
    statuses = set()
    for name in ("PutMetricData", "PutMetricAlarm", "GetMetricData") * 60:
        operation = model.operation_model(name)
        head, _, body = written(operation, some_value(operation.input_shape, source)).partition(b"\r\n\r\n")
        damaged = bytearray(body)
        for _ in range(source.randrange(1, 4)):
            place = source.randrange(len(damaged))
            damaged[place : place + source.randrange(3)] = source.randbytes(source.randrange(3))
        head = re.sub(rb"content-length: \d+", b"content-length: %d" % len(damaged), head)
        statuses.add(stage.ask(head + b"\r\n\r\n" + bytes(damaged)).status)
    assert statuses == {200, 400}
