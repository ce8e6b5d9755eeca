"""What a client of the storefront is told when the database fails, and that nothing is lost or doubled."""

from typing import Any

import pytest

from ..faults import FaultyEndpoint, refused, reply_lost, request_lost
from ..process import ServiceProcess, ServiceStarter
from .conftest import LAMP, Tables, created, items

BUSY = refused("ProvisionedThroughputExceededException")
FAULTS = {"reply lost": reply_lost, "request lost": request_lost, "busy": BUSY}


@pytest.fixture
def behind(start_service: ServiceStarter, faulty: FaultyEndpoint, tables: Tables) -> ServiceProcess:
    """A service behind the faulty endpoint."""
    return start_service("storefront", endpoint=faulty.url, **tables.variables)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_product_is_made_once(
    behind: ServiceProcess, faulty: FaultyEndpoint, database: Any, tables: Tables, fault: str
) -> None:
    faulty.inject("UpdateItem", FAULTS[fault])
    faulty.inject("PutItem", FAULTS[fault], FAULTS[fault])
    made = created(behind.http.post("/products", json=LAMP))
    found = [item["id"]["N"] for item in items(database, tables.products) if "title" in item]
    assert found == [str(made["id"])]


@pytest.mark.parametrize("fault", FAULTS)
def test_products_are_imported_once(
    behind: ServiceProcess, faulty: FaultyEndpoint, database: Any, tables: Tables, fault: str
) -> None:
    faulty.inject("BatchWriteItem", FAULTS[fault], FAULTS[fault])
    ids = created(behind.http.post("/products/import", json=[LAMP] * 30))
    found = {item["id"]["N"] for item in items(database, tables.products) if "title" in item}
    assert found == {str(each) for each in ids}
    assert len(found) == 30


@pytest.mark.parametrize("fault", FAULTS)
def test_a_product_is_changed_once(behind: ServiceProcess, faulty: FaultyEndpoint, fault: str) -> None:
    behind.http.post("/products", json=LAMP)
    faulty.inject("UpdateItem", FAULTS[fault], FAULTS[fault])
    reply = behind.http.patch("/products/1", json={"price": 5}, headers={"If-Match": '"1"'})
    assert (reply.status_code, reply.json()["price"], reply.json()["version"]) == (200, 5, 2)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_cart_is_filled_once(behind: ServiceProcess, faulty: FaultyEndpoint, fault: str) -> None:
    behind.http.post("/products", json=LAMP)
    session = created(behind.http.post("/sessions", json={"user_id": "u"}))["session_id"]
    faulty.inject("UpdateItem", FAULTS[fault], FAULTS[fault])
    reply = behind.http.post(f"/sessions/{session}/cart", json={"product_id": 1, "quantity": 2})
    assert reply.status_code == 200
    assert [line["quantity"] for line in behind.http.get(f"/sessions/{session}/cart").json()["lines"]] == [2]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_product_is_deleted_once(
    behind: ServiceProcess, faulty: FaultyEndpoint, database: Any, tables: Tables, fault: str
) -> None:
    behind.http.post("/products", json=LAMP)
    behind.http.post("/products/1/views")
    faulty.inject("DeleteItem", FAULTS[fault])
    assert behind.http.delete("/products/1").status_code == 204
    assert [item["id"] for item in items(database, tables.products)] == [{"N": "0"}]
    assert items(database, tables.sessions) == []


@pytest.mark.parametrize(
    ("variables", "variable"),
    [
        ({"DYNAMODB_TABLE": "no-such-table"}, "DYNAMODB_TABLE and SESSIONS_TABLE"),
        ({"SESSIONS_TABLE": "no-such-table"}, "DYNAMODB_TABLE and SESSIONS_TABLE"),
        ({"DYNAMODB_ENDPOINT": "http://127.0.0.1:1", "DYNAMODB_MAX_ATTEMPTS": "1"}, "DYNAMODB_ENDPOINT"),
    ],
)
def test_what_to_check(
    start_service: ServiceStarter, tables: Tables, variables: dict[str, str], variable: str
) -> None:
    service = start_service("storefront", **{**tables.variables, **variables})
    reply = service.http.get("/health")
    assert (reply.status_code, reply.json()["variable"]) == (503, variable)


def test_health(storefront: ServiceProcess, tables: Tables) -> None:
    reply = storefront.http.get("/health")
    assert reply.json() == {"status": "ok", "service": "storefront", "tables": sorted(tables)}


def test_the_routes_are_documented(storefront: ServiceProcess) -> None:
    paths = storefront.http.get("/openapi.json").json()["paths"]
    assert {path: sorted(methods) for path, methods in paths.items()} == {
        "/health": ["get"],
        "/products": ["get", "post"],
        "/products/import": ["post"],
        "/products/{id}": ["delete", "get", "patch"],
        "/products/{id}/views": ["get", "post"],
        "/receipts/{id}": ["get"],
        "/sessions": ["post"],
        "/sessions/{id}": ["delete", "get"],
        "/sessions/{id}/cart": ["delete", "get", "post", "put"],
        "/sessions/{id}/checkout": ["post"],
    }
