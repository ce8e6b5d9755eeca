"""What happens to a goods receipt. Other services read these events."""

from services.inventory.events import Event, types
from services.inventory.folds import State


class Goods(State):
    """Some of one product."""

    product: str
    quantity: int


class GoodsExpected(Event):
    """The goods of an approved order are expected; the receipt has the order's id."""

    orderId: str  # noqa: N815  # as bodies and items write it
    supplierId: str  # noqa: N815
    lines: tuple[Goods, ...]


class GoodsReceived(Event):
    """Goods of the order have come, all or some of them."""

    orderId: str  # noqa: N815
    lines: tuple[Goods, ...]
    note: str | None = None


class ReceiptWithdrawn(Event):
    """The order was cancelled: nothing more is taken in for it."""


EVENTS = types(GoodsExpected, GoodsReceived, ReceiptWithdrawn)
