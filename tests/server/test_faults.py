"""Faults on demand, as clients meet them: errors as AWS tells them, and retries that get through."""

import http.client
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.process import ServerProcess
from harness.wire import call
from stator.protocol.http import Request
from stator.server.admin import is_local

TABLE, PROVISIONED = "faulty", "faulty-provisioned"
ITEM = {"k": {"S": "a"}}
PUT = {"TableName": TABLE, "Item": ITEM}
INTERNAL = ("InternalServerError", "Internal server error")

Ask = Callable[..., tuple[int, Any]]


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of this module's own, with a table of each billing mode."""
    process = ServerProcess(tmp_path_factory.mktemp("faulty"), memory=True).start()
    try:
        client = process.client()
        for name, mode in (
            (TABLE, {"BillingMode": "PAY_PER_REQUEST"}),
            (PROVISIONED, {"ProvisionedThroughput": {"ReadCapacityUnits": 1, "WriteCapacityUnits": 1}}),
        ):
            client.create_table(
                TableName=name,
                KeySchema=[{"AttributeName": "k", "KeyType": "HASH"}],
                AttributeDefinitions=[{"AttributeName": "k", "AttributeType": "S"}],
                **mode,
            )
        yield process
        assert "Traceback" not in process.log
    finally:
        process.close()


@pytest.fixture
def ask(running: ServerProcess) -> Iterator[Ask]:
    """Asks the server itself: status and JSON of the reply. Afterwards there are no faults, and no items."""

    def send(method: str, path: str = "/_stator/faults", body: Any = None, **headers: str) -> tuple[int, Any]:
        connection = http.client.HTTPConnection(running.host, running.port)
        try:
            connection.request(method, path, None if body is None else json.dumps(body), headers)
            reply = connection.getresponse()
            text = reply.read()
            return reply.status, json.loads(text) if reply.status != 404 else None
        finally:
            connection.close()

    yield send
    assert send("DELETE")[0] == 200
    client = running.client()
    for item in client.scan(TableName=TABLE)["Items"]:
        client.delete_item(TableName=TABLE, Key={"k": item["k"]})


@pytest.fixture
def fault(ask: Ask) -> Callable[..., None]:
    """Sets a fault."""

    def set_fault(kind: str, **parameters: Any) -> None:
        assert ask("POST", body={"kind": kind, **parameters})[0] == 200

    return set_fault


@pytest.fixture
def client(running: ServerProcess) -> Any:
    return running.client()


@pytest.fixture
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clients retry at once."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)


def error(action: Callable[[], Any]) -> tuple[str, str]:
    with pytest.raises(ClientError) as caught:
        action()
    return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


def response(action: Callable[[], Any]) -> Any:
    with pytest.raises(ClientError) as caught:
        action()
    return caught.value.response


def struck(ask: Ask) -> list[int]:
    return [each["struck"] for each in ask("GET")[1]["faults"]]


def test_throttling_as_tables_tell_it(client, fault):
    fault("throttle")
    refused = response(lambda: client.put_item(TableName=PROVISIONED, Item=ITEM))
    assert refused["Error"]["Code"] == "ProvisionedThroughputExceededException"
    assert refused["Error"]["Message"].startswith(
        "The level of configured provisioned throughput for the table"
    )
    assert refused["ThrottlingReasons"] == [
        {
            "reason": "TableWriteProvisionedThroughputExceeded",
            "resource": f"arn:aws:dynamodb:us-east-1:000000000000:table/{PROVISIONED}",
        }
    ]
    refused = response(lambda: client.get_item(TableName=TABLE, Key=ITEM))
    assert refused["Error"]["Code"] == "ThrottlingException"
    assert refused["Error"]["Message"].startswith("Throughput exceeds the current capacity of your table")
    assert refused["throttlingReasons"][0]["reason"] == "TableReadKeyRangeThroughputExceeded"
    assert error(client.list_tables) == ("ThrottlingException", "Rate exceeded")
    assert error(lambda: client.get_item(TableName="missing", Key=ITEM))[0] == "ResourceNotFoundException"


def test_throttling_cancels_transactions(client, fault):
    fault("throttle", table=PROVISIONED)
    actions = [{"Put": {"TableName": name, "Item": ITEM}} for name in (TABLE, PROVISIONED)]
    refused = response(lambda: client.transact_write_items(TransactItems=actions))
    assert refused["Error"]["Code"] == "TransactionCanceledException"
    codes = [reason["Code"] for reason in refused["CancellationReasons"]]
    assert codes == ["None", "ProvisionedThroughputExceeded"]
    assert "Item" not in client.get_item(TableName=TABLE, Key=ITEM)


