"""Random writes to one table, drawn from a seed, each with what it means to a plain dict.

Keys are few, so that writes meet; numbers come in several spellings; every attribute that an index cares
about comes and goes. The model of a table is a dict from (pk, sk) to the item in the form in which it is
answered.
"""

from collections.abc import Callable
from decimal import Decimal
from random import Random
from typing import Any, NamedTuple

Item = dict[str, Any]
Table = dict[tuple[str, Decimal], Item]

NAME = "history"
CREATE = {
    "TableName": NAME,
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": kind}
        for name, kind in (("pk", "S"), ("sk", "N"), ("l", "S"), ("g", "S"), ("h", "N"), ("c", "B"))
    ],
    "LocalSecondaryIndexes": [
        {
            "IndexName": "local",
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "l", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["n"]},
        }
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "hashed",
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        },
        {
            "IndexName": "ranged",
            "KeySchema": [
                {"AttributeName": "g", "KeyType": "HASH"},
                {"AttributeName": "h", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        },
        {
            "IndexName": "several",
            "KeySchema": [
                {"AttributeName": "g", "KeyType": "HASH"},
                {"AttributeName": "c", "KeyType": "HASH"},
                {"AttributeName": "h", "KeyType": "RANGE"},
                {"AttributeName": "l", "KeyType": "RANGE"},
            ],
            "Projection": {"ProjectionType": "ALL"},
        },
    ],
}


class IndexModel(NamedTuple):
    """Which items an index has, in which order, and what of them; `kept` is None for everything."""

    hash: tuple[str, ...]
    range: tuple[str, ...]
    kept: tuple[str, ...] | None


INDEXES = {
    "local": IndexModel(("pk",), ("l",), ("pk", "sk", "l", "n")),
    "hashed": IndexModel(("g",), (), ("pk", "sk", "g")),
    "ranged": IndexModel(("g",), ("h",), None),
    "several": IndexModel(("g", "c"), ("h", "l"), None),
}

PARTITIONS = ("a", "b", "c\0")
SORTS = ("-1.5", "0", "1", "2", "10")
SPELLINGS: dict[str, tuple[str, ...]] = {
    "-1.5": ("-1.5", "-15e-1", "-01.50"),
    "0": ("0", "-0", "0.00"),
    "1": ("1", "1.0", "+1", "0.1E1"),
    "2": ("2", "2.000"),
    "10": ("10", "1e1"),
}
# Values of attributes: as sent, and as answered.
VALUES: dict[str, tuple[tuple[Item, Item], ...]] = {
    "l": tuple(({"S": text}, {"S": text}) for text in ("x", "x\0", "xy", "é")),
    "g": tuple(({"S": text}, {"S": text}) for text in ("red", "green")),
    "h": (({"N": "3.0"}, {"N": "3"}), ({"N": "-2"}, {"N": "-2"}), ({"N": "30"}, {"N": "30"})),
    "c": (({"B": "AA=="}, {"B": "AA=="}), ({"B": "/w=="}, {"B": "/w=="})),
    "n": (({"N": "1"}, {"N": "1"}), ({"N": "2.50"}, {"N": "2.5"})),
    "m": (({"M": {"a": {"N": "1.0"}}}, {"M": {"a": {"N": "1"}}}), ({"M": {}}, {"M": {}})),
}


class Write(NamedTuple):
    """A request that writes, and what it does to the model; `effect` gives whether the request succeeds."""

    operation: str
    request: dict[str, Any]
    effect: Callable[[Table], bool]


def drawn(source: Random, count: int) -> list[Write]:
    """So many writes."""
    kinds = (_put, _put, _put, _delete, _update, _update, _update, _remove, _add, _batch)
    return [source.choice(kinds)(source) for _ in range(count)]


def _key(source: Random) -> tuple[Item, Item]:
    """A key as sent and as answered."""
    partition, sort = {"S": source.choice(PARTITIONS)}, source.choice(SORTS)
    sent = {"N": source.choice(SPELLINGS[sort])}
    return {"pk": partition, "sk": sent}, {"pk": partition, "sk": {"N": sort}}


def _attributes(source: Random) -> tuple[Item, Item]:
    sent, answered = {}, {}
    for name, values in VALUES.items():
        if source.random() < 0.6:
            sent[name], answered[name] = source.choice(values)
    return sent, answered


