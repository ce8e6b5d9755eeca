"""Views are counted by many at once, over several items."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from ..process import ServiceProcess
from .conftest import Tables, items

Make = Callable[..., dict[str, Any]]


def test_every_view_counts(storefront: ServiceProcess, make: Make, database: Any, tables: Tables) -> None:
    make(), make()
    with ThreadPoolExecutor(8) as threads:
        replies = threads.map(
            lambda number: storefront.http.post(f"/products/{number % 2 + 1}/views"), range(60)
        )
        assert {reply.status_code for reply in replies} == {204}
    for product in (1, 2):
        assert storefront.http.get(f"/products/{product}/views").json() == {
            "product_id": product,
            "views": 30,
        }
    shards = [item["session_id"]["S"] for item in items(database, tables.sessions)]
    assert len(shards) > 2
    assert set(shards) <= {f"views_{product}_{shard}" for product in (1, 2) for shard in range(4)}


def test_nobody_looked(http: httpx.Client, make: Make) -> None:
    make()
    assert http.get("/products/1/views").json()["views"] == 0


def test_views_go_with_their_product(http: httpx.Client, make: Make, database: Any, tables: Tables) -> None:
    make()
    for _ in range(8):
        http.post("/products/1/views")
    assert http.delete("/products/1").status_code == 204
    assert items(database, tables.sessions) == []
