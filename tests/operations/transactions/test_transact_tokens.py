"""A ClientRequestToken makes a repeated TransactWriteItems harmless, for ten minutes.

Source: the API reference of TransactWriteItems, "ClientRequestToken".
"""

import asyncio
import itertools
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from harness.actions import check, pk, put, update
from harness.api import Api
from harness.process import ServerProcess
from stator import model
from stator.base.clock import SystemClock
from stator.base.errors import ApiError
from stator.base.ids import RandomIds
from stator.operations import REGISTRY, Call
from stator.storage.open import open_engine
from stator.tables.database import Database

ONE = {"ExpressionAttributeValues": {":one": {"N": "1"}}}
MISMATCH = "IdempotentParameterMismatchException"


@pytest.fixture
def token() -> Iterator[str]:
    """A token that no other test uses."""
    return f"token-{next(_numbers)}"


_numbers = itertools.count()


def increase(table: str, **more: Any) -> dict[str, Any]:
    """A request that must not be carried out twice."""
    return {"TransactItems": [update(table, pk("a"), "ADD n :one", **ONE)], **more}


def number(api: Api, table: str) -> str:
    item = api("GetItem", {"TableName": table, "Key": pk("a")})["Item"]
    return str(item["n"]["N"])


def test_a_repeated_request_is_not_carried_out_again(api: Api, plain: str, token: str) -> None:
    request = increase(plain, ClientRequestToken=token, ReturnConsumedCapacity="TOTAL")
    first, second, third = (api("TransactWriteItems", request) for _ in range(3))
    assert number(api, plain) == "1"
    assert first["ConsumedCapacity"] == [
        {"TableName": plain, "CapacityUnits": 2.0, "WriteCapacityUnits": 2.0}
    ]
    assert second == third
    assert second["ConsumedCapacity"] == [
        {"TableName": plain, "CapacityUnits": 2.0, "ReadCapacityUnits": 2.0}
    ]
    api("TransactWriteItems", increase(plain))
    assert number(api, plain) == "2"


def test_a_repeated_request_costs_reading_its_items(api: Api, plain: str, indexed: str, token: str) -> None:
    api.put(plain, pk("checked") | {"s": {"S": "x" * 5_000}})
    request = {
        "TransactItems": [
            put(indexed, {"pk": {"S": "a"}, "sk": {"N": "1"}, "g": {"S": "x"}}),
            check(plain, pk("checked"), "attribute_exists(pk)"),
        ],
        "ClientRequestToken": token,
        "ReturnConsumedCapacity": "INDEXES",
        "ReturnItemCollectionMetrics": "SIZE",
    }
    first = api("TransactWriteItems", request)
    again = api("TransactWriteItems", request)
    assert again["ItemCollectionMetrics"] == first["ItemCollectionMetrics"]
    two, four = ({"CapacityUnits": units, "ReadCapacityUnits": units} for units in (2.0, 4.0))
    assert again["ConsumedCapacity"] == [
        {"TableName": indexed, **two, "Table": two},
        {"TableName": plain, **four, "Table": four},
    ]


def test_the_order_of_members_does_not_matter(api: Api, plain: str, token: str) -> None:
    item = pk("a") | {"m": {"M": {"x": {"S": "1"}, "y": {"S": "2"}}}}
    request = {"TransactItems": [put(plain, item)], "ClientRequestToken": token}
    api("TransactWriteItems", request)
    turned = dict(reversed([(name, turn(value)) for name, value in request.items()]))
    assert msgspec.json.encode(turned) != msgspec.json.encode(request)
    assert api("TransactWriteItems", turned) == {}


def turn(value: Any) -> Any:
    """The same value, with the members of every object in the other order."""
    if isinstance(value, dict):
        return {name: turn(member) for name, member in reversed(value.items())}
    return [turn(element) for element in value] if isinstance(value, list) else value


def test_other_parameters_are_a_mistake(api: Api, plain: str, token: str) -> None:
    request = increase(plain, ClientRequestToken=token)
    api("TransactWriteItems", request)
    for other in (
        increase(plain, ClientRequestToken=token, ReturnConsumedCapacity="TOTAL"),
        {"TransactItems": [put(plain, pk("b"))], "ClientRequestToken": token},
        {"TransactItems": [*request["TransactItems"], put(plain, pk("b"))], "ClientRequestToken": token},
        # What it would come to does not matter.
        {"TransactItems": [check(plain, pk("b"), "attribute_exists(pk)")], "ClientRequestToken": token},
    ):
        assert api.refusal("TransactWriteItems", other)[0] == MISMATCH
    assert api.items("Scan", {"TableName": plain}) == [pk("a") | {"n": {"N": "1"}}]
    # The request itself is still known.
    assert api("TransactWriteItems", request) == {}
    assert number(api, plain) == "1"


def test_a_cancelled_transaction_does_not_use_its_token(api: Api, plain: str, token: str) -> None:
    request = {
        "TransactItems": [put(plain, pk("b")), check(plain, pk("a"), "attribute_exists(pk)")],
        "ClientRequestToken": token,
    }
    assert api.refusal("TransactWriteItems", request)[0] == "TransactionCanceledException"
    api.put(plain, pk("a"))
    assert api("TransactWriteItems", request) == {}
    assert len(api.items("Scan", {"TableName": plain})) == 2


@pytest.mark.parametrize("phase", [0, 1, 299, 599])
def test_ten_minutes(api: Api, timed_server: ServerProcess, plain: str, token: str, phase: int) -> None:
    """Wherever in a period of ten minutes the transaction ends."""
    clock = timed_server.clock
    clock.advance(600 - clock.now() % 600 + phase)
    request = increase(plain, ClientRequestToken=token)
    api("TransactWriteItems", request)
    clock.advance(599.9)
    api("TransactWriteItems", request)
    assert number(api, plain) == "1"
    clock.advance(0.1)
    api("TransactWriteItems", request)
    assert number(api, plain) == "2"
    # From here on the second one counts.
    clock.advance(599)
    api("TransactWriteItems", request)
    assert number(api, plain) == "2"


def test_requests_that_meet_in_one_commit() -> None:
    """The second sees the token of the first, though nothing of it is durable yet."""

    async def meet() -> tuple[list[Any], bytes]:
        database = await Database.open(
            open_engine(None), clock=SystemClock(), ids=RandomIds(), account="0" * 12
        )
        call = Call(database, "us-east-1", "test")

        def send(operation: str, request: dict[str, Any]) -> Any:
            decoded = model.decode(operation).decode(msgspec.json.encode(request))
            return REGISTRY[f"DynamoDB_20120810.{operation}"].handler(call, decoded)

        definitions = [{"AttributeName": "pk", "AttributeType": "S"}]
        schema = [{"AttributeName": "pk", "KeyType": "HASH"}]
        await send(
            "CreateTable",
            {
                "TableName": "counters",
                "AttributeDefinitions": definitions,
                "KeySchema": schema,
                "BillingMode": "PAY_PER_REQUEST",
            },
        )
        same = increase("counters", ClientRequestToken="one")
        other = {"TransactItems": [put("counters", pk("b"))], "ClientRequestToken": "one"}
        replies = [send("TransactWriteItems", request) for request in (same, same, other)]
        answers = await asyncio.gather(*replies, return_exceptions=True)
        return answers, send("Scan", {"TableName": "counters", "ProjectionExpression": "n"})

    (first, second, third), left = asyncio.run(meet())
    assert first == second == b"{}"
    assert isinstance(third, ApiError)
    assert third.name == MISMATCH
    assert msgspec.json.decode(left)["Items"] == [{"n": {"N": "1"}}]