def position(item: Item) -> tuple[str, Decimal]:
    """Where the model keeps an item."""
    return item["pk"]["S"], Decimal(item["sk"]["N"])


def _conditioned(source: Random, request: dict[str, Any], key: Item) -> Callable[[Table], bool]:
    """Sometimes add a condition to a request; whether it holds."""
    at = position(key)
    chance = source.random()
    if chance < 0.15:
        request["ConditionExpression"] = "attribute_not_exists(pk)"
        return lambda table: at not in table
    if chance < 0.3:
        request["ConditionExpression"] = "attribute_exists(g)"
        return lambda table: "g" in table.get(at, {})
    return lambda _table: True


def _put(source: Random) -> Write:
    sent, key = _key(source)
    more, answered = _attributes(source)
    request: dict[str, Any] = {"TableName": NAME, "Item": sent | more}
    holds = _conditioned(source, request, key)

    def effect(table: Table) -> bool:
        if not holds(table):
            return False
        table[position(key)] = key | answered
        return True

    return Write("PutItem", request, effect)


def _delete(source: Random) -> Write:
    sent, key = _key(source)
    request: dict[str, Any] = {"TableName": NAME, "Key": sent}
    holds = _conditioned(source, request, key)

    def effect(table: Table) -> bool:
        if not holds(table):
            return False
        table.pop(position(key), None)
        return True

    return Write("DeleteItem", request, effect)


def _update(source: Random) -> Write:
    """Set an attribute, and take another one away."""
    sent, key = _key(source)
    name, other = source.sample(sorted(VALUES), 2)
    value, answered = source.choice(VALUES[name])
    request: dict[str, Any] = {
        "TableName": NAME,
        "Key": sent,
        "UpdateExpression": "SET #n = :v REMOVE #o",
        "ExpressionAttributeNames": {"#n": name, "#o": other},
        "ExpressionAttributeValues": {":v": value},
    }
    holds = _conditioned(source, request, key)

    def effect(table: Table) -> bool:
        if not holds(table):
            return False
        item = dict(table.get(position(key), key)) | {name: answered}
        item.pop(other, None)
        table[position(key)] = item
        return True

    return Write("UpdateItem", request, effect)


def _remove(source: Random) -> Write:
    """Take an attribute away, which makes no item."""
    sent, key = _key(source)
    name = source.choice(sorted(VALUES))
    request = {"TableName": NAME, "Key": sent, "AttributeUpdates": {name: {"Action": "DELETE"}}}

    def effect(table: Table) -> bool:
        if position(key) in table:
            item = dict(table[position(key)])
            item.pop(name, None)
            table[position(key)] = item
        return True

    return Write("UpdateItem", request, effect)


def _add(source: Random) -> Write:
    """Add to a number that is an index key."""
    sent, key = _key(source)
    addend = source.choice(("1", "-2", "0.5"))
    request = {
        "TableName": NAME,
        "Key": sent,
        "UpdateExpression": "ADD h :d",
        "ExpressionAttributeValues": {":d": {"N": addend}},
    }

    def effect(table: Table) -> bool:
        item = table.get(position(key), key)
        total = Decimal(item.get("h", {"N": "0"})["N"]) + Decimal(addend)
        text = f"{total.normalize():f}" if total else "0"
        table[position(key)] = item | {"h": {"N": text}}
        return True

    return Write("UpdateItem", request, effect)


def _batch(source: Random) -> Write:
    """Several puts and deletes of different items."""
    writes: dict[tuple[str, Decimal], tuple[dict[str, Any], Item | None]] = {}
    for _ in range(source.randint(1, 8)):
        sent, key = _key(source)
        if source.random() < 0.6:
            more, answered = _attributes(source)
            writes[position(key)] = {"PutRequest": {"Item": sent | more}}, key | answered
        else:
            writes[position(key)] = {"DeleteRequest": {"Key": sent}}, None

    def effect(table: Table) -> bool:
        for at, (_, item) in writes.items():
            table.pop(at, None)
            if item is not None:
                table[at] = item
        return True

    request = {"RequestItems": {NAME: [request for request, _ in writes.values()]}}
    return Write("BatchWriteItem", request, effect)
