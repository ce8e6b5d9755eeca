"""Orders over HTTP, on a real database."""

import re
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import httpx
import pytest

from ..process import ServiceProcess
from .conftest import LAMP

UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ABSENT = "00000000-0000-4000-8000-000000000000"


def items(database: Any, table: str) -> list[Any]:
    """All items of the table."""
    found: list[Any] = database.scan(TableName=table, ConsistentRead=True)["Items"]
    return found


def test_an_order_is_made_with_every_field_of_the_document(
    http: httpx.Client, database: Any, table: str
) -> None:
    reply = http.post("/orders", json=LAMP | {"shippingAddress": "Calle 8"})
    assert reply.status_code == 201
    order = reply.json()
    assert UUID.fullmatch(order["id"])
    assert order["pk"] == order["sk"] == f"ORDER#{order['id']}"
    assert MOMENT.fullmatch(order["createdAt"])
    assert order["updatedAt"] == order["createdAt"]
    derived = {"totalPrice": 59.7, "status": "PENDING", "shippingAddress": "Calle 8"}
    assert order == order | LAMP | derived
    assert len(order) == 13
    assert reply.headers["Location"] == f"/orders/{order['id']}"
    (item,) = items(database, table)
    assert item.keys() == order.keys()
    assert item["totalPrice"] == {"N": "59.7"}
    assert http.get(reply.headers["Location"]).json() == order


def test_an_address_that_is_not_given_is_not_there(lamp: dict[str, Any], database: Any, table: str) -> None:
    assert "shippingAddress" not in lamp
    assert "shippingAddress" not in items(database, table)[0]


@pytest.mark.parametrize(
    ("quantity", "price", "total"), [(3, 0.1, 0.3), (7, 1.005, 7.035), (100_000, 999_999.9999, 99999999990.0)]
)
def test_totals_are_exact(http: httpx.Client, quantity: int, price: float, total: float) -> None:
    order = http.post("/orders", json=LAMP | {"quantity": quantity, "unitPrice": price}).json()
    assert order["totalPrice"] == total
    assert Decimal(str(order["totalPrice"])) == quantity * Decimal(str(price))


def test_a_change_touches_what_it_names(http: httpx.Client, lamp: dict[str, Any]) -> None:
    reply = http.patch(f"/orders/{lamp['id']}", json={"status": "SHIPPED"})
    assert reply.status_code == 200
    changed = reply.json()
    assert changed["updatedAt"] >= lamp["updatedAt"]
    assert changed == lamp | {"status": "SHIPPED", "updatedAt": changed["updatedAt"]}
    assert http.get(f"/orders/{lamp['id']}").json() == changed


@pytest.mark.parametrize(
    ("change", "total"),
    [({"quantity": 4}, 79.6), ({"unitPrice": 5}, 15), ({"quantity": 2, "unitPrice": 0.25}, 0.5)],
)
def test_the_total_price_follows(
    http: httpx.Client, lamp: dict[str, Any], change: dict[str, Any], total: float
) -> None:
    changed = http.patch(f"/orders/{lamp['id']}", json=change).json()
    assert changed == lamp | change | {"totalPrice": total, "updatedAt": changed["updatedAt"]}


def test_an_address_can_be_given_and_taken_away(http: httpx.Client, lamp: dict[str, Any]) -> None:
    path = f"/orders/{lamp['id']}"
    assert http.patch(path, json={"shippingAddress": "Calle 8"}).json()["shippingAddress"] == "Calle 8"
    assert "shippingAddress" not in http.patch(path, json={"shippingAddress": None}).json()


def test_concurrent_changes_are_all_there(orders: ServiceProcess, lamp: dict[str, Any]) -> None:
    path = f"{orders.url}/orders/{lamp['id']}"

    def change(body: dict[str, Any]) -> int:
        return httpx.patch(path, json=body).status_code

    for attempt in range(5):
        bodies = [{"status": "PAID"}, {"productName": "Big lamp"}]
        bodies += [{"quantity": 50 + attempt}, {"unitPrice": 2.5 + attempt}]
        with ThreadPoolExecutor(len(bodies)) as threads:
            assert list(threads.map(change, bodies)) == [200] * len(bodies)
        order = httpx.get(path).json()
        for body in bodies:
            assert order == order | body
        assert order["totalPrice"] == order["quantity"] * order["unitPrice"]


