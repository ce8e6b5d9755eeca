"""Tables and global indexes that are kept to their throughput: what is refused, how, and until when."""

import asyncio
from typing import Any

import pytest

from harness.handlers import NOON, Handlers, opened
from stator.base.errors import ApiError
from stator.tables.throttle import BURST_SECONDS, Throttle

NAME = "orders"
ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/orders"
KILOBYTE = 1024
TABLE_TEXT = (
    "The level of configured provisioned throughput for the table was exceeded. "
    "Consider increasing your provisioning level with the UpdateTable API."
)
INDEX_TEXT = (
    "The level of configured provisioned throughput for one or more global secondary indexes of the table "
    "was exceeded. Consider increasing your provisioning level for the under-provisioned global secondary "
    "indexes with the UpdateTable API"
)
MAXIMUM_TEXT = "Throughput exceeds the maximum OnDemandThroughput configured on table or index"
EXCEEDED = "ProvisionedThroughputExceededException"


class Hand:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self._now = NOON

    def now(self) -> float:
        return self._now

    def advance(self, seconds: float) -> None:
        self._now += seconds


class Shop(Handlers):
    """Handlers on a throttled database with one table, whose items have sort keys and a global index."""

    clock: Hand

    async def create(self, **parameters: Any) -> None:
        keys = [("pk", "HASH"), ("sk", "RANGE")]
        await self(
            "CreateTable",
            {
                "TableName": NAME,
                "KeySchema": [{"AttributeName": name, "KeyType": kind} for name, kind in keys],
                "AttributeDefinitions": [
                    {"AttributeName": name, "AttributeType": "S"}
                    for name in ("pk", "sk", *(("g",) if "GlobalSecondaryIndexes" in parameters else ()))
                ],
            }
            | parameters,
        )

    async def put(self, kilobytes: int = 1, sort: str = "s", **more: Any) -> Any:
        """Put an item of so many write units."""
        item = {"pk": {"S": "p"}, "sk": {"S": sort}, **more}
        if kilobytes > 1:
            item["d"] = {"S": "x" * ((kilobytes - 1) * KILOBYTE)}
        return await self.outcome("PutItem", {"TableName": NAME, "Item": item})

    async def get(self, **more: Any) -> Any:
        return await self.outcome("GetItem", {"TableName": NAME, "Key": key(), **more})

    async def refusal(self, operation: str, request: dict[str, Any]) -> ApiError:
        with pytest.raises(ApiError) as caught:
            await self(operation, request)
        return caught.value

    async def drain(self, units: int) -> None:
        """Write that many units."""
        while units > 0:
            assert await self.put(min(units, 100), sort="drain" if units >= 100 else "rest") == {}
            units -= 100


def key(sort: str = "s") -> dict[str, Any]:
    return {"pk": {"S": "p"}, "sk": {"S": sort}}


def provisioned(read: int, write: int) -> dict[str, Any]:
    return {"ProvisionedThroughput": {"ReadCapacityUnits": read, "WriteCapacityUnits": write}}


def maximums(**units: int) -> dict[str, Any]:
    return {"BillingMode": "PAY_PER_REQUEST", "OnDemandThroughput": units}


def global_index(**parameters: Any) -> dict[str, Any]:
    index = {
        "IndexName": "by-g",
        "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "ALL"},
    }
    return {"GlobalSecondaryIndexes": [index | parameters]}


def reasons(reason: str, resource: str = ARN) -> list[dict[str, str]]:
    return [{"reason": reason, "resource": resource}]


def played(scenario):
    """Play a scenario with a shop of its own."""

    async def play():
        clock = Hand()
        async with opened(None, 1, clock=clock) as handlers:
            handlers.database.throttle = Throttle(clock)
            shop = Shop(handlers.database)
            shop.clock = clock
            await scenario(shop)

    asyncio.run(play())