@pytest.mark.parametrize(
    ("kind", "mode", "attempts"),
    [
        ("throttle", "standard", 3),
        ("throttle", "legacy", 5),
        ("error", "standard", 3),
        ("error", "legacy", 5),
        ("error", "adaptive", 3),
    ],
)
def test_retries_get_through(running, ask, fault, no_waiting, kind, mode, attempts):
    client = running.client(retries={"mode": mode, "total_max_attempts": attempts})
    fault(kind, operation="PutItem", count=attempts - 1)
    reply = client.put_item(**PUT)
    assert reply["ResponseMetadata"]["RetryAttempts"] == attempts - 1
    assert struck(ask) == [attempts - 1]
    assert client.get_item(TableName=TABLE, Key=ITEM)["Item"] == ITEM


@pytest.mark.parametrize("mode", ["standard", "legacy"])
def test_retries_end(running, fault, no_waiting, mode):
    client = running.client(retries={"mode": mode, "total_max_attempts": 3})
    fault("error", count=3)
    refused = response(lambda: client.put_item(**PUT))
    assert refused["ResponseMetadata"]["HTTPStatusCode"] == 500
    assert refused["ResponseMetadata"]["RetryAttempts"] == 2
    assert "Item" not in client.get_item(TableName=TABLE, Key=ITEM)


def test_an_error_after_the_write_is_met_by_a_token(running, fault, no_waiting):
    client = running.client(retries={"total_max_attempts": 2})
    update = {
        "TableName": TABLE,
        "Key": ITEM,
        "UpdateExpression": "ADD n :one",
        "ExpressionAttributeValues": {":one": {"N": "1"}},
    }
    fault("error-after", operation="UpdateItem", count=1)
    client.update_item(**update)
    assert client.get_item(TableName=TABLE, Key=ITEM)["Item"]["n"] == {"N": "2"}
    fault("error-after", operation="TransactWriteItems", count=1)
    # The SDK sends the same token again.
    client.transact_write_items(TransactItems=[{"Update": update}])
    assert client.get_item(TableName=TABLE, Key=ITEM)["Item"]["n"] == {"N": "3"}


def test_an_error_after_a_refusal_is_the_refusal(client, fault):
    fault("error-after")
    failing = {"TableName": TABLE, "Key": ITEM, "ConditionExpression": "attribute_exists(k)"}
    assert error(lambda: client.delete_item(**failing))[0] == "ConditionalCheckFailedException"
    assert error(lambda: client.get_item(TableName=TABLE, Key=ITEM)) == INTERNAL


def test_conflicts(client, fault):
    fault("conflict", table=TABLE)
    refused = ("TransactionConflictException", "Transaction is ongoing for the item")
    assert error(lambda: client.put_item(**PUT)) == refused
    assert (
        error(lambda: client.execute_statement(Statement=f"DELETE FROM \"{TABLE}\" WHERE k = 'a'")) == refused
    )
    assert client.execute_statement(Statement=f"SELECT * FROM \"{TABLE}\" WHERE k = 'a'")["Items"] == []
    actions = [{"Get": {"TableName": name, "Key": ITEM}} for name in (PROVISIONED, TABLE)]
    cancelled = response(lambda: client.transact_get_items(TransactItems=actions))
    assert [reason["Code"] for reason in cancelled["CancellationReasons"]] == ["None", "TransactionConflict"]


def test_a_latency_delays_only_whom_it_strikes(running, fault, client):
    fault("latency", operation="PutItem", seconds=0.2)
    fault("latency", operation="DeleteItem", seconds=3600)
    with running.connect() as slow, running.connect() as slower:
        slower.send(call("DeleteItem", {"TableName": TABLE, "Key": ITEM}))
        slow.send(call("PutItem", PUT))
        # Answered while the others wait.
        assert "Item" not in client.get_item(TableName=TABLE, Key=ITEM)
        assert slow.reply().status == 200
    assert client.get_item(TableName=TABLE, Key=ITEM)["Item"] == ITEM


def test_a_latency_may_come_with_an_error(client, fault):
    fault("latency", seconds=0.01)
    fault("error")
    assert error(lambda: client.get_item(TableName=TABLE, Key=ITEM)) == INTERNAL


def test_batches_of_writes_are_partly_unprocessed(client, ask, fault):
    writes = [{"PutRequest": {"Item": {"k": {"S": str(number)}}}} for number in range(5)]
    fault("unprocessed", count=2)
    reply = client.batch_write_item(RequestItems={TABLE: writes})
    assert reply["UnprocessedItems"] == {TABLE: writes[2:]}
    assert client.scan(TableName=TABLE)["Count"] == 2
    reply = client.batch_write_item(RequestItems=reply["UnprocessedItems"])
    assert reply["UnprocessedItems"] == {TABLE: writes[3:]}
    assert client.batch_write_item(RequestItems={TABLE: writes[3:]})["UnprocessedItems"] == {}
    assert client.scan(TableName=TABLE)["Count"] == 5


