"""Sessions and their carts over HTTP, on a real database."""

import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from harness.process import eventually

from ..process import GIVEN, ServiceProcess
from .conftest import Tables, created, items

Make = Callable[..., dict[str, Any]]
DAY = 86_400


@pytest.fixture
def cart(http: httpx.Client) -> str:
    """The address of an empty cart."""
    session = created(http.post("/sessions", json={"user_id": "user_123"}))
    return f"/sessions/{session['session_id']}/cart"


def wrong(reply: httpx.Response) -> dict[str, str]:
    """The wrong fields and what is said of them."""
    assert reply.status_code == 400, reply.text
    return {row["field"]: row["message"] for row in reply.json()["fields"]}


def lines(reply: httpx.Response) -> list[tuple[int, int]]:
    """The products of a cart, and how many of each."""
    assert reply.status_code == 200, reply.text
    return [(line["product_id"], line["quantity"]) for line in reply.json()["lines"]]


def test_a_session_is_as_the_document_has_it(http: httpx.Client, database: Any, tables: Tables) -> None:
    asked_at = int(time.time())
    reply = http.post("/sessions", json={"user_id": "user_123", "preferences": {"theme": "dark"}})
    made = created(reply)
    assert made["session_id"].startswith("sess_")
    assert made["data"] == {"cart": [], "preferences": {"theme": "dark"}}
    assert asked_at + DAY <= made["expires_at"] <= time.time() + DAY
    assert reply.headers["ETag"] == '"1"'
    assert http.get(reply.headers["Location"]).json() == made
    (item,) = items(database, tables.sessions)
    assert item == item | {
        "session_id": {"S": made["session_id"]},
        "user_id": {"S": "user_123"},
        "created_at": {"S": made["created_at"]},
        "expires_at": {"N": str(made["expires_at"])},
    }
    assert json.loads(item["data"]["S"]) == made["data"]


def test_the_table_expires_its_items(database: Any, tables: Tables) -> None:
    described = database.describe_time_to_live(TableName=tables.sessions)["TimeToLiveDescription"]
    assert described["AttributeName"] == "expires_at"
    assert described["TimeToLiveStatus"] in {"ENABLED", "ENABLING"}
    products = database.describe_time_to_live(TableName=tables.products)["TimeToLiveDescription"]
    assert products["TimeToLiveStatus"] == "DISABLED"


def foreign(expires_at: float) -> dict[str, Any]:
    """The document's sample, which knows no versions."""
    return {
        "session_id": {"S": "sess_123456789"},
        "user_id": {"S": "user_123"},
        "data": {"S": '{"cart": [], "preferences": {}, "seen": [1]}'},
        "created_at": {"S": "2024-01-01T00:00:00Z"},
        "expires_at": {"N": str(int(expires_at))},
    }


def test_the_document_s_sample_is_a_session(
    http: httpx.Client, make: Make, database: Any, tables: Tables
) -> None:
    make()
    database.put_item(TableName=tables.sessions, Item=foreign(time.time() + 60))
    assert http.get("/sessions/sess_123456789").json()["version"] == 0
    for version in (1, 2):
        reply = http.post("/sessions/sess_123456789/cart", json={"product_id": 1})
        assert (lines(reply), reply.json()["version"]) == ([(1, version)], version)
    found = http.get("/sessions/sess_123456789").json()
    assert found["data"] == {"cart": [{"product_id": 1, "quantity": 2}], "preferences": {}, "seen": [1]}
    assert found["expires_at"] > time.time() + DAY / 2


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("DELETE", "", None),
        ("GET", "/cart", None),
        ("POST", "/cart", {"product_id": 1}),
        ("PUT", "/cart", {"lines": []}),
        ("DELETE", "/cart", None),
        ("POST", "/checkout", None),
    ],
)
def test_what_is_not_there_is_not_found(
    http: httpx.Client, make: Make, database: Any, tables: Tables, method: str, path: str, body: Any
) -> None:
    make()
    http.post("/products/1/views")
    # Expired, though it is still there; never there; and something else of the same table.
    database.put_item(TableName=tables.sessions, Item=foreign(time.time() - 1))
    others = [item for item in items(database, tables.sessions) if "expires_at" not in item]
    assert len(others) == 1
    for identifier in ("sess_123456789", "sess_0", others[0]["session_id"]["S"]):
        reply = http.request(method, f"/sessions/{identifier}{path}", json=body)
        assert reply.status_code == 404
        assert reply.json()["message"] == f"There is no session {identifier}."
    # The database may have deleted the expired one meanwhile.
    assert [item for item in items(database, tables.sessions) if "expires_at" not in item] == others


@pytest.mark.skipif(GIVEN is not None, reason="AWS takes up to some days")
def test_what_has_expired_is_deleted(http: httpx.Client, database: Any, tables: Tables) -> None:
    lives = created(http.post("/sessions", json={"user_id": "user_123"}))["session_id"]
    database.put_item(TableName=tables.sessions, Item=foreign(time.time() - 1))
    for _ in eventually():
        left = [item["session_id"]["S"] for item in items(database, tables.sessions)]
        if left == [lives]:
            break


def test_a_session_ends(http: httpx.Client, cart: str) -> None:
    assert http.delete(cart.removesuffix("/cart")).status_code == 204
    assert http.get(cart).status_code == 404


