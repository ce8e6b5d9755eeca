"""The wire of other services, byte by byte: what SDKs do not send, and what they do not show."""

import asyncio
import gzip
import logging
import random
import re
from collections.abc import Awaitable, Callable
from typing import Any

import cbor2
import pytest

from harness.other_wire import authorization, form, signed, some_value, written
from harness.services import PROTOCOLS, service_model
from harness.wire import DATE, Reply
from stator.base.errors import StorageFull
from stator.model.services.directory import SERVICES
from stator.operations.services import ServiceError

from .conftest import ACCOUNT, Stage

PREFIX = "GraniteServiceVersion20100801"
XMLNS = "http://monitoring.amazonaws.com/doc/2010-08-01/"
SEED = 7


def json_call(name: str, body: bytes, **headers: str | None) -> bytes:
    """A request to CloudWatch in JSON."""
    kind = {"content_type": "application/x-amz-json-1.0", "x_amz_target": f"{PREFIX}.{name}"}
    return signed("monitoring", body, **{**kind, **headers})


def cbor_call(name: str, body: bytes, **headers: str | None) -> bytes:
    """A request to CloudWatch in CBOR."""
    kind = {"content_type": "application/cbor", "smithy_protocol": "rpc-v2-cbor"}
    return signed("monitoring", body, f"/service/{PREFIX}/operation/{name}", **{**kind, **headers})


def form_call(name: str, rest: str = "", **headers: str | None) -> bytes:
    """A request to CloudWatch in a form."""
    return form("monitoring", f"Action={name}&Version=2010-08-01{rest}", **headers)


def told(reply: Reply) -> tuple[int, str, str]:
    """Status, code and text of an error, whatever its form."""
    kind = reply.headers["content-type"]
    if kind == "text/xml":
        found = re.fullmatch(
            r'<ErrorResponse xmlns="[^"]+"><Error><Type>\w+</Type><Code>(.*)</Code><Message>(.*)</Message>'
            r"</Error><RequestId>(\w+)</RequestId></ErrorResponse>",
            reply.body.decode(),
        )
        assert found is not None, reply.body
        assert found[3] == reply.headers["x-amzn-requestid"]
        return reply.status, found[1], found[2]
    body: Any = cbor2.loads(reply.body) if kind == "application/cbor" else reply.json
    return reply.status, body["__type"], body.get("message", body.get("Message", ""))


def test_a_reply_in_each_form(stage: Stage) -> None:
    metric = {"Namespace": "a", "MetricName": "<&>\x00"}
    stage.outcome = {"Metrics": [metric], "NextToken": None}
    reply = stage.ask(form_call("ListMetrics")).checked()
    request_id = reply.headers["x-amzn-requestid"]
    assert reply.body.decode() == (
        f'<ListMetricsResponse xmlns="{XMLNS}"><ListMetricsResult><Metrics><member><Namespace>a</Namespace>'
        "<MetricName>&lt;&amp;&gt;\ufffd</MetricName></member></Metrics></ListMetricsResult>"
        f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></ListMetricsResponse>"
    )
    reply = stage.ask(json_call("ListMetrics", b"{}")).checked()
    assert (reply.json, reply.headers["content-type"]) == (
        {"Metrics": [metric]},
        "application/x-amz-json-1.0",
    )
    reply = stage.ask(cbor_call("ListMetrics", b"")).checked()
    assert cbor2.loads(reply.body) == {"Metrics": [metric]}
    assert (reply.headers["smithy-protocol"], reply.headers["content-type"]) == (
        "rpc-v2-cbor",
        "application/cbor",
    )


def test_nothing_is_a_reply_too(stage: Stage) -> None:
    body = stage.ask(form_call("DeleteAlarms", "&AlarmNames.member.1=a")).body.decode()
    assert body.startswith(f'<DeleteAlarmsResponse xmlns="{XMLNS}"><ResponseMetadata><RequestId>')
    assert stage.ask(json_call("DeleteAlarms", b'{"AlarmNames":["a"]}')).body == b"{}"
    assert stage.ask(cbor_call("DeleteAlarms", cbor2.dumps({"AlarmNames": ["a"]}))).body == b"\xa0"
    assert [request for _, _, request in stage.asked] == [{"AlarmNames": ["a"]}] * 3
    # With a result that is empty, its element is there.
    stage.outcome = {}
    assert b"Response><" not in stage.ask(form_call("ListMetrics")).body
    assert b"<ListMetricsResult></ListMetricsResult>" in stage.ask(form_call("ListMetrics")).body


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
    bomb = gzip.compress(b" " * (17 << 20))
    assert told(stage.ask(json_call("DeleteAlarms", bomb, content_encoding="gzip")))[:2] == (
        413,
        "com.amazon.coral.service#RequestEntityTooLargeException",
    )


