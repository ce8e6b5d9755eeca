"""The actions of transactions, as requests give them."""

from typing import Any

Action = dict[str, Any]
Key = dict[str, Any]


def put(table: str, item: Key, **more: Any) -> Action:
    return {"Put": {"TableName": table, "Item": item, **more}}


def update(table: str, key: Key, text: str, **more: Any) -> Action:
    return {"Update": {"TableName": table, "Key": key, "UpdateExpression": text, **more}}


def delete(table: str, key: Key, **more: Any) -> Action:
    return {"Delete": {"TableName": table, "Key": key, **more}}


def check(table: str, key: Key, text: str, **more: Any) -> Action:
    return {"ConditionCheck": {"TableName": table, "Key": key, "ConditionExpression": text, **more}}


def get(table: str, key: Key, **more: Any) -> Action:
    return {"Get": {"TableName": table, "Key": key, **more}}


def pk(value: str) -> Key:
    """The key of a table whose only key attribute is the string `pk`."""
    return {"pk": {"S": value}}