def test_a_cart_shows_products_as_they_are(http: httpx.Client, make: Make, cart: str) -> None:
    make(price=0.1), make(title="Gift"), make(price=5)
    for product, quantity in ((1, 2), (2, 1), (3, 1), (1, 1)):
        reply = http.post(cart, json={"product_id": product, "quantity": quantity})
    assert reply.json() == http.get(cart).json()
    http.patch("/products/1", json={"title": "Old lamp"})
    http.delete("/products/3")
    path = "https://images.example.com/lamp.jpg"
    assert http.get(cart).json() == {
        "session_id": cart.split("/")[2],
        "version": 5,
        "lines": [
            {"product_id": 1, "quantity": 3, "title": "Old lamp", "path": path, "price": 0.1},
            {"product_id": 2, "quantity": 1, "title": "Gift", "path": path},
            {"product_id": 3, "quantity": 1},
        ],
        "total": 0.3,
    }


def test_a_cart_is_set_and_emptied(http: httpx.Client, make: Make, cart: str) -> None:
    make(), make()
    new = [{"product_id": 2, "quantity": 3}, {"product_id": 1, "quantity": 1}]
    assert lines(http.put(cart, json={"lines": new})) == [(2, 3), (1, 1)]
    assert lines(http.put(cart, json={"lines": new[1:]})) == [(1, 1)]
    assert http.delete(cart).status_code == 204
    reply = http.get(cart)
    assert (lines(reply), reply.json()["total"]) == ([], 0)


def test_everything_put_in_at_once_is_there(storefront: ServiceProcess, make: Make, cart: str) -> None:
    make(), make()
    with ThreadPoolExecutor(6) as threads:
        replies = threads.map(
            lambda number: storefront.http.post(cart, json={"product_id": number % 2 + 1}), range(24)
        )
        assert {reply.status_code for reply in replies} == {200}
    assert sorted(lines(storefront.http.get(cart))) == [(1, 12), (2, 12)]


def test_of_two_that_saw_the_same_cart_one_wins(storefront: ServiceProcess, make: Make, cart: str) -> None:
    make()
    seen = storefront.http.get(cart).headers["ETag"]

    def put(quantity: int) -> int:
        body = {"lines": [{"product_id": 1, "quantity": quantity}]}
        return storefront.http.put(cart, json=body, headers={"If-Match": seen}).status_code

    with ThreadPoolExecutor(8) as threads:
        statuses = list(threads.map(put, range(1, 9)))
    assert sorted(statuses) == [200] + [412] * 7
    assert lines(storefront.http.get(cart)) == [(1, statuses.index(200) + 1)]


@pytest.mark.parametrize(
    ("method", "body"), [("POST", {"product_id": 1}), ("PUT", {"lines": []}), ("DELETE", None)]
)
def test_a_cart_that_was_changed_since(
    http: httpx.Client, make: Make, cart: str, method: str, body: Any
) -> None:
    make()
    seen = http.get(cart).headers["ETag"]
    http.post(cart, json={"product_id": 1, "quantity": 5})
    reply = http.request(method, cart, json=body, headers={"If-Match": seen})
    assert (reply.status_code, reply.json()["error"]) == (412, "outdated")
    assert lines(http.get(cart)) == [(1, 5)]


def test_wrong_requests(http: httpx.Client, make: Make, cart: str) -> None:
    make()
    one = {"product_id": 1}
    assert wrong(http.post("/sessions", json={"preferences": [], "x": 1})).keys() == {
        "user_id",
        "preferences",
        "x",
    }
    assert wrong(http.post("/sessions", json={"user_id": "u", "preferences": {"a": "x" * 50_000}})) == {
        "preferences": "must not be longer than 50000 bytes"
    }
    for value in (b"NaN", b'"\\ud800"'):
        content = b'{"user_id":"u","preferences":{"a":' + value + b"}}"
        reply = http.post("/sessions", content=content, headers={"Content-Type": "application/json"})
        assert wrong(reply).keys() == {"preferences"}
    for body in ({}, {"product_id": "1"}, {"product_id": 0}, {"product_id": True}):
        assert wrong(http.post(cart, json=body)).keys() == {"product_id"}
    for quantity in (0, 1001, 1.5, "2"):
        assert wrong(http.post(cart, json=one | {"quantity": quantity})).keys() == {"quantity"}
    assert wrong(http.post(cart, json={"product_id": 7})) == {"product_id": "there is no product 7"}
    assert wrong(http.put(cart, json={"lines": [one, {"product_id": 7}]})).keys() == {"product_id"}
    assert wrong(http.put(cart, json={"lines": [one, one]})) == {"body": "must not have a product twice"}
    assert lines(http.get(cart)) == []


def test_a_cart_has_its_bounds(http: httpx.Client, make: Make, cart: str) -> None:
    ids = http.post("/products/import", json=[{"title": "x", "path": "http://x"}] * 51).json()
    everything = [{"product_id": number} for number in ids]
    assert wrong(http.put(cart, json={"lines": everything})).keys() == {"lines"}
    assert http.put(cart, json={"lines": everything[:50]}).status_code == 200
    assert wrong(http.post(cart, json=everything[50])) == {"product_id": "a cart has at most 50 products"}
    assert http.post(cart, json=everything[0] | {"quantity": 999}).status_code == 200
    assert wrong(http.post(cart, json=everything[0])) == {"quantity": "a cart has at most 1000 of a product"}
