"""What a client of orders is told when the database fails, and that nothing is lost or doubled meanwhile."""

import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from harness.process import ServerProcess

from ..faults import FaultyEndpoint, refused, reply_lost, request_lost
from ..process import ServiceProcess, ServiceStarter, command, environment
from .conftest import LAMP

ABSENT = "00000000-0000-4000-8000-000000000000"
CREDENTIALS = "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"


@pytest.fixture
def impatient(start_service: ServiceStarter, faulty: FaultyEndpoint, table: str) -> ServiceProcess:
    """A service behind the faulty endpoint, which tries everything once."""
    return start_service("orders", endpoint=faulty.url, DYNAMODB_TABLE_NAME=table, DYNAMODB_MAX_ATTEMPTS="1")


@pytest.fixture
def patient(start_service: ServiceStarter, faulty: FaultyEndpoint, table: str) -> ServiceProcess:
    """A service behind the faulty endpoint, which tries again."""
    return start_service("orders", endpoint=faulty.url, DYNAMODB_TABLE_NAME=table)


ERRORS = [
    ("ResourceNotFoundException", 400, 503, "DYNAMODB_TABLE_NAME"),
    ("AccessDeniedException", 400, 503, CREDENTIALS),
    ("UnrecognizedClientException", 400, 503, CREDENTIALS),
    ("ExpiredTokenException", 400, 503, CREDENTIALS),
    ("InvalidSignatureException", 400, 503, CREDENTIALS),
    ("ProvisionedThroughputExceededException", 400, 503, None),
    ("ThrottlingException", 400, 503, None),
    ("RequestLimitExceeded", 400, 503, None),
    ("InternalServerError", 500, 503, None),
    ("ServiceUnavailable", 503, 503, None),
    ("TransactionConflictException", 400, 409, None),
    ("ValidationException", 400, 500, None),
]


def test_errors_of_the_database_have_a_meaning(impatient: ServiceProcess, faulty: FaultyEndpoint) -> None:
    for code, status, expected, variable in ERRORS:
        faulty.inject("GetItem", refused(code, status))
        reply = impatient.http.get(f"/orders/{ABSENT}")
        body = reply.json()
        assert (code, reply.status_code, body.get("variable")) == (code, expected, variable)
        assert "by the test" not in reply.text
        assert (reply.headers.get("Retry-After") == "1") == (expected == 503)
    failures = impatient.records("errors")
    assert len(failures) == sum(expected >= 500 for _, _, expected, _ in ERRORS)
    for failure in failures:
        assert "Traceback (most recent call last)" in failure["stack"]
        assert "botocore" in failure["stack"]
        assert failure["request_id"]


def test_a_table_that_is_not_there(start_service: ServiceStarter) -> None:
    service = start_service("orders", DYNAMODB_TABLE_NAME="orders-of-nobody")
    for reply in (
        service.http.get("/orders"),
        service.http.get("/orders/health/check"),
        service.http.post("/orders", json=LAMP),
    ):
        assert reply.status_code == 503
        assert reply.json()["variable"] == "DYNAMODB_TABLE_NAME"
        assert reply.json()["message"].endswith("Check DYNAMODB_TABLE_NAME.")


def test_an_endpoint_where_nobody_listens(start_service: ServiceStarter) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    service = start_service("orders", endpoint=f"http://127.0.0.1:{port}", DYNAMODB_MAX_ATTEMPTS="2")
    for path in ("/orders", "/orders/health/check"):
        reply = service.http.get(path)
        assert reply.status_code == 503
        assert reply.json()["variable"] == "DYNAMODB_ENDPOINT"
    assert "Traceback" in service.records("errors")[0]["stack"]
    assert service.http.get("/health/live").status_code == 200


def test_no_credentials(start_service: ServiceStarter, tmp_path: Path) -> None:
    nobody = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"))
    reply = start_service("orders", HOME=str(tmp_path), **nobody).http.get("/orders")
    assert reply.status_code == 503
    assert reply.json()["variable"] == CREDENTIALS


@pytest.mark.parametrize(
    "fault", [reply_lost, request_lost, refused("ThrottlingException"), refused("InternalServerError", 500)]
)
def test_nothing_is_lost_or_doubled(
    patient: ServiceProcess, faulty: FaultyEndpoint, database: Any, table: str, fault: Any
) -> None:
    faulty.inject("PutItem", fault, fault)
    made = patient.http.post("/orders", json=LAMP | {"quantity": 10})  # a total that is 199.0 at first
    assert made.status_code == 201
    assert patient.http.get("/orders").json() == [made.json()]

    path = f"/orders/{made.json()['id']}"
    faulty.inject("UpdateItem", fault, fault)
    changed = patient.http.patch(path, json={"quantity": 5})
    assert (changed.status_code, changed.json()["totalPrice"]) == (200, 99.5)

    faulty.inject("DeleteItem", fault)
    assert patient.http.delete(path).status_code == 204
    assert patient.http.delete(path).status_code == 404
    assert faulty.operations().count("PutItem") == 3
    assert database.scan(TableName=table)["Count"] == 0


