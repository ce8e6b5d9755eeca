"""Descriptions that are too long for an item are in a folder, and nobody sees where they are."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from ..process import ServiceProcess
from .conftest import Tables

Make = Callable[..., dict[str, Any]]
LIMIT = 300 * 1024
LONG = "It shines. " * 50_000


def stored(database: Any, tables: Tables, identifier: int = 1) -> dict[str, str]:
    """Where the description of a product is, as its item has it."""
    item = database.get_item(
        TableName=tables.products, Key={"id": {"N": str(identifier)}}, ConsistentRead=True
    )["Item"]
    return {name: value["S"] for name, value in item.items() if name.startswith("description")}


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*"))


@pytest.mark.parametrize(
    ("text", "is_long"),
    [
        ("x" * LIMIT, False),
        ("x" * (LIMIT + 1), True),
        ("ü" * (LIMIT // 2), False),
        ("€" * (LIMIT // 2), True),
    ],
    ids=["as long as may be", "longer", "as many bytes as may be", "more bytes"],
)
def test_the_bound_is_in_bytes(
    http: httpx.Client,
    make: Make,
    database: Any,
    tables: Tables,
    folder: Path,
    text: str,
    is_long: bool,
) -> None:
    assert make(description=text)["description"] == text
    assert http.get("/products/1").json()["description"] == text
    assert stored(database, tables).keys() == {"description_path" if is_long else "description"}
    assert files(folder) == ([stored(database, tables)["description_path"]] if is_long else [])


def test_a_description_moves(
    http: httpx.Client, make: Make, database: Any, tables: Tables, folder: Path
) -> None:
    make(description="Short.")
    for text in (LONG, LONG + "!", "Short again.", LONG, ""):
        assert http.patch("/products/1", json={"description": text}).json()["description"] == text
        assert http.get("/products/1").json()["description"] == text
        where = stored(database, tables)
        assert len(where) == 1
        assert files(folder) == ([where["description_path"]] if "description_path" in where else [])


def test_other_changes_leave_it(http: httpx.Client, make: Make, folder: Path) -> None:
    make(description=LONG)
    before = files(folder)
    assert http.patch("/products/1", json={"price": 1}).json()["description"] == LONG
    assert files(folder) == before


@pytest.mark.parametrize("how", ["null", "delete"])
def test_it_goes_with_its_product(http: httpx.Client, make: Make, folder: Path, how: str) -> None:
    make(description=LONG)
    if how == "null":
        assert "description" not in http.patch("/products/1", json={"description": None}).json()
    else:
        assert http.delete("/products/1").status_code == 204
    assert files(folder) == []


def test_a_refused_change_leaves_no_file(http: httpx.Client, make: Make, folder: Path) -> None:
    make()
    refused = http.patch("/products/1", json={"description": LONG}, headers={"If-Match": '"9"'})
    absent = http.patch("/products/7", json={"description": LONG})
    assert (refused.status_code, absent.status_code) == (412, 404)
    assert files(folder) == []


def test_listings_do_not_have_it(http: httpx.Client, make: Make) -> None:
    make(description=LONG, category="lamps")
    make(description="Short.", category="lamps")
    for address in ("/products", "/products?category=lamps"):
        listed = http.get(address).json()
        assert [{"description", "description_path"} & each.keys() for each in listed] == [set(), set()]


def test_replacing_while_others_read(storefront: ServiceProcess, make: Make, folder: Path) -> None:
    make(description=LONG + "0")
    address = "/products/1"

    def replace(number: int) -> Any:
        return storefront.http.patch(address, json={"description": f"{LONG}{number % 10}"})

    def read(_: int) -> Any:
        return storefront.http.get(address)

    with ThreadPoolExecutor(6) as threads:
        replies = [
            task.result() for task in [threads.submit((replace, read, read)[n % 3], n) for n in range(30)]
        ]
    assert {reply.status_code for reply in replies} == {200}
    assert {reply.json()["description"][:-1] for reply in replies} == {LONG}
    assert len(files(folder)) == 1


@pytest.mark.parametrize("path", ["../secret.txt", "/etc/hostname", "1-none.txt", "1/../../x.txt"])
def test_a_path_that_leads_nowhere(
    http: httpx.Client, make: Make, database: Any, tables: Tables, folder: Path, path: str
) -> None:
    make()
    folder.mkdir(parents=True, exist_ok=True)  # The service makes it when it has the first long description.
    (folder.parent / "secret.txt").write_text("secret")
    database.update_item(
        TableName=tables.products,
        Key={"id": {"N": "1"}},
        UpdateExpression="SET description_path = :path",
        ExpressionAttributeValues={":path": {"S": path}},
    )
    reply = http.get("/products/1")
    assert reply.status_code == 500
    assert reply.json()["message"] == "The description of the product 1 is not there."
    assert http.delete("/products/1").status_code == 204
    assert (folder.parent / "secret.txt").exists()
