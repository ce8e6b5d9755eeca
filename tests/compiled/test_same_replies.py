"""Compiled or not, the same requests get the same replies, valid or not.

Two servers stand on copies of one data directory, so that the order of partitions is one, and their clocks
stand still. Both are sent one seeded sequence: writes and reads of items with values of all types, and good
requests of every operation on items that were changed at random places.
"""

import random
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from harness.compiled import Build
from harness.process import ServerProcess
from harness.requests import DONORS, REQUESTS, mutated
from harness.wire import Reply, Wire, call

NOW = 1_700_000_000.0
OPERATIONS = [
    "PutItem", "GetItem", "UpdateItem", "DeleteItem", "Query", "Scan", "BatchGetItem", "BatchWriteItem",
    "TransactWriteItems", "TransactGetItems",
    "ExecuteStatement", "BatchExecuteStatement", "ExecuteTransaction",
]  # fmt: skip
MUTATED = 400
WRITTEN = 3_000
NAMES = ["a", "b", "c", "by"]
UPDATES = [
    "SET a = :v", "SET a.k = :v, b = if_not_exists(c, :n)", "SET c = c + :n", "REMOVE a.k, b[0], c",
    "ADD c :n", "ADD b :v", "DELETE b :v", "SET b[1] = :v", "SET b = list_append(b, :v)",
    "SET c = a, a = c REMOVE b",
]  # fmt: skip
CONDITIONS = [
    None, None, "a = :v", "attribute_exists(a.k)", "size(b) > :n", "c BETWEEN :n AND :v", "b IN (:v, :n)",
    "contains(b, :v) OR begins_with(a, :v)", "NOT (c < :n AND attribute_type(a, :t))", "b[0] <> :v",
]  # fmt: skip
STATEMENTS = [
    "SELECT * FROM things WHERE pk = ? AND sk > 1", "SELECT a.k, b[0] FROM things WHERE pk = ?",
    "UPDATE things SET a = ? WHERE pk = 'p' AND sk = 1 RETURNING ALL OLD *",
    "INSERT INTO things VALUE {'pk': 'q', 'sk': 3, 'a': ?}", "DELETE FROM things WHERE pk = ? AND sk = 3",
]  # fmt: skip


@pytest.fixture(scope="module")
def pair(compiled: Build, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Wire, Wire]]:
    """Connections to the pure and to the compiled server, with the table `things`."""
    directories = [tmp_path_factory.mktemp(name) for name in ("pure", "compiled")]
    first = ServerProcess(directories[0], clock=NOW).start()
    with first.connect() as wire:
        wire.ask(call("CreateTable", REQUESTS["CreateTable"][0])).checked()
    assert first.stop() == 0
    shutil.copytree(first.data, directories[1] / "data")
    servers = [first, _compiled_server(compiled, directories[1])]
    try:
        with servers[0].start().connect() as pure, servers[1].start().connect() as other:
            yield pure, other
        assert [server.log for server in servers] == ["", ""]
    finally:
        for server in servers:
            server.close()


def _compiled_server(compiled: Build, directory: Path) -> ServerProcess:
    server = ServerProcess(directory, clock=NOW)
    server.program = (str(compiled.program),)
    return server


def value(chance: random.Random, depth: int = 0) -> dict[str, Any]:
    kinds = ["S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS"] + ["L", "M"] * (depth < 3)
    match chance.choice(kinds):
        case "S":
            return {"S": chance.choice(["", "x", "xy", "é\U0001f600"])}
        case "N":
            return {
                "N": chance.choice(["0", "-0.0", "1", "2", "10", "1e5", "-1.50", "9e125", "1E-130", "1e126"])
            }
        case "B":
            return {"B": chance.choice(["AAE=", "AA==", "/+8="])}
        case "BOOL":
            return {"BOOL": chance.random() < 0.5}
        case "NULL":
            return {"NULL": chance.random() < 0.9}
        case "SS":
            return {"SS": chance.sample(["x", "y", "z", "x"], chance.randrange(4))}
        case "NS":
            return {"NS": chance.sample(["1", "1.0", "2", "-3e7"], chance.randrange(1, 4))}
        case "BS":
            return {"BS": chance.sample(["AAE=", "AA==", "/+8="], chance.randrange(1, 4))}
        case "L":
            return {"L": [value(chance, depth + 1) for _ in range(chance.randrange(4))]}
        case _:
            return {"M": {chance.choice(["k", "l", "m"]): value(chance, depth + 1) for _ in range(2)}}


