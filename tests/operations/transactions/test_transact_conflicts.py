"""With `--transaction-conflicts on`, a request that meets a transaction under way is refused as on AWS.

Requests are handed over without waiting in between, so they meet: nothing of the first is durable yet.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from harness.actions import check, get, pk, put, update
from stator.base.clock import SystemClock
from stator.base.errors import ApiError
from stator.server.application import open_application
from stator.server.config import Settings

ONGOING = "Transaction is ongoing for the item"
TABLE = "counted"
Send = Callable[[str, dict[str, Any]], Any]


def with_server(conflicts: str, scene: Callable[[Send], Awaitable[None]]) -> None:
    """Run a scene against a server's operations, where a table with the number `pk` and a table `pk` are."""

    async def run() -> None:
        application = await open_application(
            Settings(memory=True, transaction_conflicts=conflicts), SystemClock()
        )
        call = application.make_call("us-east-1", "test")

        def send(operation: str, request: dict[str, Any]) -> Any:
            decoded = application.decoder(operation).decode(msgspec.json.encode(request))
            return application.operations[f"DynamoDB_20120810.{operation}"].handler(call, decoded)

        for name, kind in ((TABLE, "S"), ("numbers", "N")):
            await send(
                "CreateTable",
                {
                    "TableName": name,
                    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": kind}],
                    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                    "BillingMode": "PAY_PER_REQUEST",
                },
            )
        try:
            await scene(send)
        finally:
            await application.close()

    asyncio.run(run())


def transact(*actions: Any, **more: Any) -> dict[str, Any]:
    return {"TransactItems": list(actions), **more}


def one_is_under_way(send: Send) -> Any:
    """A transaction that nobody has waited for."""
    return send(
        "TransactWriteItems",
        transact(
            put(TABLE, pk("put")),
            check(TABLE, pk("checked"), "attribute_not_exists(pk)"),
            put("numbers", {"pk": {"N": "1"}}),
            ClientRequestToken="under way",
        ),
    )


SINGLE_WRITES = [
    ("PutItem", {"TableName": TABLE, "Item": pk("put") | {"a": {"S": "b"}}}),
    ("UpdateItem", {"TableName": TABLE, "Key": pk("checked")}),
    ("DeleteItem", {"TableName": TABLE, "Key": pk("put")}),
    ("DeleteItem", {"TableName": f"arn:aws:dynamodb:us-east-1:000000000000:table/{TABLE}", "Key": pk("put")}),
    ("PutItem", {"TableName": "numbers", "Item": {"pk": {"N": "1.00"}}}),
]


@pytest.mark.parametrize(("operation", "request_"), SINGLE_WRITES)
def test_a_write_of_an_item_of_a_transaction_under_way(operation: str, request_: dict[str, Any]) -> None:
    async def scene(send: Send) -> None:
        first = one_is_under_way(send)
        with pytest.raises(ApiError) as refused:
            send(operation, request_)
        assert (refused.value.name, refused.value.message) == ("TransactionConflictException", ONGOING)
        await first
        await send(operation, request_)

    with_server("on", scene)


def test_what_does_not_meet_it() -> None:
    async def scene(send: Send) -> None:
        replies = [
            one_is_under_way(send),
            send("PutItem", {"TableName": TABLE, "Item": pk("other")}),
            send("TransactWriteItems", transact(put(TABLE, pk("third")))),
            send("PutItem", {"TableName": "numbers", "Item": {"pk": {"N": "2"}}}),
        ]
        assert await asyncio.gather(*replies) == [b"{}"] * 4
        # Reads of single items show what was there before.
        assert send("GetItem", {"TableName": TABLE, "Key": pk("put")}) == b'{"Item":{"pk":{"S":"put"}}}'

    with_server("on", scene)


def test_transactions_that_meet_it_are_cancelled() -> None:
    conflict = {"Code": "TransactionConflict", "Message": ONGOING}
    none = {"Code": "None"}

    async def scene(send: Send) -> None:
        first = one_is_under_way(send)
        for operation, actions in (
            (
                "TransactWriteItems",
                [put(TABLE, pk("other")), put(TABLE, pk("checked")), put(TABLE, pk("put"))],
            ),
            ("TransactGetItems", [get(TABLE, pk("other")), get(TABLE, pk("checked")), get(TABLE, pk("put"))]),
        ):
            with pytest.raises(ApiError) as refused:
                send(operation, transact(*actions))
            assert refused.value.name == "TransactionCanceledException"
            assert refused.value.fields == {"CancellationReasons": [none, conflict, conflict]}
        await first
        assert b"put" in send("TransactGetItems", transact(get(TABLE, pk("put"))))
        # The one that was cancelled holds nothing.
        await send("PutItem", {"TableName": TABLE, "Item": pk("other")})

    with_server("on", scene)


def test_the_same_token() -> None:
    async def scene(send: Send) -> None:
        first = one_is_under_way(send)
        with pytest.raises(ApiError) as refused:
            one_is_under_way(send)
        assert (refused.value.name, refused.value.message) == (
            "TransactionInProgressException",
            "Transaction from previous request is still in progress",
        )
        await first
        # What has been carried out does not conflict with anything.
        other = send("TransactWriteItems", transact(update(TABLE, pk("put"), "REMOVE a")))
        assert await asyncio.gather(other, one_is_under_way(send)) == [b"{}", b"{}"]

    with_server("on", scene)


def test_a_cancelled_transaction_lets_go() -> None:
    async def scene(send: Send) -> None:
        request = transact(check(TABLE, pk("a"), "attribute_exists(pk)"), ClientRequestToken="t")
        for _ in range(2):
            with pytest.raises(ApiError) as refused:
                await send("TransactWriteItems", request)
            assert refused.value.name == "TransactionCanceledException"
        await send("PutItem", {"TableName": TABLE, "Item": pk("a")})
        assert await send("TransactWriteItems", request) == b"{}"

    with_server("on", scene)


def test_a_request_that_is_wrong_gets_its_own_answer() -> None:
    async def scene(send: Send) -> None:
        first = one_is_under_way(send)
        wrong = [{"TableName": TABLE, "Item": {"pk": {"N": "x"}}}, {"TableName": TABLE, "Item": {}}]
        for request in wrong:
            with pytest.raises(ApiError) as refused:
                await send("PutItem", request)
            assert refused.value.name == "ValidationException"
        with pytest.raises(ApiError) as refused:
            await send("PutItem", {"TableName": "nowhere", "Item": pk("put")})
        assert refused.value.name == "ResourceNotFoundException"
        await first

    with_server("on", scene)


def test_by_default_nothing_conflicts() -> None:
    async def scene(send: Send) -> None:
        replies = [one_is_under_way(send), one_is_under_way(send)]
        replies += [send(operation, request) for operation, request in SINGLE_WRITES]
        assert await asyncio.gather(*replies) == [b"{}"] * len(replies)
        assert send("GetItem", {"TableName": TABLE, "Key": pk("put")}) == b"{}"

    with_server("off", scene)
