"""Rules of tags and of the ARNs that tags hang on."""

import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

from stator.base.limits import TAGS_MAX
from stator.model.requests import Tag
from stator.operations.dynamodb.rules.rule import (
    API_REFERENCE,
    CAPTURE_2026,
    CAPTURE_OLD,
    INVALID,
    Broken,
    Each,
    Rule,
    first_double,
)

_ALLOWED: Final = re.compile(r"[\w +\-=.:/@]*")
_DYNAMODB: Final = re.compile(r"arn:[^:]+:dynamodb:[^:]*:(?P<account>[^:]*):(?P<resource>.+)")
_TABLE: Final = re.compile(r"table/(?P<name>[a-zA-Z0-9_.-]{3,255})(/stream/.+)?")
_OF_A_TABLE: Final = re.compile(r"table/[^/]*(/stream/.+)?")


def tagged_table(arn: str) -> str:
    """The table whose tags an ARN that keeps the rules names."""
    resource = _DYNAMODB.fullmatch(arn)
    table = resource and _TABLE.fullmatch(resource["resource"])
    assert table, arn
    return table["name"]


def _resource(arn: str) -> str:
    match = _DYNAMODB.fullmatch(arn)
    return match["resource"] if match else ""


def _account(arn: str) -> str | None:
    match = _DYNAMODB.fullmatch(arn)
    return match and match["account"]


# Asked with (ARN, the server's account). A table has the same tags in every region.
RESOURCE: Final = (
    Rule(
        f"{INVALID}ARNs must start with 'arn:': {{arn}}",
        lambda arn, account: {"arn": arn} if not arn.startswith("arn:") else None,
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}Provided Arn is not a DynamoDB resource arn: {{arn}}",
        lambda arn, account: {"arn": arn} if not _resource(arn) else None,
        CAPTURE_2026,
    ),
    Rule(
        f"{INVALID}Invalid resource arn provided, only table or stream is accepted. "
        "Provided resource arn: {arn}",
        lambda arn, account: {"arn": arn} if not _OF_A_TABLE.fullmatch(_resource(arn)) else None,
        CAPTURE_2026,
    ),
    Rule(
        "Invalid TableArn: Invalid ResourceArn provided as input {arn}",
        lambda arn, account: {"arn": arn} if not _TABLE.fullmatch(_resource(arn)) else None,
        CAPTURE_2026,
    ),
    Rule(
        "Access is denied",
        lambda arn, account: _account(arn) != account,
        CAPTURE_2026,
        "AccessDeniedException",
    ),
)


def _bad_key(tag: Tag) -> Broken:
    return {"key": tag.Key} if not _ALLOWED.fullmatch(tag.Key) else None


def _bad_value(tag: Tag) -> Broken:
    if tag.Value is not None and _ALLOWED.fullmatch(tag.Value):
        return None
    return {"value": "null" if tag.Value is None else tag.Value}


def _reserved(tag: Tag) -> Broken:
    return {"key": tag.Key} if tag.Key.lower().startswith("aws:") else None


def _doubled(tags: Sequence[Tag]) -> Broken:
    key = first_double(tag.Key for tag in tags)
    return None if key is None else {"key": key}


TOO_MANY: Final = Rule(
    "Number of Tags exceed the current limit for the provided ResourceArn",
    lambda tags: len(tags) > TAGS_MAX,
    API_REFERENCE,
)


def _single(tags: Iterable[Tag]) -> Iterable[tuple[Any, ...]]:
    return ((tag,) for tag in tags)


# Asked with (tags,).
TAGS: Final = (
    Each(
        "each tag",
        _single,
        (
            Rule("The Tag Key provided is invalid, Key: {key}", _bad_key, CAPTURE_OLD),
            Rule("The Tag Value provided is invalid, Value: {value}", _bad_value, CAPTURE_OLD),
            Rule("Tag Key cannot be prefixed with aws:, Key: {key}", _reserved, CAPTURE_OLD),
        ),
    ),
    Rule(
        "Duplicate Tag Keys provided as input: Duplicate Tag Key found {key}",
        _doubled,
        CAPTURE_OLD,
    ),
    TOO_MANY,
)
ADDED_TAGS: Final = (
    Rule("Atleast one Tag needs to be provided as Input.", lambda tags: not tags, CAPTURE_OLD),
    *TAGS,
)
# Asked with (tag keys,).
REMOVED_TAGS: Final = (
    Rule("Atleast one Tag Key needs to be provided as Input.", lambda keys: not keys, CAPTURE_OLD),
)
