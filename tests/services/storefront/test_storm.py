"""Shoppers in a storm: the database throttles, fails before and after its work, refuses transactions, leaves
batches unfinished and is slow, all at once. No request is lost, and none happens twice."""

import json
import urllib.request
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from harness.process import ServerProcess

from ..process import ServiceProcess, ServiceStarter, command, environment
from .conftest import LAMP, created

SHOPPERS, TURNS, PRODUCTS = 6, 3, 40
FAULTS = (
    {"kind": "throttle", "rate": 0.05},
    {"kind": "error", "rate": 0.05},
    {"kind": "error-after", "rate": 0.05},
    {"kind": "conflict", "rate": 0.3, "operation": "TransactWriteItems"},
    {"kind": "unprocessed", "rate": 0.5},
    {"kind": "latency", "rate": 0.1, "seconds": 0.02},
)


def inject(server: ServerProcess) -> None:
    """Set the faults, which strike the same requests each time if these come in the same order."""
    for number, fault in enumerate(FAULTS):
        body = json.dumps({**fault, "seed": number}).encode()
        request = urllib.request.Request(f"{server.url}/_stator/faults", body, method="POST")
        with urllib.request.urlopen(request) as reply:
            assert reply.status in {200, 201}


def struck(server: ServerProcess) -> dict[str, int]:
    """How many requests each fault has struck."""
    with urllib.request.urlopen(f"{server.url}/_stator/faults") as reply:
        return {fault["kind"]: fault["struck"] for fault in json.load(reply)["faults"]}


def shop(service: ServiceProcess, shopper: int, ids: list[int]) -> list[dict[str, Any]]:
    """Fill a cart and buy it, several times; the receipts. Every cart is checked."""
    http = service.http
    session = created(http.post("/sessions", json={"user_id": f"user_{shopper}"}))["session_id"]
    receipts = []
    for turn in range(TURNS):
        wanted = [ids[shopper], ids[turn], ids[shopper]]
        for product in wanted:
            reply = http.post(f"/sessions/{session}/cart", json={"product_id": product})
            assert reply.status_code == 200, reply.text
        receipts.append(created(http.post(f"/sessions/{session}/checkout")))
        assert bought(receipts[-1:]) == Counter(wanted)
    return receipts


def bought(receipts: list[dict[str, Any]]) -> Counter[int]:
    """How many of each product are on receipts."""
    counts: Counter[int] = Counter()
    for receipt in receipts:
        counts.update({line["product_id"]: line["quantity"] for line in receipt["lines"]})
    return counts


def test_nothing_is_lost_or_doubled(
    start_server: Callable[..., ServerProcess], start_service: ServiceStarter, tmp_path: Path
) -> None:
    server = start_server(memory=True)
    made = command("storefront", "create-table", directory=tmp_path, variables=environment(server.url))
    assert made.returncode == 0, made.stderr
    service = start_service("storefront", endpoint=server.url, DYNAMODB_MAX_ATTEMPTS="30")
    inject(server)
    products = [LAMP | {"price": number + 1} for number in range(PRODUCTS)]
    ids: Any = created(service.http.post("/products/import", json=products))
    assert len(set(ids)) == PRODUCTS
    with ThreadPoolExecutor(SHOPPERS) as threads:
        receipts = [
            receipt
            for found in threads.map(lambda n: shop(service, n, ids), range(SHOPPERS))
            for receipt in found
        ]
    assert len({receipt["receipt_id"] for receipt in receipts}) == SHOPPERS * TURNS
    listed = service.http.get("/products?fields=sold&limit=1000").json()
    assert len(listed) == PRODUCTS
    assert Counter({each["id"]: each["sold"] for each in listed if each["sold"]}) == bought(receipts)
    assert min(struck(server).values()) > 0
