"""What TransactWriteItems does: all of its actions or none, and why not.

Source: the API reference of TransactWriteItems, and AWS's replies as listed in docs/validation.md.
"""

from typing import Any

import pytest

from harness.actions import check, delete, pk, put, update
from harness.api import Api

INVALID = "One or more parameter values were invalid: "
FAILED = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
NONE = {"Code": "None"}


def write(api: Api, *actions: Any, **more: Any) -> Any:
    return api("TransactWriteItems", {"TransactItems": list(actions), **more})


def cancelled(api: Api, *actions: Any, **more: Any) -> list[dict[str, Any]]:
    """The reasons of a cancellation, whose text lists their codes."""
    body = api.error_body("TransactWriteItems", {"TransactItems": list(actions), **more})
    assert body["__type"] == "com.amazonaws.dynamodb.v20120810#TransactionCanceledException"
    reasons: list[dict[str, Any]] = body["CancellationReasons"]
    codes = ", ".join(reason["Code"] for reason in reasons)
    assert body["Message"] == (
        f"Transaction cancelled, please refer cancellation reasons for specific reasons [{codes}]"
    )
    return reasons


def scanned(api: Api, table: str, **more: Any) -> list[Any]:
    items = api.items("Scan", {"TableName": table, **more})
    return sorted(items, key=lambda item: str(item["pk"]))


def test_actions_of_several_tables_take_effect_together(api: Api, plain: str, indexed: str) -> None:
    api.put(plain, pk("old") | {"n": {"N": "1"}}, pk("gone"), pk("checked"))
    new = {"pk": {"S": "a"}, "sk": {"N": "1"}, "g": {"S": "x"}, "more": {"S": "y"}}
    reply = write(
        api,
        put(indexed, new, ConditionExpression="attribute_not_exists(pk)"),
        update(plain, pk("old"), "SET n = n + :one", ExpressionAttributeValues={":one": {"N": "1"}}),
        delete(plain, pk("gone")),
        check(plain, pk("checked"), "attribute_exists(pk)"),
        update(plain, pk("made"), "SET a = :a", ExpressionAttributeValues={":a": {"S": "b"}}),
    )
    assert reply == {}
    assert scanned(api, indexed) == [new]
    assert scanned(api, indexed, IndexName="global") == [{name: new[name] for name in ("g", "pk", "sk")}]
    assert scanned(api, plain) == [
        pk("checked"),
        pk("made") | {"a": {"S": "b"}},
        pk("old") | {"n": {"N": "2"}},
    ]


def test_one_refusal_cancels_all(api: Api, plain: str) -> None:
    api.put(plain, pk("there") | {"n": {"N": "1"}})
    reasons = cancelled(
        api,
        put(plain, pk("new")),
        delete(plain, pk("there")),
        check(plain, pk("absent"), "attribute_exists(pk)"),
    )
    assert reasons == [NONE, NONE, FAILED]
    assert scanned(api, plain) == [pk("there") | {"n": {"N": "1"}}]


def test_every_action_has_its_reason(api: Api, plain: str) -> None:
    there = pk("there") | {"n": {"N": "1"}}
    api.put(plain, there)
    shown = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    reasons = cancelled(
        api,
        put(plain, pk("absent"), ConditionExpression="attribute_exists(pk)", **shown),
        put(plain, pk("other")),
        delete(plain, pk("there"), ConditionExpression="attribute_not_exists(pk)", **shown),
        put(plain, {"pk": {"N": "1"}}),
        check(plain, pk("third"), "attribute_exists(pk)", ReturnValuesOnConditionCheckFailure="NONE"),
    )
    mismatch = INVALID + "Type mismatch for key pk expected: S actual: N"
    assert reasons == [
        FAILED,
        NONE,
        FAILED | {"Item": there},
        {"Code": "ValidationError", "Message": mismatch},
        FAILED,
    ]


def test_an_update_that_makes_no_item(api: Api, plain: str) -> None:
    write(api, update(plain, pk("absent"), "REMOVE a"), put(plain, pk("put")))
    assert scanned(api, plain) == [pk("put")]


def test_a_hundred_actions(api: Api, plain: str) -> None:
    write(api, *(put(plain, pk(f"{number:03}")) for number in range(100)))
    assert len(scanned(api, plain)) == 100


BOTH = {"pk": {"S": "a"}, "sk": {"N": "1"}}


