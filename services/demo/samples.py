"""Sample data, made through the services as any client would."""

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from typing import Any, Final

WAIT_SECONDS_MAX: Final = 30

Addresses = Mapping[str, str]


def fill(addresses: Addresses) -> None:
    """Make the sample data of all services, by their names; those that have data are left alone."""
    for name, path, make in _SAMPLES:
        if not _ask(addresses[name] + path):
            make(addresses)


def _orders(at: Addresses) -> None:
    for customer, product, quantity, price in (
        ("Ana Torres", "Lamp", 3, 19.9),
        ("Jun Sato", "Desk", 1, 249),
        ("Lea Novak", "Chair", 4, 59.5),
    ):
        order = {
            "customerName": customer,
            "customerEmail": f"{customer.split()[0].lower()}@example.com",
            "productName": product,
            "quantity": quantity,
            "unitPrice": price,
        }
        _ask(f"{at['orders']}/orders", order)


def _enterprises(at: Addresses) -> None:
    for name in ("Premium Plan Enterprise", "Basic Plan Enterprise"):
        _ask(f"{at['enterprises']}/api/enterprises", {"name": name})


def _users(at: Addresses) -> None:
    _ask(f"{at['users']}/users", {"id": "user1", "name": "Test User", "email": "test@example.com"})


def _storefront(at: Addresses) -> None:
    shop = at["storefront"]
    images = "https://images.example.com"
    products = [
        {"title": title, "path": f"{images}/{title.lower()}.jpg", "price": price, "category": category}
        for title, price, category in (
            ("Lamp", 19.9, "home"),
            ("Desk", 249, "office"),
            ("Chair", 59.5, "office"),
            ("Radio", 29.99, "electronics"),
        )
    ]
    ids = _ask(f"{shop}/products/import", products)
    session = _ask(f"{shop}/sessions", {"user_id": "user_123"})["session_id"]
    _ask(f"{shop}/sessions/{session}/cart", {"product_id": ids[0], "quantity": 2})
    _ask(f"{shop}/sessions/{session}/checkout", {})
    _ask(f"{shop}/sessions/{session}/cart", {"product_id": ids[3]})
    _ask(f"{shop}/products/{ids[0]}/views", {})


def _inventory(at: Addresses) -> None:
    """From a purchase order to stock, which other services hear of by streams."""
    supplier = {"name": "Maderas del Sur", "taxId": "30-12345678-9", "email": "ventas@example.com"}
    supplier_id = _ask(f"{at['proveedor']}/proveedor", supplier)["id"]
    lines = [{"product": "desk", "quantity": 10, "unitPrice": 120}]
    order = _ask(f"{at['orden-compra']}/orden-compra", {"supplierId": supplier_id, "lines": lines})["id"]
    _ask(f"{at['orden-compra']}/orden-compra/{order}/approve", {})
    receipt = f"{at['ingreso-inventario']}/ingreso-inventario/{order}"
    _eventually(receipt)
    _ask(f"{receipt}/receive", {"lines": [{"product": "desk", "quantity": 4}]})
    _eventually(f"{at['movimiento-inventario']}/movimiento-inventario/desk")


# A service, the path of its listing, and what makes its data.
_SAMPLES: Final[tuple[tuple[str, str, Callable[[Addresses], None]], ...]] = (
    ("orders", "/orders", _orders),
    ("enterprises", "/api/enterprises", _enterprises),
    ("users", "/users", _users),
    ("storefront", "/products", _storefront),
    ("proveedor", "/proveedor", _inventory),
)


def _ask(address: str, body: Any = None) -> Any:
    """The reply to a GET, or to a POST of a body. Raises HTTPError."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(address, data, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=WAIT_SECONDS_MAX) as reply:
        text = reply.read()
    return json.loads(text) if text else None


def _eventually(address: str) -> None:
    """Wait until there is something at an address."""
    deadline = time.monotonic() + WAIT_SECONDS_MAX
    while True:
        try:
            _ask(address)
            return
        except urllib.error.HTTPError as error:
            if error.code != 404 or time.monotonic() > deadline:
                raise
        time.sleep(0.1)
