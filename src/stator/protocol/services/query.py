"""AWS Query: forms in, XML out.

    <DescribeAlarmsResponse xmlns="…"><DescribeAlarmsResult>…</DescribeAlarmsResult>
      <ResponseMetadata><RequestId>…</RequestId></ResponseMetadata></DescribeAlarmsResponse>

Lists are `<member>` elements, maps `<entry><key>…</key><value>…</value></entry>`, moments ISO 8601 in UTC.
"""

import base64
import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, Final
from xml.sax.saxutils import escape

from stator.model.services.directory import Service
from stator.model.shapes import Shape
from stator.protocol.pipeline import ReadyReply
from stator.protocol.services import forms
from stator.protocol.services.errors import Failure
from stator.protocol.services.results import members, scalar

CONTENT_TYPE: Final = "text/xml"
# Characters that XML has no way to write.
_UNWRITABLE: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_CARRIAGE_RETURN: Final = {"\r": "&#13;"}  # Else it would be read as a line feed.


class Query:
    """The protocol."""

    def parse(self, body: bytes) -> Any:
        """The form's tree."""
        return forms.taken_apart(body)

    def operation(self, parsed: Any) -> str:
        """The Action."""
        action = parsed.get("Action", "")
        return action if isinstance(action, str) else ""

    def read(self, shape: Shape, parsed: Any) -> dict[str, Any]:
        """The request."""
        request: dict[str, Any] = forms.read(shape, parsed)
        return request

    def reply(
        self, service: Service, operation: str, shape: Shape | None, result: Any, request_id: str
    ) -> ReadyReply:
        """The result in its two elements, or the outer one alone."""
        parts = [f'<{operation}Response xmlns="{service.namespace}">']
        if shape is not None:
            parts += [f"<{operation}Result>", *_written(shape, result), f"</{operation}Result>"]
        parts.append(
            f"<ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></{operation}Response>"
        )
        return ReadyReply(200, "".join(parts).encode(), CONTENT_TYPE, request_id)

    def failure(self, service: Service, failure: Failure, request_id: str) -> ReadyReply:
        """The error."""
        body = (
            f'<ErrorResponse xmlns="{service.namespace}"><Error><Type>{failure.side}</Type>'
            f"<Code>{_text(failure.code)}</Code><Message>{_text(failure.message or '')}</Message></Error>"
            f"<RequestId>{request_id}</RequestId></ErrorResponse>"
        )
        return ReadyReply(failure.form_status, body.encode(), CONTENT_TYPE, request_id)


def _written(shape: Shape, value: Any) -> Iterator[str]:
    """The XML of a value, without the element around it."""
    if shape.kind == "structure":
        for name, of, each in members(shape, value):
            yield f"<{name}>"
            yield from _written(of, each)
            yield f"</{name}>"
    elif shape.kind == "list":
        for each in value:
            yield "<member>"
            yield from _written(shape.member, each)
            yield "</member>"
    elif shape.kind == "map":
        for key, each in value.items():
            yield f"<entry><key>{_text(key)}</key><value>"
            yield from _written(shape.member, each)
            yield "</value></entry>"
    else:
        yield _scalar(shape, value)


def _scalar(shape: Shape, value: Any) -> str:
    value = scalar(shape.kind, value)
    if shape.kind == "boolean":
        return "true" if value else "false"
    if shape.kind == "timestamp":
        return _moment(value)
    if shape.kind == "blob":
        return base64.b64encode(value).decode()
    if shape.kind == "double":
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        return "NaN" if math.isnan(value) else repr(value)
    return _text(str(value))


def _moment(seconds: float) -> str:
    """Seconds since the epoch, to the millisecond if they are not whole."""
    whole = seconds.is_integer()
    text = datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds" if whole else "milliseconds")
    return text.removesuffix("+00:00") + "Z"


def _text(value: str) -> str:
    return escape(_UNWRITABLE.sub("\ufffd", value), _CARRIAGE_RETURN)
