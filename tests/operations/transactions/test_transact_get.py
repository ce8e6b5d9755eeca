"""What TransactGetItems answers.

Source: the API reference, and AWS's replies as listed in docs/validation.md.
"""

from typing import Any

import pytest

from harness.actions import get, pk
from harness.api import Api

NO_MATCH = "The provided key element does not match the schema"
BOTH = {"pk": {"S": "a"}, "sk": {"N": "1"}}


def read(api: Api, *reads: Any, **more: Any) -> Any:
    return api("TransactGetItems", {"TransactItems": list(reads), **more})


def refusal(api: Api, *reads: Any) -> tuple[str, str | None]:
    return api.refusal("TransactGetItems", {"TransactItems": list(reads)})


def test_responses_are_in_the_order_of_the_request(api: Api, plain: str, indexed: str) -> None:
    api.put(plain, pk("a") | {"n": {"N": "1"}}, pk("b"))
    api.put(indexed, BOTH)
    reply = read(api, get(plain, pk("b")), get(indexed, BOTH), get(plain, pk("absent")), get(plain, pk("a")))
    assert reply == {
        "Responses": [{"Item": pk("b")}, {"Item": BOTH}, {}, {"Item": pk("a") | {"n": {"N": "1"}}}]
    }


def test_projections(api: Api, plain: str) -> None:
    """What a projection finds nothing of is left out, unlike GetItem's."""
    api.put(plain, pk("a") | {"m": {"M": {"x": {"S": "y"}, "z": {"S": "z"}}}})
    names = {"ExpressionAttributeNames": {"#m": "m"}}
    reply = read(api, get(plain, pk("a"), ProjectionExpression="#m.x", **names))
    assert reply["Responses"] == [{"Item": {"m": {"M": {"x": {"S": "y"}}}}}]
    assert read(api, get(plain, pk("a"), ProjectionExpression="absent"))["Responses"] == [{}]


def test_consumed_capacity(api: Api, plain: str, indexed: str) -> None:
    """Twice what a strongly consistent read costs, also for what is not there."""
    api.put(plain, pk("a") | {"s": {"S": "x" * 5_000}})
    reads = [get(plain, pk("a")), get(indexed, BOTH), get(plain, pk("absent"))]

    def units(number: float) -> dict[str, float]:
        return {"CapacityUnits": number, "ReadCapacityUnits": number}

    assert read(api, *reads, ReturnConsumedCapacity="INDEXES")["ConsumedCapacity"] == [
        {"TableName": plain, **units(6.0), "Table": units(6.0)},
        {"TableName": indexed, **units(2.0), "Table": units(2.0)},
    ]
    assert read(api, *reads, ReturnConsumedCapacity="TOTAL")["ConsumedCapacity"] == [
        {"TableName": plain, **units(6.0)},
        {"TableName": indexed, **units(2.0)},
    ]
    assert "ConsumedCapacity" not in read(api, *reads, ReturnConsumedCapacity="NONE")


@pytest.mark.parametrize(
    ("item", "member"),
    [({}, "get"), ({"Get": {"TableName": "abc"}}, "get.key"), ({"Get": {"Key": pk("a")}}, "get.tableName")],
)
def test_shapes(api: Api, item: dict[str, Any], member: str) -> None:
    assert refusal(api, item) == (
        "ValidationException",
        f"1 validation error detected: Value null at 'transactItems.1.member.{member}' "
        "failed to satisfy constraint: Member must not be null",
    )


@pytest.mark.parametrize(
    ("parameters", "text"),
    [
        (
            {"ExpressionAttributeNames": {"#a": "a"}},
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            {"ProjectionExpression": "a,"},
            'Invalid ProjectionExpression: Syntax error; token: "<EOF>", near: ","',
        ),
        (
            {"ProjectionExpression": "a", "ExpressionAttributeNames": {"#b": "b"}},
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#b}",
        ),
        (
            {"Key": {"pk": {}}},
            "Supplied AttributeValue is empty, must contain exactly one of the supported datatypes",
        ),
    ],
)
def test_a_reads_own_checks_come_before_its_table(api: Api, parameters: dict[str, Any], text: str) -> None:
    assert refusal(api, {"Get": {"TableName": "nowhere", "Key": pk("a"), **parameters}}) == (
        "ValidationException",
        text,
    )


def test_refusals_of_the_whole(api: Api, plain: str) -> None:
    twice = [get(plain, pk("a")), get(plain, pk("a"), ProjectionExpression="x")]
    duplicates = ("ValidationException", "Transaction request cannot include multiple operations on one item")
    missing = ("ResourceNotFoundException", "Requested resource not found")
    assert refusal(api, *twice) == duplicates
    assert refusal(api, get("nowhere", pk("a")), *twice) == duplicates
    assert refusal(api, get("nowhere", pk("a")), get(plain, {"x": {"S": "a"}})) == missing
    assert refusal(api, get(plain, pk(""))) == (
        "ValidationException",
        "One or more parameter values are not valid. "
        "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk",
    )


def test_a_key_that_is_not_the_schemas_cancels(api: Api, plain: str) -> None:
    reads = [
        get(plain, pk("a")),
        get(plain, {"pk": {"N": "1"}}),
        get(plain, pk("b"), ProjectionExpression="pk.x"),
    ]
    scalars = (
        "Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: pk"
    )
    body = api.error_body("TransactGetItems", {"TransactItems": reads})
    assert body == {
        "__type": "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",
        "Message": "Transaction cancelled, please refer cancellation reasons for specific reasons "
        "[None, ValidationError, ValidationError]",
        "CancellationReasons": [
            {"Code": "None"},
            {"Code": "ValidationError", "Message": NO_MATCH},
            {"Code": "ValidationError", "Message": scalars},
        ],
    }


def test_four_megabytes(api: Api, plain: str) -> None:
    keys = [pk(str(number)) for number in range(11)]
    for key in keys:
        api.put(plain, key | {"s": {"S": "x" * 400_000}})
    reads = [get(plain, key) for key in keys]
    assert len(read(api, *reads[:10])["Responses"]) == 10
    name, text = refusal(api, *reads)
    assert name == "ValidationException"
    assert str(text).endswith("exceeding the 4MB limit")
