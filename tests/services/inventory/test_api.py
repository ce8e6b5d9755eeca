"""What clients read, and what they are told when they ask for something wrong."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from ..process import ServiceProcess
from .fleet import SERVICES, SUPPLIER


@pytest.mark.parametrize("name", SERVICES)
def test_health_and_description(services: dict[str, ServiceProcess], name: str) -> None:
    http = services[name].http
    health = http.get("/health").json()
    assert (health["service"], health["tables"]) == (name, [f"{name}-events", f"{name}-read"])
    paths = http.get("/openapi.json").json()["paths"]
    assert {f"/{name}", f"/{name}/{{id}}", f"/{name}/{{id}}/events"} <= paths.keys()
    assert http.get("/docs").status_code == 200


def test_a_supplier_is_read_as_it_was_written(proveedor: ServiceProcess) -> None:
    made = proveedor.http.post("/proveedor", json={**SUPPLIER, "phone": "+54 11 5555-0000"})
    path = made.headers["Location"]
    assert path == f"/proveedor/{made.json()['id']}"
    read = proveedor.http.get(path)
    assert read.json() == made.json()
    assert read.json() == {
        **SUPPLIER,
        "phone": "+54 11 5555-0000",
        "active": True,
        "id": made.json()["id"],
        "version": 1,
        "createdAt": read.json()["createdAt"],
        "updatedAt": read.json()["createdAt"],
    }
    for _ in range(5):
        changed = proveedor.http.patch(path, json={"email": "otra@maderas.example"}).json()
        assert proveedor.http.get(path, params={"version": changed["version"]}).json() == changed
    proveedor.http.post(f"{path}/deactivate", json={"reason": "closed"})
    assert proveedor.http.get(path, params={"version": 3}).json()["active"] is False
    events = proveedor.http.get(f"{path}/events").json()
    assert [event["type"] for event in events] == [
        "SupplierRegistered",
        "SupplierChanged",
        "SupplierDeactivated",
    ]
    assert [event["time"] for event in events] == sorted(event["time"] for event in events)


def pages(http: httpx.Client, path: str, limit: int) -> list[list[Any]]:
    """The pages of a listing."""
    found, url = [], f"{path}?limit={limit}"
    while True:
        reply = http.get(url)
        assert reply.status_code == 200, reply.text
        found.append(reply.json())
        if "next" not in reply.links:
            return found
        url = reply.links["next"]["url"]


def test_listings_are_pages(
    proveedor: ServiceProcess, movimiento: ServiceProcess, product: Callable[[], str]
) -> None:
    made = {proveedor.http.post("/proveedor", json=SUPPLIER).json()["id"] for _ in range(5)}
    for identifier in made:
        assert proveedor.http.get(f"/proveedor/{identifier}").status_code == 200
    listed = pages(proveedor.http, "/proveedor", 2)
    assert made <= {each["id"] for page in listed for each in page}
    assert all(len(page) <= 2 for page in listed)

    code = product()
    move = {"product": code, "kind": "IN", "quantity": 1, "reason": "found"}
    for _ in range(5):
        movimiento.http.post("/movimiento-inventario", json=move)
    history = pages(movimiento.http, f"/movimiento-inventario/{code}/events", 2)
    assert [event["version"] for page in history for event in page] == [1, 2, 3, 4, 5]
    cursor = movimiento.http.get(f"/movimiento-inventario/{code}/events?limit=2").links["next"]["url"]
    elsewhere = movimiento.http.get(cursor.replace(code, "other", 1))
    assert (elsewhere.status_code, elsewhere.json()["fields"][0]["field"]) == (400, "cursor")


LINE = {"product": "lamp", "quantity": 1, "unitPrice": 1}
WRONG: list[tuple[str, str, dict[str, Any], list[str]]] = [
    ("proveedor", "", {"name": " ", "email": "x"}, ["name", "taxId", "email"]),
    ("proveedor", "", {**SUPPLIER, "phone": "none", "id": "1"}, ["phone", "id"]),
    ("orden-compra", "", {"lines": []}, ["supplierId", "lines"]),
    ("orden-compra", "", {"supplierId": "s", "lines": [LINE, LINE]}, ["lines"]),
    (
        "orden-compra",
        "",
        {"supplierId": "s", "lines": [{"product": "a b", "quantity": 0, "unitPrice": 0.00001}]},
        ["lines.0.product", "lines.0.quantity", "lines.0.unitPrice"],
    ),
    (
        "ingreso-inventario",
        "/x/receive",
        {"lines": [{"product": "a", "quantity": 1.5}]},
        ["lines.0.quantity"],
    ),
    (
        "movimiento-inventario",
        "",
        {"product": "a", "kind": "AWAY", "quantity": "1", "reason": ""},
        ["kind", "quantity", "reason"],
    ),
]


@pytest.mark.parametrize(("name", "path", "body", "fields"), WRONG)
def test_every_wrong_field_is_named(
    services: dict[str, ServiceProcess], name: str, path: str, body: dict[str, Any], fields: list[str]
) -> None:
    reply = services[name].http.post(f"/{name}{path}", json=body)
    assert (reply.status_code, reply.json()["error"]) == (400, "invalid")
    assert sorted(each["field"] for each in reply.json()["fields"]) == sorted(fields)


def test_what_is_not_there(services: dict[str, ServiceProcess]) -> None:
    for name, path, body in [
        ("proveedor", "/deactivate", {"reason": "x"}),
        ("orden-compra", "/approve", None),
        ("ingreso-inventario", "/receive", {"lines": [{"product": "a", "quantity": 1}]}),
    ]:
        http = services[name].http
        for reply in (
            http.get(f"/{name}/nothing"),
            http.get(f"/{name}/nothing/events"),
            http.post(f"/{name}/nothing{path}", json=body),
        ):
            assert (reply.status_code, reply.json()["error"]) == (404, "not_found")
    assert services["proveedor"].http.get("/proveedor/stream%23proveedor").status_code == 400


def test_versions_and_keys_that_are_none(proveedor: ServiceProcess, supplier: str) -> None:
    path = f"/proveedor/{supplier}"
    for header, value in (("If-Match", "*"), ("If-Match", "0"), ("Idempotency-Key", "a/b")):
        reply = proveedor.http.patch(path, json={"name": "x"}, headers={header: value})
        assert (reply.status_code, reply.json()["fields"][0]["field"]) == (400, header)
    ahead = proveedor.http.get(path, params={"version": 9})
    assert (ahead.status_code, ahead.json()["message"]) == (
        404,
        f"There is no supplier {supplier} of version 9.",
    )
