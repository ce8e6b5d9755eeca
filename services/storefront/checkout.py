"""Checkout: what is in a cart becomes a receipt, all at once or not at all.

One transaction empties the cart, on condition that the session is as it was read, adds what was sold to each
product, on condition that its price is the one of the receipt, and puts the receipt. Of two checkouts of a
cart, one wins.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any, Final

from botocore.exceptions import ClientError

from services.common.errors import Conflict, NotFound, code_of
from services.common.items import Item, deserialize, serialize
from services.common.time_ids import Clock, Ids, iso
from services.storefront.backoff import CONTENTION
from services.storefront.domain import RECEIPT, Receipt, ReceiptLine, Session
from services.storefront.products import Products
from services.storefront.sessions import Sessions, expect
from services.storefront.tables import product_key, session_key

PRICED: Final = ("id", "title", "price")
CANCELED: Final = "TransactionCanceledException"
REFUSED: Final = "ConditionalCheckFailed"


class Checkout:
    """Sells the carts of sessions."""

    def __init__(
        self,
        client: Any,
        *,
        sessions: Sessions,
        sessions_table: str,
        products: Products,
        products_table: str,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._client = client
        self._sessions, self._sessions_table = sessions, sessions_table
        self._products, self._products_table = products, products_table
        self._clock, self._ids = clock, ids

    def sell(self, identifier: str, version: int | None = None) -> Receipt:
        """Sell the cart of a session.

        Raises NotFound, Outdated if a version is given and is not the present one, and Conflict if the cart
        is empty or if a product of it is gone or has another price by now.
        """
        receipt_id = f"receipt_{self._ids.new()}"
        for _ in CONTENTION.tries():
            session = self._sessions.get(identifier)
            if receipt_id in session.writes:
                return self.receipt(receipt_id)
            expect(session, version)
            receipt = self._receipt(receipt_id, session)
            try:
                self._client.transact_write_items(
                    TransactItems=self._actions(session, receipt), ClientRequestToken=self._ids.new()
                )
            except ClientError as error:
                if code_of(error) != CANCELED:
                    raise
                _explain(error, receipt)
            else:
                return receipt
        raise Conflict(f"The session {identifier} is being changed by many; try again.")

    def receipt(self, identifier: str) -> Receipt:
        """A receipt. Raises NotFound."""
        item = self._client.get_item(
            TableName=self._sessions_table, Key=session_key(identifier), ConsistentRead=True
        ).get("Item")
        if item is None or "lines" not in item:
            raise NotFound(RECEIPT, identifier)
        return receipt_of(item)

    def _receipt(self, identifier: str, session: Session) -> Receipt:
        if not session.cart:
            raise Conflict("The cart is empty.")
        found = self._products.summaries([line.product_id for line in session.cart], PRICED, consistent=True)
        lines = tuple(
            _line(line.product_id, line.quantity, found.get(line.product_id)) for line in session.cart
        )
        return Receipt(
            receipt_id=identifier,
            session_id=session.session_id,
            user_id=session.user_id,
            created_at=iso(self._clock.now()),
            lines=lines,
            total=sum((line.price * line.quantity for line in lines), Decimal(0)),
        )

    def _actions(self, session: Session, receipt: Receipt) -> list[dict[str, Any]]:
        emptied = self._sessions.next(session, replace(session, cart=()), receipt.receipt_id)
        sold = [
            {
                "Update": {
                    "TableName": self._products_table,
                    "Key": product_key(line.product_id),
                    "UpdateExpression": "ADD sold :quantity",
                    "ConditionExpression": "price = :price",
                    "ExpressionAttributeValues": serialize(
                        {":quantity": line.quantity, ":price": line.price}
                    ),
                }
            }
            for line in receipt.lines
        ]
        kept = {
            "Put": {
                "TableName": self._sessions_table,
                "Item": item_of(receipt),
                "ConditionExpression": "attribute_not_exists(session_id)",
            }
        }
        return [{"Update": self._sessions.update(session, emptied)}, *sold, kept]


def _line(product: int, quantity: int, found: Mapping[str, Any] | None) -> ReceiptLine:
    if found is None or "price" not in found:
        raise Conflict(f"The product {product} is not for sale.")
    return ReceiptLine(
        product_id=product, title=found["title"], price=Decimal(found["price"]), quantity=quantity
    )


def _explain(error: ClientError, receipt: Receipt) -> None:
    """Raise Conflict if a price is the reason; otherwise the session was changed, or others are writing."""
    response: Mapping[str, Any] = error.response
    codes: Sequence[str] = [reason["Code"] for reason in response["CancellationReasons"]]
    for line, code in zip(receipt.lines, codes[1:], strict=False):
        if code == REFUSED:
            raise Conflict(f"The product {line.product_id} has another price now, or is gone.") from None


def item_of(receipt: Receipt) -> Item:
    """The item of a receipt."""
    values = {**asdict(receipt), "lines": [asdict(line) for line in receipt.lines]}
    return session_key(receipt.receipt_id) | serialize(
        {name: value for name, value in values.items() if name != "session_id"}
        | {"of_session": receipt.session_id}
    )


def receipt_of(item: Item) -> Receipt:
    """The receipt that an item is."""
    values = deserialize(item)
    return Receipt(
        receipt_id=values["receipt_id"],
        session_id=values["of_session"],
        user_id=values["user_id"],
        created_at=values["created_at"],
        lines=tuple(ReceiptLine(**{**line, "price": Decimal(line["price"])}) for line in values["lines"]),
        total=Decimal(values["total"]),
    )
