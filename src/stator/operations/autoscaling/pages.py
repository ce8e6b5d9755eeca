"""Lists in pages: filters and tokens that all Describe operations share."""

import base64
import binascii
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, TypeVar

from stator.monitoring.scaling.records import NAMESPACE, Policy, ScheduledAction
from stator.monitoring.scaling.store import PlacedT, Rows
from stator.operations.autoscaling.places import invalid
from stator.operations.services import Reply, ServiceCall, ServiceError
from stator.storage.engine import Reader

RowT = TypeVar("RowT")

ROWS_MAX: Final = 50  # API reference, MaxResults


def page(
    request: dict[str, Any],
    member: str,
    prefix: bytes,
    rows: Callable[[bytes], Iterable[tuple[bytes, RowT]]],
    shown: Callable[[RowT], dict[str, Any]],
    most: int = ROWS_MAX,
) -> Reply:
    """A page of `rows`, whose keys have a prefix.

    They are asked for from the key that follows a token's on; without a token (an empty key) all of them.
    Raises ServiceError for a MaxResults that is out of bounds, and for a token that is none.
    """
    limit = request.get("MaxResults", most)
    if not 1 <= limit <= most:
        raise invalid(f"MaxResults must be between 1 and {most}")  # unverified
    found: list[dict[str, Any]] = []
    last = b""
    for key, row in rows(_key(request.get("NextToken"), prefix)):
        if len(found) == limit:
            return {member: found, "NextToken": base64.urlsafe_b64encode(last).decode()}
        found.append(shown(row))
        last = key
    return {member: found}


def _key(token: str | None, prefix: bytes) -> bytes:
    if token is None:
        return b""
    try:
        key = base64.b64decode(token, b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if not key.startswith(prefix):  # Keys of other kinds lie beside.
        raise ServiceError("InvalidNextTokenException", "The next token supplied was invalid.")
    return key


def describe(
    call: ServiceCall,
    request: dict[str, Any],
    member: str,
    rows: Rows[PlacedT],
    shown: Callable[[PlacedT], dict[str, Any]],
    *,
    keeps: Callable[[PlacedT], bool] = lambda _: True,
    most: int = ROWS_MAX,
) -> Reply:
    """A page of the rows of one kind that a request is for; of these, those that it `keeps`."""

    def body(reader: Reader) -> Reply:
        def found(after: bytes) -> Iterator[tuple[bytes, PlacedT]]:
            chosen = wanted(request, rows.all(reader, after))
            return ((key, row) for key, row in chosen if keeps(row))

        return page(request, member, rows.prefix, found, shown, most)

    return call.database.engine.read(body)


def of_names(request: dict[str, Any], member: str) -> Callable[[Policy | ScheduledAction], bool]:
    """Whether a row has one of the names that a member of the request lists, if it lists any."""
    names = request.get(member)
    return lambda row: not names or row.name in names


def wanted(request: dict[str, Any], rows: Iterable[tuple[bytes, PlacedT]]) -> Iterator[tuple[bytes, PlacedT]]:
    """The rows of the namespace, resources and dimension that a request is for."""
    dimension = request.get("ScalableDimension")
    resources = request.get("ResourceIds") or ([request["ResourceId"]] if "ResourceId" in request else None)
    if dimension is not None and resources is None:
        raise invalid("You must specify a resource ID if you specify a scalable dimension")  # unverified
    if request["ServiceNamespace"] != NAMESPACE:
        return
    for key, row in rows:
        place = row.place
        if resources is not None and place.resource not in resources:
            continue
        if dimension is None or place.dimension == dimension:
            yield key, row
