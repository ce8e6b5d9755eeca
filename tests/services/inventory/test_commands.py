"""Commands over HTTP: what wins when two were decided on one state, and what happens once."""

import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ..faults import FaultyEndpoint, refused, reply_lost, request_lost
from ..process import ServiceProcess
from .fleet import SUPPLIER, Fleet


@pytest.fixture
def fleet(tables: str, tmp_path: Any) -> Iterator[Fleet]:
    """Services of the test's own."""
    fleet = Fleet(tmp_path, tables)
    yield fleet
    fleet.close()


def at_once(count: int, ask: Callable[[int], Any]) -> list[Any]:
    """The replies to requests that are sent at the same time."""
    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(ask, range(count)))


def events(service: ServiceProcess, path: str) -> list[Any]:
    """The events of an aggregate."""
    reply = service.http.get(f"{path}/events")
    assert reply.status_code == 200, reply.text
    return list(reply.json())


def test_of_commands_decided_on_one_version_one_wins(proveedor: ServiceProcess, supplier: str) -> None:
    path = f"/proveedor/{supplier}"
    for version in (1, 2, 3):
        match = {"If-Match": f'"{version}"'}
        names = [f"name {version}.{number}" for number in range(8)]
        replies = at_once(
            8,
            lambda number: proveedor.http.patch(path, json={"name": names[number]}, headers=match),  # noqa: B023
        )
        assert sorted(reply.status_code for reply in replies) == [200] + [412] * 7
        (winner,) = (reply for reply in replies if reply.status_code == 200)
        assert (winner.json()["version"], winner.headers["ETag"]) == (version + 1, f'"{version + 1}"')
        assert events(proveedor, path)[-1]["data"] == {"name": winner.json()["name"]}
    assert len(events(proveedor, path)) == 4


def test_no_more_leaves_the_stock_than_is_there(
    movimiento: ServiceProcess, product: Callable[[], str]
) -> None:
    code = product()
    move = {"product": code, "kind": "IN", "quantity": 10, "reason": "found"}
    movimiento.http.post("/movimiento-inventario", json=move)
    out = {"product": code, "kind": "OUT", "quantity": 3, "reason": "sold"}
    replies = at_once(8, lambda _: movimiento.http.post("/movimiento-inventario", json=out))
    assert sorted(reply.status_code for reply in replies) == [201] * 3 + [409] * 5
    assert sorted(reply.json()["quantity"] for reply in replies if reply.is_success) == [1, 4, 7]
    found = movimiento.http.get(f"/movimiento-inventario/{code}?version=4").json()
    assert (found["quantity"], found["increased"], found["decreased"], found["movements"]) == (1, 10, 9, 4)


def test_no_movement_is_lost(movimiento: ServiceProcess, product: Callable[[], str]) -> None:
    code = product()
    move = {"product": code, "kind": "IN", "quantity": 1, "reason": "found"}
    replies = at_once(10, lambda _: movimiento.http.post("/movimiento-inventario", json=move))
    done = [reply for reply in replies if reply.status_code == 201]
    assert len(done) >= 5
    assert len(events(movimiento, f"/movimiento-inventario/{code}")) == len(done)
    assert max(reply.json()["quantity"] for reply in done) == len(done)


def test_a_command_with_a_key_happens_once(movimiento: ServiceProcess, product: Callable[[], str]) -> None:
    code, key = product(), {"Idempotency-Key": str(uuid.uuid4())}
    move = {"product": code, "kind": "IN", "quantity": 7, "reason": "found"}
    replies = at_once(6, lambda _: movimiento.http.post("/movimiento-inventario", json=move, headers=key))
    assert {reply.status_code for reply in replies} == {201}
    assert {reply.json()["quantity"] for reply in replies} == {7}
    assert [reply.headers.get("Idempotent-Replayed") for reply in replies].count("true") == 5
    (event,) = events(movimiento, f"/movimiento-inventario/{code}")
    assert event["command"] == key["Idempotency-Key"]
    other = movimiento.http.post("/movimiento-inventario", json={**move, "quantity": 8}, headers=key)
    assert (other.status_code, other.json()["error"]) == (409, "conflict")


def test_a_creation_with_a_key_happens_once(
    proveedor: ServiceProcess, orden_compra: ServiceProcess, supplier: str
) -> None:
    key = {"Idempotency-Key": f"form:{uuid.uuid4()}"}
    line = {"product": "x", "quantity": 1, "unitPrice": 1.5}
    order = {"supplierId": supplier, "lines": [line]}
    first = orden_compra.http.post("/orden-compra", json=order, headers=key)
    proveedor.http.post(f"/proveedor/{supplier}/deactivate", json={"reason": "meanwhile"})
    second = orden_compra.http.post("/orden-compra", json=order, headers=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"


@pytest.mark.parametrize(
    "fault",
    [
        reply_lost,
        request_lost,
        refused("ThrottlingException"),
        refused(
            "TransactionCanceledException",
            CancellationReasons=[{"Code": "TransactionConflict"}, {"Code": "None"}],
        ),
    ],
    ids=["reply lost", "request lost", "throttled", "conflict"],
)
def test_an_append_that_the_database_must_be_asked_for_again(
    fleet: Fleet, faulty: FaultyEndpoint, fault: Any
) -> None:
    proveedor = fleet.start("proveedor", AWS_ENDPOINT_URL=faulty.url, PROJECTORS="apart")
    faulty.inject("TransactWriteItems", fault, fault)
    made = proveedor.http.post("/proveedor", json=SUPPLIER)
    assert (made.status_code, made.json()["version"]) == (201, 1)
    assert len(events(proveedor, f"/proveedor/{made.json()['id']}")) == 1
    assert faulty.operations().count("TransactWriteItems") == 3


def test_a_client_that_was_never_told(fleet: Fleet, faulty: FaultyEndpoint) -> None:
    proveedor = fleet.start(
        "proveedor", AWS_ENDPOINT_URL=faulty.url, PROJECTORS="apart", DYNAMODB_MAX_ATTEMPTS="1"
    )
    faulty.inject("TransactWriteItems", reply_lost)
    key = {"Idempotency-Key": str(uuid.uuid4())}
    lost = proveedor.http.post("/proveedor", json=SUPPLIER, headers=key)
    assert (lost.status_code, lost.json()["variable"]) == (503, "AWS_ENDPOINT_URL")
    again = proveedor.http.post("/proveedor", json=SUPPLIER, headers=key)
    assert (again.status_code, again.headers["Idempotent-Replayed"]) == (201, "true")
    assert len(events(proveedor, f"/proveedor/{again.json()['id']}")) == 1


def test_a_command_that_changes_nothing_is_no_event(proveedor: ServiceProcess, supplier: str) -> None:
    path = f"/proveedor/{supplier}"
    same = proveedor.http.patch(path, json={"name": SUPPLIER["name"]})
    active = proveedor.http.post(f"{path}/activate")
    assert (same.json()["version"], active.json()["version"]) == (1, 1)
    assert len(events(proveedor, path)) == 1
