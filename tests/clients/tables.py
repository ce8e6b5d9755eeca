"""Descriptions of tables, for clients that take them in the form of the API."""

from typing import Any


def schema(*keys: str) -> list[dict[str, str]]:
    """A key schema of one or two attributes, each `name:type`; the partition key comes first."""
    return [
        {"AttributeName": key.partition(":")[0], "KeyType": kind}
        for key, kind in zip(keys, ("HASH", "RANGE"), strict=False)
    ]


def table(name: str, *keys: str, **indexes: tuple[str, ...]) -> dict[str, Any]:
    """Parameters of CreateTable, with global indexes that project everything. Keys as in `schema`."""
    columns = {*keys, *(key for index in indexes.values() for key in index)}
    parameters: dict[str, Any] = {
        "TableName": name,
        "KeySchema": schema(*keys),
        "AttributeDefinitions": [
            {"AttributeName": key.partition(":")[0], "AttributeType": key.partition(":")[2]}
            for key in sorted(columns)
        ],
        "BillingMode": "PAY_PER_REQUEST",
    }
    if indexes:
        parameters["GlobalSecondaryIndexes"] = [
            {"IndexName": index, "KeySchema": schema(*keys), "Projection": {"ProjectionType": "ALL"}}
            for index, keys in indexes.items()
        ]
    return parameters
