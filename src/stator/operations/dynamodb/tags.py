"""TagResource, UntagResource and ListTagsOfResource: tags of tables, by ARN."""

import re
from collections.abc import Awaitable
from typing import Any, Final

from msgspec.structs import replace

from stator.base.errors import ApiError, invalid_parameter, validation
from stator.base.limits import TAGS_LISTED, TAGS_MAX
from stator.model.requests import ListTagsOfResourceInput, TagResourceInput, UntagResourceInput
from stator.operations.dynamodb.tag_rules import TOO_MANY, tag_refusal
from stator.operations.registry import Call, Reply, operation
from stator.storage.engine import Reader, Transaction
from stator.tables.definition import TableDefinition
from stator.tables.table import Table

_DYNAMODB: Final = re.compile(r"arn:[^:]+:dynamodb:[^:]*:([^:]*):(.+)")
_TABLE: Final = re.compile(r"table/([a-zA-Z0-9_.-]{3,255})(/stream/.+)?")


@operation("TagResource", access="control")
def tag_resource(call: Call, request: TagResourceInput) -> Awaitable[Reply]:
    """Add tags to a table, or change them."""
    name = _tagged_table(call, request.ResourceArn)
    if not request.Tags:
        raise validation("Atleast one Tag needs to be provided as Input.")
    refusal = tag_refusal(request.Tags)
    if refusal is not None:
        raise validation(refusal)
    added = {tag.Key: tag.Value or "" for tag in request.Tags}

    def body(transaction: Transaction) -> Reply:
        definition = _existing(call, transaction, name, request.ResourceArn).definition
        tags = definition.tags | added
        if len(tags) > TAGS_MAX:
            raise validation(TOO_MANY)
        _save(call, transaction, definition, tags)
        return b""

    return call.database.engine.write(body)


@operation("UntagResource", access="control")
def untag_resource(call: Call, request: UntagResourceInput) -> Awaitable[Reply]:
    """Remove tags from a table."""
    name = _tagged_table(call, request.ResourceArn)
    if not request.TagKeys:
        raise validation("Atleast one Tag Key needs to be provided as Input.")

    def body(transaction: Transaction) -> Reply:
        definition = _existing(call, transaction, name, request.ResourceArn).definition
        tags = {key: value for key, value in definition.tags.items() if key not in request.TagKeys}
        _save(call, transaction, definition, tags)
        return b""

    return call.database.engine.write(body)


@operation("ListTagsOfResource", access="control")
def list_tags_of_resource(call: Call, request: ListTagsOfResourceInput) -> Reply:
    """A page of a table's tags; the token of the next page is the last key of this one."""
    name = _tagged_table(call, request.ResourceArn)
    reader = call.database.engine.reader
    tags = sorted(_existing(call, reader, name, request.ResourceArn).definition.tags.items())
    after = [tag for tag in tags if request.NextToken is None or tag[0] > request.NextToken]
    page = after[:TAGS_LISTED]
    reply: dict[str, Any] = {"Tags": [{"Key": key, "Value": value} for key, value in page]}
    if len(after) > len(page):
        reply["NextToken"] = page[-1][0]
    return reply


def _tagged_table(call: Call, arn: str) -> str:
    if not arn.startswith("arn:"):
        raise invalid_parameter(f"ARNs must start with 'arn:': {arn}")
    match = _DYNAMODB.fullmatch(arn)
    if match is None:
        raise invalid_parameter(f"Provided Arn is not a DynamoDB resource arn: {arn}")
    account, resource = match.groups()
    table = _TABLE.fullmatch(resource)
    if table is None:
        raise invalid_parameter(
            f"Invalid resource arn provided, only table or stream is accepted. Provided resource arn: {arn}"
        )
    if account != call.database.account:
        raise ApiError("AccessDeniedException", "Access is denied")
    return table[1]


def _existing(call: Call, reader: Reader, name: str, arn: str) -> Table:
    table = call.database.catalog.table(reader, name)
    if table is None:
        raise ApiError(
            "ResourceNotFoundException", f"Requested resource not found: ResourceArn: {arn} not found"
        )
    return table


def _save(call: Call, transaction: Transaction, definition: TableDefinition, tags: dict[str, str]) -> None:
    following = definition.next and replace(definition.next, tags=tags)
    call.database.catalog.save(transaction, replace(definition, tags=tags, next=following))
