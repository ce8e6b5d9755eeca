"""boto3's resource, as most Python programs use it: native values, condition objects, the batch writer."""

from decimal import Decimal
from typing import Any

import pytest
from boto3.dynamodb.conditions import Attr, ConditionBase, Key
from boto3.dynamodb.types import Binary

from .tables import table

VALUES = {
    "text": "Zoë",
    "empty text": "",
    "whole": 7,
    "negative": Decimal("-1.5"),
    "38 digits": Decimal("12345678901234567890.123456789012345678"),
    "largest that boto3 reads": 10**38 - 1,  # It refuses longer answers, AWS's too: boto/boto3#2500.
    "smallest": Decimal("1E-130"),
    "binary": Binary(b"\x00\xff"),
    "empty binary": Binary(b""),
    "true": True,
    "false": False,
    "none": None,
    "list": [1, "two", [Decimal("3.5"), {"four": None}]],
    "empty list": [],
    "map": {"a": {"b": {"c": [Binary(b"x")]}}},
    "empty map": {},
    "texts": {"a", "b"},
    "numbers": {Decimal("1"), Decimal("2.5")},
    "binaries": {Binary(b"a"), Binary(b"b")},
}


@pytest.mark.parametrize("kind", VALUES)
def test_a_value_comes_back_as_it_was_put(resource: Any, name: str, kind: str) -> None:
    values = resource.create_table(**table(name, "id:S"))
    values.put_item(Item={"id": kind, "value": VALUES[kind]})
    assert values.get_item(Key={"id": kind})["Item"] == {"id": kind, "value": VALUES[kind]}
    values.put_item(Item={"id": kind, "value": {"nested": [VALUES[kind]]}})
    assert values.get_item(Key={"id": kind})["Item"]["value"] == {"nested": [VALUES[kind]]}


@pytest.fixture(scope="module")
def shelf(resource: Any) -> Any:
    """Books."""
    books = resource.create_table(**table("books", "author:S", "year:N", BySubject=("subject:S", "year:N")))
    with books.batch_writer() as batch:
        for author, year, title, tags in (
            ("Lem", 1961, "Solaris", ["ocean", "space"]),
            ("Lem", 1964, "Summa Technologiae", []),
            ("Lem", 1965, "The Cyberiad", ["robots"]),
            ("Lem", 1968, "His Master's Voice", ["space"]),
            ("Strugatsky", 1972, "Roadside Picnic", ["zone"]),
        ):
            item = {"author": author, "year": year, "title": title, "tags": tags}
            batch.put_item(Item=item if year == 1964 else item | {"subject": "fiction"})
    return books


def years(answer: Any) -> list[int]:
    return [int(item["year"]) for item in answer["Items"]]


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Key("year").eq(1965), [1965]),
        (Key("year").lt(1964), [1961]),
        (Key("year").lte(1964), [1961, 1964]),
        (Key("year").gt(1965), [1968]),
        (Key("year").gte(1965), [1965, 1968]),
        (Key("year").between(1962, 1965), [1964, 1965]),
    ],
    ids=lambda value: value.expression_operator if isinstance(value, ConditionBase) else "",
)
def test_key_conditions(shelf: Any, condition: ConditionBase, expected: list[int]) -> None:
    assert years(shelf.query(KeyConditionExpression=Key("author").eq("Lem") & condition)) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Attr("title").eq("Solaris"), [1961]),
        (Attr("title").ne("Solaris"), [1964, 1965, 1968, 1972]),
        (Attr("year").lt(1964), [1961]),
        (Attr("year").lte(1964), [1961, 1964]),
        (Attr("year").gt(1968), [1972]),
        (Attr("year").gte(1968), [1968, 1972]),
        (Attr("year").between(1962, 1966), [1964, 1965]),
        (Attr("year").is_in([1961, 1972]), [1961, 1972]),
        (Attr("title").begins_with("S"), [1961, 1964]),
        (Attr("tags").contains("space"), [1961, 1968]),
        (Attr("title").contains("Cyber"), [1965]),
        (Attr("subject").exists(), [1961, 1965, 1968, 1972]),
        (Attr("subject").not_exists(), [1964]),
        (Attr("tags").size().gt(1), [1961]),
        (Attr("tags").attribute_type("L"), [1961, 1964, 1965, 1968, 1972]),
        (Attr("tags[0]").eq("space"), [1968]),
        (Attr("author").eq("Lem") & ~Attr("tags").contains("space"), [1964, 1965]),
        (Attr("year").eq(1961) | Attr("tags").size().eq(0), [1961, 1964]),
    ],
    ids=lambda value: value.expression_operator if isinstance(value, ConditionBase) else "",
)
def test_filters(shelf: Any, condition: ConditionBase, expected: list[int]) -> None:
    assert sorted(years(shelf.scan(FilterExpression=condition, ConsistentRead=True))) == expected


