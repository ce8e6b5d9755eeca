"""The service of goods receipts: it expects the goods of each approved order."""

from services.common.errors import NotFound
from services.inventory.commands import Commands, Request
from services.inventory.events import Event, Recorded, types
from services.inventory.ingreso_inventario.api import routes
from services.inventory.ingreso_inventario.domain import FOLD, RECEIPTS, Expect, Receipt, Withdraw
from services.inventory.ingreso_inventario.events import Goods
from services.inventory.orden_compra.events import OrderApproved, OrderCancelled
from services.inventory.service import Definition, Reaction
from services.inventory.settings import DynamodbVariables

_ORDERS = "orden-compra"


def ordered(commands: Commands[Receipt], recorded: Recorded, event: Event) -> None:
    """An order was approved or cancelled."""
    key = recorded.key(_ORDERS)
    match event:
        case OrderApproved():
            lines = tuple(Goods(product=line.product, quantity=line.quantity) for line in event.lines)
            expect = Expect(orderId=recorded.id, supplierId=event.supplierId, lines=lines)
            commands.run(Request(recorded.id, expect, key))
        case OrderCancelled():
            try:
                commands.run(Request(recorded.id, Withdraw(), key))
            except NotFound:
                return  # It was cancelled before it was approved, so nothing was expected.


INGRESO_INVENTARIO = Definition(
    name="ingreso-inventario",
    title="Goods receipts (ingreso de inventario)",
    port=5004,
    settings=DynamodbVariables,
    aggregate=RECEIPTS,
    view=FOLD,
    routes=routes,
    reactions=(Reaction(_ORDERS, types(OrderApproved, OrderCancelled), ordered),),
)
