"""States between a request and its effect, with a lifecycle delay, on a clock that only the test moves."""

import pytest

from harness.api import Api
from harness.process import eventually
from harness.steps import NOT_FOUND, VALIDATION
from operations.tables.requests import BUSY, IN_USE, LIMIT, create, definitions, global_index
from operations.tables.slowly import (
    CLASS,
    DELAY,
    DELETE_INDEX,
    DELETE_NEW,
    ENCRYPTED,
    KEY,
    NEW_INDEX,
    NO_STREAM,
    NOT_ENCRYPTED,
    START,
    STREAM,
    UPDATE_INDEX,
    UPDATE_NEW,
    capacity,
    described,
    index_new,
    index_update,
    new_table,
    next_name,
    statuses,
    units_per_second,
    update,
)
from stator.storage.open import open_reader
from stator.tables.keyspace import CATALOG, table_key


def test_creating(slow_api, slow):
    name = next_name()
    request = create(name, "pk", "g", GlobalSecondaryIndexes=[global_index("index", "g")])
    shown = slow_api("CreateTable", request)["TableDescription"]
    assert described(slow_api, name) == shown
    assert statuses(shown) == ["CREATING", "CREATING"]
    assert "Backfilling" not in shown["GlobalSecondaryIndexes"][0]
    table = {"TableName": name}
    for operation, parameters in (("GetItem", {"Key": KEY}), ("PutItem", {"Item": KEY}), ("Scan", {})):
        assert slow_api.refusal(operation, table | parameters) == (NOT_FOUND, "Requested resource not found")
    assert slow_api.refusal("CreateTable", request) == (IN_USE, f"Table already exists: {name}")
    assert slow_api.refusal("DeleteTable", table) == (IN_USE, f"{BUSY}Table is being created: {name}")
    ttl = {"TimeToLiveSpecification": {"AttributeName": "t", "Enabled": True}}
    assert slow_api.refusal("UpdateTimeToLive", table | ttl) == (
        IN_USE,
        f"{BUSY}Table {name} is being created",
    )
    assert slow_api.refusal("DescribeTimeToLive", table) == (
        VALIDATION,
        "Cannot describe time to live while table is in CREATING state: Current table state is CREATING",
    )
    slow.clock.advance(DELAY)
    assert statuses(described(slow_api, name)) == ["ACTIVE", "ACTIVE"]
    slow_api("PutItem", table | {"Item": KEY})


def test_deleting(slow_api, slow):
    name = new_table(slow_api, slow)
    table = {"TableName": name}
    slow_api("PutItem", table | {"Item": KEY})
    shown = slow_api("DeleteTable", table)["TableDescription"]
    assert shown["TableStatus"] == "DELETING"
    assert "GlobalSecondaryIndexes" not in shown
    assert described(slow_api, name)["TableStatus"] == "DELETING"
    assert slow_api.refusal("GetItem", table | {"Key": KEY}) == (NOT_FOUND, "Requested resource not found")
    assert slow_api.refusal("DeleteTable", table) == (IN_USE, f"{BUSY}Table is being deleted: {name}")
    assert slow_api.refusal("UpdateTable", table | STREAM) == (
        IN_USE,
        f"{BUSY}Table is being deleted: {name}",
    )
    assert slow_api.refusal("CreateTable", create(name, "pk")) == (IN_USE, f"Table already exists: {name}")
    ttl = {"TimeToLiveSpecification": {"AttributeName": "t", "Enabled": True}}
    assert slow_api.refusal("UpdateTimeToLive", table | ttl) == (
        IN_USE,
        f"{BUSY}Table {name} is being deleted",
    )
    assert name in slow_api("ListTables", {})["TableNames"]
    slow.clock.advance(DELAY)
    assert name not in slow_api("ListTables", {})["TableNames"]
    missing = (NOT_FOUND, f"Requested resource not found: Table: {name} not found")
    assert slow_api.refusal("DescribeTable", table) == missing
    again = slow_api("CreateTable", create(name, "pk"))["TableDescription"]
    assert again["TableId"] != shown["TableId"]
    slow.clock.advance(DELAY)
    assert slow_api("Scan", table)["Count"] == 0


def test_a_change_of_capacity_shows_when_it_is_complete(slow_api, slow):
    name = new_table(slow_api, slow)
    both = {"Update": {"IndexName": "index", **capacity(7)}}
    shown = update(slow_api, name, capacity(6) | index_update(**both))
    assert shown == described(slow_api, name)
    assert statuses(shown) == ["UPDATING", "UPDATING"]
    index = shown["GlobalSecondaryIndexes"][0]
    before = [each["ProvisionedThroughput"]["ReadCapacityUnits"] for each in (shown, index)]
    slow_api("PutItem", {"TableName": name, "Item": KEY})
    slow_api("TagResource", {"ResourceArn": shown["TableArn"], "Tags": [{"Key": "k", "Value": "v"}]})
    slow.clock.advance(DELAY)
    shown = described(slow_api, name)
    index = shown["GlobalSecondaryIndexes"][0]
    assert statuses(shown) == ["ACTIVE", "ACTIVE"]
    assert before == [5, 5]
    assert [each["ProvisionedThroughput"]["ReadCapacityUnits"] for each in (shown, index)] == [6, 7]
    assert slow_api("ListTagsOfResource", {"ResourceArn": shown["TableArn"]})["Tags"] == [
        {"Key": "k", "Value": "v"}
    ]


