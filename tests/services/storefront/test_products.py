"""Products over HTTP, on a real database."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from ..process import ServiceProcess
from .conftest import LAMP, Tables, created, items

Make = Callable[..., dict[str, Any]]
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
WHOLE = LAMP | {"description": "It shines.", "price": 29.99, "category": "electronics"}


def listed(http: httpx.Client, address: str) -> list[list[Any]]:
    """The pages of a listing."""
    pages = []
    while address:
        reply = http.get(address)
        assert reply.status_code == 200, reply.text
        pages.append(reply.json())
        address = reply.links.get("next", {}).get("url", "")
    return pages


def wrong(reply: httpx.Response) -> dict[str, str]:
    """The wrong fields and what is said of them."""
    assert reply.status_code == 400, reply.text
    return {row["field"]: row["message"] for row in reply.json()["fields"]}


def test_a_product_is_as_the_document_has_it(http: httpx.Client, database: Any, tables: Tables) -> None:
    reply = http.post("/products", json=WHOLE)
    made = created(reply)
    assert made == WHOLE | {
        "id": 1,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
        "version": 1,
        "sold": 0,
    }
    assert MOMENT.fullmatch(made["created_at"])
    assert (reply.headers["Location"], reply.headers["ETag"]) == ("/products/1", '"1"')
    assert http.get("/products/1").json() == made
    (item,) = (each for each in items(database, tables.products) if each["id"] != {"N": "0"})
    types = {name: next(iter(value)) for name, value in item.items()}
    assert types == {
        **dict.fromkeys(("title", "path", "description", "category", "created_at", "updated_at"), "S"),
        **dict.fromkeys(("id", "price", "version", "sold"), "N"),
    }
    assert item["price"] == {"N": "29.99"}


def test_what_may_be_absent_is_not_there(make: Make) -> None:
    assert make().keys() == {"id", "title", "path", "created_at", "updated_at", "version", "sold"}


def test_ids_are_numbers_in_order(make: Make, database: Any, tables: Tables) -> None:
    assert [make()["id"] for _ in range(3)] == [1, 2, 3]
    counter = database.get_item(TableName=tables.products, Key={"id": {"N": "0"}})["Item"]
    assert counter == {"id": {"N": "0"}, "last_id": {"N": "3"}}


def test_ids_are_given_once(storefront: ServiceProcess) -> None:
    def create(_: int) -> Any:
        return created(storefront.http.post("/products", json=LAMP))["id"]

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(create, range(40))) == list(range(1, 41))


def test_ids_that_something_else_has_used_are_passed_over(make: Make, database: Any, tables: Tables) -> None:
    taken = set(range(1, 11))
    for number in taken:
        database.put_item(TableName=tables.products, Item={"id": {"N": str(number)}, "title": {"S": "Old"}})
    ids = [make()["id"] for _ in range(3)]
    assert taken.isdisjoint(ids)
    assert sorted(set(ids)) == ids


def test_the_document_s_sample_is_a_product(
    http: httpx.Client, make: Make, database: Any, tables: Tables
) -> None:
    texts = {"title": "Sample Product", "category": "electronics", "created_at": "2024-01-01T00:00:00Z"}
    item = {name: {"S": value} for name, value in texts.items()}
    database.put_item(TableName=tables.products, Item={"id": {"N": "1"}, "price": {"N": "29.99"}, **item})
    assert http.get("/products/1").json() == {"id": 1, "price": 29.99, "version": 0, "sold": 0, **texts}
    assert listed(http, "/products") == [[{"id": 1, "price": 29.99, **texts}]]
    changed = http.patch("/products/1", json={"price": 9}, headers={"If-Match": '"0"'}).json()
    assert (changed["price"], changed["title"], changed["version"]) == (9, "Sample Product", 1)
    assert make()["id"] > 1


def test_a_change_touches_what_it_names(http: httpx.Client) -> None:
    made = created(http.post("/products", json=WHOLE))
    reply = http.patch("/products/1", json={"price": 19.5})
    changed = reply.json()
    assert changed == made | {"price": 19.5, "version": 2, "updated_at": changed["updated_at"]}
    assert reply.headers["ETag"] == '"2"'
    assert http.get("/products/1").json() == changed


def test_null_takes_away(http: httpx.Client) -> None:
    created(http.post("/products", json=WHOLE))
    gone = {"price": None, "description": None, "category": None}
    assert gone.keys().isdisjoint(http.patch("/products/1", json=gone).json())
    assert gone.keys().isdisjoint(http.get("/products/1").json())
    assert listed(http, "/products?category=electronics") == [[]]


def test_a_change_of_what_was_seen(http: httpx.Client, make: Make) -> None:
    make(price=1)
    seen = http.get("/products/1").headers["ETag"]
    assert http.patch("/products/1", json={"price": 2}, headers={"If-Match": seen}).status_code == 200
    reply = http.patch("/products/1", json={"price": 3}, headers={"If-Match": seen})
    assert reply.status_code == 412
    assert (reply.json()["error"], reply.json()["message"]) == (
        "outdated",
        "The product 1 was changed; its version is 2.",
    )
    assert http.get("/products/1").json()["price"] == 2
    assert wrong(http.patch("/products/1", json={"price": 3}, headers={"If-Match": "2"})) == {
        "if-match": "must be an ETag of this service"
    }


def test_of_two_that_saw_the_same_one_wins(storefront: ServiceProcess, make: Make) -> None:
    make()

    def change(number: int) -> int:
        address = "/products/1"
        return storefront.http.patch(address, json={"price": number}, headers={"If-Match": '"1"'}).status_code

    with ThreadPoolExecutor(8) as threads:
        assert sorted(threads.map(change, range(8))) == [200] + [412] * 7


def test_changes_of_different_fields_are_all_there(storefront: ServiceProcess, make: Make) -> None:
    make()
    bodies = [{"price": 7}, {"category": "books"}, {"title": "Big lamp"}, {"description": "Bigger."}] * 2
    with ThreadPoolExecutor(8) as threads:
        replies = list(threads.map(lambda body: storefront.http.patch("/products/1", json=body), bodies))
    assert {reply.status_code for reply in replies} == {200}
    found = storefront.http.get("/products/1").json()
    for body in bodies:
        assert found == found | body
    assert found["version"] == 1 + len(bodies)


def test_a_deleted_product_is_gone(http: httpx.Client, make: Make) -> None:
    make(category="books")
    assert http.delete("/products/1").status_code == 204
    assert http.get("/products/1").status_code == 404
    assert http.delete("/products/1").status_code == 404
    assert listed(http, "/products") == listed(http, "/products?category=books") == [[]]
    assert make()["id"] == 2


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "", None),
        ("PATCH", "", {"price": 1}),
        ("DELETE", "", None),
        ("POST", "/views", None),
        ("GET", "/views", None),
    ],
)
def test_what_is_not_there_is_not_found(http: httpx.Client, method: str, path: str, body: Any) -> None:
    reply = http.request(method, f"/products/7{path}", json=body)
    assert reply.status_code == 404
    assert reply.json()["message"] == "There is no product 7."


def test_all_products_by_pages(http: httpx.Client, make: Make) -> None:
    made = [make(title=f"Lamp {number}", description="Long.") for number in range(7)]
    pages = listed(http, "/products?limit=3")
    assert [len(page) for page in pages] in ([3, 3, 1], [3, 3, 1, 0])
    shown = [{name: value for name, value in each.items() if name != "description"} for each in made]
    assert sorted((each for page in pages for each in page), key=lambda each: each["id"]) == shown


def test_a_category_by_age(http: httpx.Client, make: Make, storefront: ServiceProcess) -> None:
    for number in range(9):
        make(title=f"{number}", category=("books", "lamps", "toys & games")[number % 3])
    asked = len(storefront.records("database"))
    newest = listed(http, "/products?category=lamps&limit=2")
    assert [[each["title"] for each in page] for page in newest][:2] == [["7", "4"], ["1"]]
    (oldest,) = listed(http, "/products?category=toys+%26+games&order=oldest")
    assert [each["title"] for each in oldest] == ["2", "5", "8"]
    assert listed(http, "/products?category=nothing") == [[]]
    calls = storefront.records("database")[asked:]
    assert {call["operation"] for call in calls} == {"Query"}
    assert {call["parameters"]["IndexName"] for call in calls} == {"CategoryIndex"}


def test_only_some_fields(http: httpx.Client, make: Make, storefront: ServiceProcess) -> None:
    make(price=5, category="books")
    for address in ("/products?fields=price,title", "/products?fields=title,%20price&category=books"):
        assert listed(http, address) == [[{"id": 1, "title": "Lamp", "price": 5}]]
        call = storefront.records("database")[-1]["parameters"]
        assert list(call["ExpressionAttributeNames"].values()) == ["id", "title", "price"]
    assert wrong(http.get("/products?fields=title,description,x")).keys() == {"fields"}


def test_many_at_once(http: httpx.Client, make: Make, storefront: ServiceProcess) -> None:
    make()
    asked = len(storefront.records("database"))
    forms = [LAMP | {"title": f"Lamp {number}", "category": "lamps"} for number in range(60)]
    reply = http.post("/products/import", json=forms)
    assert created(reply) == list(range(2, 62))
    calls = [call["operation"] for call in storefront.records("database")[asked:]]
    assert calls == ["UpdateItem", "BatchGetItem", *["BatchWriteItem"] * 3]
    found = listed(http, "/products?category=lamps&limit=1000&order=oldest")
    assert {each["title"] for page in found for each in page} == {form["title"] for form in forms}
    assert make()["id"] == 62


def test_many_at_once_pass_over_what_is_taken(http: httpx.Client, database: Any, tables: Tables) -> None:
    old = {"id": {"N": "3"}, "title": {"S": "Old"}}
    database.put_item(TableName=tables.products, Item=old)
    ids = http.post("/products/import", json=[LAMP] * 5).json()
    assert len(set(ids)) == 5
    assert 3 not in ids
    assert database.get_item(TableName=tables.products, Key={"id": {"N": "3"}})["Item"] == old


def test_everything_wrong_is_listed(http: httpx.Client) -> None:
    body = {"title": " ", "path": "ftp://x", "price": -1, "category": "", "description": 5, "id": 7}
    assert wrong(http.post("/products", json=body)) == {
        "title": "must not be shorter than 1",
        "path": "does not have the right form",
        "price": "must be at least 0",
        "category": "must not be shorter than 1",
        "description": "must be a text",
        "id": "is not a field",
    }
    assert wrong(http.post("/products", json={})).keys() == {"title", "path"}
    assert wrong(http.post("/products/import", json=[LAMP, {}])).keys() == {"1.title", "1.path"}
    assert wrong(http.post("/products/import", json=[])).keys() == {"body"}
    assert wrong(http.patch("/products/1", json={})).keys() == {"body"}
    assert wrong(http.patch("/products/1", json={"title": None, "path": None})).keys() == {"title", "path"}
    assert listed(http, "/products") == [[]]


@pytest.mark.parametrize("identifier", ["0", "-1", "x", "1.5", "9999999999999999"])
def test_an_id_that_is_none(http: httpx.Client, identifier: str) -> None:
    assert wrong(http.get(f"/products/{identifier}")).keys() == {"id"}


@pytest.mark.parametrize(
    "address", ["/products?cursor=e30", "/products?category=a&cursor=eyJpZCI6eyJOIjoiMSJ9fQ"]
)
def test_a_cursor_of_something_else(http: httpx.Client, address: str) -> None:
    assert wrong(http.get(address)) == {"cursor": "is not a cursor of this listing"}


def test_an_item_that_is_no_product(http: httpx.Client, database: Any, tables: Tables) -> None:
    database.put_item(TableName=tables.products, Item={"id": {"N": "1"}, "price": {"N": "3"}})
    assert http.get("/products/1").status_code == 500
    assert listed(http, "/products") == [[]]