def test_an_index_is_queried(shelf: Any) -> None:
    answer = shelf.query(
        IndexName="BySubject",
        KeyConditionExpression=Key("subject").eq("fiction") & Key("year").between(1965, 1972),
        FilterExpression=Attr("author").eq("Lem"),
        ScanIndexForward=False,
    )
    assert years(answer) == [1968, 1965]
    assert (answer["Count"], answer["ScannedCount"]) == (2, 3)


def test_a_projection_names_what_is_wanted(shelf: Any) -> None:
    answer = shelf.get_item(
        Key={"author": "Lem", "year": 1961},
        ProjectionExpression="title, tags[1], #y",
        ExpressionAttributeNames={"#y": "year"},
    )
    assert answer["Item"] == {"title": "Solaris", "tags": ["space"], "year": 1961}


def test_the_batch_writer_writes_more_than_a_batch(resource: Any, name: str) -> None:
    numbers = resource.create_table(**table(name, "id:N"))
    with numbers.batch_writer(overwrite_by_pkeys=["id"]) as batch:
        for number in [*range(60), 5]:
            batch.put_item(Item={"id": number, "square": number * number})
    with numbers.batch_writer() as batch:
        for number in range(0, 60, 2):
            batch.delete_item(Key={"id": number})
    found = {int(item["id"]): int(item["square"]) for item in numbers.scan(ConsistentRead=True)["Items"]}
    assert found == {number: number * number for number in range(1, 60, 2)}


def test_items_are_read_in_a_batch(resource: Any, name: str) -> None:
    numbers = resource.create_table(**table(name, "id:N"))
    for number in (1, 2, 3):
        numbers.put_item(Item={"id": number, "a": "x", "b": "y"})
    asked = {name: {"Keys": [{"id": number} for number in (1, 3, 9)], "ProjectionExpression": "id, a"}}
    answer = resource.batch_get_item(RequestItems=asked)
    found = sorted(answer["Responses"][name], key=lambda item: item["id"])
    assert found == [{"id": 1, "a": "x"}, {"id": 3, "a": "x"}]
    assert answer["UnprocessedKeys"] == {}


@pytest.mark.parametrize(
    ("expression", "values", "changed"),
    [
        ("SET stock = stock - :n", {":n": 3}, {"stock": 7}),
        ("SET sizes = list_append(sizes, :n)", {":n": ["L"]}, {"sizes": ["S", "M", "L"]}),
        ("SET sizes[0] = :n", {":n": "XS"}, {"sizes": ["XS", "M"]}),
        ("SET maker.#n = :n", {":n": "Bob"}, {"maker": {"name": "Bob", "city": "Ulm"}}),
        ("SET visits = if_not_exists(visits, :n) + :n", {":n": 1}, {"visits": 2}),
        ("ADD stock :n, tags :t", {":n": 1, ":t": {"new"}}, {"stock": 11, "tags": {"red", "new"}}),
        ("DELETE tags :t", {":t": {"red"}}, {"tags": None}),
        ("REMOVE stock, maker.#n", {}, {"stock": None, "maker": {"city": "Ulm"}}),
    ],
)
def test_updates(
    resource: Any, name: str, expression: str, values: dict[str, Any], changed: dict[str, Any]
) -> None:
    goods = resource.create_table(**table(name, "id:S"))
    item = {
        "id": "shirt",
        "stock": 10,
        "sizes": ["S", "M"],
        "maker": {"name": "Ann", "city": "Ulm"},
        "tags": {"red"},
    }
    goods.put_item(Item=item)
    placeholders: dict[str, Any] = {"ExpressionAttributeValues": values} if values else {}
    if "#n" in expression:
        placeholders["ExpressionAttributeNames"] = {"#n": "name"}
    answer = goods.update_item(
        Key={"id": "shirt"}, UpdateExpression=expression, ReturnValues="ALL_NEW", **placeholders
    )
    expected = {key: value for key, value in (item | changed).items() if value is not None}
    assert answer["Attributes"] == expected
    assert goods.get_item(Key={"id": "shirt"})["Item"] == expected


