"""What throttling leaves of batches, and makes of transactions and of statements."""

from typing import Any

from .test_throttle import (
    ARN,
    EXCEEDED,
    INDEX_TEXT,
    KILOBYTE,
    NAME,
    TABLE_TEXT,
    Shop,
    global_index,
    key,
    played,
    provisioned,
)


def item(sort: str, kilobytes: int = 1, **more: Any) -> dict[str, Any]:
    return {**key(sort), "d": {"S": "x" * ((kilobytes - 1) * KILOBYTE)}, **more}


def puts(*items: dict[str, Any]) -> dict[str, Any]:
    return {"RequestItems": {NAME: [{"PutRequest": {"Item": each}} for each in items]}}


def test_a_batch_of_writes_hands_back_what_is_left():
    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(1, 1))
        items = [item(sort, 100) for sort in "abcde"]
        reply = await shop("BatchWriteItem", puts(*items) | {"ReturnConsumedCapacity": "TOTAL"})
        assert reply["UnprocessedItems"] == puts(*items[3:])["RequestItems"]
        assert reply["ConsumedCapacity"] == [{"TableName": NAME, "CapacityUnits": 300.0}]
        assert (await shop("Scan", {"TableName": NAME, "Select": "COUNT"}))["Count"] == 3
        assert await shop.outcome("BatchWriteItem", puts(*items[3:])) == (EXCEEDED, TABLE_TEXT)
        deletes = {"RequestItems": {NAME: [{"DeleteRequest": {"Key": key(sort)}} for sort in "ab"]}}
        shop.clock.advance(50)
        reply = await shop("BatchWriteItem", deletes)
        assert reply["UnprocessedItems"] == {NAME: deletes["RequestItems"][NAME][1:]}

    played(scenario)


def test_a_batch_of_writes_goes_on_after_what_an_index_holds_back():
    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(5, 5), **global_index(**provisioned(1, 1)))
        for sort in "abc":
            await shop.put(100, sort=sort, g={"S": "g"})
        items = [item("d", g={"S": "g"}), item("e")]
        reply = await shop("BatchWriteItem", puts(*items))
        assert reply["UnprocessedItems"] == puts(items[0])["RequestItems"]
        assert await shop.outcome("BatchWriteItem", puts(items[0])) == (EXCEEDED, INDEX_TEXT)

    played(scenario)


def test_a_batch_of_reads_hands_back_what_is_left():
    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(1, 10))
        for sort in "abcde":
            await shop.put(400, sort=sort)
        await shop.create(**provisioned(1, 1), TableName="other")
        asked = {"Keys": [key(sort) for sort in "abcde"], "ConsistentRead": True}
        request = {"RequestItems": {NAME: asked}}
        reply = await shop("BatchGetItem", request)
        assert [found["sk"]["S"] for found in reply["Responses"][NAME]] == ["a", "b", "c"]
        assert reply["UnprocessedKeys"] == {NAME: asked | {"Keys": [key("d"), key("e")]}}
        assert await shop.outcome("BatchGetItem", request) == (EXCEEDED, TABLE_TEXT)
        both = {"RequestItems": {NAME: asked, "other": {"Keys": [key()]}}}
        reply = await shop("BatchGetItem", both)
        assert reply["UnprocessedKeys"] == {NAME: asked}
        assert reply["Responses"] == {NAME: [], "other": []}

    played(scenario)


def test_a_transaction_of_writes_is_cancelled():
    actions = [{"Put": {"TableName": "other", "Item": key()}}, {"Put": {"TableName": NAME, "Item": key()}}]

    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(1, 1))
        await shop.create(**provisioned(1, 1), TableName="other")
        await shop.drain(300)
        refused = await shop.refusal("TransactWriteItems", {"TransactItems": actions})
        assert refused.name == "TransactionCanceledException"
        assert refused.fields == {
            "CancellationReasons": [
                {"Code": "None"},
                {"Code": "ProvisionedThroughputExceeded", "Message": TABLE_TEXT},
            ]
        }
        assert (await shop("Scan", {"TableName": "other"}))["Count"] == 0

    played(scenario)


def test_a_transaction_pays_twice():
    action = {"Put": {"TableName": NAME, "Item": item("a", 50)}}

    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(1, 1))
        for _ in range(3):
            await shop("TransactWriteItems", {"TransactItems": [action]})
        assert await shop.put() == (EXCEEDED, TABLE_TEXT)
        for _ in range(12):
            await shop("TransactGetItems", {"TransactItems": [{"Get": {"TableName": NAME, "Key": key("a")}}]})
        assert await shop.get() == (EXCEEDED, TABLE_TEXT)

    played(scenario)


def test_a_transaction_needs_the_capacity_of_indexes():
    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(5, 5), **global_index(**provisioned(1, 1)))
        for sort in "abc":
            await shop.put(100, sort=sort, g={"S": "g"})
        actions = [
            {"Put": {"TableName": NAME, "Item": item("d")}},
            {"Delete": {"TableName": NAME, "Key": key("a")}},
        ]
        refused = await shop.refusal("TransactWriteItems", {"TransactItems": actions})
        assert refused.fields == {
            "CancellationReasons": [
                {"Code": "None"},
                {"Code": "ProvisionedThroughputExceeded", "Message": INDEX_TEXT},
            ]
        }

    played(scenario)


def test_statements_are_throttled():
    insert = f"INSERT INTO \"{NAME}\" VALUE {{'pk': 'p', 'sk': 'new'}}"
    select = f"SELECT * FROM \"{NAME}\" WHERE pk = 'p' AND sk = 'drain'"

    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(1, 1))
        await shop.drain(300)
        assert await shop.outcome("ExecuteStatement", {"Statement": insert}) == (EXCEEDED, TABLE_TEXT)
        error = {"Code": "ProvisionedThroughputExceeded", "Message": TABLE_TEXT}
        refused = {"Responses": [{"Error": error, "TableName": NAME}]}
        assert await shop("BatchExecuteStatement", {"Statements": [{"Statement": insert}]}) == refused
        for _ in range(24):  # of 12.5 units
            assert len((await shop("ExecuteStatement", {"Statement": select}))["Items"]) == 1
        assert await shop.outcome("ExecuteStatement", {"Statement": select}) == (EXCEEDED, TABLE_TEXT)
        assert await shop("BatchExecuteStatement", {"Statements": [{"Statement": select}]}) == refused

    played(scenario)


def test_a_failed_insert_costs_a_write():
    insert = f"INSERT INTO \"{NAME}\" VALUE {{'pk': 'p', 'sk': 'drain'}}"

    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(1, 1))
        await shop.drain(200)
        refused = await shop.refusal("ExecuteStatement", {"Statement": insert})
        assert refused.name == "DuplicateItemException"
        assert await shop.put() == (EXCEEDED, TABLE_TEXT)

    played(scenario)


def test_resources_are_named_in_the_callers_region():
    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(1, 1))
        await shop.drain(300)
        refused = await shop.refusal("BatchWriteItem", puts(item("a")))
        assert refused.fields["ThrottlingReasons"][0]["resource"] == ARN

    played(scenario)
