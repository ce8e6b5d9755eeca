"""A purchase order, from being placed until all of it is in stock.

    placed ──approve──> approved ──goods──> partially received ──goods──> received
       └────cancel────────> cancelled <────┘ (only while nothing has come)

What has come into stock is a fact: it is recorded in whatever state the order is.
"""

from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from services.common.errors import Conflict
from services.inventory.commands import Aggregate, Command
from services.inventory.events import Event
from services.inventory.folds import Fold, State
from services.inventory.forms import Lines, LongText, Price, Product, Quantity, Text
from services.inventory.orden_compra.events import (
    EVENTS,
    GoodsStocked,
    OrderApproved,
    OrderCancelled,
    OrderLine,
    OrderPlaced,
)

Status = Literal["PLACED", "APPROVED", "PARTIALLY_RECEIVED", "RECEIVED", "CANCELLED"]


class Line(OrderLine):
    """A line of an order: what is ordered of a product, and what has come."""

    received: int = 0


class Order(State):
    """A purchase order."""

    supplierId: str  # noqa: N815
    supplierName: str  # noqa: N815
    status: Status
    lines: tuple[Line, ...]
    cancelledBecause: str | None = None  # noqa: N815


class LineForm(Command):
    """A line to be ordered."""

    product: Product
    quantity: Quantity
    unitPrice: Price  # noqa: N815


class NewOrder(Command):
    """What a client gives to place an order."""

    supplierId: Text  # noqa: N815
    lines: Lines[LineForm]


class Place(NewOrder):
    """Place an order with a supplier that is known, whose name is not the client's to give."""

    supplierName: str = Field(exclude=True)  # noqa: N815


class Approve(Command):
    """Send it to the supplier."""


class Cancel(Command):
    """Give it up."""

    reason: LongText


class Stock(Command):
    """Record that goods have come into stock."""

    product: str
    quantity: int


def decide(order: Order | None, command: Command) -> Sequence[Event]:
    """The events that a command leads to. Raises Conflict."""
    if isinstance(command, Place):
        placed = OrderPlaced(supplierName=command.supplierName, **command.model_dump())
        return [placed] if order is None else []
    assert order is not None, "only a placed order is decided on"
    match command:
        case Approve() if order.status == "PLACED":
            return [OrderApproved(**order.model_dump(include={"supplierId", "lines"}))]
        case Cancel() if order.status in ("PLACED", "APPROVED"):
            return [OrderCancelled(reason=command.reason)]
        case Stock():
            return [GoodsStocked(**command.model_dump())]
    raise Conflict(f"The order is {order.status}.")


def evolve(order: Order | None, event: Event) -> Order:
    """The order after an event."""
    if isinstance(event, OrderPlaced):
        return Order(status="PLACED", **event.model_dump())
    assert order is not None, "the first event places an order"
    match event:
        case OrderApproved():
            return order.model_copy(update={"status": "APPROVED"})
        case OrderCancelled():
            return order.model_copy(update={"status": "CANCELLED", "cancelledBecause": event.reason})
        case GoodsStocked():
            return _stocked(order, event)
    return order


def _stocked(order: Order, event: GoodsStocked) -> Order:
    lines = tuple(
        line.model_copy(update={"received": line.received + event.quantity})
        if line.product == event.product
        else line
        for line in order.lines
    )
    status: Status = order.status
    if status != "CANCELLED":
        complete = all(line.received >= line.quantity for line in lines)
        status = "RECEIVED" if complete else "PARTIALLY_RECEIVED"
    return order.model_copy(update={"lines": lines, "status": status})


FOLD = Fold(Order, EVENTS, evolve)
ORDERS = Aggregate("purchase order", FOLD, decide, creating=(Place,))
