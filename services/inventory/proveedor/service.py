"""The service of suppliers."""

from services.inventory.proveedor.api import routes
from services.inventory.proveedor.domain import FOLD, SUPPLIERS
from services.inventory.service import Definition
from services.inventory.settings import AwsVariables

PROVEEDOR = Definition(
    name="proveedor",
    title="Suppliers (proveedor)",
    port=5003,
    settings=AwsVariables,
    aggregate=SUPPLIERS,
    view=FOLD,
    routes=routes,
)
