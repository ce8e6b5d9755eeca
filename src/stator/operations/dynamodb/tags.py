"""TagResource, UntagResource and ListTagsOfResource: tags of tables, by ARN."""

from collections.abc import Awaitable
from typing import Any

from msgspec.structs import replace

from stator.base.errors import ApiError
from stator.base.limits import TAGS_LISTED
from stator.model.requests import ListTagsOfResourceInput, TagResourceInput, UntagResourceInput
from stator.operations.dynamodb.rules.rule import enforce
from stator.operations.dynamodb.rules.tags import ADDED_TAGS, REMOVED_TAGS, RESOURCE, TOO_MANY, tagged_table
from stator.operations.registry import Call, Reply, operation
from stator.storage.engine import Reader, Transaction
from stator.tables.definition import TableDefinition


@operation("TagResource", access="control")
def tag_resource(call: Call, request: TagResourceInput) -> Awaitable[Reply]:
    """Add tags to a table, or change them."""
    enforce(RESOURCE, request.ResourceArn, call.database.account)
    enforce(ADDED_TAGS, request.Tags)
    added = {tag.Key: tag.Value or "" for tag in request.Tags}

    def body(transaction: Transaction) -> Reply:
        definition = _tagged(call, transaction, request.ResourceArn)
        tags = definition.tags | added
        enforce([TOO_MANY], tags)
        call.database.catalog.save(transaction, replace(definition, tags=tags))
        return b""

    return call.database.engine.write(body)


@operation("UntagResource", access="control")
def untag_resource(call: Call, request: UntagResourceInput) -> Awaitable[Reply]:
    """Remove tags from a table."""
    enforce(RESOURCE, request.ResourceArn, call.database.account)
    enforce(REMOVED_TAGS, request.TagKeys)

    def body(transaction: Transaction) -> Reply:
        definition = _tagged(call, transaction, request.ResourceArn)
        tags = {key: value for key, value in definition.tags.items() if key not in request.TagKeys}
        call.database.catalog.save(transaction, replace(definition, tags=tags))
        return b""

    return call.database.engine.write(body)


@operation("ListTagsOfResource", access="control", from_snapshot=True)
def list_tags_of_resource(call: Call, request: ListTagsOfResourceInput) -> Reply:
    """A page of a table's tags; the token of the next page is the last key of this one."""
    enforce(RESOURCE, request.ResourceArn, call.database.account)
    tags = sorted(_tagged(call, call.database.engine.reader, request.ResourceArn).tags.items())
    after = [tag for tag in tags if request.NextToken is None or tag[0] > request.NextToken]
    page = after[:TAGS_LISTED]
    reply: dict[str, Any] = {"Tags": [{"Key": key, "Value": value} for key, value in page]}
    if len(after) > len(page):
        reply["NextToken"] = page[-1][0]
    return reply


def _tagged(call: Call, reader: Reader, arn: str) -> TableDefinition:
    table = call.database.catalog.table(reader, tagged_table(arn))
    if table is None:
        raise ApiError(
            "ResourceNotFoundException", f"Requested resource not found: ResourceArn: {arn} not found"
        )
    return table.definition
