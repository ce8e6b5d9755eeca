"""The AWS CLI, as people type it: results on standard output, errors and exit statuses, paging flags."""

import json
from pathlib import Path
from typing import Any

import pytest

from harness.process import ServerProcess
from harness.programs import Terminal

from .tables import table

# Written for a shell, since that is where quoting and short forms meet.
CREATE = """
aws dynamodb create-table \\
    --table-name "$TABLE" \\
    --attribute-definitions \\
        AttributeName=pk,AttributeType=S \\
        AttributeName=sk,AttributeType=S \\
        AttributeName=id,AttributeType=S \\
    --key-schema \\
        AttributeName=pk,KeyType=HASH \\
        AttributeName=sk,KeyType=RANGE \\
    --global-secondary-indexes \\
        'IndexName=ById,KeySchema=[{AttributeName=id,KeyType=HASH}],Projection={ProjectionType=ALL}' \\
    --billing-mode PAY_PER_REQUEST
"""
KEYS_UNSET = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"))


def rows(client: Any, name: str, count: int) -> list[dict[str, Any]]:
    """A table of one partition with that many items, in order."""
    client.create_table(**table(name, "pk:S", "sk:N"))
    items = [{"pk": {"S": "p"}, "sk": {"N": str(number)}} for number in range(count)]
    for item in items:
        client.put_item(TableName=name, Item=item)
    return items


