"""The service of the stock: goods that are received for an order come into it."""

from services.inventory.commands import Commands, Request
from services.inventory.events import Event, Recorded, types
from services.inventory.ingreso_inventario.events import GoodsReceived
from services.inventory.movimiento_inventario.api import routes
from services.inventory.movimiento_inventario.domain import STOCK, VIEW, Stock, TakeIn
from services.inventory.service import Definition, Reaction
from services.inventory.settings import DynamodbVariables

_RECEIPTS = "ingreso-inventario"


def received(commands: Commands[Stock], recorded: Recorded, event: Event) -> None:
    """Goods were received: each line is a movement of its product's stock."""
    assert isinstance(event, GoodsReceived)
    for line in event.lines:
        take_in = TakeIn(product=line.product, quantity=line.quantity, orderId=event.orderId)
        commands.run(Request(line.product, take_in, recorded.key(_RECEIPTS)))


MOVIMIENTO_INVENTARIO = Definition(
    name="movimiento-inventario",
    title="Stock and its movements (movimiento de inventario)",
    port=5001,
    settings=DynamodbVariables,
    aggregate=STOCK,
    view=VIEW,
    routes=routes,
    reactions=(Reaction(_RECEIPTS, types(GoodsReceived), received),),
)