def test_a_change_of_billing_mode(slow_api, slow):
    name = new_table(slow_api, slow)
    shown = update(slow_api, name, {"BillingMode": "PAY_PER_REQUEST"})
    assert statuses(shown) == ["UPDATING", "UPDATING"]
    assert shown["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    slow.clock.advance(DELAY)
    shown = described(slow_api, name)
    index = shown["GlobalSecondaryIndexes"][0]
    assert statuses(shown) == ["ACTIVE", "ACTIVE"]
    assert shown["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    for each in (shown, index):
        assert each["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
        assert each["WarmThroughput"]["ReadUnitsPerSecond"] == 12_000


def test_encryption_and_warm_throughput_have_statuses(slow_api, slow):
    name = new_table(slow_api, slow)

    def encryption(change):
        shown = update(slow_api, name, {"SSESpecification": change})
        slow.clock.advance(DELAY)
        return [each.get("SSEDescription", {}).get("Status") for each in (shown, described(slow_api, name))]

    assert encryption({"Enabled": True}) == ["ENABLING", "ENABLED"]
    other = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "arn:aws:kms:us-east-1:1:key/k"}
    assert encryption(other) == ["UPDATING", "ENABLED"]
    assert encryption({"Enabled": False}) == ["DISABLING", None]
    warm = {"ReadUnitsPerSecond": 10, "WriteUnitsPerSecond": 5}
    shown = update(slow_api, name, {"WarmThroughput": warm})
    assert shown["WarmThroughput"] == units_per_second(5, 5, "UPDATING")
    slow.clock.advance(DELAY)
    assert described(slow_api, name)["WarmThroughput"] == units_per_second(10, 5, "ACTIVE")


def test_a_new_and_a_deleted_index(slow_api, slow):
    name = new_table(slow_api, slow)
    shown = update(slow_api, name, {"AttributeDefinitions": definitions("h"), **index_new("h")})
    assert statuses(shown) == ["UPDATING", "ACTIVE", "CREATING"]
    slow.clock.advance(DELAY)
    assert statuses(described(slow_api, name)) == ["ACTIVE", "ACTIVE", "ACTIVE"]
    shown = update(slow_api, name, DELETE_NEW)
    assert statuses(shown) == ["UPDATING", "ACTIVE", "DELETING"]
    assert len(shown["AttributeDefinitions"]) == 3
    query = {"KeyConditionExpression": "h = :h", "ExpressionAttributeValues": {":h": {"S": "a"}}}
    assert slow_api.refusal("Query", {"TableName": name, "IndexName": "new", **query})[0] == VALIDATION
    slow.clock.advance(DELAY)
    shown = described(slow_api, name)
    assert statuses(shown) == ["ACTIVE", "ACTIVE"]
    assert shown["AttributeDefinitions"] == definitions("g", "pk")


# A change that is refused while another is under way.

IN_THE_WAY = (
    (capacity(6), capacity(7), "Table IOPS are currently being updated. Table: {}"),
    ({"BillingMode": "PAY_PER_REQUEST"}, capacity(7), "Table IOPS are currently being updated. Table: {}"),
    (
        STREAM,
        capacity(6),
        "Can't change table IOPS when stream status is being updated. "
        "Table: {} Stream: {label} Operation: ENABLE",
    ),
    (
        capacity(6),
        STREAM,
        "Can't enable or disable stream while table IOPS are being updated. Table: {}",
    ),
    (
        STREAM,
        NO_STREAM,
        "A stream status change is currently in progress. Table: {} Stream: {label} Operation: ENABLE",
    ),
    (
        CLASS,
        {"TableClass": "STANDARD"},
        "Can't update table class when a table class update is in progress. "
        "Table: {} TableClassUpdateInProgress: STANDARD_INFREQUENT_ACCESS",
    ),
    (ENCRYPTED, NOT_ENCRYPTED, "Server-Side Encryption is still being updated"),
    (
        NEW_INDEX,
        capacity(6),
        "Can't change table IOPS when an index is being created. Table: {} Indexes: [new]",
    ),
    (
        NEW_INDEX,
        DELETE_NEW,
        "Index creation is in resource allocation phase. Retry deletion during backfilling phase "
        "or when the index is active. Table: {} Index: new",
    ),
    (NEW_INDEX, UPDATE_NEW, "Index is being created but is not backfilling yet. Table: {} Index: new"),
    (DELETE_INDEX, DELETE_INDEX, "Index is being deleted. Table: {} Index: index"),
    (UPDATE_INDEX, UPDATE_INDEX, "Index is being updated. Table: {} Index: index"),
    (CLASS, UPDATE_INDEX, "Table is being updated: {}"),
    (UPDATE_INDEX, STREAM, "Table is being updated: {}"),
)


@pytest.mark.parametrize(("first", "second", "text"), IN_THE_WAY, ids=lambda value: str(value)[:40])
def test_in_the_way(slow_api, slow, first, second, text):
    name = new_table(slow_api, slow)
    label = update(slow_api, name, first).get("LatestStreamLabel")
    refusal = slow_api.refusal("UpdateTable", {"TableName": name, **second})
    assert refusal == (IN_USE, BUSY + text.format(name, label=label))
    slow.clock.advance(DELAY)
    assert "UPDATING" not in statuses(described(slow_api, name))


def test_a_second_index_has_to_wait(slow_api, slow):
    name = new_table(slow_api, slow)
    update(slow_api, name, NEW_INDEX)
    other = index_update(Create=global_index("other", "g", **capacity(5)))
    assert slow_api.refusal("UpdateTable", {"TableName": name, **other}) == (
        LIMIT,
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
    )


PROTECTION = "Table needs to be in ACTIVE status to modify deletion protection setting."


def test_deletion_protection_needs_an_active_table(slow_api, slow):
    name = new_table(slow_api, slow)
    update(slow_api, name, capacity(6))
    change = {"TableName": name, "DeletionProtectionEnabled": True}
    assert slow_api.refusal("UpdateTable", change) == (IN_USE, PROTECTION)


KEPT = (
    (STREAM, "Cannot delete table while stream is being enabled/disabled."),
    (capacity(6), "Table: {} is in the process of being updated."),
    (NEW_INDEX, "Cannot delete table while indexes are being created, updated, or deleted."),
)


@pytest.mark.parametrize(("change", "text"), KEPT, ids=lambda value: str(value)[:40])
def test_a_table_that_is_changed_is_not_deleted(slow_api, slow, change, text):
    name = new_table(slow_api, slow)
    update(slow_api, name, change)
    assert slow_api.refusal("DeleteTable", {"TableName": name}) == (IN_USE, BUSY + text.format(name))
    slow.clock.advance(DELAY)
    slow_api("DeleteTable", {"TableName": name})


def test_time_to_live(slow_api, slow):
    table = {"TableName": new_table(slow_api, slow)}

    def change(enabled):
        return table | {"TimeToLiveSpecification": {"AttributeName": "t", "Enabled": enabled}}

    def status():
        return slow_api("DescribeTimeToLive", table)["TimeToLiveDescription"]

    slow_api("UpdateTimeToLive", change(True))
    assert status() == {"TimeToLiveStatus": "ENABLING", "AttributeName": "t"}
    assert slow_api.refusal("UpdateTimeToLive", change(False)) == (
        VALIDATION,
        "Time to live has been modified multiple times within a fixed interval",
    )
    slow.clock.advance(DELAY)
    assert status() == {"TimeToLiveStatus": "ENABLED", "AttributeName": "t"}
    slow_api("UpdateTimeToLive", change(False))
    assert status() == {"TimeToLiveStatus": "DISABLING", "AttributeName": "t"}
    slow.clock.advance(DELAY)
    assert status() == {"TimeToLiveStatus": "DISABLED"}


# Over restarts.


def test_every_state_survives_a_restart(start_server):
    server = start_server(clock=START, lifecycle_delay=DELAY)

    def shown():
        return {name: described(api, name) for name in ("created", "changed", "deleted")}

    with server.connect() as wire:
        api = Api(wire)
        for name in ("changed", "deleted"):
            api(
                "CreateTable",
                create(name, "pk", "g", **capacity(5)) | {"AttributeDefinitions": definitions("pk")},
            )
        server.clock.advance(DELAY)
        api("CreateTable", create("created", "pk"))
        update(api, "changed", capacity(9))
        ttl = {"TimeToLiveSpecification": {"AttributeName": "t", "Enabled": True}}
        api("UpdateTimeToLive", {"TableName": "changed", **ttl})
        api("DeleteTable", {"TableName": "deleted"})
        before = shown()
    server.kill()
    server.start()
    with server.connect() as wire:
        api = Api(wire)
        assert shown() == before
        assert [each["TableStatus"] for each in before.values()] == ["CREATING", "UPDATING", "DELETING"]
        server.clock.advance(DELAY)
        assert described(api, "created")["TableStatus"] == "ACTIVE"
        assert described(api, "changed")["ProvisionedThroughput"]["ReadCapacityUnits"] == 9
        ttl_status = api("DescribeTimeToLive", {"TableName": "changed"})["TimeToLiveDescription"]
        assert ttl_status["TimeToLiveStatus"] == "ENABLED"
        assert api("ListTables", {})["TableNames"] == ["changed", "created"]
    for _ in eventually():  # The row of the deleted table goes a moment later.
        with open_reader(server.data) as reader:
            if reader.get(CATALOG, table_key("deleted")) is None:
                break
    server.check()


# For the test that each rule of UpdateTable has a row; what is filled in here does not matter there.
TEXTS = [
    PROTECTION,
    *(BUSY + text.format("T", label="L") for _, _, text in IN_THE_WAY),
    f"{BUSY}Table is being created: T",
    f"{BUSY}Table is being deleted: T",
]