def test_batches_of_reads_are_partly_unprocessed(client, fault):
    keys = [{"k": {"S": str(number)}} for number in range(4)]
    asked = {"Keys": keys, "ConsistentRead": True, "ProjectionExpression": "k"}
    other = {"Keys": keys[:1]}
    client.put_item(TableName=TABLE, Item=keys[0])
    fault("unprocessed", share=1, table=TABLE)
    reply = client.batch_get_item(RequestItems={TABLE: asked, PROVISIONED: other})
    assert reply["UnprocessedKeys"] == {TABLE: asked}
    assert reply["Responses"] == {PROVISIONED: []}
    # Something is always done, since AWS answers with an error where nothing is.
    reply = client.batch_get_item(RequestItems={TABLE: asked})
    assert reply["UnprocessedKeys"] == {TABLE: asked | {"Keys": keys[1:]}}
    assert reply["Responses"] == {TABLE: [keys[0]]}


def test_boto3_writes_batches_until_nothing_is_left(running, fault):
    import boto3

    resource = boto3.resource(
        "dynamodb",
        endpoint_url=running.url,
        region_name="us-east-1",
        aws_access_key_id="a",
        aws_secret_access_key="b",
    )
    fault("unprocessed", rate=0.7, seed=1)
    with resource.Table(TABLE).batch_writer() as batch:
        for number in range(60):
            batch.put_item(Item={"k": str(number)})
    assert running.client().scan(TableName=TABLE, Select="COUNT")["Count"] == 60
    resource.meta.client.close()


def test_faults_are_set_listed_and_cleared(ask):
    assert ask("GET") == (200, {"faults": []})
    assert ask("POST", body={"kind": "error", "operation": "PutItem"})[0] == 200
    [only] = ask("GET")[1]["faults"]
    assert (only["kind"], only["operation"], only["looked_at"], only["struck"]) == ("error", "PutItem", 0, 0)
    assert ask("DELETE", f"/_stator/faults/{only['id']}") == (200, {"cleared": 1})
    assert ask("DELETE", f"/_stator/faults/{only['id']}") == (200, {"cleared": 0})
    assert ask("GET") == (200, {"faults": []})


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ({"kind": "nothing"}, "Invalid enum value 'nothing' - at `$.kind`"),
        ({"kind": "error", "rate": 2}, "Expected `float` <= 1.0 - at `$.rate`"),
        ({"kind": "error", "tabel": "t"}, "Object contains unknown field `tabel`"),
        ({"kind": "error", "operation": "Put"}, "Put is not an operation that is served."),
    ],
)
def test_wrong_faults_are_refused(ask, body, text):
    assert ask("POST", body=body) == (400, {"message": text})
    assert ask("GET") == (200, {"faults": []})


@pytest.mark.parametrize("path", ["/_stator/", "/_stator/faults/x", "/_stator/other", "/_stator/faults/1/2"])
def test_there_is_nothing_else(ask, path):
    assert ask("DELETE", path) == (404, None)


@pytest.mark.parametrize("field", ["Origin", "Forwarded", "X-Forwarded-For"])
def test_browsers_and_proxies_find_nothing(ask, field):
    assert ask("POST", body={"kind": "error"}, **{field: "http://localhost"}) == (404, None)
    assert ask("GET") == (200, {"faults": []})


@pytest.mark.parametrize(
    ("peer", "local"),
    [
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("10.0.0.7", False),
        ("fe80::1%eth0", False),
        ("::ffff:10.0.0.7", False),
        ("", False),
    ],
)
def test_only_this_machine_is_local(peer, local):
    assert is_local(Request(b"GET", b"/_stator/faults", {}, peer=peer)) is local


def test_the_commands(running, ask, client):
    def fault(*arguments: str) -> Any:
        return running.command("fault", *arguments, "--port", str(running.port))

    number = fault("set", "error", "--operation", "PutItem", "--count", "1", "--seed", "5").stdout.strip()
    assert number.isdigit()
    listed = [json.loads(line) for line in fault("list").stdout.splitlines()]
    assert [(each["id"], each["seed"], each["count"]) for each in listed] == [(int(number), 5, 1)]
    assert error(lambda: client.put_item(**PUT)) == INTERNAL
    assert fault("clear", number).stdout == "1\n"
    refused = fault("set", "conflict", "--operation", "GetItem")
    assert (refused.returncode, refused.stderr) == (1, "stator: GetItem cannot meet the fault conflict.\n")
    away = running.command("fault", "list", "--port", "1")
    assert away.returncode == 1
    assert away.stderr == "stator: no Stator answers at 127.0.0.1:1. Name another port with --port.\n"
