"""What operations on exports, imports and bulk operations share: ARNs, pages of lists, and ClientTokens."""

import re
from collections.abc import Callable, Iterable
from hashlib import blake2b
from itertools import islice
from typing import Any, Final, NamedTuple

import msgspec

from stator.base.errors import ApiError, validation
from stator.copies.ledger import Ledger, RecordT
from stator.operations.registry import Call
from stator.storage.engine import Reader

_ARN: Final = re.compile(
    r"arn:(?:aws|aws-cn|aws-us-gov):dynamodb:([a-z0-9-]+):([0-9]{12}):table/([a-zA-Z0-9_.-]{3,255})"
    r"/([a-z-]+)/([^/\s]+)"
)
_TOKEN_GROUP: Final = 16  # a token of pages is a whole number of such groups of hexadecimal digits
_TOKEN_DIGITS_MIN: Final = 112
_ID_MAX: Final = 64
LISTED: Final = 10  # API reference: a page, if no size is asked for


class Kind(NamedTuple):
    """A kind of copies: its part of an ARN ("export"), what AWS calls it, and its answer where there is none.

    `absent` is a text with an `{arn}`.
    """

    part: str
    label: str
    error: str
    absent: str


EXPORT: Final = Kind(
    "export", "Export", "ExportNotFoundException", "Export not found: Export not found: {arn}"
)
IMPORT: Final = Kind(
    "import", "Import", "ImportNotFoundException", "Import not found: Import not found: {arn}"
)
BULK: Final = Kind(
    "bulk-operation",
    "Bulk Operation",
    "ResourceNotFoundException",
    "Requested resource not found: Bulk operation: {arn} not found",
)


def find(call: Call, reader: Reader, ledger: Ledger[RecordT], kind: Kind, arn: str) -> RecordT:
    """The record that an ARN names, of any region.

    Raises ApiError: for a text that is no such ARN, for one of another account, and if there is none.
    """
    match = _ARN.fullmatch(arn)
    if match is None or match[4] != kind.part:
        raise validation(f"Invalid {kind.label} ARN")
    if match[2] != call.database.account:
        raise ApiError("AccessDeniedException", "Access is denied")
    found = ledger.get(reader, match[5]) if len(match[5]) <= _ID_MAX else None
    if found is None or found.table != match[3]:
        raise ApiError(kind.error, kind.absent.format(arn=arn))
    return found


def page(
    ledger: Ledger[RecordT],
    found: Iterable[RecordT],
    limit: int,
    member: str,
    summary: Callable[[RecordT], dict[str, Any]],
) -> dict[str, Any]:
    """A page of a list: the first `limit` records, and the token of the next page if there are more."""
    records = list(islice(found, limit + 1))
    reply: dict[str, Any] = {member: [summary(each) for each in records[:limit]]}
    if len(records) > limit:
        reply["NextToken"] = page_token(ledger.kind, records[limit - 1].id)
    return reply


def page_token(kind: str, copy: str) -> str:
    """The token of the page that follows the record of the id `copy`."""
    text = f"{kind} {copy} ".encode()
    text += blake2b(text, digest_size=8).digest()
    digits = text.hex()
    length = max(_TOKEN_DIGITS_MIN, -(-len(digits) // _TOKEN_GROUP) * _TOKEN_GROUP)
    return digits.ljust(length, "0")


def page_start(kind: str, token: str | None) -> str | None:
    """The id that a token of `page_token` goes on after; None for no token. Raises ApiError."""
    if token is None:
        return None
    try:
        given, copy, _ = bytes.fromhex(token).split(b" ", 2)
        found = copy.decode("ascii")
    except ValueError:
        raise _wrong_token(token) from None
    if given.decode("latin-1") != kind or page_token(kind, found) != token:
        raise _wrong_token(token)
    return found


def _wrong_token(token: str) -> ApiError:
    return validation(f"Invalid Request: Provided nextToken is invalid: {token}")


def request_digest(request: Any) -> str:
    """Tells requests apart that have one ClientToken: a digest of all their other members."""
    members = {name: getattr(request, name) for name in request.__struct_fields__ if name != "ClientToken"}
    return blake2b(msgspec.json.encode(members, order="sorted"), digest_size=16).hexdigest()


def given(members: dict[str, Any]) -> dict[str, Any]:
    """The members of a description that have a value."""
    return {name: value for name, value in members.items() if value is not None}


def times(**moments: float | None) -> dict[str, float | None]:
    """Times to be shown, to the millisecond as AWS shows them; None stays."""
    return {name: None if at is None else round(at, 3) for name, at in moments.items()}


def plain(value: Any) -> Any:
    """A request's structure as JSON has it, without absent members."""
    return _without_nulls(msgspec.to_builtins(value))


def _without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_nulls(member) for name, member in value.items() if member is not None}
    return [_without_nulls(element) for element in value] if isinstance(value, list) else value
