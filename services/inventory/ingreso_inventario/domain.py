"""A goods receipt: what is expected of an approved order, and what has come of it. Its id is the order's.

    expected ──goods──> partial ──goods──> complete
        └──── the order is cancelled ────> withdrawn

Never more is taken in than was ordered.
"""

from collections.abc import Sequence
from typing import Literal

from services.common.errors import Conflict
from services.inventory.commands import Aggregate, Command
from services.inventory.events import Event
from services.inventory.folds import Fold, State
from services.inventory.forms import Lines, LongText, Product, Quantity
from services.inventory.ingreso_inventario.events import (
    EVENTS,
    Goods,
    GoodsExpected,
    GoodsReceived,
    ReceiptWithdrawn,
)

Status = Literal["EXPECTED", "PARTIAL", "COMPLETE", "WITHDRAWN"]


class Line(State):
    """What is expected of a product, and what has come."""

    product: str
    ordered: int
    received: int = 0


class Receipt(State):
    """A goods receipt."""

    orderId: str  # noqa: N815
    supplierId: str  # noqa: N815
    status: Status
    lines: tuple[Line, ...]


class Expect(Command):
    """Expect the goods of an order."""

    orderId: str  # noqa: N815
    supplierId: str  # noqa: N815
    lines: tuple[Goods, ...]


class GoodsForm(Command):
    """Some of one product."""

    product: Product
    quantity: Quantity


class Receive(Command):
    """Take in goods."""

    lines: Lines[GoodsForm]
    note: LongText | None = None


class Withdraw(Command):
    """Take in nothing more, since the order was cancelled."""


def decide(receipt: Receipt | None, command: Command) -> Sequence[Event]:
    """The events that a command leads to. Raises Conflict."""
    if isinstance(command, Expect):
        return [GoodsExpected(**command.model_dump())] if receipt is None else []
    assert receipt is not None, "only an expected receipt is decided on"
    match command:
        case Receive():
            _check_expected(receipt, command)
            return [GoodsReceived(orderId=receipt.orderId, **command.model_dump())]
        case Withdraw() if receipt.status != "WITHDRAWN":
            return [ReceiptWithdrawn()]
    return []


def evolve(receipt: Receipt | None, event: Event) -> Receipt:
    """The receipt after an event."""
    if isinstance(event, GoodsExpected):
        lines = tuple(Line(product=line.product, ordered=line.quantity) for line in event.lines)
        return Receipt(orderId=event.orderId, supplierId=event.supplierId, status="EXPECTED", lines=lines)
    assert receipt is not None, "the first event expects goods"
    match event:
        case GoodsReceived():
            return _received(receipt, event)
        case ReceiptWithdrawn():
            return receipt.model_copy(update={"status": "WITHDRAWN"})
    return receipt


def _check_expected(receipt: Receipt, command: Receive) -> None:
    if receipt.status == "WITHDRAWN":
        raise Conflict("The order was cancelled: nothing is taken in for it.")
    outstanding = {line.product: line.ordered - line.received for line in receipt.lines}
    too_many = [
        f"{line.product}: {line.quantity} have come, {outstanding.get(line.product, 0)} are outstanding"
        for line in command.lines
        if line.quantity > outstanding.get(line.product, 0)
    ]
    if too_many:
        raise Conflict(f"More than was ordered: {'; '.join(too_many)}.")


def _received(receipt: Receipt, event: GoodsReceived) -> Receipt:
    came = {line.product: line.quantity for line in event.lines}
    lines = tuple(
        line.model_copy(update={"received": line.received + came.get(line.product, 0)})
        for line in receipt.lines
    )
    complete = all(line.received == line.ordered for line in lines)
    return receipt.model_copy(update={"lines": lines, "status": "COMPLETE" if complete else "PARTIAL"})


FOLD = Fold(Receipt, EVENTS, evolve)
RECEIPTS = Aggregate("goods receipt", FOLD, decide, creating=(Expect,))
