"""The stock of a product, which is its id: it changes by movements in and out, and is never below nothing.

Movements are decided on the quantity in stock alone. Readers are shown more: how much came and went, and in
how many movements.
"""

from collections.abc import Sequence
from typing import Literal

from services.common.errors import Conflict
from services.inventory.commands import Aggregate, Command
from services.inventory.events import Event
from services.inventory.folds import Fold, State
from services.inventory.forms import LongText, Product, Quantity
from services.inventory.movimiento_inventario.events import EVENTS, StockDecreased, StockIncreased


class Stock(State):
    """What is in stock of a product."""

    product: str
    quantity: int


class StockView(Stock):
    """The stock of a product, and how it came about."""

    increased: int
    decreased: int
    movements: int


class Move(Command):
    """Move some of a product into stock or out of it."""

    product: Product
    kind: Literal["IN", "OUT"]
    quantity: Quantity
    reason: LongText


class TakeIn(Command):
    """Take what has come for an order into stock."""

    product: str
    quantity: int
    orderId: str  # noqa: N815  # as bodies and items write it


def decide(stock: Stock | None, command: Command) -> Sequence[Event]:
    """The events that a command leads to. Raises Conflict."""
    match command:
        case TakeIn():
            return [StockIncreased(reason="goods receipt", **command.model_dump())]
        case Move(kind="IN"):
            return [StockIncreased(**command.model_dump(exclude={"kind"}))]
        case Move():
            there = stock.quantity if stock else 0
            if command.quantity > there:
                raise Conflict(f"There are {there} of {command.product} in stock, not {command.quantity}.")
            return [StockDecreased(**command.model_dump(exclude={"kind"}))]
    return []


def evolve(stock: Stock | None, event: Event) -> Stock:
    """The stock after an event."""
    there = stock.quantity if stock else 0
    match event:
        case StockIncreased():
            return Stock(product=event.product, quantity=there + event.quantity)
        case StockDecreased():
            return Stock(product=event.product, quantity=there - event.quantity)
    raise AssertionError("a movement goes in or out")


def show(view: StockView | None, event: Event) -> StockView:
    """The view after an event."""
    assert isinstance(event, StockIncreased | StockDecreased)
    came = event.quantity if isinstance(event, StockIncreased) else 0
    went = event.quantity - came
    before = view or StockView(product=event.product, quantity=0, increased=0, decreased=0, movements=0)
    return StockView(
        product=before.product,
        quantity=before.quantity + came - went,
        increased=before.increased + came,
        decreased=before.decreased + went,
        movements=before.movements + 1,
    )


STOCK = Aggregate("stock", Fold(Stock, EVENTS, evolve), decide, creating=(Move, TakeIn))
VIEW = Fold(StockView, EVENTS, show)
