"""Several workers answer as one: what one has acknowledged, all show, and none goes back behind another."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest

from harness.api import Api, global_index
from harness.crowd import STREAMS, Crowd, crowd, in_threads
from harness.other_wire import form, signed
from harness.process import ServerProcess, eventually
from harness.wire import call

WORKERS = 3
KEY = {"pk": {"S": "one"}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server of this module's own."""
    process = ServerProcess(tmp_path_factory.mktemp("workers"), workers=WORKERS).start()
    try:
        yield process
        assert process.stop() == 0
        assert process.log == ""
    finally:
        process.close()


@pytest.fixture
def many(server: ServerProcess) -> Iterator[Crowd]:
    """Connections to all workers."""
    assert len(server.workers) == WORKERS
    with crowd(server, WORKERS) as connections:
        yield connections


@pytest.fixture
def table(many: Crowd) -> str:
    """A table of the test's own."""
    return many.apis[0].table("pk:S", global_index("by-g", "g"), g="S")


def item(number: int) -> dict[str, Any]:
    return {**KEY, "g": {"S": "all"}, "n": {"N": str(number)}}


def test_all_see_what_one_has_acknowledged(many: Crowd, table: str) -> None:
    for number in range(30):
        many("PutItem", {"TableName": table, "Item": item(number)})
        assert many.same("GetItem", {"TableName": table, "Key": KEY}).json == {"Item": item(number)}
    query = {
        "TableName": table,
        "IndexName": "by-g",
        "KeyConditionExpression": "g = :g",
        "ExpressionAttributeValues": {":g": {"S": "all"}},
    }
    for operation, request in (
        ("Query", query),
        ("Scan", {"TableName": table}),
    ):
        found: Any = many.same(operation, request).json
        assert found["Items"] == [item(29)]
    assert many.same("BatchGetItem", {"RequestItems": {table: {"Keys": [KEY]}}}).json == {
        "Responses": {table: [item(29)]},
        "UnprocessedKeys": {},
    }
    many("DeleteItem", {"TableName": table, "Key": KEY})
    assert many.same("GetItem", {"TableName": table, "Key": KEY}).json == {}


def test_no_read_goes_back_behind_another(many: Crowd, table: str) -> None:
    """A reader may see a commit before the writer has published it; then all have to."""
    seen = [0]

    def write(api: Api) -> None:
        for _ in range(150):
            request = {
                "TableName": table,
                "Key": KEY,
                "UpdateExpression": "ADD n :one",
                "ExpressionAttributeValues": {":one": {"N": "1"}},
                "ReturnValues": "UPDATED_NEW",
            }
            note(api("UpdateItem", request)["Attributes"]["n"])

    def read(api: Api) -> None:
        for _ in range(400):
            before = seen[0]
            number = api("GetItem", {"TableName": table, "Key": KEY}).get("Item", {}).get("n", {"N": "0"})
            assert int(number["N"]) >= before
            note(number)

    def note(number: dict[str, str]) -> None:
        # Between the comparison and the assignment others may note more; less is still true.
        if int(number["N"]) > seen[0]:
            seen[0] = int(number["N"])

    in_threads(
        *(partial(write, api) for api in many.apis[:3]), *(partial(read, api) for api in many.apis[3:])
    )
    assert many.same("GetItem", {"TableName": table, "Key": KEY}).json == {"Item": {**KEY, "n": {"N": "450"}}}


def test_all_see_a_table_change_at_once(many: Crowd) -> None:
    """No worker keeps a definition that another one has seen replaced."""
    for round_number in range(8):
        key = f"k{round_number}"
        create = {
            "TableName": "changing",
            "BillingMode": "PAY_PER_REQUEST",
            "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
            "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
        }
        many("CreateTable", create)
        described: Any = many.same("DescribeTable", {"TableName": "changing"}).json
        assert described["Table"]["KeySchema"] == create["KeySchema"]
        get = {"TableName": "changing", "Key": {key: {"S": "x"}}}
        assert many.same("GetItem", get).json == {}
        stored = {"TableName": "changing", "Item": {key: {"S": "x"}}}
        assert many.same("PutItem", stored).status == 200
        assert many.same("GetItem", get).json == {"Item": {key: {"S": "x"}}}
        many("DeleteTable", {"TableName": "changing"})
        assert many.same("GetItem", get).error[0] == "ResourceNotFoundException"
        names: Any = many.same("ListTables", {}).json
        assert "changing" not in names["TableNames"]


