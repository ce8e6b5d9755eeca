"""What happens to a purchase order. Other services read these events."""

from decimal import Decimal

from services.inventory.events import Event, types
from services.inventory.folds import State


class OrderLine(State):
    """What is ordered of one product."""

    product: str
    quantity: int
    unitPrice: Decimal  # noqa: N815  # as bodies and items write it


class OrderPlaced(Event):
    """There is a new order, not yet approved."""

    supplierId: str  # noqa: N815
    supplierName: str  # noqa: N815
    lines: tuple[OrderLine, ...]


class OrderApproved(Event):
    """It goes to the supplier: its goods are expected from now on."""

    supplierId: str  # noqa: N815
    lines: tuple[OrderLine, ...]


class OrderCancelled(Event):
    """Nothing of it is wanted any more."""

    reason: str


class GoodsStocked(Event):
    """Some of what was ordered of a product has come into stock."""

    product: str
    quantity: int


EVENTS = types(OrderPlaced, OrderApproved, OrderCancelled, GoodsStocked)