def test_a_burst_is_what_300_seconds_bring():
    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(1, 1))
        for _ in range(BURST_SECONDS):
            assert await shop.put() == {}
        refused = await shop.refusal("PutItem", {"TableName": NAME, "Item": key()})
        assert (refused.name, refused.message) == (EXCEEDED, TABLE_TEXT)
        assert refused.fields == {"ThrottlingReasons": reasons("TableWriteProvisionedThroughputExceeded")}
        shop.clock.advance(1.5)
        assert [await shop.put() for _ in range(3)] == [{}, {}, (EXCEEDED, TABLE_TEXT)]
        shop.clock.advance(10 * BURST_SECONDS)
        for _ in range(BURST_SECONDS):
            assert await shop.put() == {}
        assert await shop.put() == (EXCEEDED, TABLE_TEXT)

    played(scenario)


def test_what_was_consumed_too_much_is_waited_for():
    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(1, 1))
        await shop.drain(299)
        assert await shop.put(100) == {}  # 99 more than there is
        shop.clock.advance(98)
        assert await shop.put() == (EXCEEDED, TABLE_TEXT)
        shop.clock.advance(2)
        assert await shop.put() == {}

    played(scenario)


def test_reads_and_writes_have_buckets_of_their_own():
    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(1, 1))
        await shop.drain(300)
        assert await shop.get() == {}
        for _ in range(2 * BURST_SECONDS - 1):
            assert await shop.get() == {}
        refused = await shop.refusal("GetItem", {"TableName": NAME, "Key": key()})
        assert (refused.name, refused.message) == (EXCEEDED, TABLE_TEXT)
        assert refused.fields == {"ThrottlingReasons": reasons("TableReadProvisionedThroughputExceeded")}

    played(scenario)


@pytest.mark.parametrize("operation", ["Query", "Scan"])
def test_pages_pay_for_what_they_walk(operation):
    read = {"TableName": NAME, "ConsistentRead": True, "FilterExpression": "attribute_exists(nothing)"}
    if operation == "Query":
        read |= {"KeyConditionExpression": "pk = :p", "ExpressionAttributeValues": {":p": {"S": "p"}}}

    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(1, 10))
        for sort in "abc":
            await shop.put(400, sort=sort)  # A page of three pays for 300 units.
        assert (await shop(operation, read))["Count"] == 0
        assert await shop.outcome(operation, read) == (EXCEEDED, TABLE_TEXT)

    played(scenario)


def test_a_failed_condition_costs_a_write():
    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(1, 1))
        await shop.put(100)
        failing = {"TableName": NAME, "Key": key(), "ConditionExpression": "attribute_exists(nothing)"}
        for _ in range(2):
            outcome = await shop.outcome("DeleteItem", failing)
            assert outcome == ("ConditionalCheckFailedException", "The conditional request failed")
        assert await shop.outcome("DeleteItem", failing) == (EXCEEDED, TABLE_TEXT)

    played(scenario)


def test_nothing_is_written_by_what_is_refused():
    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(1, 1))
        await shop.drain(300)
        assert await shop.put(sort="refused") == (EXCEEDED, TABLE_TEXT)
        assert await shop.outcome("GetItem", {"TableName": NAME, "Key": key("refused")}) == {}

    played(scenario)


@pytest.mark.parametrize(("read", "write"), [(1, None), (None, 1)])
def test_on_demand_tables_have_maximums(read, write):
    units = {"MaxReadRequestUnits": read, "MaxWriteRequestUnits": write}

    async def scenario(shop: Shop) -> None:
        await shop.create(**maximums(**{name: value for name, value in units.items() if value}))
        for _ in range(4):
            wrote = await shop.put(100)
        for _ in range(15):
            got = await shop.get()  # 12.5 units
            if isinstance(got, tuple):
                break
        assert (wrote, isinstance(got, dict)) == ({} if read else ("ThrottlingException", MAXIMUM_TEXT), True)
        for _ in range(15):
            got = await shop.get()
        assert isinstance(got, dict) == (write == 1)

    played(scenario)