def test_the_life_of_a_table(terminal: Terminal, name: str) -> None:
    created = terminal.run("sh", "-e", "-c", CREATE, variables={"TABLE": name}).json["TableDescription"]
    assert created["TableStatus"] == "CREATING"
    assert terminal.aws("wait", "table-exists", "--table-name", name) is None
    described = terminal.aws("describe-table", "--table-name", name)["Table"]
    assert described["TableStatus"] == "ACTIVE"
    assert described["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    (index,) = described["GlobalSecondaryIndexes"]
    assert (index["IndexName"], index["IndexStatus"]) == ("ById", "ACTIVE")
    assert name in terminal.aws("list-tables")["TableNames"]
    deleted = terminal.aws("delete-table", "--table-name", name)["TableDescription"]
    assert deleted["TableStatus"] == "DELETING"
    assert terminal.aws("wait", "table-not-exists", "--table-name", name) is None
    assert name not in terminal.aws("list-tables")["TableNames"]


def test_a_table_is_created_from_json_and_changed(terminal: Terminal, client: Any, name: str) -> None:
    parameters = terminal.home / "table.json"
    parameters.write_text(json.dumps(table(name, "id:S")))
    terminal.aws("create-table", "--cli-input-json", f"file://{parameters}")
    terminal.aws("update-table", "--table-name", name, "--deletion-protection-enabled")
    assert client.describe_table(TableName=name)["Table"]["DeletionProtectionEnabled"] is True
    refused = terminal.attempt("aws", "dynamodb", "delete-table", "--table-name", name)
    assert refused.status == 255
    assert "protected against deletion" in refused.errors


def test_the_life_of_an_item(terminal: Terminal, client: Any, name: str) -> None:
    client.create_table(**table(name, "id:S"))
    of_item = ("--table-name", name, "--key", '{"id": {"S": "user1"}}')
    item = {"id": {"S": "user1"}, "name": {"S": "Zoë"}, "tags": {"SS": ["a", "b"]}, "visits": {"N": "1"}}
    assert terminal.aws("put-item", "--table-name", name, "--item", json.dumps(item)) is None
    assert terminal.aws("get-item", *of_item) == {"Item": item}
    updated = terminal.aws(
        "update-item",
        *of_item,
        "--update-expression",
        "SET #n = :name ADD visits :one",
        "--expression-attribute-names",
        '{"#n": "name"}',
        "--expression-attribute-values",
        '{":name": {"S": "Ada"}, ":one": {"N": "1"}}',
        "--return-values",
        "UPDATED_NEW",
    )
    assert updated == {"Attributes": {"name": {"S": "Ada"}, "visits": {"N": "2"}}}
    projected = terminal.aws("get-item", *of_item, "--projection-expression", "visits", "--consistent-read")
    assert projected == {"Item": {"visits": {"N": "2"}}}
    deleted = terminal.aws("delete-item", *of_item, "--return-values", "ALL_OLD")
    assert deleted["Attributes"] == item | {"name": {"S": "Ada"}, "visits": {"N": "2"}}
    assert terminal.aws("get-item", *of_item) is None


def test_errors_have_a_text_and_a_status(terminal: Terminal, client: Any, name: str) -> None:
    client.create_table(**table(name, "id:S"))
    put = ("aws", "dynamodb", "put-item", "--table-name", name, "--item", '{"id": {"S": "a"}}')
    condition = ("--condition-expression", "attribute_not_exists(id)")
    assert terminal.attempt(*put, *condition).status == 0
    refused = terminal.attempt(*put, *condition)
    assert refused.status == 255
    assert "(ConditionalCheckFailedException)" in refused.errors
    assert "The conditional request failed" in refused.errors
    missing = terminal.attempt("aws", "dynamodb", "describe-table", "--table-name", "no-such-table")
    assert missing.status == 255
    assert "(ResourceNotFoundException)" in missing.errors
    assert "Table: no-such-table not found" in missing.errors


def test_queries_and_their_paging(terminal: Terminal, client: Any, name: str) -> None:
    items = rows(client, name, 7)
    query = (
        "query",
        "--table-name",
        name,
        "--key-condition-expression",
        "pk = :p AND sk >= :from",
        "--expression-attribute-values",
        '{":p": {"S": "p"}, ":from": {"N": "1"}}',
    )
    assert terminal.aws(*query, "--page-size", "2")["Items"] == items[1:]
    first = terminal.aws(*query, "--max-items", "4")
    assert first["Items"] == items[1:5]
    rest = terminal.aws(*query, "--starting-token", first["NextToken"])
    assert rest["Items"] == items[5:]
    assert "NextToken" not in rest
    last = terminal.aws(*query, "--no-scan-index-forward", "--limit", "1", "--no-paginate")
    assert last["Items"] == items[-1:]
    assert last["LastEvaluatedKey"] == items[-1]
    text = terminal.run("aws", "dynamodb", *query, "--query", "Items[].sk.N", "--output", "text").output
    assert text.split() == ["1", "2", "3", "4", "5", "6"]


def test_scans(terminal: Terminal, client: Any, name: str) -> None:
    items = rows(client, name, 7)
    scan = ("scan", "--table-name", name)
    assert terminal.aws(*scan, "--page-size", "3")["Items"] == items
    found = terminal.aws(
        *scan, "--filter-expression", "sk > :n", "--expression-attribute-values", '{":n": {"N": "4"}}'
    )
    assert found["Items"] == items[5:]
    assert (found["Count"], found["ScannedCount"]) == (2, 7)
    assert terminal.aws(*scan, "--select", "COUNT")["Count"] == 7


def test_tables_are_listed_in_pages(terminal: Terminal, client: Any, name: str) -> None:
    names = [f"{name}-{number}" for number in range(5)]
    for each in names:
        client.create_table(**table(each, "id:S"))
    listed = terminal.aws("list-tables", "--page-size", "2")["TableNames"]
    assert [each for each in listed if each.startswith(name)] == names
    first = terminal.aws("list-tables", "--max-items", "1")
    assert len(first["TableNames"]) == 1
    rest = terminal.aws("list-tables", "--starting-token", first["NextToken"])["TableNames"]
    assert first["TableNames"] + rest == listed


def test_batches(terminal: Terminal, client: Any, name: str) -> None:
    client.create_table(**table(name, "id:N"))
    items = [{"id": {"N": str(number)}, "text": {"S": "x" * number}} for number in (1, 2, 3)]
    writes, reads = terminal.home / "writes.json", terminal.home / "reads.json"
    writes.write_text(json.dumps({name: [{"PutRequest": {"Item": item}} for item in items]}))
    reads.write_text(json.dumps({name: {"Keys": [{"id": item["id"]} for item in items]}}))
    written = terminal.aws("batch-write-item", "--request-items", f"file://{writes}")
    assert written == {"UnprocessedItems": {}}
    read = terminal.aws("batch-get-item", "--request-items", f"file://{reads}")
    assert sorted(read["Responses"][name], key=lambda item: item["id"]["N"]) == items


def test_the_endpoint_of_the_command_line_comes_first(
    terminal: Terminal, server: ServerProcess, client: Any, name: str
) -> None:
    client.create_table(**table(name, "id:S"))
    nowhere = "http://127.0.0.1:9"
    described = terminal.aws(
        "describe-table", "--table-name", name, "--endpoint-url", server.url, AWS_ENDPOINT_URL=nowhere
    )
    assert described["Table"]["TableName"] == name


@pytest.mark.parametrize("region", ["eu-west-1", "ap-southeast-1"])
def test_keys_come_from_a_profile(terminal: Terminal, client: Any, name: str, region: str) -> None:
    client.create_table(**table(name, "id:S"))
    unset = KEYS_UNSET | dict.fromkeys(("AWS_REGION", "AWS_DEFAULT_REGION"))
    terminal.run("aws", "configure", text=f"KEY\nSECRET\n{region}\njson\n", variables=unset)
    assert (terminal.home / Path(".aws/credentials")).exists()
    described = terminal.aws("describe-table", "--table-name", name, **unset)
    assert described["Table"]["TableArn"].split(":")[3] == region


def test_keys_come_from_exported_variables(terminal: Terminal, client: Any, name: str) -> None:
    client.create_table(**table(name, "id:S"))
    command = f"aws dynamodb describe-table --table-name {name}"
    without = terminal.attempt("sh", "-c", command, variables=KEYS_UNSET)
    assert without.status != 0
    assert "credentials" in without.errors
    exports = "export AWS_ACCESS_KEY_ID=a\nexport AWS_SECRET_ACCESS_KEY=b\nexport AWS_REGION=eu-west-3\n"
    done = terminal.run("sh", "-e", "-c", exports + command, variables=KEYS_UNSET)
    assert done.json["Table"]["TableName"] == name