def test_a_storm_of_faults_loses_and_doubles_nothing(
    start_server: Callable[..., ServerProcess], start_service: ServiceStarter
) -> None:
    server = start_server(memory=True)
    made = command("orders", "create-table", directory=server.directory, variables=environment(server.url))
    assert made.returncode == 0
    service = start_service("orders", endpoint=server.url, DYNAMODB_MAX_ATTEMPTS="20")
    for number, kind in enumerate(("throttle", "error", "error-after", "latency")):
        options = ["--rate", "0.15", "--seed", str(number), "--port", str(server.port)]
        options += ["--seconds", "0.01"] if kind == "latency" else []
        done = server.command("fault", "set", kind, *options)
        assert done.returncode == 0, done.stderr

    def live(number: int) -> dict[str, Any] | None:
        """Make an order, change it, and delete it if its number is odd; what there should be of it."""
        order = service.http.post("/orders", json=LAMP | {"quantity": number + 1}).json()
        path = f"/orders/{order['id']}"
        order = service.http.patch(path, json={"unitPrice": 2, "status": "PAID"}).json()
        assert order["totalPrice"] == 2 * (number + 1)
        if number % 2 == 0:
            return order
        assert service.http.delete(path).status_code == 204
        return None

    with ThreadPoolExecutor(8) as threads:
        expected = [order for order in threads.map(live, range(16)) if order is not None]
    assert server.command("fault", "clear", "--port", str(server.port)).returncode == 0
    listed = service.http.get("/orders").json()
    assert sorted(listed, key=lambda order: order["quantity"]) == expected
    assert len(service.records("audit")) == 16 + 16 + 8
    assert any(record["retries"] for record in service.records("database"))


def competing(database: Any, table: str, order: dict[str, Any], price: str) -> Any:
    """Before the request is passed on, somebody else changes the price."""

    def change(passed_on: Any) -> Any:
        database.update_item(
            TableName=table,
            Key={"pk": {"S": order["pk"]}, "sk": {"S": order["sk"]}},
            UpdateExpression="SET unitPrice = :price",
            ExpressionAttributeValues={":price": {"N": price}},
        )
        return passed_on()

    return change


def test_a_change_in_between_is_not_lost(
    patient: ServiceProcess, faulty: FaultyEndpoint, database: Any, table: str
) -> None:
    order = patient.http.post("/orders", json=LAMP).json()
    faulty.inject("UpdateItem", *(competing(database, table, order, price) for price in ("1.5", "2.5")))
    changed = patient.http.patch(f"/orders/{order['id']}", json={"quantity": 4}).json()
    assert (changed["quantity"], changed["unitPrice"], changed["totalPrice"]) == (4, 2.5, 10)
    assert faulty.operations().count("UpdateItem") == 3


def test_a_change_that_never_gets_its_turn(
    patient: ServiceProcess, faulty: FaultyEndpoint, database: Any, table: str
) -> None:
    order = patient.http.post("/orders", json=LAMP).json()
    faulty.inject("UpdateItem", *(competing(database, table, order, str(price)) for price in range(30, 50)))
    reply = patient.http.patch(f"/orders/{order['id']}", json={"quantity": 4})
    assert (reply.status_code, reply.json()["error"]) == (409, "conflict")
    assert patient.http.get(f"/orders/{order['id']}").json() == order | {"unitPrice": 49}


def test_each_success_has_one_line_for_the_audit(patient: ServiceProcess, faulty: FaultyEndpoint) -> None:
    faulty.inject("PutItem", reply_lost)
    made = patient.http.post("/orders", json=LAMP, headers={"X-Request-Id": "from-the-client"})
    path = made.headers["Location"]
    patient.http.patch(path, json={"status": "PAID"})
    patient.http.patch(path, json={"status": ""})
    patient.http.delete(path)
    patient.http.delete(path)
    lines = patient.records("audit")
    assert [(line["action"], line["kind"], line["id"]) for line in lines] == [
        (action, "order", made.json()["id"]) for action in ("created", "changed", "deleted")
    ]
    assert made.headers["X-Request-Id"] == lines[0]["request_id"] == "from-the-client"
    assert lines[1]["changed"] == ["status"]
