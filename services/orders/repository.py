"""Orders in the table.

Every write may be sent twice by the client, when a reply was lost, and still happens once: a put that finds
its own item has succeeded, an update sets values, and a delete that was retried and finds nothing is done.
"""

import logging
from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from botocore.exceptions import ClientError

from services.common.dynamodb import Database
from services.common.errors import Conflict, NotFound, ServiceError, code_of, was_retried
from services.common.items import Item, deserialize, serialize
from services.common.logs import fields as log_fields
from services.common.paging import Page, decode_cursor, encode_cursor
from services.common.time_ids import is_uuid
from services.orders.domain import FACTORS, Order, changes, key_of
from services.orders.tables import INDEX, KEY

_LOG = logging.getLogger(__name__)

KIND: Final = "order"
REFUSED: Final = "ConditionalCheckFailedException"
# A factor that somebody else changes between reading and writing is read again, so many times.
TRIES_MAX: Final = 20
_DECIMALS: Final = ("unitPrice", "totalPrice")


class NotAnOrder(ServiceError):
    """An item lacks what every order has; somebody else wrote it."""


class OrderRepository:
    """The orders of one table."""

    def __init__(self, database: Database, table: str) -> None:
        self._client = database.dynamodb
        self._table = table

    def add(self, order: Order) -> None:
        """Put a new order. Raises Conflict if there is another of its id."""
        item = serialize(asdict(order))
        try:
            self._client.put_item(
                TableName=self._table,
                Item=item,
                ConditionExpression="attribute_not_exists(pk)",
                ReturnValuesOnConditionCheckFailure="ALL_OLD",
            )
        except ClientError as error:
            if code_of(error) != REFUSED:
                raise
            if error.response.get("Item") != item:
                raise Conflict(f"There is an order {order.id} already.") from None

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
            try:
                return self._update(before, changes(before, asked, now), seen)
            except ClientError as error:
                if code_of(error) != REFUSED:
                    raise
        raise Conflict(f"The order {identifier} is being changed by many; try again.")

    def remove(self, identifier: str) -> None:
        """Delete an order. Raises NotFound."""
        try:
            self._client.delete_item(
                TableName=self._table,
                Key=self._key(identifier),
                ConditionExpression="attribute_exists(pk)",
            )
        except ClientError as error:
            if code_of(error) != REFUSED:
                raise
            if not was_retried(error):
                raise NotFound(KIND, identifier) from None

    def _update(self, order: Order, changed: Mapping[str, Any], seen: Mapping[str, Any]) -> Order:
        names = {f"#{name}": name for name in {**changed, **seen}}
        put = [f"#{name} = :{name}" for name, value in changed.items() if value is not None]
        gone = [f"#{name}" for name, value in changed.items() if value is None]
        conditions = ["attribute_exists(pk)", *(f"#{name} = :seen_{name}" for name in seen)]
        values = {f":{name}": value for name, value in changed.items()}
        values |= {f":seen_{name}": value for name, value in seen.items()}
        answer = self._client.update_item(
            TableName=self._table,
            Key=serialize({"pk": order.pk, "sk": order.sk}),
            UpdateExpression=f"SET {', '.join(put)}" + (f" REMOVE {', '.join(gone)}" if gone else ""),
            ConditionExpression=" AND ".join(conditions),
            ExpressionAttributeNames=names,
            ExpressionAttributeValues=serialize(values),
            ReturnValues="ALL_NEW",
        )
        return order_of(answer["Attributes"])

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
    known = {field.name: values[field.name] for field in fields(Order) if field.name in values}
    known |= {name: Decimal(known[name]) for name in _DECIMALS if name in known}
    try:
        return Order(**known)
    except TypeError as error:
        raise NotAnOrder(f"The item {values.get('pk')} is not an order: {error}.") from None


def _listed(item: Item) -> Order | None:
    """An order of a listing, which one wrong item does not stop."""
    try:
        return order_of(item)
    except NotAnOrder as error:
        _LOG.warning("skipped in a listing", extra=log_fields(reason=error.message))
        return None
