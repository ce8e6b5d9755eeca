"""The service of purchase orders: it knows suppliers, and hears what has come into stock."""

from services.inventory.commands import Commands, Request
from services.inventory.events import Event, Recorded, types
from services.inventory.movimiento_inventario.events import StockIncreased
from services.inventory.orden_compra.api import routes
from services.inventory.orden_compra.domain import FOLD, ORDERS, Order, Stock
from services.inventory.orden_compra.suppliers import KNOWN_SUPPLIERS
from services.inventory.service import Copy, Definition, Reaction
from services.inventory.settings import AwsVariables


def stocked(commands: Commands[Order], recorded: Recorded, event: Event) -> None:
    """Goods of an order have come into stock."""
    assert isinstance(event, StockIncreased)
    if event.orderId is not None:
        command = Stock(product=event.product, quantity=event.quantity)
        commands.run(Request(event.orderId, command, key=recorded.key("movimiento-inventario")))


ORDEN_COMPRA = Definition(
    name="orden-compra",
    title="Purchase orders (orden de compra)",
    port=5002,
    settings=AwsVariables,
    aggregate=ORDERS,
    view=FOLD,
    routes=routes,
    copies=(Copy("proveedor", KNOWN_SUPPLIERS),),
    reactions=(Reaction("movimiento-inventario", types(StockIncreased), stocked),),
)
