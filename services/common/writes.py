"""Writes of single items that may be sent twice, when a reply was lost, and still happen once.

boto3 sends a request again if no reply came, though the first may have done its work. So a put that finds its
own item has succeeded; a delete that was sent again and finds nothing is done; an update sets values.
"""

from collections.abc import Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from services.common.errors import code_of, was_retried
from services.common.items import Item, deserialize, serialize

_REFUSED: Final = "ConditionalCheckFailedException"


def put_new(client: Any, table: str, item: Item, partition: str) -> bool:
    """Put an item whose key is free; whether it was. `partition` is the name of the partition key."""
    try:
        client.put_item(
            TableName=table,
            Item=item,
            ConditionExpression="attribute_not_exists(#key)",
            ExpressionAttributeNames={"#key": partition},
            ReturnValuesOnConditionCheckFailure="ALL_OLD",
        )
    except ClientError as error:
        if code_of(error) != _REFUSED:
            raise
        # By value: the database has its own way to write numbers, such as 199 for 199.0.
        return deserialize(error.response.get("Item", {})) == deserialize(item)
    return True


def update(
    client: Any,
    table: str,
    key: Item,
    changed: Mapping[str, Any],
    seen: Mapping[str, Any] | None = None,
) -> Item | None:
    """Set attributes of an item, and remove those that are None; the item afterwards.

    Nothing is done, and None comes back, if there is no such item, or an attribute in `seen` has another
    value now.
    """
    seen = seen or {}
    gone = [f"#{name}" for name, value in changed.items() if value is None]
    put = [f"#{name} = :{name}" for name, value in changed.items() if value is not None]
    parts = [f"SET {', '.join(put)}" * bool(put), f"REMOVE {', '.join(gone)}" * bool(gone)]
    conditions = [f"attribute_exists(#{name})" for name in key]
    conditions += [f"#{name} = :seen_{name}" for name in seen]
    values = {f":{name}": value for name, value in changed.items()}
    values |= {f":seen_{name}": value for name, value in seen.items()}
    try:
        answer = client.update_item(
            TableName=table,
            Key=key,
            UpdateExpression=" ".join(filter(None, parts)),
            ConditionExpression=" AND ".join(conditions),
            ExpressionAttributeNames={f"#{name}": name for name in {**key, **changed, **seen}},
            ReturnValues="ALL_NEW",
            **({"ExpressionAttributeValues": bound} if (bound := serialize(values)) else {}),
        )
    except ClientError as error:
        if code_of(error) != _REFUSED:
            raise
        return None
    attributes: Item = answer["Attributes"]
    return attributes


def delete(client: Any, table: str, key: Item) -> bool:
    """Delete an item; whether there was one."""
    try:
        client.delete_item(
            TableName=table,
            Key=key,
            ConditionExpression=" AND ".join(f"attribute_exists(#{name})" for name in key),
            ExpressionAttributeNames={f"#{name}": name for name in key},
        )
    except ClientError as error:
        if code_of(error) != _REFUSED:
            raise
        return was_retried(error)
    return True
