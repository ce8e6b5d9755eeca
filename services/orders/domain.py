"""An order, what it may be asked to become, and the one fact that is derived: its total price.

Prices are decimals, so totals are exact. The bounds keep a total within 15 digits, which is what a JSON
number carries without loss in every language.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from services.common.time_ids import iso

QUANTITY_MAX: Final = 100_000
UNIT_PRICE_MAX: Final = 1_000_000
UNIT_PRICE_DECIMALS_MAX: Final = 4
STATUS_DEFAULT: Final = "PENDING"
# Of these the total price is made.
FACTORS: Final = frozenset({"quantity", "unitPrice"})


def key_of(identifier: str) -> str:
    """The partition key and the sort key of an order."""
    return f"ORDER#{identifier}"


@dataclass(frozen=True, kw_only=True)
class Order:
    """An order, by the names of its document."""

    id: str
    pk: str
    sk: str
    customerName: str  # noqa: N815  # the document's
    customerEmail: str  # noqa: N815
    productName: str  # noqa: N815
    quantity: int
    unitPrice: Decimal  # noqa: N815
    totalPrice: Decimal  # noqa: N815
    status: str
    shippingAddress: str | None = field(default=None)  # noqa: N815
    createdAt: str  # noqa: N815
    updatedAt: str  # noqa: N815


def place(identifier: str, asked: Mapping[str, Any], now: datetime) -> Order:
    """A new order."""
    moment = iso(now)
    return Order(
        id=identifier,
        pk=key_of(identifier),
        sk=key_of(identifier),
        createdAt=moment,
        updatedAt=moment,
        totalPrice=total(asked["quantity"], asked["unitPrice"]),
        **{"status": STATUS_DEFAULT, **asked},
    )


def changes(order: Order, asked: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """The attributes that change when an order is asked to; None for one that goes away."""
    changed: dict[str, Any] = {**asked, "updatedAt": iso(now)}
    if FACTORS & asked.keys():
        after = replace(order, **asked)
        changed["totalPrice"] = total(after.quantity, after.unitPrice)
    return changed


def total(quantity: int, unit_price: Decimal) -> Decimal:
    """The total price."""
    return quantity * unit_price
