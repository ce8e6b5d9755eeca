"""What leaves a table and enters another is the same, for every attribute type and every kind of file."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from .conftest import Stator, contents, create, fill, many, samples


@pytest.mark.parametrize(
    "name",
    [
        "items.json",
        "items.jsonl.gz",
        "items.json.zst",
        "items.ion",
        "items.ion.gz",
        "folder/",
        "folder-of-ion/",
    ],
)
def test_exact(name: str, client: Any, stator: Stator, tmp_path: Path) -> None:
    source, target = f"exact-{name.strip('/')}", f"copy-{name.strip('/')}"
    create(client, source)
    create(client, target)
    fill(client, source, samples())
    folder = name.endswith("/")
    if folder:
        (tmp_path / name).mkdir()
    kind = ["--format", "ion"] if "ion/" in name else []
    assert f"{len(samples())} items" in stator("export", source, name, *kind).stdout
    assert f"{len(samples())} items" in stator("import", name, target).stdout
    assert contents(client, target) == contents(client, source)
    assert len(contents(client, target)) == len(samples())
    assert [path.name for path in tmp_path.iterdir()] == [name.strip("/")]


def test_plain_json_and_csv(client: Any, stator: Stator, tmp_path: Path) -> None:
    """Neither has all types. What they have is exact; of the rest, one says so and the other refuses."""
    create(client, "plain-items")
    items = many(40)
    items[0]["map"] = {"M": {"list": {"L": [{"N": "1.50"}, {"NULL": True}, {"BOOL": False}]}}}
    fill(client, "plain-items", items)
    done = stator("export", "plain-items", "plain.json", "--format", "json")
    assert "sets and binary" not in done.stderr
    assert json.loads((tmp_path / "plain.json").read_text().splitlines()[0]).keys() >= {"pk", "sk", "text"}
    create(client, "plain-copy")
    stator("import", "plain.json", "plain-copy", "--format", "json")
    assert contents(client, "plain-copy") == contents(client, "plain-items")
    assert "CSV cannot carry the attribute map" in stator("export", "plain-items", "x.csv", status=1).stderr
    client.update_item(
        TableName="plain-items",
        Key={"pk": {"S": "p0"}, "sk": {"N": "0"}},
        UpdateExpression="SET #set = :set, #t = :t REMOVE #map",
        ExpressionAttributeNames={"#set": "set", "#map": "map", "#t": "text"},
        ExpressionAttributeValues={":set": {"NS": ["1"]}, ":t": {"S": "x"}},
    )
    done = stator("export", "plain-items", "set.json", "--format", "json")
    assert "sets and binary" in done.stderr


def test_csv_has_all_columns(client: Any, stator: Stator, tmp_path: Path) -> None:
    create(client, "csv-items")
    create(client, "csv-copy")
    items = [{**item, f"only-{number}": {"S": 'a "b"\n,c'}} for number, item in enumerate(many(30)[1:])]
    fill(client, "csv-items", items)
    stator("export", "csv-items", "items.csv.gz", "--segments", 3)
    header = gzip.decompress((tmp_path / "items.csv.gz").read_bytes()).decode().partition("\n")[0].split(",")
    assert header[:2] == ["pk", "sk"]
    assert set(header) == {name for item in items for name in item}
    stator("import", "items.csv.gz", "csv-copy")
    # Of the columns only the keys are numbers again.
    assert contents(client, "csv-copy") == contents(client, "csv-items")
    refused = stator("export", "csv-items", "few.csv", "--columns", "pk,sk,text", status=1)
    assert "attributes that are no columns" in refused.stderr


def test_the_folder_is_as_aws_makes_it(client: Any, stator: Stator, tmp_path: Path) -> None:
    create(client, "aws-items")
    fill(client, "aws-items", many(200))
    (tmp_path / "exports").mkdir()
    stator("export", "aws-items", "exports", "--segments", 3)
    stator("export", "aws-items", "exports", "--segments", 2)
    folders = sorted((tmp_path / "exports" / "AWSDynamoDB").iterdir())
    assert len(folders) == 2
    summary = json.loads((folders[0] / "manifest-summary.json").read_text())
    assert summary["itemCount"] == 200
    assert summary["outputFormat"] == "DYNAMODB_JSON"
    files = [json.loads(line) for line in (folders[0] / "manifest-files.json").read_text().splitlines()]
    assert sum(file["itemCount"] for file in files) == 200
    data = [(tmp_path / "exports" / file["dataFileS3Key"]).read_bytes() for file in files]
    items = [json.loads(line)["Item"] for each in data for line in gzip.decompress(each).splitlines()]
    assert len({(item["pk"]["S"], item["sk"]["N"]) for item in items}) == 200
    create(client, "aws-copy")
    assert "name the folder of one" in stator("import", "exports", "aws-copy", status=1).stderr
    stator("import", folders[1], "aws-copy")
    assert contents(client, "aws-copy") == contents(client, "aws-items")
    # A data file that is not what the manifest says is noticed before anything is written.
    (tmp_path / "exports" / files[0]["dataFileS3Key"]).write_bytes(data[0][:-9])
    assert "is not what the manifest says" in stator("import", folders[0], "aws-copy", status=1).stderr


def test_a_table_is_made_like_the_one_that_was(client: Any, stator: Stator, tmp_path: Path) -> None:
    create(
        client,
        "rich-items",
        AttributeDefinitions=[
            {"AttributeName": "pk", "AttributeType": "S"},
            {"AttributeName": "sk", "AttributeType": "N"},
            {"AttributeName": "text", "AttributeType": "S"},
        ],
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 7, "WriteCapacityUnits": 8},
        GlobalSecondaryIndexes=[
            {
                "IndexName": "by-text",
                "KeySchema": [{"AttributeName": "text", "KeyType": "HASH"}],
                "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["other"]},
                "ProvisionedThroughput": {"ReadCapacityUnits": 3, "WriteCapacityUnits": 4},
            }
        ],
        LocalSecondaryIndexes=[
            {
                "IndexName": "local",
                "KeySchema": [
                    {"AttributeName": "pk", "KeyType": "HASH"},
                    {"AttributeName": "text", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "KEYS_ONLY"},
            }
        ],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "OLD_IMAGE"},
    )
    fill(client, "rich-items", many(30)[1:])
    stator("export", "rich-items", "items.json", "--description", "table.json")
    assert "there is no table rich-copy" in stator("import", "items.json", "rich-copy", status=1).stderr
    assert "--description" in stator("import", "items.json", "rich-copy", "--create", status=1).stderr
    dry = stator("import", "items.json", "rich-copy", "--create", "--description", "table.json", "--dry-run")
    assert "29 items could be written" in dry.stdout
    assert "rich-copy" not in client.list_tables()["TableNames"]
    stator("import", "items.json", "rich-copy", "--create", "--description", "table.json")
    was, made = (client.describe_table(TableName=name)["Table"] for name in ("rich-items", "rich-copy"))
    for member in ("KeySchema", "AttributeDefinitions", "StreamSpecification"):
        assert made[member] == was[member]
    for kind in ("GlobalSecondaryIndexes", "LocalSecondaryIndexes"):
        for member in ("IndexName", "KeySchema", "Projection"):
            assert made[kind][0][member] == was[kind][0][member]
    assert made["ProvisionedThroughput"]["WriteCapacityUnits"] == 8
    assert made["GlobalSecondaryIndexes"][0]["ProvisionedThroughput"]["ReadCapacityUnits"] == 3
    # A folder has the description in it.
    (tmp_path / "folder").mkdir()
    stator("export", "rich-copy", "folder")
    stator("import", "folder", "rich-third", "--create")
    assert contents(client, "rich-third") == contents(client, "rich-items")