def test_errors_of_the_model_in_each_form(stage: Stage) -> None:
    stage.outcome = ServiceError("ResourceNotFound", "no <alarm>")
    assert told(stage.ask(form_call("DescribeAlarms"))) == (404, "ResourceNotFound", "no &lt;alarm&gt;")
    for call in (json_call("DescribeAlarms", b"{}"), cbor_call("DescribeAlarms", b"\xa0")):
        reply = stage.ask(call)
        assert told(reply) == (404, "com.amazonaws.cloudwatch#ResourceNotFound", "no <alarm>")
        assert reply.headers["x-amzn-query-error"] == "ResourceNotFound;Sender"
    stage.outcome = ServiceError("LimitExceededFault", "many")
    assert told(stage.ask(form_call("DescribeAlarms"))) == (400, "LimitExceeded", "many")
    assert (
        stage.ask(json_call("DescribeAlarms", b"{}")).headers["x-amzn-query-error"] == "LimitExceeded;Sender"
    )


def test_what_is_the_servers_fault(stage: Stage, caplog: pytest.LogCaptureFixture) -> None:
    full = "The disk of the server is full. The write was not made."
    for outcome, text in (
        (StorageFull("0 bytes"), full),
        (RuntimeError("a secret"), "Internal server error"),
    ):
        stage.outcome = outcome
        with caplog.at_level(logging.ERROR):
            reply = stage.ask(form_call("DescribeAlarms"))
            assert told(reply) == (500, "InternalServiceError", text)
            assert b"<Type>Receiver</Type>" in reply.body
            assert caplog.records[-1].request_id == reply.headers["x-amzn-requestid"]  # type: ignore[attr-defined]
            reply = stage.ask(cbor_call("DescribeAlarms", b""))
            assert told(reply) == (500, "com.amazonaws.cloudwatch#InternalServiceFault", text)
            assert reply.headers["x-amzn-query-error"] == "InternalServiceError;Receiver"
    stage.outcome = {"NoSuchMember": 1}  # A handler's mistake is found before a client sees it.
    assert stage.ask(json_call("DescribeAlarms", b"{}")).status == 500


def test_replies_that_come_later(stage: Stage) -> None:
    async def answer() -> dict[str, Any]:
        await asyncio.sleep(0)
        return {"Metrics": []}

    async def refuse() -> dict[str, Any]:
        await asyncio.sleep(0)
        raise ServiceError("InvalidNextToken", "no")

    later: list[tuple[Callable[[], Awaitable[Any]], int]] = [(answer, 200), (refuse, 400)]
    for make, status in later:
        for call in (form_call("ListMetrics"), json_call("ListMetrics", b""), cbor_call("ListMetrics", b"")):
            stage.outcome = make()
            reply = stage.ask(call)
            assert reply.status == status
            assert status == 200 or told(reply)[1].endswith("InvalidNextToken")


def test_constraints(stage: Stage) -> None:
    call = json_call("SetAlarmState", b'{"AlarmName":"","StateValue":"X"}')
    texts = (
        "3 validation errors detected: Value '' at 'alarmName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 1; "
        "Value 'X' at 'stateValue' failed to satisfy constraint: "
        "Member must satisfy enum value set: [INSUFFICIENT_DATA, ALARM, OK]; "
        "Value null at 'stateReason' failed to satisfy constraint: Member must not be null"
    )
    assert told(stage.ask(call)) == (400, "com.amazonaws.cloudwatch#ValidationException", texts)
    assert stage.ask(call).headers["x-amzn-query-error"] == "ValidationError;Sender"
    assert told(stage.ask(form_call("SetAlarmState", "&AlarmName=&StateValue=X"))) == (
        400,
        "ValidationError",
        texts,
    )
    # The oldest operations tell of one parameter alone.
    missing = "The parameter MetricData.member.2.MetricName is required."
    names = "&Namespace=n&MetricData.member.1.MetricName=a&MetricData.member.2.Unit=Count"
    assert told(stage.ask(form_call("PutMetricData", names))) == (400, "MissingParameter", missing)
    body = b'{"Namespace":"n","MetricData":[{"MetricName":"a"},{"Unit":"Count"}]}'
    reply = stage.ask(json_call("PutMetricData", body))
    assert told(reply) == (400, "com.amazonaws.cloudwatch#MissingRequiredParameterException", missing)
    assert reply.headers["x-amzn-query-error"] == "MissingParameter;Sender"
    names = "&Namespace=n&MetricData.member.1.MetricName=a&MetricData.member.1.Unit=Cows"
    code, text = told(stage.ask(form_call("PutMetricData", names)))[1:]
    assert code == "InvalidParameterValue"
    assert text.startswith(
        "The parameter MetricData.member.1.Unit must be a value in the set [ Seconds, Micro"
    )
    body = b'{"ServiceNamespace":"dynamodb","ResourceId":"","ScalableDimension":"x"}'
    target = {
        "content_type": "application/x-amz-json-1.1",
        "x_amz_target": "AnyScaleFrontendService.RegisterScalableTarget",
    }
    status, name, text = told(stage.ask(signed("application-autoscaling", body, **target)))
    assert (status, name) == (400, "ValidationException")
    assert text.startswith("2 validation errors detected: Value '' at 'resourceId' failed to satisfy ")


