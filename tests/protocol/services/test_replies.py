"""Replies and errors of other services, byte by byte, in the form of each protocol."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import cbor2
import pytest

from harness.other_wire import (
    PREFIX,
    authorization,
    cbor_call,
    form,
    form_call,
    json_call,
    signed,
    told,
    written,
)
from harness.services import service_model
from harness.wire import DATE
from stator.base.errors import StorageFull
from stator.model.services.directory import SERVICES
from stator.operations.services import ServiceError

from .conftest import ACCOUNT, Stage

XMLNS = "http://monitoring.amazonaws.com/doc/2010-08-01/"


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


def test_numbers_are_of_their_shapes_types(stage: Stage) -> None:
    """Whatever a handler has computed with: Go's SDK takes no 60.0 for a whole number."""
    alarm = {"Period": 60.0, "Threshold": 1, "StateUpdatedTimestamp": 1_700_000_000}
    point = {"Threshold": float("inf"), "StateUpdatedTimestamp": 1_700_000_000.25}
    stage.outcome = {"MetricAlarms": [alarm, point]}
    body = stage.ask(form_call("DescribeAlarms")).body.decode()
    for part in ("<Period>60</Period>", "<Threshold>1.0</Threshold>", "<Threshold>Infinity</Threshold>"):
        assert part in body
    for moment in ("2023-11-14T22:13:20Z", "2023-11-14T22:13:20.250Z"):
        assert f"<StateUpdatedTimestamp>{moment}</StateUpdatedTimestamp>" in body
    body = stage.ask(json_call("DescribeAlarms", b"{}")).body.decode()
    for part in (
        '"Period":60,',
        '"Threshold":1.0',
        '"Threshold":"Infinity"',
        "1700000000.0",
        "1700000000.25",
    ):
        assert part in body
    found = cbor2.loads(stage.ask(cbor_call("DescribeAlarms", b"")).body)["MetricAlarms"]
    assert [type(found[0][name]) for name in ("Period", "Threshold")] == [int, float]
    assert [each["StateUpdatedTimestamp"].timestamp() for each in found] == [1_700_000_000, 1_700_000_000.25]


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
        form("dynamodb", "Action=ListBuckets&Version=2006-03-01"),
        form("dynamodb", "Version=2012-08-10"),
        signed("monitoring", b"", f"/service/{PREFIX}/operation/"),
        signed("monitoring", b"", "/service/Other/operation/ListMetrics"),
        signed("kms", b"", "/service/TrentService/operation/ListAliases"),
    ]
    assert [stage.ask(each).status for each in nobody] == [404, 404, 400, 400, 400]
    assert stage.ask(signed("", b"", "/?Action=a", "GET")).body.startswith(b"healthy")


def test_services_that_are_not_served_at_all(stage: Stage) -> None:
    """Terraform's users learn what is missing, and it does not try again."""
    reply = stage.ask(form("sns", "Action=CreateTopic&Version=2010-03-31&Name=alarms"))
    assert told(reply) == (400, "InvalidAction", "Stator does not serve CreateTopic of sns.")
    for version in ("1.0", "1.1"):
        kind = {
            "content_type": f"application/x-amz-json-{version}",
            "x_amz_target": "Logs_20140328.CreateLogGroup",
        }
        reply = stage.ask(signed("logs", b'{"logGroupName":"a"}', **kind))
        text = "Stator does not serve CreateLogGroup of logs."
        assert told(reply) == (400, "UnknownOperationException", text)
        assert reply.headers["content-type"] == kind["content_type"]
    # DynamoDB's own unknown operations are answered as ever, and so is what no service could be meant by.
    kind = {"content_type": "application/x-amz-json-1.0", "x_amz_target": "DynamoDB_20120810.Fly"}
    assert stage.ask(signed("dynamodb", b"{}", **kind)).body == (
        b'{"__type":"com.amazon.coral.service#UnknownOperationException"}'
    )
    assert stage.ask(form("../sts", "Action=a")).status == 404


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
