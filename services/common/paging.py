"""Pages: DynamoDB's LastEvaluatedKey as an opaque cursor, and the Link header that leads to the next page.

A listing answers a JSON array. While there is more, its header `Link: <...>; rel="next"` (RFC 8288) has the
address of the next page; the last page has none.
"""

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Query, Request, Response

from services.common.errors import FieldError, Invalid

T = TypeVar("T")

LIMIT_DEFAULT = 100
LIMIT_MAX = 1000

Limit = Annotated[int, Query(ge=1, le=LIMIT_MAX, description="The most entries of a page.")]
Cursor = Annotated[str | None, Query(description="Where the page before ended; from its Link header.")]


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some entries, and the cursor of those that follow; None after the last."""

    entries: list[T]
    cursor: str | None


def encode_cursor(key: Mapping[str, Any] | None) -> str | None:
    """The cursor for a LastEvaluatedKey whose attributes are strings and numbers; None for none."""
    if not key:
        return None
    text = json.dumps(key, separators=(",", ":"), sort_keys=True)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode_cursor(cursor: str | None, attributes: Iterable[str]) -> dict[str, Any] | None:
    """The ExclusiveStartKey of a cursor. Raises Invalid if it is not a key of just these attributes."""
    if cursor is None:
        return None
    try:
        text = base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
        key = json.loads(text)
    except (binascii.Error, ValueError):
        key = None
    if not isinstance(key, dict) or key.keys() != set(attributes) or not all(map(_is_key, key.values())):
        raise Invalid(FieldError("cursor", "is not a cursor of this listing"))
    return key


def link_next(request: Request, response: Response, page: Page[Any]) -> None:
    """Set the Link header of a reply that is not the last page."""
    if page.cursor is not None:
        following = request.url.include_query_params(cursor=page.cursor)
        response.headers["Link"] = f'<{following}>; rel="next"'


def _is_key(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and list(value) in (["S"], ["N"])
        and all(isinstance(text, str) for text in value.values())
    )
