"""Runs of blocks that describe a table: it is created so, and items of its keys go in and come back."""

import re
from typing import Any

from .bench import Bench, keys_of, run
from .blocks import Block

SERVICES = ("movimiento-inventario", "orden-compra", "proveedor", "ingreso-inventario")
TYPES = {"String": "S", "Number": "N"}
SAMPLES: dict[str, dict[str, str]] = {"S": {"S": "some text"}, "N": {"N": "12.5"}}


def create_for_services(block: Block, bench: Bench) -> list[Any]:
    """Create the table, given as parameters in JSON, once for each service that has one. The descriptions."""
    found = []
    for service in SERVICES:
        text = block.text.replace(SERVICES[0], service)
        created = bench.terminal.aws("create-table", "--cli-input-json", text)["TableDescription"]
        assert created["TableName"].startswith(service)
        found.append(bench.table(created["TableName"]))
    return found


@run
def events_table(block: Block, bench: Bench) -> None:
    for table in create_for_services(block, bench):
        name = table["TableName"]
        assert table["TableStatus"] == "ACTIVE"
        assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
        assert keys_of(table) == [("id", "S", "HASH"), ("timestamp", "S", "RANGE")]
        events = [
            {"id": {"S": "a"}, "timestamp": {"S": f"2025-01-0{day}T00:00:00Z"}, "day": {"N": str(day)}}
            for day in (3, 1, 2)
        ]
        for event in events:
            bench.client.put_item(TableName=name, Item=event)
        answer = bench.client.query(
            TableName=name,
            KeyConditionExpression="id = :id AND #t >= :from",
            ExpressionAttributeNames={"#t": "timestamp"},
            ExpressionAttributeValues={":id": {"S": "a"}, ":from": {"S": "2025-01-02"}},
        )
        assert answer["Items"] == [events[2], events[0]]


@run
def read_table(block: Block, bench: Bench) -> None:
    for table in create_for_services(block, bench):
        assert table["TableStatus"] == "ACTIVE"
        assert keys_of(table) == [("id", "S", "HASH")]
        item = {"id": {"S": "a"}, "stock": {"N": "7"}}
        bench.client.put_item(TableName=table["TableName"], Item=item)
        assert bench.client.get_item(TableName=table["TableName"], Key={"id": {"S": "a"}})["Item"] == item


@run
def products_schema(block: Block, bench: Bench) -> None:
    (name,) = re.findall(r"^Table: (\S+)$", block.text, re.MULTILINE)
    listed = re.findall(r"^- (\w+) \((\w+)\)", block.text, re.MULTILINE)
    attributes = {attribute: TYPES[kind] for attribute, kind in listed}
    (key,) = re.findall(r"^- (\w+) .*\(HASH\)$", block.text, re.MULTILINE)
    assert len(attributes) == 8
    put_and_get(bench, name, key, attributes)


@run
def users_schema(block: Block, bench: Bench) -> None:
    attributes = dict(re.findall(r'"(\w+)": "(\w)"', block.text))
    (key,) = re.findall(r'"(\w+)": .* Hash Key$', block.text, re.MULTILINE)
    assert len(attributes) == 3
    put_and_get(bench, "koneksi-staging-users", key, attributes)


def put_and_get(bench: Bench, name: str, key: str, attributes: dict[str, str]) -> None:
    """Create a table of that key; an item with all attributes comes back as it was put."""
    bench.create_table(name, f"{key}:{attributes[key]}")
    assert keys_of(bench.table(name)) == [(key, attributes[key], "HASH")]
    item = {attribute: SAMPLES[kind] for attribute, kind in attributes.items()}
    bench.client.put_item(TableName=name, Item=item)
    assert bench.client.get_item(TableName=name, Key={key: item[key]})["Item"] == item
