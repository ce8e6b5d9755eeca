"""A checkout happens once and whole: cart, receipt and what was sold agree, whoever else is writing."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from ..faults import FaultyEndpoint, Reply, refused, reply_lost
from ..process import ServiceProcess, ServiceStarter
from .conftest import Tables, created, items

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def session(http: httpx.Client, make: Make) -> str:
    """The address of a session whose cart has three lamps and a gift."""
    make(price=0.1)
    make(title="Gift", price=7)
    address = "/sessions/" + created(http.post("/sessions", json={"user_id": "user_123"}))["session_id"]
    lines = [{"product_id": 1, "quantity": 3}, {"product_id": 2, "quantity": 1}]
    assert http.put(f"{address}/cart", json={"lines": lines}).status_code == 200
    return address


@pytest.fixture
def behind(start_service: ServiceStarter, faulty: FaultyEndpoint, tables: Tables) -> ServiceProcess:
    """A service behind the faulty endpoint."""
    return start_service("storefront", endpoint=faulty.url, **tables.variables)


def sold(http: httpx.Client) -> dict[int, int]:
    """How many of each product were sold."""
    return {each["id"]: each["sold"] for each in http.get("/products?fields=sold").json()}


def receipts(database: Any, tables: Tables) -> list[Any]:
    return [item for item in items(database, tables.sessions) if "lines" in item]


def test_a_receipt(http: httpx.Client, session: str) -> None:
    reply = http.post(f"{session}/checkout")
    receipt = created(reply)
    assert receipt == receipt | {
        "session_id": session.split("/")[2],
        "user_id": "user_123",
        "lines": [
            {"product_id": 1, "title": "Lamp", "price": 0.1, "quantity": 3},
            {"product_id": 2, "title": "Gift", "price": 7, "quantity": 1},
        ],
        "total": 7.3,
    }
    assert http.get(f"{session}/cart").json()["lines"] == []
    assert sold(http) == {1: 3, 2: 1}
    http.patch("/products/1", json={"price": 99})
    assert http.delete(session).status_code == 204
    assert http.get(reply.headers["Location"]).json() == receipt


def test_an_empty_cart(http: httpx.Client, session: str) -> None:
    http.delete(f"{session}/cart")
    reply = http.post(f"{session}/checkout")
    assert (reply.status_code, reply.json()["message"]) == (409, "The cart is empty.")


@pytest.mark.parametrize("how", ["deleted", "without a price"])
def test_what_is_not_for_sale(
    http: httpx.Client, session: str, how: str, database: Any, tables: Tables
) -> None:
    if how == "deleted":
        http.delete("/products/2")
    else:
        http.patch("/products/2", json={"price": None})
    reply = http.post(f"{session}/checkout")
    assert (reply.status_code, reply.json()["message"]) == (409, "The product 2 is not for sale.")
    assert len(http.get(f"{session}/cart").json()["lines"]) == 2
    assert receipts(database, tables) == []


def test_a_cart_that_was_changed_since(http: httpx.Client, session: str) -> None:
    seen = http.get(f"{session}/cart").headers["ETag"]
    http.post(f"{session}/cart", json={"product_id": 2})
    reply = http.post(f"{session}/checkout", headers={"If-Match": seen})
    assert reply.status_code == 412
    assert sold(http) == {1: 0, 2: 0}


def test_of_many_checkouts_one_wins(
    storefront: ServiceProcess, session: str, database: Any, tables: Tables
) -> None:
    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(lambda _: storefront.http.post(f"{session}/checkout"), range(8)))
    assert sorted(reply.status_code for reply in replies) == [201] + [409] * 7
    assert sold(storefront.http) == {1: 3, 2: 1}
    assert len(receipts(database, tables)) == 1


def test_what_is_sold_is_what_receipts_say(storefront: ServiceProcess, make: Make) -> None:
    """Sessions fill and sell their carts at the same time, all with the same products."""
    for number in range(3):
        make(price=number + 1)

    def buy(number: int) -> list[dict[str, Any]]:
        http = storefront.http
        address = "/sessions/" + created(http.post("/sessions", json={"user_id": "u"}))["session_id"]
        found = []
        for turn in range(3):
            for product in {(number + turn) % 3 + 1, 1}:
                assert http.post(f"{address}/cart", json={"product_id": product}).status_code == 200
            found.append(created(http.post(f"{address}/checkout")))
        return found

    with ThreadPoolExecutor(5) as threads:
        found = [receipt for receipts in threads.map(buy, range(5)) for receipt in receipts]
    assert len(found) == 15
    counts = dict.fromkeys((1, 2, 3), 0)
    for receipt in found:
        for line in receipt["lines"]:
            counts[line["product_id"]] += line["quantity"]
    assert sold(storefront.http) == counts


def test_another_price_in_between(
    behind: ServiceProcess,
    faulty: FaultyEndpoint,
    http: httpx.Client,
    session: str,
    database: Any,
    tables: Tables,
) -> None:
    def dearer(passed_on: Callable[[], Reply]) -> Reply:
        assert http.patch("/products/1", json={"price": 2}).status_code == 200
        return passed_on()

    faulty.inject("TransactWriteItems", dearer)
    reply = behind.http.post(f"{session}/checkout")
    assert reply.status_code == 409
    assert reply.json()["message"] == "The product 1 has another price now, or is gone."
    assert (sold(http), receipts(database, tables)) == ({1: 0, 2: 0}, [])
    assert behind.http.post(f"{session}/checkout").json()["total"] == 13


def test_another_cart_in_between(
    behind: ServiceProcess, faulty: FaultyEndpoint, http: httpx.Client, session: str
) -> None:
    def fuller(passed_on: Callable[[], Reply]) -> Reply:
        assert http.post(f"{session}/cart", json={"product_id": 1, "quantity": 7}).status_code == 200
        return passed_on()

    faulty.inject("TransactWriteItems", fuller)
    assert created(behind.http.post(f"{session}/checkout"))["total"] == 8
    assert sold(http) == {1: 10, 2: 1}


BUSY = refused("ProvisionedThroughputExceededException")
CONFLICT = refused(
    "TransactionCanceledException",
    CancellationReasons=[{"Code": "None"}, {"Code": "TransactionConflict"}, *[{"Code": "None"}] * 2],
)


@pytest.mark.parametrize("fault", [reply_lost, BUSY, CONFLICT], ids=["reply lost", "busy", "conflict"])
def test_faults(
    behind: ServiceProcess,
    faulty: FaultyEndpoint,
    http: httpx.Client,
    session: str,
    database: Any,
    tables: Tables,
    fault: Any,
) -> None:
    faulty.inject("TransactWriteItems", fault, fault)
    receipt = created(behind.http.post(f"{session}/checkout"))
    assert sold(http) == {1: 3, 2: 1}
    assert [item["session_id"]["S"] for item in receipts(database, tables)] == [receipt["receipt_id"]]
    assert http.get(f"{session}/cart").json()["lines"] == []


def test_receipts_that_are_not_there(http: httpx.Client, session: str) -> None:
    for identifier in ("receipt_0", session.split("/")[2], "views_1_0"):
        reply = http.get(f"/receipts/{identifier}")
        assert reply.status_code == 404
        assert re.match("There is no receipt", reply.json()["message"])
