"""Orders in the table.

Nothing is lost or doubled: a write that is sent twice happens once (see common.writes), and a change that was
made of values which are no longer there is made again.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from services.common.dynamodb import Database
from services.common.errors import Conflict, NotFound, ServiceError
from services.common.items import Item, deserialize, serialize
from services.common.logs import fields as log_fields
from services.common.paging import Page, decode_cursor, encode_cursor
from services.common.time_ids import is_uuid
from services.common.writes import delete, put_new, update
from services.orders.domain import FACTORS, Order, changes, key_of
from services.orders.tables import INDEX, KEY

_LOG = logging.getLogger(__name__)

KIND: Final = "order"
# A factor that somebody else changes between reading and writing is read again, so many times.
TRIES_MAX: Final = 20
_ORDER: Final = TypeAdapter(Order)
_FIELDS: Final = frozenset(field.name for field in fields(Order))


class NotAnOrder(ServiceError):
    """An item is not what every order is; somebody else wrote it."""


class OrderRepository:
    """The orders of one table."""

    def __init__(self, database: Database, table: str) -> None:
        self._client = database.dynamodb
        self._table = table

    def add(self, order: Order) -> None:
        """Put a new order. Raises Conflict if there is another of its id."""
        if not put_new(self._client, self._table, serialize(asdict(order)), KEY.partition[0]):
            raise Conflict(f"There is an order {order.id} already.")

    def get(self, identifier: str) -> Order:
        """The order of an id, as it is now. Raises NotFound."""
        found = self._client.get_item(
            TableName=self._table, Key=self._key(identifier), ConsistentRead=True
        ).get("Item")
        if found is None:
            raise NotFound(KIND, identifier)
        return order_of(found)

    def page(self, limit: int, cursor: str | None) -> Page[Order]:
        """Some orders, in no order: the table has no index that lists them."""
        start = decode_cursor(cursor, KEY.attributes)
        found: list[Order] = []
        while True:
            answer = self._client.scan(
                TableName=self._table,
                Limit=limit - len(found),
                FilterExpression="attribute_exists(id) AND attribute_exists(customerName)",
                **({"ExclusiveStartKey": start} if start else {}),
            )
            found.extend(filter(None, map(_listed, answer["Items"])))
            start = answer.get("LastEvaluatedKey")
            if start is None or len(found) == limit:
                return Page(found, encode_cursor(start))

    def change(self, identifier: str, asked: Mapping[str, Any], now: datetime) -> Order:
        """Change fields of an order, and no others; the order afterwards. Raises NotFound.

        Where the total price changes with them, the write holds only if the factors that were read are still
        there; if not, they are read again. So no change of somebody else is lost.
        """
        for _ in range(TRIES_MAX):
            before = self.get(identifier)
            seen = {name: getattr(before, name) for name in FACTORS} if FACTORS & asked.keys() else {}
            key = serialize({"pk": before.pk, "sk": before.sk})
            after = update(self._client, self._table, key, changes(before, asked, now), seen)
            if after is not None:
                return order_of(after)
        raise Conflict(f"The order {identifier} is being changed by many; try again.")

    def remove(self, identifier: str) -> None:
        """Delete an order. Raises NotFound."""
        if not delete(self._client, self._table, self._key(identifier)):
            raise NotFound(KIND, identifier)

    def _key(self, identifier: str) -> Item:
        """The key of an order. Ours follows from its id; that of another is looked up in the index."""
        if is_uuid(identifier):
            return serialize({"pk": key_of(identifier), "sk": key_of(identifier)})
        found = self._client.query(
            TableName=self._table,
            IndexName=INDEX,
            KeyConditionExpression="id = :id",
            ExpressionAttributeValues=serialize({":id": identifier}),
            Limit=1,
        )["Items"]
        if not found:
            raise NotFound(KIND, identifier)
        return {name: found[0][name] for name in KEY.attributes}


def order_of(item: Item) -> Order:
    """The order that an item is. Raises NotAnOrder."""
    values = deserialize(item)
    try:
        return _ORDER.validate_python({name: values[name] for name in _FIELDS & values.keys()})
    except ValidationError as error:
        wrong = ", ".join(sorted({str(each["loc"][0]) for each in error.errors()}))
        raise NotAnOrder(f"The item {values.get('pk')} is not an order: see its {wrong}.") from None


def _listed(item: Item) -> Order | None:
    """An order of a listing, which one wrong item does not stop."""
    try:
        return order_of(item)
    except NotAnOrder as error:
        _LOG.warning("skipped in a listing", extra=log_fields(reason=error.message))
        return None
