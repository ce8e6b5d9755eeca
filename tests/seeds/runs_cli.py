"""Runs of blocks of shell commands, by the shell and the AWS CLI; another client sees what they did."""

from .bench import Bench, keys_of, run
from .blocks import Block

USERS = "koneksi-staging-users"
USER = {"id": {"S": "user1"}, "name": {"S": "Test User"}, "email": {"S": "test@example.com"}}
KEY = {"id": {"S": "user1"}}


@run
def enterprise_table(block: Block, bench: Bench) -> None:
    created = bench.shell(block.text).json["TableDescription"]
    table = bench.table("EnterpriseConfig")
    assert created["TableArn"] == table["TableArn"]
    assert table["TableStatus"] == "ACTIVE"
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert keys_of(table) == [("PK", "S", "HASH"), ("SK", "S", "RANGE")]


@run
def orders_table(block: Block, bench: Bench) -> None:
    bench.shell(block.text)
    table = bench.table("orders")
    assert keys_of(table) == [("pk", "S", "HASH"), ("sk", "S", "RANGE")]
    (index,) = table["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "OrderIdIndex"
    assert keys_of(index) == [("id", "", "HASH")]
    assert index["Projection"] == {"ProjectionType": "ALL"}
    order = {"pk": {"S": "ORDER#7"}, "sk": {"S": "ORDER#7"}, "id": {"S": "7"}, "status": {"S": "PENDING"}}
    bench.client.put_item(TableName="orders", Item=order)
    found = bench.client.query(
        TableName="orders",
        IndexName="OrderIdIndex",
        KeyConditionExpression="id = :id",
        ExpressionAttributeValues={":id": {"S": "7"}},
    )
    assert found["Items"] == [order]


@run
def configured_profile(block: Block, bench: Bench) -> None:
    bench.create_table("seen", "id:S")
    unset = dict.fromkeys(
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "AWS_DEFAULT_REGION"), None
    )
    bench.shell(block.text, answers="KEY\nSECRET\neu-west-1\njson\n", **unset)
    seen = bench.shell("aws dynamodb describe-table --table-name seen", **unset).json
    assert seen["Table"]["TableArn"].startswith("arn:aws:dynamodb:eu-west-1:")


@run
def exported_keys(block: Block, bench: Bench) -> None:
    bench.create_table("seen", "id:S")
    unset = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), None)
    then = "aws dynamodb list-tables"
    assert bench.terminal.attempt("sh", "-c", then, variables=unset).status != 0
    assert bench.shell(f"{block.text}\n{then}", **unset).json == {"TableNames": ["seen"]}


@run
def products_commands(block: Block, bench: Bench) -> None:
    name = "environment-products"
    bench.create_table(name, "id:N", indexes={"CategoryIndex": ("category:S", "created_at:S")})
    item = {"id": {"N": "1"}, "title": {"S": "Sample"}, "price": {"N": "29.99"}}
    bench.client.put_item(TableName=name, Item=item)
    described, listed, got, queried = bench.shell(block.text).jsons
    assert keys_of(described["Table"]) == [("id", "N", "HASH")]
    assert [index["IndexName"] for index in described["Table"]["GlobalSecondaryIndexes"]] == ["CategoryIndex"]
    assert listed == {"TableNames": [name]}
    assert got == {"Item": item}
    assert queried["Items"] == [item]
    assert (queried["Count"], queried["ScannedCount"]) == (1, 1)


def with_user(bench: Bench) -> None:
    """The table of users, with the one user."""
    bench.create_table(USERS, "id:S")
    bench.client.put_item(TableName=USERS, Item=USER)


@run
def describe_users(block: Block, bench: Bench) -> None:
    with_user(bench)
    table = bench.shell(block.text).json["Table"]
    assert table["TableName"] == USERS
    assert table["TableStatus"] == "ACTIVE"
    assert keys_of(table) == [("id", "S", "HASH")]
    assert table["TableArn"].startswith("arn:aws:dynamodb:ap-southeast-1:")


@run
def put_user(block: Block, bench: Bench) -> None:
    bench.create_table(USERS, "id:S")
    assert bench.shell(block.text).json is None
    assert bench.items(USERS) == [USER]


@run
def get_user(block: Block, bench: Bench) -> None:
    with_user(bench)
    assert bench.shell(block.text).json == {"Item": USER}


@run
def update_user(block: Block, bench: Bench) -> None:
    with_user(bench)
    assert bench.shell(block.text).json is None
    assert bench.items(USERS) == [USER | {"name": {"S": "Updated Name"}}]


@run
def delete_user(block: Block, bench: Bench) -> None:
    with_user(bench)
    assert bench.shell(block.text).json is None
    assert bench.items(USERS) == []
