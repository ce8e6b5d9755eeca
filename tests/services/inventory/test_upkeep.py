"""The commands beside serving: rebuild and check, and that the tables are made as the document says."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from services.inventory.commands import Request
from services.inventory.movimiento_inventario.domain import Move
from services.inventory.movimiento_inventario.service import MOVIMIENTO_INVENTARIO
from services.inventory.service import Service

from harness.process import ServerProcess

from ..faults import FaultyEndpoint
from ..process import GIVEN, actions_of, command, policy
from .fleet import create_tables, run, variables
from .parts import make_tables, parts

pytestmark = pytest.mark.skipif(bool(GIVEN), reason="the tables must be the test's alone")

READ = "movimiento-inventario-read"


@pytest.fixture
def stator(start_server: Callable[..., ServerProcess]) -> ServerProcess:
    """A server of the test's own."""
    return start_server(memory=True)


@pytest.fixture
def stock(stator: ServerProcess) -> Iterator[Service[Any]]:
    """The stock, of three products."""
    make_tables(stator)
    with parts(MOVIMIENTO_INVENTARIO, stator.url) as service:
        for number in range(30):
            kind = "OUT" if number % 5 == 4 else "IN"
            move = Move(product=f"p{number % 3}", kind=kind, quantity=1 + number // 7, reason="test")
            service.commands.run(Request(move.product, move, key=f"move-{number}"))
        for follower in service.followers():
            follower.drain()
        yield service


def views(dynamodb: Any) -> dict[str, Any]:
    """All items of the table of views."""
    items = dynamodb.scan(TableName=READ, ConsistentRead=True)["Items"]
    return {item["id"]["S"]: item for item in items}


def test_views_made_anew_are_the_same(stator: ServerProcess, stock: Service[Any], tmp_path: Path) -> None:
    dynamodb = stator.client()
    before = views(dynamodb)
    assert {"p0", "p1", "p2"} <= before.keys()

    dynamodb.delete_item(TableName=READ, Key={"id": {"S": "p0"}})
    dynamodb.put_item(TableName=READ, Item={**before["p1"], "quantity": {"N": "-5"}, "old": {"S": "x"}})
    dynamodb.put_item(TableName=READ, Item={**before["p2"], "id": {"S": "nobody"}})
    wrong = run("movimiento-inventario", "check", endpoint=stator.url, directory=tmp_path)
    assert wrong.returncode == 1
    problems = [line.split(": ")[0] for line in wrong.stderr.splitlines() if not line.startswith("{")]
    assert sorted(problems) == [f"movimiento-inventario {name}" for name in ("nobody", "p0", "p1")]

    done = run("movimiento-inventario", "rebuild", endpoint=stator.url, directory=tmp_path)
    assert (done.returncode, done.stdout) == (
        0,
        "movimiento-inventario: 3 views of movimiento-inventario are made anew.\n",
    )
    assert views(dynamodb) == before
    right = run("movimiento-inventario", "check", endpoint=stator.url, directory=tmp_path)
    assert right.returncode == 0, right.stderr


def test_a_head_of_another_schema_is_made_from_the_events(stator: ServerProcess, stock: Service[Any]) -> None:
    dynamodb = stator.client()
    key = {"id": {"S": "p0"}, "timestamp": {"S": "HEAD"}}
    loaded = stock.commands.load("p0")
    dynamodb.update_item(
        TableName="movimiento-inventario-events",
        Key=key,
        UpdateExpression="SET #s = :s, quantity = :q",
        ExpressionAttributeNames={"#s": "schema"},
        ExpressionAttributeValues={":s": {"N": "0"}, ":q": {"N": "999"}},
    )
    assert stock.commands.load("p0") == loaded


def test_tables_are_made_once_and_checked(stator: ServerProcess, tmp_path: Path) -> None:
    unmade = run_all("check-tables", stator, tmp_path)
    assert unmade.returncode == 1
    assert "Check whether create-tables was run." in unmade.stderr
    create_tables(stator.url, tmp_path)
    create_tables(stator.url, tmp_path)
    made = run_all("check-tables", stator, tmp_path)
    assert made.returncode == 0, made.stderr
    assert made.stdout.splitlines()[1] == (
        f"orden-compra: {stator.url} (us-east-1): orden-compra-events is active and has its stream, "
        "orden-compra-read is active"
    )


def test_tables_of_the_document_s_own_text_get_their_streams(stator: ServerProcess, tmp_path: Path) -> None:
    dynamodb = stator.client()
    dynamodb.create_table(
        TableName="proveedor-events",
        KeySchema=[
            {"AttributeName": "id", "KeyType": "HASH"},
            {"AttributeName": "timestamp", "KeyType": "RANGE"},
        ],
        AttributeDefinitions=[
            {"AttributeName": "id", "AttributeType": "S"},
            {"AttributeName": "timestamp", "AttributeType": "S"},
        ],
        BillingMode="PAY_PER_REQUEST",
    )
    between = FaultyEndpoint(stator.url)
    made = run_all("create-tables", between, tmp_path)
    between.close()
    assert made.returncode == 0, made.stderr
    assert "Table proveedor-events has a stream now." in made.stdout
    by_administrator = actions_of([policy("inventory")[-1]])
    assert {f"dynamodb:{operation}" for operation in between.operations()} == by_administrator
    assert run_all("check-tables", stator, tmp_path).returncode == 0


def run_all(command_name: str, at: ServerProcess | FaultyEndpoint, directory: Path) -> Any:
    """Run an administrator's command."""
    return command("inventory", command_name, directory=directory, variables=variables(at.url))
