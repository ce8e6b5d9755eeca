"""Runs of blocks that show an item: it goes into its table and comes back by every way to look for it."""

import json
import re
from decimal import Decimal
from typing import Any

from boto3.dynamodb.conditions import Key

from .bench import Bench, run
from .blocks import Block

# A value of each type of the order's declaration.
SAMPLES: dict[str, Any] = {
    "string": "some text",
    "number": Decimal("19.90"),
    "Date": "2025-09-16T10:30:00.000Z",
}


@run
def enterprise_item(block: Block, bench: Bench) -> None:
    item = json.loads(block.text)
    bench.create_table("EnterpriseConfig", "PK:S", "SK:S")
    table = bench.resource.Table("EnterpriseConfig")
    table.put_item(Item=item)
    assert item["PK"] == f"ENT#{item['id']}"
    assert table.get_item(Key={"PK": item["PK"], "SK": "METADATA"})["Item"] == item
    assert table.query(KeyConditionExpression=Key("PK").eq(item["PK"]))["Items"] == [item]


@run
def order_entity(block: Block, bench: Bench) -> None:
    fields = re.findall(r"^  (\w+)(\??): (\w+);", block.text, re.MULTILINE)
    whole = {name: SAMPLES[kind] for name, _, kind in fields}
    whole |= {"id": "7", "pk": "ORDER#7", "sk": "ORDER#7"}
    least = {name: whole[name] for name, optional, _ in fields if not optional}
    assert len(whole) == 13
    assert len(least) == 12
    bench.create_table("orders", "pk:S", "sk:S", indexes={"OrderIdIndex": ("id:S",)})
    table = bench.resource.Table("orders")
    for order in (whole, least):
        table.put_item(Item=order)
        assert table.get_item(Key={"pk": "ORDER#7", "sk": "ORDER#7"})["Item"] == order
        found = table.query(IndexName="OrderIdIndex", KeyConditionExpression=Key("id").eq("7"))
        assert found["Items"] == [order]


@run
def product_item(block: Block, bench: Bench) -> None:
    bench.create_table("products", "id:N", indexes={"CategoryIndex": ("category:S", "created_at:S")})
    item = json.loads(block.text)
    bench.terminal.aws("put-item", "--table-name", "products", "--item", block.text)
    assert bench.client.get_item(TableName="products", Key={"id": {"N": "1"}})["Item"] == item
    found = bench.client.query(
        TableName="products",
        IndexName="CategoryIndex",
        KeyConditionExpression="category = :category AND created_at BETWEEN :from AND :to",
        ExpressionAttributeValues={
            ":category": {"S": "electronics"},
            ":from": {"S": "2024-01-01"},
            ":to": {"S": "2024-01-02"},
        },
    )
    assert found["Items"] == [item]


@run
def session_item(block: Block, bench: Bench) -> None:
    bench.create_table("sessions", "session_id:S")
    item = json.loads(block.text)
    bench.terminal.aws("put-item", "--table-name", "sessions", "--item", block.text)
    key = {"session_id": item["session_id"]}
    assert bench.client.get_item(TableName="sessions", Key=key)["Item"] == item
    assert json.loads(item["data"]["S"]) == {"cart": [], "preferences": {}}
    bench.client.update_time_to_live(
        TableName="sessions", TimeToLiveSpecification={"AttributeName": "expires_at", "Enabled": True}
    )
    described = bench.client.describe_time_to_live(TableName="sessions")["TimeToLiveDescription"]
    assert described["AttributeName"] == "expires_at"
