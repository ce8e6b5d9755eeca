"""What the operations on alarms share: the alarms of a server, walking over them, and their refusals."""

import asyncio
from collections.abc import AsyncIterator
from itertools import islice
from typing import Any, Final, TypeVar

from stator.monitoring.alarms import alarms, store
from stator.monitoring.alarms.alarms import Alarms
from stator.monitoring.alarms.definition import AlarmRow
from stator.operations.cloudwatch.tokens import position_of, token_of
from stator.operations.services import ServiceCall, ServiceError

T = TypeVar("T")

VALIDATION: Final = "ValidationException"
MISSING: Final = "MissingRequiredParameterException"
COMBINATION: Final = "InvalidParameterCombinationException"
VALUE: Final = "InvalidParameterValueException"
NOT_FOUND: Final = "ResourceNotFound"

_SLICE: Final = 100


def alarms_of(call: ServiceCall) -> Alarms:
    """The alarms of the server."""
    return alarms.alarms_of(call.database)


async def walk(of: Alarms, prefix: str = "", *, after: str = "") -> AsyncIterator[AlarmRow]:
    """The alarms of a prefix that follow a name, by name. Other requests are answered in between."""
    while rows := list(islice(store.alarms(of.reader, prefix, after=after), _SLICE)):
        for row in rows:
            yield row
        after = rows[-1].name
        await asyncio.sleep(0)


def next_token(request: dict[str, Any], position: str | bytes | int) -> str:
    """The token of what follows a position in what a request asks for."""
    return token_of(position, _question(request))


def position(request: dict[str, Any], kind: type[T]) -> T | None:
    """The position that a request goes on after, of this type; None if it begins. Raises ServiceError."""
    if "NextToken" not in request:
        return None
    found = position_of(request["NextToken"], _question(request))
    if not isinstance(found, kind):
        raise ServiceError("InvalidNextToken", "The next token specified is invalid.")
    return found


def _question(request: dict[str, Any]) -> dict[str, Any]:
    """A request without what may differ from page to page."""
    return {name: value for name, value in request.items() if name not in ("NextToken", "MaxRecords")}
