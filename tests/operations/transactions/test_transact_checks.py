"""What refuses a TransactWriteItems as a whole, and in which order.

Source: AWS's replies as listed in docs/validation.md, "TransactWriteItems".
"""

from itertools import combinations
from typing import Any, NamedTuple

import pytest

from harness.actions import check, delete, pk, put, update
from harness.api import Api

ONE = "1 validation error detected: "
EXPRESSION_VALUES = {"ExpressionAttributeValues": {":v": {"S": "x"}}}


def refusal(api: Api, *actions: Any, **more: Any) -> tuple[str, str | None]:
    return api.refusal("TransactWriteItems", {"TransactItems": list(actions), **more})


@pytest.mark.parametrize(
    ("request_", "text"),
    [
        ({}, "Value null at 'transactItems' failed to satisfy constraint: Member must not be null"),
        (
            {"TransactItems": []},
            "Value '[]' at 'transactItems' failed to satisfy constraint: "
            "Member must have length greater than or equal to 1",
        ),
        (
            {"TransactItems": [put("abc", pk("a"))], "ClientRequestToken": "x" * 37},
            f"Value '{'x' * 37}' at 'clientRequestToken' failed to satisfy constraint: "
            "Member must have length less than or equal to 36",
        ),
        (
            {"TransactItems": [{"ConditionCheck": {"TableName": "abc", "Key": pk("a")}}]},
            "Value null at 'transactItems.1.member.conditionCheck.conditionExpression' "
            "failed to satisfy constraint: Member must not be null",
        ),
        (
            {"TransactItems": [put("abc", pk("a")), {"Update": {"TableName": "abc", "Key": pk("a")}}]},
            "Value null at 'transactItems.2.member.update.updateExpression' "
            "failed to satisfy constraint: Member must not be null",
        ),
    ],
)
def test_shapes(api: Api, request_: dict[str, Any], text: str) -> None:
    assert api.refusal("TransactWriteItems", request_) == ("ValidationException", ONE + text)


def test_too_many_actions(api: Api) -> None:
    name, text = refusal(api, *[{}] * 101)
    assert name == "ValidationException"
    assert str(text).endswith(
        "at 'transactItems' failed to satisfy constraint: Member must have length less than or equal to 100"
    )


@pytest.mark.parametrize(
    ("action", "text"),
    [
        ({}, "TransactItems can only contain one of Check, Put, Update or Delete"),
        (
            put("abc", pk("a")) | delete("abc", pk("a")),
            "TransactItems can only contain one of Check, Put, Update or Delete",
        ),
        (
            put("abc", {"pk": {"SS": []}}),
            "One or more parameter values were invalid: An string set  may not be empty",
        ),
        (
            delete("abc", {"pk": {"N": "x"}}),
            "The parameter cannot be converted to a numeric value: x",
        ),
        (
            put("abc", pk("a"), ExpressionAttributeNames={"#a": "a"}),
            "ExpressionAttributeNames can only be specified when using expressions",
        ),
        (
            delete("abc", pk("a"), **EXPRESSION_VALUES),
            "ExpressionAttributeValues can only be specified when using expressions: "
            "ConditionExpression is null",
        ),
        (
            check("abc", pk("a"), "a = :v AND", **EXPRESSION_VALUES),
            'Invalid ConditionExpression: Syntax error; token: "<EOF>", near: "AND"',
        ),
        (
            update("abc", pk("a"), "SET a = :v, a = :v", **EXPRESSION_VALUES),
            "Invalid UpdateExpression: Two document paths overlap with each other; must remove or rewrite "
            "one of these paths; path one: [a], path two: [a]",
        ),
        (
            update("abc", pk("a"), "REMOVE a", **EXPRESSION_VALUES),
            "Value provided in ExpressionAttributeValues unused in expressions: keys: {:v}",
        ),
        (
            put("abc", pk("a"), ConditionExpression="a = b", ExpressionAttributeNames={"#c": "c"}),
            "Value provided in ExpressionAttributeNames unused in expressions: keys: {#c}",
        ),
        (
            put("abc", pk("a") | {"s": {"S": "x" * 409_600}}),
            "Item size has exceeded the maximum allowed size",
        ),
    ],
)
def test_an_actions_own_checks_are_worded_bare(api: Api, action: dict[str, Any], text: str) -> None:
    """They come before the table is looked for, which does not exist here."""
    assert refusal(api, action) == ("ValidationException", text)


class Stage(NamedTuple):
    """A stage of the checks: actions that it refuses, and its answer."""

    name: str
    actions: list[dict[str, Any]]
    answer: tuple[str, str]


def stages(table: str) -> list[Stage]:
    large = {"s": {"S": "x" * 400_000}}
    empty = (
        "One or more parameter values are not valid. "
        "The AttributeValue for a key attribute cannot contain an empty string value. Key: pk"
    )
    return [
        Stage(
            "one action",
            [{}],
            ("ValidationException", "TransactItems can only contain one of Check, Put, Update or Delete"),
        ),
        Stage(
            "its own checks",
            [update(table, pk("own"), "SET")],
            (
                "ValidationException",
                'Invalid UpdateExpression: Syntax error; token: "<EOF>", near: "SET"',
            ),
        ),
        Stage("empty key", [delete(table, pk(""))], ("ValidationException", empty)),
        Stage(
            "one item twice",
            [put(table, pk("twice")), delete(table, pk("twice"))],
            ("ValidationException", "Transaction request cannot include multiple operations on one item"),
        ),
        Stage(
            "size",
            [put(table, pk(f"large-{number}") | large) for number in range(11)],
            (
                "ValidationException",
                "Collection size of items exceeded, which can also be caused by the aggregate size of the "
                "items in the transaction exceeding the 4MB limit",
            ),
        ),
        Stage(
            "no table",
            [put("nowhere", pk("a"))],
            ("ResourceNotFoundException", "Requested resource not found"),
        ),
        Stage(
            "cancellation",
            [check(table, pk("absent"), "attribute_exists(pk)")],
            (
                "TransactionCanceledException",
                "Transaction cancelled, please refer cancellation reasons for specific reasons "
                "[ConditionalCheckFailed]",
            ),
        ),
    ]


def test_the_order_of_the_stages(api: Api, plain: str) -> None:
    for stage in stages(plain):
        assert refusal(api, *stage.actions) == stage.answer, stage.name
    for earlier, later in combinations(stages(plain), 2):
        both = refusal(api, *later.actions, *earlier.actions)
        assert both == earlier.answer, f"{earlier.name} comes before {later.name}"


def test_what_lies_there_counts_for_the_size(api: Api, plain: str) -> None:
    keys = [pk(str(number)) for number in range(11)]
    for key in keys:
        api.put(plain, key | {"s": {"S": "x" * 400_000}})
    checks = [check(plain, key, "attribute_exists(pk)") for key in keys]
    name, text = refusal(api, *checks)
    assert name == "ValidationException"
    assert str(text).endswith("exceeding the 4MB limit")
    assert api("TransactWriteItems", {"TransactItems": checks[:10]}) == {}
