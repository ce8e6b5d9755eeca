"""From a purchase order to stock: four services, of which none calls another."""

from collections.abc import Callable
from typing import Any

import pytest

from ..process import ServiceProcess
from .fleet import becomes


@pytest.fixture
def order(orden_compra: ServiceProcess, supplier: str, product: Callable[[], str]) -> dict[str, Any]:
    """A placed order of ten of one product and two of another."""
    lines = [
        {"product": product(), "quantity": 10, "unitPrice": 19.95},
        {"product": product(), "quantity": 2, "unitPrice": 0.0001},
    ]
    reply = orden_compra.http.post("/orden-compra", json={"supplierId": supplier, "lines": lines})
    assert reply.status_code == 201, reply.text
    return dict(reply.json())


def test_from_order_to_stock(
    orden_compra: ServiceProcess,
    ingreso: ServiceProcess,
    movimiento: ServiceProcess,
    order: dict[str, Any],
) -> None:
    first, second = (line["product"] for line in order["lines"])
    assert (order["status"], order["total"], order["version"]) == ("PLACED", 199.5002, 1)
    approved = orden_compra.http.post(f"/orden-compra/{order['id']}/approve")
    assert (approved.status_code, approved.json()["status"]) == (200, "APPROVED")

    receipt = becomes(ingreso, f"/ingreso-inventario/{order['id']}", status="EXPECTED")
    assert receipt["supplierId"] == order["supplierId"]
    path = f"/ingreso-inventario/{order['id']}/receive"
    some = ingreso.http.post(path, json={"lines": [{"product": first, "quantity": 4}]})
    assert (some.status_code, some.json()["status"]) == (200, "PARTIAL")

    becomes(movimiento, f"/movimiento-inventario/{first}", quantity=4, movements=1)
    half = becomes(orden_compra, f"/orden-compra/{order['id']}", status="PARTIALLY_RECEIVED")
    assert [line["received"] for line in half["lines"]] == [4, 0]

    rest = [{"product": first, "quantity": 6}, {"product": second, "quantity": 2}]
    all_of_it = ingreso.http.post(path, json={"lines": rest, "note": "two pallets"})
    assert (all_of_it.status_code, all_of_it.json()["status"]) == (200, "COMPLETE")
    becomes(movimiento, f"/movimiento-inventario/{first}", quantity=10, increased=10, movements=2)
    becomes(movimiento, f"/movimiento-inventario/{second}", quantity=2)
    done = becomes(orden_compra, f"/orden-compra/{order['id']}", status="RECEIVED")
    assert [line["received"] for line in done["lines"]] == [10, 2]
    events = orden_compra.http.get(f"/orden-compra/{order['id']}/events").json()
    assert [event["type"] for event in events] == [
        "OrderPlaced",
        "OrderApproved",
        *["GoodsStocked"] * 3,
    ]
    assert [event["version"] for event in events] == [1, 2, 3, 4, 5]


def test_no_more_comes_in_than_was_ordered(
    orden_compra: ServiceProcess, ingreso: ServiceProcess, order: dict[str, Any]
) -> None:
    orden_compra.http.post(f"/orden-compra/{order['id']}/approve")
    becomes(ingreso, f"/ingreso-inventario/{order['id']}", status="EXPECTED")
    lines = [
        {"product": order["lines"][0]["product"], "quantity": 11},
        {"product": "another", "quantity": 1},
    ]
    reply = ingreso.http.post(f"/ingreso-inventario/{order['id']}/receive", json={"lines": lines})
    assert reply.status_code == 409
    assert "11 have come, 10 are outstanding" in reply.json()["message"]
    assert "another: 1 have come, 0 are outstanding" in reply.json()["message"]


def test_a_cancelled_order_takes_in_nothing(
    orden_compra: ServiceProcess, ingreso: ServiceProcess, order: dict[str, Any]
) -> None:
    orden_compra.http.post(f"/orden-compra/{order['id']}/approve")
    cancelled = orden_compra.http.post(f"/orden-compra/{order['id']}/cancel", json={"reason": "too late"})
    assert (cancelled.json()["status"], cancelled.json()["cancelledBecause"]) == ("CANCELLED", "too late")
    becomes(ingreso, f"/ingreso-inventario/{order['id']}", status="WITHDRAWN")
    line = {"product": order["lines"][0]["product"], "quantity": 1}
    reply = ingreso.http.post(f"/ingreso-inventario/{order['id']}/receive", json={"lines": [line]})
    assert reply.status_code == 409


def test_an_order_cancelled_before_its_approval_is_never_expected(
    orden_compra: ServiceProcess, ingreso: ServiceProcess, order: dict[str, Any], supplier: str
) -> None:
    orden_compra.http.post(f"/orden-compra/{order['id']}/cancel", json={"reason": "a mistake"})
    assert orden_compra.http.post(f"/orden-compra/{order['id']}/approve").status_code == 409
    line = {"product": "later", "quantity": 1, "unitPrice": 1}
    later = orden_compra.http.post("/orden-compra", json={"supplierId": supplier, "lines": [line]}).json()
    orden_compra.http.post(f"/orden-compra/{later['id']}/approve")
    becomes(ingreso, f"/ingreso-inventario/{later['id']}", status="EXPECTED")
    assert ingreso.http.get(f"/ingreso-inventario/{order['id']}").status_code == 404


def test_orders_go_to_suppliers_that_are_registered_and_active(
    proveedor: ServiceProcess, orden_compra: ServiceProcess, supplier: str
) -> None:
    asked = {"supplierId": supplier, "lines": [{"product": "x", "quantity": 1, "unitPrice": 1}]}
    assert orden_compra.http.post("/orden-compra", json=asked).json()["supplierName"] == "Maderas del Sur"
    proveedor.http.patch(f"/proveedor/{supplier}", json={"name": "Maderas del Norte"})
    assert orden_compra.http.post("/orden-compra", json=asked).json()["supplierName"] == "Maderas del Norte"
    proveedor.http.post(f"/proveedor/{supplier}/deactivate", json={"reason": "late three times"})
    for identifier in (supplier, "nobody"):
        reply = orden_compra.http.post("/orden-compra", json={**asked, "supplierId": identifier})
        assert (reply.status_code, reply.json()["fields"][0]["field"]) == (400, "supplierId")
    proveedor.http.post(f"/proveedor/{supplier}/activate")
    assert orden_compra.http.post("/orden-compra", json=asked).status_code == 201
