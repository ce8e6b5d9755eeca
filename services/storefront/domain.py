"""Products, sessions with their carts, and receipts."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from http import HTTPStatus
from typing import Any, Final

from services.common.errors import ServiceError

PRODUCT: Final = "product"
SESSION: Final = "session"
RECEIPT: Final = "receipt"
# What a transaction takes, less the session and the receipt, with room to spare.
CART_LINES_MAX: Final = 50
QUANTITY_MAX: Final = 1000


class Outdated(ServiceError):
    """The client decided on a state that is not the present one (the header If-Match)."""

    status = HTTPStatus.PRECONDITION_FAILED
    error = "outdated"


@dataclass(frozen=True, kw_only=True)
class Product:
    """A product, as its item has it: a long description is elsewhere, at `description_path`."""

    id: int
    title: str
    path: str | None = None  # of the image: an address
    description: str | None = None
    description_path: str | None = None
    price: Decimal | None = None
    category: str | None = None
    created_at: str | None = None
    updated_at: str | None = None
    version: int = 0  # 0: something else has written the item
    sold: int = 0
    write_id: str | None = None


@dataclass(frozen=True)
class Line:
    """A line of a cart."""

    product_id: int
    quantity: int


@dataclass(frozen=True, kw_only=True)
class Session:
    """A session. `expires_at` is in seconds since 1970; `writes` are the ids of the last writes."""

    session_id: str
    user_id: str
    created_at: str
    expires_at: int
    version: int = 1
    cart: tuple[Line, ...] = ()
    # What else is in the data: preferences.
    rest: Mapping[str, Any] = field(default_factory=dict)
    writes: tuple[str, ...] = ()

    @property
    def data(self) -> dict[str, Any]:
        """The cart and the rest; an item has it in one text, of JSON."""
        return {"cart": [asdict(line) for line in self.cart], **self.rest}


@dataclass(frozen=True, kw_only=True)
class ReceiptLine:
    """What was bought of a product, at the price of then."""

    product_id: int
    title: str
    price: Decimal
    quantity: int


@dataclass(frozen=True, kw_only=True)
class Receipt:
    """A checkout."""

    receipt_id: str
    session_id: str
    user_id: str
    created_at: str
    lines: tuple[ReceiptLine, ...]
    total: Decimal


def cart_of(rows: Any) -> tuple[Line, ...]:
    """The cart of a session's data."""
    return tuple(Line(int(row["product_id"]), int(row["quantity"])) for row in rows)


def with_line(cart: tuple[Line, ...], product: int, quantity: int) -> tuple[Line, ...]:
    """A cart with more of a product."""
    quantities = {line.product_id: line.quantity for line in cart}
    quantities[product] = quantities.get(product, 0) + quantity
    return tuple(Line(*each) for each in quantities.items())