def test_on_demand_refusals_name_the_maximum():
    async def scenario(shop: Shop) -> None:
        await shop.create(**maximums(MaxWriteRequestUnits=1))
        await shop.drain(300)
        refused = await shop.refusal("PutItem", {"TableName": NAME, "Item": key()})
        assert (refused.name, refused.message) == ("ThrottlingException", MAXIMUM_TEXT)
        assert refused.fields == {"throttlingReasons": reasons("TableWriteMaxOnDemandThroughputExceeded")}

    played(scenario)


def test_a_global_index_holds_back_the_writes_that_change_it():
    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(5, 5), **global_index(**provisioned(1, 1)))
        for sort in "abc":
            assert await shop.put(100, sort=sort, g={"S": "g"}) == {}
        refused = await shop.refusal("PutItem", {"TableName": NAME, "Item": {**key("d"), "g": {"S": "g"}}})
        assert (refused.name, refused.message) == (EXCEEDED, INDEX_TEXT)
        assert refused.fields == {
            "ThrottlingReasons": reasons("IndexWriteProvisionedThroughputExceeded", f"{ARN}/index/by-g")
        }
        assert await shop.put(sort="d") == {}  # It is not in the index.
        assert await shop.put(100, sort="a", g={"S": "g"}) == {}  # It was, and stays as it is.
        deleted = {"TableName": NAME, "Key": key("a")}
        assert await shop.outcome("DeleteItem", deleted) == (EXCEEDED, INDEX_TEXT)

    played(scenario)


def test_reads_of_a_global_index_use_its_capacity():
    read = {
        "TableName": NAME,
        "IndexName": "by-g",
        "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": {":g": {"S": "g"}},
    }

    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(1, 5), **global_index(**provisioned(1, 5)))
        for sort in "abc":
            await shop.put(100, sort=sort, g={"S": "g"})
        for _ in range(8):  # of 37.5 units
            assert (await shop("Query", read))["Count"] == 3
        refused = await shop.refusal("Query", read)
        assert (refused.name, refused.message) == (EXCEEDED, INDEX_TEXT)
        assert refused.fields == {
            "ThrottlingReasons": reasons("IndexReadProvisionedThroughputExceeded", f"{ARN}/index/by-g")
        }
        assert "Item" in await shop.get() or await shop.get() == {}

    played(scenario)


def test_an_update_of_the_table_counts_at_once():
    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(1, 1))
        await shop.drain(300)
        assert await shop.put() == (EXCEEDED, TABLE_TEXT)
        await shop("UpdateTable", {"TableName": NAME, **provisioned(1, 100)})
        shop.clock.advance(1)
        await shop.drain(100)
        assert await shop.put() == (EXCEEDED, TABLE_TEXT)
        await shop("UpdateTable", {"TableName": NAME, "BillingMode": "PAY_PER_REQUEST"})
        await shop.drain(1000)

    played(scenario)


def test_a_lower_limit_leaves_less_room():
    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(1, 10))
        await shop("UpdateTable", {"TableName": NAME, **provisioned(1, 1)})
        await shop.drain(300)
        assert await shop.put() == (EXCEEDED, TABLE_TEXT)

    played(scenario)


def test_a_table_that_is_made_anew_begins_anew():
    async def scenario(shop: Shop) -> None:
        await shop.create(**provisioned(1, 1))
        await shop.drain(300)
        await shop("DeleteTable", {"TableName": NAME})
        await shop.create(**provisioned(1, 1))
        assert await shop.put() == {}

    played(scenario)


def test_without_a_throttle_nothing_is_refused():
    async def scenario(shop: Shop) -> None:
        shop.database.throttle = None
        await shop.create(**provisioned(1, 1))
        await shop.drain(1000)

    played(scenario)