@pytest.mark.parametrize(
    ("action", "text"),
    [
        (put("{}", {"pk": {"S": "a"}}), INVALID + "Missing the key sk in the item"),
        (
            put("{}", {"pk": {"S": "a"}, "sk": {"S": "1"}}),
            INVALID + "Type mismatch for key sk expected: N actual: S",
        ),
        (
            put("{}", {"pk": {"S": "x" * 2049}, "sk": {"N": "1"}}),
            INVALID + "Size of hashkey has exceeded the maximum size limit of2048 bytes",
        ),
        (
            put("{}", BOTH | {"g": {"N": "1"}}),
            INVALID + "Type mismatch for Index Key g Expected: S Actual: N IndexName: global",
        ),
        (delete("{}", {"pk": {"S": "a"}}), "The provided key element does not match the schema"),
        (
            check("{}", BOTH | {"x": {"S": "a"}}, "a = b"),
            "The provided key element does not match the schema",
        ),
        (
            update("{}", BOTH, "REMOVE sk"),
            INVALID + "Cannot update attribute sk. This attribute is part of the key",
        ),
        (
            check("{}", BOTH, "attribute_exists(pk.a)"),
            "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: "
            "Key: pk",
        ),
        (
            update("{}", BOTH, "SET a.b = pk"),
            "The document path provided in the update expression is invalid for update",
        ),
        (
            update("{}", BOTH, "SET n = pk + sk"),
            "An operand in the update expression has an incorrect data type",
        ),
        (
            update("{}", BOTH, "SET n = absent"),
            "The provided expression refers to an attribute that does not exist in the item",
        ),
        (
            update("{}", BOTH, "SET a = :a, b = :a", ExpressionAttributeValues={":a": {"S": "x" * 210_000}}),
            "Item size to update has exceeded the maximum allowed size",
        ),
    ],
)
def test_what_an_items_schema_or_state_refuses_is_a_reason(
    api: Api, indexed: str, action: dict[str, Any], text: str
) -> None:
    [(kind, parameters)] = action.items()
    action = {kind: parameters | {"TableName": indexed}}
    other = put(indexed, BOTH | {"pk": {"S": "b"}})
    assert cancelled(api, other, action) == [NONE, {"Code": "ValidationError", "Message": text}]
    assert scanned(api, indexed) == []


def test_consumed_capacity(api: Api, plain: str, indexed: str) -> None:
    """The table's units are doubled, those of indexes are not; there is one entry for each table."""
    api.put(plain, pk("checked") | {"s": {"S": "x" * 1500}})
    actions = [
        put(indexed, BOTH | {"g": {"S": "x"}, "l": {"S": "x"}, "s": {"S": "x" * 1100}}),
        check(plain, pk("checked"), "attribute_exists(pk)"),
        put(indexed, BOTH | {"pk": {"S": "b"}}),
        delete(plain, pk("absent")),
    ]

    def units(number: float) -> dict[str, float]:
        return {"CapacityUnits": number, "WriteCapacityUnits": number}

    reply = write(api, *actions, ReturnConsumedCapacity="INDEXES")
    assert reply == {
        "ConsumedCapacity": [
            {
                "TableName": indexed,
                **units(9.0),
                "Table": units(6.0),
                "LocalSecondaryIndexes": {"local": units(2.0)},
                "GlobalSecondaryIndexes": {"global": units(1.0)},
            },
            {"TableName": plain, **units(6.0), "Table": units(6.0)},
        ]
    }
    # Nothing changes in the indexes any more.
    reply = write(api, *actions, ReturnConsumedCapacity="TOTAL")
    assert reply["ConsumedCapacity"] == [
        {"TableName": indexed, **units(6.0)},
        {"TableName": plain, **units(6.0)},
    ]
    assert write(api, *actions, ReturnConsumedCapacity="NONE") == {}


def test_a_table_by_its_name_and_its_arn_is_one_table(api: Api, plain: str) -> None:
    arn = f"arn:aws:dynamodb:us-east-1:000000000000:table/{plain}"
    reply = write(api, put(arn, pk("a")), put(plain, pk("b")), ReturnConsumedCapacity="TOTAL")
    assert reply["ConsumedCapacity"] == [{"TableName": arn, "CapacityUnits": 4.0, "WriteCapacityUnits": 4.0}]
    duplicated = {"TransactItems": [put(arn, pk("a")), put(plain, pk("a"))]}
    assert api.refusal("TransactWriteItems", duplicated) == (
        "ValidationException",
        "Transaction request cannot include multiple operations on one item",
    )


def test_item_collection_metrics(api: Api, plain: str, indexed: str) -> None:
    """Of the collections that were written to, once each; only tables with local indexes have them."""
    reply = write(
        api,
        put(plain, pk("a")),
        put(indexed, BOTH),
        put(indexed, BOTH | {"sk": {"N": "2"}}),
        delete(indexed, BOTH | {"pk": {"S": "b"}}),
        check(indexed, BOTH | {"pk": {"S": "c"}}, "attribute_not_exists(pk)"),
        ReturnItemCollectionMetrics="SIZE",
    )
    assert reply == {
        "ItemCollectionMetrics": {
            indexed: [
                {"ItemCollectionKey": {"pk": {"S": "a"}}, "SizeEstimateRangeGB": [0.0, 1.0]},
                {"ItemCollectionKey": {"pk": {"S": "b"}}, "SizeEstimateRangeGB": [0.0, 1.0]},
            ]
        }
    }
    assert write(api, put(plain, pk("a")), ReturnItemCollectionMetrics="SIZE") == {}