def test_operations_that_are_not_there(stage: Stage) -> None:
    for call in (form_call, lambda name: json_call(name, b"{}"), lambda name: cbor_call(name, b"")):
        assert told(stage.ask(call("PutDashboard")))[::2] == (
            400,
            "Stator does not serve PutDashboard of cloudwatch.",
        )
        assert told(stage.ask(call("Fly")))[::2] == (
            400,
            "Could not find operation Fly for version 2010-08-01",
        )
    assert told(stage.ask(form_call("Fly")))[1] == "InvalidAction"
    assert told(stage.ask(form("sts", "Version=2011-06-15")))[:2] == (400, "MissingAction")
    assert told(stage.ask(form("sts", "Action=AssumeRole&Version=2011-06-15")))[:2] == (400, "InvalidAction")


def test_who_is_meant(stage: Stage) -> None:
    # The scope of the signature tells, or else the version of the API; operations of both have one name.
    stage.ask(form("sts", "Action=GetCallerIdentity"))
    stage.ask(form("dynamodb", "Action=GetCallerIdentity&Version=2011-06-15"))
    query = (
        f"/?Action=GetCallerIdentity&Version=2011-06-15&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Date={DATE}"
    )
    query += (
        "&X-Amz-Credential=k/20260719/eu-west-3/sts/aws4_request&X-Amz-SignedHeaders=host&X-Amz-Signature=a"
    )
    assert stage.ask(signed("", b"", query, "GET", authorization=None)).status == 200
    assert [asked[:2] for asked in stage.asked] == [("sts", "GetCallerIdentity")] * 3
    assert [call.access_key for call in stage.calls] == ["AKIDEXAMPLE", "AKIDEXAMPLE", "k"]
    assert {call.arn("cloudwatch", "alarm:a") for call in stage.calls} == {
        f"arn:aws:cloudwatch:eu-west-3:{ACCOUNT}:alarm:a"
    }
    # What is for nobody is answered as ever.
    nobody = [
        form("s3", "Action=ListBuckets&Version=2006-03-01"),
        form("dynamodb", "Version=2012-08-10"),
        signed("monitoring", b"", f"/service/{PREFIX}/operation/"),
        signed("monitoring", b"", "/service/Other/operation/ListMetrics"),
        signed("kms", b"", "/service/TrentService/operation/ListAliases"),
    ]
    assert [stage.ask(each).status for each in nobody] == [404, 404, 400, 400, 400]
    assert stage.ask(signed("", b"", "/?Action=a", "GET")).body.startswith(b"healthy")


def test_signatures(stage: Stage, make_stage: Callable[..., Stage]) -> None:
    unsigned = "Request is missing Authentication Token"
    call = form("sts", "Action=GetCallerIdentity&Version=2011-06-15", authorization=None)
    assert told(stage.ask(call)) == (403, "MissingAuthenticationToken", unsigned)
    call = json_call("ListMetrics", b"", authorization=None)
    assert told(stage.ask(call)) == (
        400,
        "com.amazon.coral.service#MissingAuthenticationTokenException",
        unsigned,
    )
    call = form_call("ListMetrics", authorization="AWS4-HMAC-SHA256 Credential=a")
    assert told(stage.ask(call))[:2] == (403, "IncompleteSignature")
    assert stage.asked == []
    strict = make_stage(strict=True)
    strict.outcome = {}
    for service in SERVICES:
        operation = service_model(service.name).operation_names[0]
        made = written(
            service_model(service.name).operation_model(operation),
            {},
            authorization=authorization("dynamodb"),
        )
        wanted = f"Credential should be scoped to correct service: '{service.signing}'. "
        assert told(strict.ask(made))[2] == wanted
    assert strict.ask(form_call("ListMetrics")).status == 200
    assert told(strict.ask(form_call("ListMetrics", x_amz_date="20260719T111112Z")))[:2] == (
        403,
        "SignatureDoesNotMatch",
    )


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