def key(chance: random.Random) -> dict[str, Any]:
    return {"pk": {"S": chance.choice("pqr")}, "sk": {"N": chance.choice(["1", "2.0", "3e0", "-4", "5"])}}


def written(chance: random.Random) -> tuple[str, dict[str, Any]]:
    """A request about items, most often a valid one."""
    table: dict[str, Any] = {"TableName": "things", "ReturnConsumedCapacity": "INDEXES"}
    item = key(chance) | {name: value(chance) for name in chance.sample(NAMES, chance.randrange(5))}
    condition = chance.choice(CONDITIONS)
    values = {":v": value(chance), ":n": {"N": str(chance.randrange(4))}, ":t": {"S": chance.choice("SLMN")}}
    update = chance.choice(UPDATES)
    used = {name: values[name] for name in values if name in f"{update} {condition}"}
    given = {"ExpressionAttributeValues": used} if used else {}
    tests = {"ConditionExpression": condition} if condition else {}
    held = {"ExpressionAttributeValues": {n: values[n] for n in used if n in (condition or "")}}
    guarded = tests | (held if held["ExpressionAttributeValues"] else {})
    refused = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}
    match chance.randrange(9):
        case 0 | 1 | 2:
            return "PutItem", table | refused | guarded | {"Item": item, "ReturnValues": "ALL_OLD"}
        case 3 | 4:
            returned = chance.choice(["ALL_OLD", "UPDATED_OLD", "ALL_NEW", "UPDATED_NEW"])
            change = {"Key": key(chance), "UpdateExpression": update, "ReturnValues": returned}
            return "UpdateItem", table | refused | tests | given | change
        case 5:
            return "DeleteItem", table | guarded | {"Key": key(chance), "ReturnValues": "ALL_OLD"}
        case 6:
            clause = {"KeyConditionExpression": "pk = :p", "ScanIndexForward": chance.random() < 0.5}
            of = {
                "ExpressionAttributeValues": {":p": {"S": chance.choice("pqr")}},
                "Limit": chance.randrange(1, 6),
            }
            return "Query", table | clause | of | {
                "ProjectionExpression": chance.choice(["a.k, b", "pk, c, b[1]"])
            }
        case 7:
            actions = [
                {"Put": {"TableName": "things", "Item": item} | guarded},
                {"Delete": {"TableName": "things", "Key": key(chance)}},
            ]
            return "TransactWriteItems", {"TransactItems": actions}
        case _:
            statement = chance.choice(STATEMENTS)
            return "ExecuteStatement", {
                "Statement": statement,
                "Parameters": [value(chance)] * statement.count("?"),
            }


def shown(reply: Reply) -> tuple[int, Any]:
    """What has to be the same: all but the request's id, the date, and what is drawn for a token."""
    body = reply.json
    if isinstance(body, dict) and "NextToken" in body:
        body = body | {"NextToken": "..."}
    return reply.status, body


def assert_same(pair: tuple[Wire, Wire], operation: str, request: Any) -> int:
    message = call(operation, msgspec.json.encode(request))
    pure, compiled = (shown(wire.ask(message)) for wire in pair)
    assert compiled == pure, (operation, request)
    assert pure[0] in (200, 400), (operation, request, pure)
    return pure[0]


def test_items_of_all_types(pair: tuple[Wire, Wire]) -> None:
    chance = random.Random(2)
    statuses = [assert_same(pair, *written(chance)) for _ in range(WRITTEN)]
    assert min(statuses.count(200), statuses.count(400)) > WRITTEN // 5, "valid ones and others, both many"


@pytest.mark.parametrize("operation", OPERATIONS)
def test_mutated_requests(pair: tuple[Wire, Wire], operation: str) -> None:
    chance = random.Random(operation)
    for request in REQUESTS[operation]:
        assert_same(pair, operation, request)
    for _ in range(MUTATED):
        request = mutated(chance, chance.choice(REQUESTS[operation]), chance.choice(DONORS))
        assert_same(pair, operation, request)


def test_what_is_stored_in_the_end(pair: tuple[Wire, Wire]) -> None:
    assert assert_same(pair, "Scan", {"TableName": "things", "ReturnConsumedCapacity": "TOTAL"}) == 200
    assert assert_same(pair, "Scan", {"TableName": "things", "IndexName": "global"}) == 200
