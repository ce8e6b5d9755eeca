"""What the demo starts: Stator first, then the services, each at its own port."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

REGION: Final = "us-east-1"
KEY: Final = "local"
STATOR_PORT: Final = 8000
PAGE_PORT: Final = 8080


@dataclass(frozen=True)
class Service:
    """A service: its module, its port, and the path of what it lists."""

    name: str
    module: str
    port: int
    path: str
    about: str
    variables: Mapping[str, str] = field(default_factory=dict)


SERVICES: Final = (
    Service("orders", "services.orders", 3000, "/orders", "Orders of customers"),
    Service(
        "enterprises",
        "services.enterprises",
        4000,
        "/api/enterprises",
        "Enterprises, in DynamoDB or PostgreSQL",
        {"STORAGE_MODE": "dynamodb"},
    ),
    Service(
        "movimiento-inventario",
        "services.inventory.movimiento_inventario",
        5001,
        "/movimiento-inventario",
        "Inventory: stock and its movements",
    ),
    Service(
        "orden-compra",
        "services.inventory.orden_compra",
        5002,
        "/orden-compra",
        "Inventory: purchase orders",
    ),
    Service("proveedor", "services.inventory.proveedor", 5003, "/proveedor", "Inventory: suppliers"),
    Service(
        "ingreso-inventario",
        "services.inventory.ingreso_inventario",
        5004,
        "/ingreso-inventario",
        "Inventory: goods receipts",
    ),
    Service("storefront", "services.storefront", 5010, "/products", "Products, sessions, carts, checkout"),
    Service(
        "users",
        "services.users",
        5020,
        "/users",
        "Users of the environment staging",
        {"KONEKSI_ENVIRONMENT": "staging"},
    ),
)
# The commands that make the tables.
TABLES: Final = (
    ("services.orders", "create-table"),
    ("services.enterprises", "create-table"),
    ("services.inventory", "create-tables"),
    ("services.storefront", "create-table"),
    ("services.users", "create-table"),
)

# Of whoever starts the demo, nothing that leads a service elsewhere.
_LEFT_OUT: Final = ("AWS_", "DYNAMODB_", "STATOR_")


def environment(given: Mapping[str, str], stator: str, env_file: str) -> dict[str, str]:
    """The variables of every service: all names that any of them has for the endpoint and the keys.

    `env_file` takes the place of the `.env` files that there may be.
    """
    kept = {name: value for name, value in given.items() if not name.startswith(_LEFT_OUT)}
    return kept | {
        "ENV_FILE": env_file,
        "DYNAMODB_ENDPOINT": stator,
        "DYNAMODB_ENDPOINT_URL": stator,
        "AWS_ENDPOINT_URL": stator,
        "DYNAMODB_REGION": REGION,
        "AWS_REGION": REGION,
        "DYNAMODB_ACCESS_KEY": KEY,
        "DYNAMODB_SECRET_KEY": KEY,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": KEY,
    }
