"""Parameters of operations on tables, in short."""

import re
from typing import Any

from stator.operations.dynamodb.rules.rule import Rules, flat

PROVISIONED = "refused-provisioned"
ON_DEMAND = "refused-on-demand"
STREAMING = "refused-streaming"
PROJECTING = "refused-projecting"

IN_USE = "ResourceInUseException"
LIMIT = "LimitExceededException"
BUSY = "Attempt to change a resource which is still in use: "


def key(*names: str, kinds: tuple[str, ...] = ("HASH", "RANGE")) -> list[dict[str, str]]:
    """A key schema."""
    return [{"AttributeName": name, "KeyType": kind} for name, kind in zip(names, kinds, strict=False)]


def definitions(*names: str) -> list[dict[str, str]]:
    """Definitions of attributes, all of them texts."""
    return [{"AttributeName": name, "AttributeType": "S"} for name in names]


def units(read: int, write: int | None = None) -> dict[str, int]:
    """Provisioned throughput."""
    return {"ReadCapacityUnits": read, "WriteCapacityUnits": read if write is None else write}


def global_index(name: str, keys: str, **members: Any) -> dict[str, Any]:
    """A global index on demand, of one or two key attributes."""
    projection = {"ProjectionType": "ALL"}
    return {"IndexName": name, "KeySchema": key(*keys.split()), "Projection": projection, **members}


def local_index(name: str, keys: str, **members: Any) -> dict[str, Any]:
    """A local index."""
    return global_index(name, keys, **members)


def create(name: str, keys: str, *others: str, **members: Any) -> dict[str, Any]:
    """CreateTable, on demand unless there is throughput; `others` are attributes defined besides the keys."""
    request = {
        "TableName": name,
        "KeySchema": key(*keys.split()),
        "AttributeDefinitions": definitions(*keys.split(), *others),
        **members,
    }
    if "ProvisionedThroughput" not in request:
        request.setdefault("BillingMode", "PAY_PER_REQUEST")
    return request


def untested(rules: Rules, texts: list[str]) -> list[str]:
    """Texts of rules that no test's text is an example of."""
    patterns = {
        rule.text: re.compile(".*".join(re.escape(part) for part in re.split(r"\{\w+\}", rule.text)), re.S)
        for _, rule in flat(rules)
    }
    return [text for text, pattern in patterns.items() if not any(pattern.fullmatch(each) for each in texts)]
