"""ARNs of exports, imports and bulk operations, tokens of pages, and what of a request a token stands for."""

import re
from hashlib import blake2b
from typing import Any, Final

import msgspec

from stator.base.errors import ApiError, validation
from stator.operations.registry import Call

_ARN: Final = re.compile(
    r"arn:(?:aws|aws-cn|aws-us-gov):dynamodb:([a-z0-9-]+):([0-9]{12}):table/([a-zA-Z0-9_.-]{3,255})"
    r"/([a-z-]+)/([^/\s]+)"
)
_TOKEN_GROUP: Final = 16  # a token of pages is a whole number of such groups of hexadecimal digits
_TOKEN_DIGITS_MIN: Final = 112


def copy_id(call: Call, arn: str, part: str, label: str, not_found: str) -> str:
    """The id that an ARN of `part` ("export", say) ends with; `label` is how AWS calls it ("Export").

    Raises ApiError: for a text that is no such ARN, and for one of another account. Any region names it.
    """
    match = _ARN.fullmatch(arn)
    if match is None or match[4] != part:
        raise validation(f"Invalid {label} ARN")
    if match[2] != call.database.account:
        raise ApiError("AccessDeniedException", "Access is denied")
    if len(match[5]) > 64:
        raise ApiError(not_found, f"{label} not found: {label} not found: {arn}")
    return match[5]


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