def test_a_new_index_is_whole_for_all(many: Crowd, table: str) -> None:
    for number in range(40):
        key = {"pk": {"S": str(number)}}
        many("PutItem", {"TableName": table, "Item": {**key, "h": {"S": "all"}}})
    change = {
        "IndexName": "by-h",
        "KeySchema": [{"AttributeName": "h", "KeyType": "HASH"}],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }
    update = {
        "TableName": table,
        "AttributeDefinitions": [{"AttributeName": "h", "AttributeType": "S"}],
        "GlobalSecondaryIndexUpdates": [{"Create": change}],
    }
    many("UpdateTable", update)
    for _ in eventually():
        indexes = many("DescribeTable", {"TableName": table})["Table"]["GlobalSecondaryIndexes"]
        if {"by-h": "ACTIVE"}.items() <= {each["IndexName"]: each["IndexStatus"] for each in indexes}.items():
            break
    query = {
        "TableName": table,
        "IndexName": "by-h",
        "Select": "COUNT",
        "KeyConditionExpression": "h = :h",
        "ExpressionAttributeValues": {":h": {"S": "all"}},
    }
    assert many.same("Query", query).json == {"Count": 40, "ScannedCount": 40}


def test_errors_are_those_of_one_process(many: Crowd, table: str) -> None:
    """A request that is relayed, and one that is not, fail with the same bytes."""
    many("PutItem", {"TableName": table, "Item": item(1)})
    condition = {
        "TableName": table,
        "Item": item(2),
        "ConditionExpression": "n = :n",
        "ExpressionAttributeValues": {":n": {"N": "7"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    refused: Any = many.same("PutItem", condition).json
    assert refused["Item"] == item(1)
    assert many.same("TransactWriteItems", {"TransactItems": [{"Put": condition}]}).error[0] == (
        "TransactionCanceledException"
    )
    for operation, request, name in (
        ("PutItem", {"TableName": "none-there", "Item": KEY}, "ResourceNotFoundException"),
        ("PutItem", {"TableName": table, "Item": {}}, "ValidationException"),
        ("PutItem", {"TableName": 1, "Item": KEY}, "SerializationException"),
        ("PutItem", b"[]", "SerializationException"),
        ("GetItem", {"TableName": table, "Key": {}}, "ValidationException"),
        ("DeleteTable", {"TableName": "none-there"}, "ResourceNotFoundException"),
        ("Nothing", {}, "UnknownOperationException"),
    ):
        assert many.same(operation, request).error[0] == name


def test_a_stream_is_whole_and_in_order_for_all(many: Crowd) -> None:
    create = {
        "TableName": "streamed",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
        "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    }
    arn = many("CreateTable", create)["TableDescription"]["LatestStreamArn"]

    def write(writer: int, api: Api) -> None:
        for number in range(25):
            written = {"pk": {"S": f"writer-{writer}"}, "n": {"N": str(number)}}
            api("PutItem", {"TableName": "streamed", "Item": written})

    in_threads(*(partial(write, number, api) for number, api in enumerate(many.apis)))
    described = many.of_stream("DescribeStream", {"StreamArn": arn}, "StreamDescription")
    place = {"StreamArn": arn, "ShardId": described["Shards"][0]["ShardId"]}
    place["ShardIteratorType"] = "TRIM_HORIZON"
    start = call("GetShardIterator", place, x_amz_target=f"{STREAMS}.GetShardIterator")
    iterator: Any = many.wires[0].ask(start).json
    records = many.of_stream("GetRecords", iterator, "Records")
    changes = [record["dynamodb"] for record in records]
    sequence = [int(change["SequenceNumber"]) for change in changes]
    assert sequence == sorted(set(sequence))
    for number in range(len(many.apis)):
        of_one = [
            int(change["NewImage"]["n"]["N"])
            for change in changes
            if change["Keys"]["pk"]["S"] == f"writer-{number}"
        ]
        assert of_one == list(range(25))


def test_what_a_fault_strikes_is_counted_in_one_place(server: ServerProcess, many: Crowd, table: str) -> None:
    import http.client

    def admin(method: str, body: str | None = None) -> int:
        connection = http.client.HTTPConnection(server.host, server.port)
        try:
            connection.request(method, "/_stator/faults", body)
            return connection.getresponse().status
        finally:
            connection.close()

    get = call("GetItem", {"TableName": table, "Key": KEY})
    assert [admin("GET") for _ in range(2 * WORKERS)] == [200] * 2 * WORKERS
    assert admin("POST", '{"kind": "error", "operation": "GetItem", "count": 5}') == 200
    struck = [reply.status for reply in many.all(get)]
    assert (struck.count(500), struck.count(200)) == (5, len(struck) - 5)
    assert admin("POST", '{"kind": "nonsense"}') == 400
    assert admin("DELETE") == 200
    assert {reply.status for reply in many.all(get)} == {200}
    assert b"healthy" in many.wires[0].ask(b"GET / HTTP/1.1\r\n\r\n").body


def test_large_requests_and_replies_pass_the_link(many: Crowd, table: str) -> None:
    long = {"S": "x" * 300_000}
    puts = [{"PutRequest": {"Item": {"pk": {"S": f"long-{n}"}, "long": long}}} for n in range(12)]
    assert many.same("BatchWriteItem", {"RequestItems": {table: puts}}).json == {"UnprocessedItems": {}}
    found: Any = many("Scan", {"TableName": table})
    assert all(each["long"] == long for each in found["Items"])


def test_statements_that_write_go_to_the_writer(many: Crowd, table: str) -> None:
    """Only when it is read does a statement turn out to write."""
    insert = f"INSERT INTO \"{table}\" VALUE {{'pk': '%s', 'n': 1}}"
    update = {"Statement": f"UPDATE \"{table}\" SET n = n + 1 WHERE pk = 'one'"}
    select = {"Statement": f"SELECT n FROM \"{table}\" WHERE pk = 'one'"}
    assert many.apis[0]("ExecuteStatement", {"Statement": insert % "one"}) == {"Items": []}
    assert {reply.status for reply in many.all(call("ExecuteStatement", update))} == {200}
    assert {reply.status for reply in many.all(call("BatchExecuteStatement", {"Statements": [update]}))} == {
        200
    }
    each: Any = many.all(call("ExecuteTransaction", {"TransactStatements": [update]}))
    assert {reply.status for reply in each} == {200}
    count = {"n": {"N": str(1 + 3 * len(many.wires))}}
    assert many.same("ExecuteStatement", select).json == {"Items": [count]}
    assert many.same("ExecuteTransaction", {"TransactStatements": [select]}).json == {
        "Responses": [{"Item": count}]
    }
    twice = many.same("ExecuteStatement", {"Statement": insert % "one"})
    assert twice.error[0] == "DuplicateItemException"


def test_other_services_are_answered_by_all(many: Crowd, table: str) -> None:
    """Readers have the writer answer, with its status and all of its header lines."""
    alias = {"TableName": table, "SSESpecification": {"Enabled": True, "KMSMasterKeyId": "alias/mine"}}
    many("UpdateTable", {**alias, "SSESpecification": {**alias["SSESpecification"], "SSEType": "KMS"}})
    caller = form("sts", "Action=GetCallerIdentity&Version=2011-06-15")
    for reply in many.all(caller):
        assert (reply.status, reply.headers["content-type"]) == (200, "text/xml")
        assert b"<Arn>arn:aws:iam::000000000000:root</Arn>" in reply.checked().body
        assert reply.headers["x-amzn-requestid"].encode() in reply.body
    key = {"content_type": "application/x-amz-json-1.1", "x_amz_target": "TrentService.DescribeKey"}
    replies = many.all(signed("kms", b'{"KeyId":"alias/mine"}', **key))
    assert {(reply.status, reply.headers["content-type"]) for reply in replies} == {
        (200, "application/x-amz-json-1.1")
    }
    assert len({reply.body for reply in replies}) == 1
    unknown = signed("monitoring", b"", "/service/GraniteServiceVersion20100801/operation/Fly")
    for reply in many.all(unknown):
        assert (reply.status, reply.headers["smithy-protocol"]) == (400, "rpc-v2-cbor")
        assert reply.headers["x-amzn-query-error"] == "InvalidAction;Sender"
