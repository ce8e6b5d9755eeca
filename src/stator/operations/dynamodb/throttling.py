"""What operations on items do about throughput, if the server throttles (`Database.throttle`).

An operation asks to be admitted before it reads or writes, and pays for what it has consumed. Before a write
is made, it also needs write capacity of each global index whose entry it changes. Without a throttle all of
this is one look at an attribute.

Sources: "Diagnosing throttling" and "Understanding GSI write throttling and back pressure" of the developer
guide; the texts are AWS's.
"""

from collections.abc import Callable
from typing import Any, Final, TypeVar

from stator.base.errors import ApiError
from stator.expressions.condition import Condition
from stator.operations.dynamodb import conditions, metering
from stator.operations.dynamodb.capacity import Capacity, write_units
from stator.operations.registry import Call
from stator.storage.engine import Transaction
from stator.tables import records
from stator.tables.definition import BillingMode
from stator.tables.image import Image
from stator.tables.indexes import Index
from stator.tables.table import Table
from stator.tables.throttle import Direction, Exhausted

T = TypeVar("T")

_TABLE_EXCEEDED: Final = (
    "The level of configured provisioned throughput for the table was exceeded. "
    "Consider increasing your provisioning level with the UpdateTable API."
)
_INDEX_EXCEEDED: Final = (
    "The level of configured provisioned throughput for one or more global secondary indexes of the table "
    "was exceeded. Consider increasing your provisioning level for the under-provisioned global secondary "
    "indexes with the UpdateTable API"
)
_MAXIMUM_EXCEEDED: Final = "Throughput exceeds the maximum OnDemandThroughput configured on table or index"
_OVERLOADED: Final = (
    "Throughput exceeds the current capacity of your table or index. DynamoDB is automatically scaling your "
    "table or index so please try again shortly. If exceptions persist, check if you have a hot key: "
    "https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/bp-partition-key-design.html"
)
_LIMITS: Final[dict[BillingMode, str]] = {
    "PROVISIONED": "ProvisionedThroughputExceeded",
    "PAY_PER_REQUEST": "MaxOnDemandThroughputExceeded",
}
# What a write is refused for once its item has been read, so that it costs something.
_FOR_THE_ITEM: Final = frozenset({"ConditionalCheckFailedException", "DuplicateItemException"})


class Throttled(ApiError):
    """A request, or a part of a batch, that a limit of throughput does not allow."""


def admit(
    call: Call,
    table: Table,
    direction: Direction,
    index: Index | None = None,
    transaction: Transaction | None = None,
) -> None:
    """Refuse to read or write a table, or to read an index, that has no capacity left (Throttled).

    The body of a write hands in its `transaction`.
    """
    throttle = call.database.throttle
    if throttle is not None:
        exhausted = throttle.exhausted(table, index, direction)
        if exhausted is not None:
            metering.throttled(call, exhausted, transaction)
            raise refusal(call, exhausted)


def admit_entries(
    call: Call, transaction: Transaction, table: Table, key: bytes, before: Image | None, after: Image | None
) -> None:
    """Refuse a write that changes an entry of a global index without write capacity (Throttled)."""
    throttle = call.database.throttle
    if throttle is None:
        return
    for index in table.indexes:
        if index.kind == "global":
            exhausted = throttle.exhausted(table, index, "write")
            if exhausted is not None and _entry(index, key, before) != _entry(index, key, after):
                metering.throttled(call, exhausted, transaction)
                raise refusal(call, exhausted)


def spend(call: Call, table: Table, direction: Direction, units: float) -> None:
    """Take units that a request has consumed of a table itself."""
    throttle = call.database.throttle
    if throttle is not None:
        throttle.take(table, None, direction, units)


def pay(call: Call, table: Table, direction: Direction, capacity: Capacity) -> None:
    """Take what a request has consumed of a table and of its indexes."""
    throttle = call.database.throttle
    if throttle is None:
        return
    throttle.take(table, None, direction, capacity.table)
    for of_kind in (capacity.local, capacity.global_):
        for name, units in of_kind.items():
            throttle.take(table, table.index_by_name[name], direction, units)


def require(
    call: Call,
    transaction: Transaction,
    table: Table,
    test: Condition | None,
    before: Image | None,
    returned: str | None,
) -> None:
    """Admit a write whose condition holds for the item as it is (Throttled, else as `conditions.require`).

    A write whose condition fails costs as much as writing that item.
    """
    admit(call, table, "write", None, transaction)
    if test is None:
        return
    try:
        conditions.require(test, before, returned)
    except ApiError:
        _failed(call, transaction, table, before)
        raise


def attempt(call: Call, transaction: Transaction, table: Table, key: bytes, action: Callable[[], T]) -> T:
    """Admit a write and try it (Throttled, else as `action`); one that fails costs as `require` says."""
    admit(call, table, "write", None, transaction)
    try:
        return action()
    except ApiError as error:
        if error.name in _FOR_THE_ITEM:
            _failed(call, transaction, table, records.read(transaction, table, key))
        raise


def _failed(call: Call, transaction: Transaction, table: Table, before: Image | None) -> None:
    """Take what a write costs that is refused for the item as it is."""
    capacity = Capacity(write_units(before.size if before is not None else 0))
    pay(call, table, "write", capacity)
    metering.written(call, transaction, table, capacity)


def write(
    call: Call, transaction: Transaction, table: Table, key: bytes, before: Image | None, after: Image | None
) -> Capacity:
    """Make an admitted write, as `records.write`, and pay for it; what it consumes (Throttled)."""
    if call.database.throttle is not None:
        admit_entries(call, transaction, table, key, before, after)
    changes = records.write(transaction, table, key, before, after)
    capacity = Capacity()
    capacity.add_write(before.size if before else 0, after.size if after else 0, changes)
    pay(call, table, "write", capacity)
    return capacity


def refusal(call: Call, exhausted: Exhausted) -> Throttled:
    """AWS's refusal of what a limit does not allow."""
    reasons = _reasons(call, exhausted, _LIMITS[exhausted.mode])
    if exhausted.mode == "PAY_PER_REQUEST":
        return Throttled("ThrottlingException", _MAXIMUM_EXCEEDED, {"throttlingReasons": reasons})
    text = _TABLE_EXCEEDED if exhausted.index_name is None else _INDEX_EXCEEDED
    return Throttled("ProvisionedThroughputExceededException", text, {"ThrottlingReasons": reasons})


def overload(call: Call, exhausted: Exhausted) -> Throttled:
    """AWS's refusal of what no limit forbids, but what is more than an on-demand table can do just now."""
    reasons = _reasons(call, exhausted, "KeyRangeThroughputExceeded")
    return Throttled("ThrottlingException", _OVERLOADED, {"throttlingReasons": reasons})


def _reasons(call: Call, exhausted: Exhausted, limit: str) -> list[dict[str, Any]]:
    table, index_name, direction, _ = exhausted
    resource = f"table/{table}" + (f"/index/{index_name}" if index_name is not None else "")
    place = "Table" if index_name is None else "Index"
    return [{"reason": f"{place}{direction.capitalize()}{limit}", "resource": call.arn(resource)}]


def _entry(index: Index, key: bytes, image: Image | None) -> Any:
    return None if image is None else index.entry(image.item, image.stored, key)
