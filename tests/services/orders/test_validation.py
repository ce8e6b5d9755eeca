"""A wrong request is told everything that is wrong with it."""

from typing import Any

import httpx
import pytest

from .conftest import LAMP


def wrong(reply: httpx.Response) -> dict[str, str]:
    """The wrong fields and what is said of them."""
    assert reply.status_code == 400, reply.text
    body = reply.json()
    assert body["error"] == "invalid"
    return {row["field"]: row["message"] for row in body["fields"]}


def test_every_wrong_field_is_listed(http: httpx.Client) -> None:
    reply = http.post(
        "/orders",
        json={
            "customerName": " ",
            "customerEmail": "nobody",
            "quantity": 1.5,
            "unitPrice": "9.99",
            "status": 7,
            "shippingAddress": "x" * 1001,
            "totalPrice": 1,
        },
    )
    assert wrong(reply) == {
        "customerName": "must not be shorter than 1",
        "customerEmail": "does not have the right form",
        "productName": "must be given",
        "quantity": "must be a whole number",
        "unitPrice": "must be a number",
        "status": "must be a text",
        "shippingAddress": "must not be longer than 1000",
        "totalPrice": "is not a field",
    }
    assert http.get("/orders").json() == []


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("quantity", 0, "must be at least 1"),
        ("quantity", 100_001, "must be at most 100000"),
        ("quantity", "3", "must be a whole number"),
        ("quantity", True, "must be a whole number"),
        ("unitPrice", -0.01, "must be at least 0"),
        ("unitPrice", 1_000_000.5, "must be at most 1000000"),
        ("unitPrice", 1.00001, "must not have more than 4 decimals"),
        ("unitPrice", True, "must be a number"),
        ("customerName", None, "must be a text"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_wrong_value(http: httpx.Client, method: str, field: str, value: Any, message: str) -> None:
    body = {"POST": LAMP, "PATCH": {}}[method] | {field: value}
    path = {"POST": "/orders", "PATCH": "/orders/any"}[method]
    assert wrong(http.request(method, path, json=body)) == {field: message}


def test_a_change_of_nothing(http: httpx.Client) -> None:
    assert wrong(http.patch("/orders/any", json={})) == {"body": "must have a field to change"}


@pytest.mark.parametrize("field", ["id", "pk", "totalPrice", "createdAt", "updatedAt"])
def test_what_cannot_be_changed(http: httpx.Client, field: str) -> None:
    assert wrong(http.patch("/orders/any", json={field: "x"})) == {field: "is not a field"}


@pytest.mark.parametrize("body", [b"{", b"", b'"text"', b"[1]", b"\xff"])
def test_a_body_that_is_no_object(http: httpx.Client, body: bytes) -> None:
    reply = http.post("/orders", content=body, headers={"Content-Type": "application/json"})
    assert wrong(reply).keys() == {"body"}


def test_not_a_number(http: httpx.Client) -> None:
    reply = http.post(
        "/orders",
        content=b'{"customerName":"A","customerEmail":"a@b.co","productName":"x","quantity":1,"unitPrice":NaN}',
        headers={"Content-Type": "application/json"},
    )
    assert wrong(reply).keys() == {"unitPrice"}


@pytest.mark.parametrize("limit", ["0", "1001", "x"])
def test_a_wrong_limit(http: httpx.Client, limit: str) -> None:
    assert wrong(http.get(f"/orders?limit={limit}")).keys() == {"limit"}


@pytest.mark.parametrize(
    "cursor",
    ["", "x", "!!", "bnVsbA", "e30", "eyJwayI6eyJTIjoiYSJ9fQ", "eyJwayI6eyJTIjoxfSwic2siOnsiUyI6MX19"],
)
def test_a_wrong_cursor(http: httpx.Client, cursor: str) -> None:
    assert wrong(http.get("/orders", params={"cursor": cursor})) == {
        "cursor": "is not a cursor of this listing"
    }


def test_an_id_that_is_too_long(http: httpx.Client) -> None:
    assert wrong(http.get("/orders/" + "x" * 201)).keys() == {"id"}


def test_unknown_places_answer_in_the_same_form(http: httpx.Client) -> None:
    for method, path, status, error in (
        ("GET", "/nowhere", 404, "not_found"),
        ("PUT", "/orders", 405, "method_not_allowed"),
    ):
        reply = http.request(method, path)
        assert reply.status_code == status
        assert reply.json()["error"] == error