def test_a_deleted_order_is_gone(http: httpx.Client, lamp: dict[str, Any], database: Any, table: str) -> None:
    reply = http.delete(f"/orders/{lamp['id']}")
    assert (reply.status_code, reply.content) == (204, b"")
    assert http.get(f"/orders/{lamp['id']}").status_code == 404
    assert items(database, table) == []


@pytest.mark.parametrize("identifier", [ABSENT, "not-one-of-ours"])
@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PATCH", {"status": "PAID"}), ("DELETE", None)])
def test_what_is_not_there_is_not_found(
    http: httpx.Client, database: Any, table: str, identifier: str, method: str, body: Any
) -> None:
    reply = http.request(method, f"/orders/{identifier}", json=body)
    assert reply.status_code == 404
    assert reply.json() == {
        "error": "not_found",
        "message": f"There is no order {identifier}.",
        "request_id": reply.headers["X-Request-Id"],
    }
    assert items(database, table) == []


def test_orders_are_listed_by_pages(http: httpx.Client) -> None:
    made = [http.post("/orders", json=LAMP | {"quantity": count}).json() for count in range(1, 8)]
    listed, address, sizes = [], "/orders?limit=3", []
    while address:
        reply = http.get(address)
        assert reply.status_code == 200
        sizes.append(len(reply.json()))
        listed += reply.json()
        address = reply.links.get("next", {}).get("url", "")
    assert sizes in ([3, 3, 1], [3, 3, 1, 0])
    assert sorted(listed, key=lambda order: order["quantity"]) == made
    assert sorted(http.get("/orders").json(), key=lambda order: order["quantity"]) == made


def test_no_orders(http: httpx.Client) -> None:
    reply = http.get("/orders")
    assert (reply.json(), reply.links) == ([], {})


def test_orders_of_others_are_found_by_the_index(http: httpx.Client, database: Any, table: str) -> None:
    http.post("/orders", json=LAMP)
    foreign = {
        **items(database, table)[0],
        "pk": {"S": "LEGACY#1"},
        "sk": {"S": "2019"},
        "id": {"S": "legacy-1"},
    }
    database.put_item(TableName=table, Item=foreign)
    assert http.get("/orders/legacy-1").json()["pk"] == "LEGACY#1"
    assert http.patch("/orders/legacy-1", json={"quantity": 1}).json()["totalPrice"] == 19.9
    assert http.delete("/orders/legacy-1").status_code == 204
    assert len(items(database, table)) == 1


def test_an_item_that_is_no_order_does_not_stop_a_listing(
    orders: ServiceProcess, lamp: dict[str, Any], database: Any, table: str
) -> None:
    wrong = {**items(database, table)[0], "quantity": {"S": "many"}, "unitPrice": {"BOOL": True}}
    for number, more in enumerate(({}, {"customerName": {"S": "Ana"}}, wrong)):
        key = {"S": f"ORDER#{number}"}
        database.put_item(TableName=table, Item={**more, "pk": key, "sk": key, "id": {"S": f"odd-{number}"}})
    assert orders.http.get("/orders?limit=3").json() == [lamp]
    reply = orders.http.get("/orders/odd-2")
    assert reply.status_code == 500
    assert reply.json()["message"] == "The item ORDER#2 is not an order: see its quantity, unitPrice."
    assert [record["message"] for record in orders.records("services.orders.repository")] == [
        "skipped in a listing"
    ] * 2


def test_health(http: httpx.Client, table: str) -> None:
    reply = http.get("/orders/health/check")
    assert reply.status_code == 200
    assert reply.json() == {"status": "ok", "service": "orders", "tables": [table]}
    assert http.get("/health/live").json() == {"status": "ok"}


def test_the_routes_are_documented(http: httpx.Client) -> None:
    paths = http.get("/openapi.json").json()["paths"]
    assert {path: sorted(methods) for path, methods in paths.items()} == {
        "/orders": ["get", "post"],
        "/orders/{id}": ["delete", "get", "patch"],
        "/orders/health/check": ["get"],
    }
    assert http.get("/docs").status_code == 200
