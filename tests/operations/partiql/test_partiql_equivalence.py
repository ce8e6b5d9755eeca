"""PartiQL against the operations that it stands for: on the same random data, both answer the same.

Reads are compared page by page, writes by what they answer and by what they leave in two tables.
"""

import random
from typing import Any

import pytest

from harness.api import Api
from harness.statements import (
    PARTITIONS,
    SORTS,
    Request,
    new_table,
    random_item,
    random_read,
    random_write,
)

SEED = 20_261_101
READS = 300
WRITES = 400


@pytest.fixture(scope="module")
def table(api: Api) -> str:
    """A table of random items."""
    chance = random.Random(SEED)
    name = new_table(api)
    for partition in PARTITIONS:
        for sort in chance.sample(SORTS, 9):
            api.put(name, random_item(chance, {"pk": {"S": partition}, "sk": {"N": str(sort)}}))
    return name


def native_pages(api, table, request):
    parameters = {"TableName": table, **request.parameters}
    pages = []
    while True:
        reply = api(request.operation, parameters)
        pages.append((reply["Items"], reply.get("LastEvaluatedKey")))
        if "LastEvaluatedKey" not in reply:
            return pages
        parameters["ExclusiveStartKey"] = reply["LastEvaluatedKey"]


def partiql_pages(run, table, request):
    more = {"Limit": request.parameters["Limit"]} if "Limit" in request.parameters else {}
    pages = []
    while True:
        reply = run(request.statement.format(table), **more)
        pages.append((reply["Items"], reply.get("LastEvaluatedKey")))
        if "NextToken" not in reply:
            return pages
        more["NextToken"] = reply["NextToken"]


def test_reads(api, run, table):
    chance = random.Random(SEED + 1)
    found = 0
    for _ in range(READS):
        request = random_read(chance)
        pages = native_pages(api, table, request)
        assert partiql_pages(run, table, request) == pages, request
        found += sum(len(items) for items, _ in pages)
    assert found > READS  # The requests are not all beside the data.


def test_items(api, items, table):
    for partition in PARTITIONS:
        for sort in SORTS:
            key = {"pk": {"S": partition}, "sk": {"N": str(sort)}}
            item = api("GetItem", {"TableName": table, "Key": key}).get("Item")
            found = items(f"SELECT * FROM \"{table}\" WHERE sk = {sort} AND pk = '{partition}'")
            assert found == ([] if item is None else [item])


def failure(reply: dict[str, Any]) -> tuple[str, Any]:
    return reply["__type"].rpartition("#")[2], reply.get("Item")


RETURNED = {"ReturnValuesOnConditionCheckFailure": "ALL_OLD"}


def native_outcome(send, table: str, request: Request) -> Any:
    reply = send(request.operation, {"TableName": table, **request.parameters, **RETURNED})
    if "__type" not in reply:
        return [reply["Attributes"]] if "Attributes" in reply else []
    error, item = failure(reply)
    if request.operation == "PutItem" and error == "ConditionalCheckFailedException":
        return "DuplicateItemException", None
    return error, item


def partiql_outcome(send, table: str, request: Request) -> Any:
    reply = send("ExecuteStatement", {"Statement": request.statement.format(table), **RETURNED})
    return failure(reply) if "__type" in reply else reply["Items"]


def test_writes(api, send):
    chance = random.Random(SEED + 2)
    one, two = new_table(api), new_table(api)
    outcomes = set()
    for _ in range(WRITES):
        request = random_write(chance)
        native = native_outcome(send, one, request)
        assert partiql_outcome(send, two, request) == native, request
        outcomes.add(native[0] if isinstance(native, tuple) else "made")
    assert outcomes == {
        "made",
        "ConditionalCheckFailedException",
        "DuplicateItemException",
        "ValidationException",
    }
    for index in ({}, {"IndexName": "local"}, {"IndexName": "global"}):
        native, partiql = (
            sorted(map(str, api.items("Scan", {"TableName": table, **index}))) for table in (one, two)
        )
        assert native == partiql
        assert native
