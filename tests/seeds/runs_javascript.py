"""Runs of blocks of JavaScript: on the SDK v2, for which they were written, and on v3 behind its calls."""

from .bench import SDKS, Bench, run
from .blocks import Block

AWS = "const AWS = require('aws-sdk');"
USERS = "koneksi-staging-users"


@run
def single_table_item(block: Block, bench: Bench) -> None:
    given = f"""{AWS}
const client = new AWS.DynamoDB.DocumentClient();
const productId = 7, category = 'books', timestamp = '2024-01-01T00:00:00Z';
"""
    then = """[
  await client.put({ TableName: 'catalogue', Item: productItem }).promise(),
  await client.get({ TableName: 'catalogue', Key: { PK: 'PRODUCT#7', SK: 'METADATA' } }).promise(),
  await client.query({
    TableName: 'catalogue',
    IndexName: 'GSI1',
    KeyConditionExpression: 'GSI1PK = :category AND begins_with(GSI1SK, :since)',
    ExpressionAttributeValues: { ':category': 'CATEGORY#books', ':since': 'CREATED#2024' },
  }).promise(),
]"""
    item = {
        "PK": "PRODUCT#7",
        "SK": "METADATA",
        "GSI1PK": "CATEGORY#books",
        "GSI1SK": "CREATED#2024-01-01T00:00:00Z",
        "title": "Product Title",
    }
    for sdk in SDKS:
        bench.clear()
        bench.create_table("catalogue", "PK:S", "SK:S", indexes={"GSI1": ("GSI1PK:S", "GSI1SK:S")})
        _, got, found = bench.javascript(sdk, block.text, then, given=given)
        assert got["Item"] == item
        assert found["Items"] == [item]
        assert len(bench.items("catalogue")) == 1


@run
def query_patterns(block: Block, bench: Bench) -> None:
    bench.create_table("products", "id:N", indexes={"CategoryIndex": ("category:S", "created_at:S")})
    books, lamp = (
        {"id": {"N": number}, "category": {"S": category}, "created_at": {"S": "2024-01-01T00:00:00Z"}}
        for number, category in (("2", "books"), ("1", "electronics"))
    )
    for item in (books, lamp):
        bench.client.put_item(TableName="products", Item=item)
    given = f"{AWS}\nconst client = new AWS.DynamoDB();"
    then = "[await client.getItem(params).promise(), await client.query(gsiParams).promise()]"
    for sdk in SDKS:
        got, found = bench.javascript(sdk, block.text, then, given=given)
        assert got["Item"] == lamp
        assert found["Items"] == [lamp]
        assert found["Count"] == 1


@run
def patient_client(block: Block, bench: Bench) -> None:
    bench.create_table("products", "id:N")
    then = """[
  await dynamodb.put({ TableName: 'products', Item: { id: 1, price: 29.99 } }).promise(),
  await dynamodb.get({ TableName: 'products', Key: { id: 1 } }).promise(),
]"""
    for sdk in SDKS:
        _, got = bench.javascript(sdk, block.text, then, given=AWS)
        assert got["Item"] == {"id": 1, "price": 29.99}


@run
def all_products(block: Block, bench: Bench) -> None:
    bench.create_table("shop-products", "id:N")
    for number in range(3):
        bench.client.put_item(TableName="shop-products", Item={"id": {"N": str(number)}, "a": {"BOOL": True}})
    for sdk in SDKS:
        found = bench.javascript(sdk, block.text, "await getAllProducts()", DYNAMODB_TABLE="shop-products")
        assert sorted(found, key=lambda item: item["id"]) == [
            {"id": number, "a": True} for number in range(3)
        ]


@run
def users_in_javascript(block: Block, bench: Bench) -> None:
    then = """[
  await putItem(), await getItem('user1'),
  await updateItem('user1', { name: 'Updated Name', email: 'new@example.com' }), await getItem('user1'),
  await deleteItem('user1'), await getItem('user1'),
]"""
    user = {"id": "user1", "name": "Test User", "email": "test@example.com"}
    for sdk in SDKS:
        bench.clear()
        bench.create_table(USERS, "id:S")
        _, first, _, second, _, third = bench.javascript(sdk, block.text, then)
        assert first["Item"] == user
        assert second["Item"] == user | {"name": "Updated Name", "email": "new@example.com"}
        assert "Item" not in third
        assert bench.items(USERS) == []
