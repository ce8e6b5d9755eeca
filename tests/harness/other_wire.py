"""Requests to other services as bytes, and values that their shapes allow."""

import random
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

import cbor2
from botocore.model import OperationModel, Shape
from botocore.serialize import create_serializer

from harness.wire import DATE, Reply, message
from stator.model.shapes import compiled

_CANDIDATES = (
    *("a", "é< &\"'>\t", "x" * 20, "/", "/a/", ":a", "eu-west-1", "0a"),
    "arn:aws:application-autoscaling:eu-west-1:123456789012:scalable-target/1a",
)


PREFIX = "GraniteServiceVersion20100801"


def authorization(signing: str) -> str:
    """An Authorization header whose scope names a service."""
    return (
        f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260719/eu-west-3/{signing}/aws4_request, "
        "SignedHeaders=content-type;host;x-amz-date, Signature=" + "5d" * 32
    )


def signed(signing: str, body: bytes, url: str = "/", method: str = "POST", **headers: str | None) -> bytes:
    """A signed request. Headers (`_` for `-`) are added or replaced, or left out for None."""
    fields: dict[str, str | None] = {
        "host": "stator.test:8000",
        "x-amz-date": DATE,
        "authorization": authorization(signing),
    }
    fields.update({name.replace("_", "-"): value for name, value in headers.items()})
    return message(method, url, fields, body)


def form(signing: str, text: str, **headers: str | None) -> bytes:
    """A query request."""
    kind = "application/x-www-form-urlencoded; charset=utf-8"
    return signed(signing, text.encode(), **{"content_type": kind, **headers})


def written(operation: OperationModel, values: Mapping[str, Any], **headers: str | None) -> bytes:
    """A request of an operation as botocore writes it, in the protocol of the operation's model."""
    made = create_serializer(operation.service_model.resolved_protocol, False).serialize_to_request(
        values, operation
    )
    body = made["body"]
    fields = {name.lower().replace("-", "_"): value for name, value in made["headers"].items()}
    return signed(
        operation.service_model.signing_name,
        urlencode(body).encode() if isinstance(body, dict) else body,
        made["url_path"],
        **{**fields, **headers},
    )


def some_value(shape: Shape | None, source: random.Random) -> Any:
    """A value that a shape allows, as botocore takes it; moments are whole seconds since the epoch.

    Texts satisfy the patterns of requests; replies need not.
    """
    if shape is None:
        return {}
    kind = shape.type_name
    if kind == "structure" and shape.is_tagged_union:
        name = source.choice([name for name, each in shape.members.items() if getattr(each, "members", True)])
        return {name: some_value(shape.members[name], source)}
    if kind == "structure":  # With a member, for forms cannot tell an empty one.
        some = source.choice(list(shape.members)) if shape.members else ""
        return {
            name: some_value(member, source)
            for name, member in shape.members.items()
            if name == some or name in shape.required_members or source.random() < 0.7
        }
    if kind == "list":
        least = shape.metadata.get("min", 0)
        length = max(least, min(source.randrange(3), shape.metadata.get("max", 3)))
        return [some_value(shape.member, source) for _ in range(length)]
    if kind == "map":
        found: dict[str, Any] = {}
        while len(found) < max(1, shape.metadata.get("min", 0)):
            found[some_value(shape.key, source)] = some_value(shape.value, source)
        return found
    return _scalar(shape, source)


def _scalar(shape: Shape, source: random.Random) -> Any:
    kind, least = shape.type_name, shape.metadata.get("min", 1)
    if kind == "string":
        return _text(shape, source)
    if kind in ("integer", "long"):
        return source.randint(least, shape.metadata.get("max", 1000))
    if kind == "double":
        return source.choice([0.0, -1.5, 1e300, 12345.678, float(least)])
    if kind == "boolean":
        return source.random() < 0.5
    assert kind == "timestamp", kind
    return source.randrange(2_000_000_000)


def _text(shape: Shape, source: random.Random) -> str:
    if shape.enum:
        return source.choice(shape.enum)
    pattern: re.Pattern[str] | None = None
    if _readable(shape.metadata.get("pattern")):
        pattern = compiled(shape.metadata["pattern"])
    fitting = [
        text
        for text in (*_CANDIDATES, "y" * shape.metadata.get("min", 1))
        if shape.metadata.get("min", 0) <= len(text) <= shape.metadata.get("max", 1000)
        and (pattern is None or pattern.fullmatch(text))
    ]
    return source.choice(fitting or ["z" * shape.metadata.get("min", 1)])


def _readable(java: str | None) -> bool:
    """Whether a pattern has a form for Python: those of requests all have."""
    try:
        return java is not None and bool(compiled(java))
    except re.error:
        return False


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