def test_a_condition_object_guards_a_write(resource: Any, name: str) -> None:
    orders = resource.create_table(**table(name, "id:S"))
    fresh = Attr("id").not_exists()
    orders.put_item(Item={"id": "1", "status": "new"}, ConditionExpression=fresh)
    with pytest.raises(resource.meta.client.exceptions.ConditionalCheckFailedException):
        orders.put_item(Item={"id": "1", "status": "again"}, ConditionExpression=fresh)
    assert orders.get_item(Key={"id": "1"})["Item"]["status"] == "new"
    answer = orders.delete_item(
        Key={"id": "1"}, ConditionExpression=Attr("status").eq("new"), ReturnValues="ALL_OLD"
    )
    assert answer["Attributes"] == {"id": "1", "status": "new"}


def test_many_kinds_share_a_table(resource: Any, name: str) -> None:
    shop = resource.create_table(**table(name, "PK:S", "SK:S", GSI1=("GSI1PK:S", "GSI1SK:S")))
    rows: list[dict[str, Any]] = [
        {"PK": "CUSTOMER#1", "SK": "PROFILE", "name": "Ada"},
        {"PK": "CUSTOMER#1", "SK": "ORDER#2024-01", "GSI1PK": "OPEN", "GSI1SK": "2024-01"},
        {"PK": "CUSTOMER#1", "SK": "ORDER#2024-02", "GSI1PK": "SENT", "GSI1SK": "2024-02"},
        {"PK": "CUSTOMER#2", "SK": "ORDER#2023-12", "GSI1PK": "OPEN", "GSI1SK": "2023-12"},
    ]
    for row in rows:
        shop.put_item(Item=row)
    orders = Key("PK").eq("CUSTOMER#1") & Key("SK").begins_with("ORDER#")
    assert shop.query(KeyConditionExpression=orders)["Items"] == rows[1:3]
    still_open = shop.query(IndexName="GSI1", KeyConditionExpression=Key("GSI1PK").eq("OPEN"))
    assert still_open["Items"] == [rows[3], rows[1]]
    shop.update_item(
        Key={"PK": "CUSTOMER#1", "SK": "ORDER#2024-01"},
        UpdateExpression="SET GSI1PK = :sent",
        ExpressionAttributeValues={":sent": "SENT"},
    )
    sent = shop.query(IndexName="GSI1", KeyConditionExpression=Key("GSI1PK").eq("SENT"))
    assert [row["GSI1SK"] for row in sent["Items"]] == ["2024-01", "2024-02"]


def test_the_life_of_a_table(resource: Any, name: str) -> None:
    created = resource.create_table(**table(name, "id:S"))
    created.wait_until_exists()
    created.load()
    assert created.table_status == "ACTIVE"
    assert created.item_count == 0
    assert created.creation_date_time.tzinfo is not None
    assert name in {each.name for each in resource.tables.all()}
    created.update(DeletionProtectionEnabled=True)
    with pytest.raises(resource.meta.client.exceptions.ClientError, match="protected against deletion"):
        created.delete()
    created.update(DeletionProtectionEnabled=False)
    created.delete()
    created.wait_until_not_exists()
    assert name not in {each.name for each in resource.tables.all()}
