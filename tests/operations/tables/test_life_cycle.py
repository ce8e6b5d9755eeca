"""States between a request and its effect, with a lifecycle delay, on a clock that only the test moves."""

import itertools

import pytest

from harness.api import Api
from harness.process import ServerProcess, eventually
from harness.steps import NOT_FOUND, VALIDATION
from operations.tables.requests import BUSY, IN_USE, LIMIT, create, definitions, global_index, units
from stator.storage.open import open_reader
from stator.tables.keyspace import CATALOG, table_key

START = 1_700_000_000.0  # Tuesday, November 14, 2023 10:13:20 PM UTC
DELAY = 5
STREAM = {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}}
NO_STREAM = {"StreamSpecification": {"StreamEnabled": False}}
CLASS = {"TableClass": "STANDARD_INFREQUENT_ACCESS"}
ENCRYPTED = {"SSESpecification": {"Enabled": True}}
NOT_ENCRYPTED = {"SSESpecification": {"Enabled": False}}
KEY = {"pk": {"S": "a"}}

_names = (f"life-{number}" for number in itertools.count())


def capacity(read, write=None):
    return {"ProvisionedThroughput": units(read, write)}


def index_update(**action):
    return {"GlobalSecondaryIndexUpdates": [action]}


NEW_INDEX = index_update(Create=global_index("new", "g", **capacity(5)))
DELETE_NEW = index_update(Delete={"IndexName": "new"})
UPDATE_NEW = index_update(Update={"IndexName": "new", **capacity(6)})
DELETE_INDEX = index_update(Delete={"IndexName": "index"})
UPDATE_INDEX = index_update(Update={"IndexName": "index", **capacity(6)})


@pytest.fixture(scope="module")
def slow(tmp_path_factory):
    """A server whose tables take their time."""
    directory = tmp_path_factory.mktemp("slow")
    server = ServerProcess(directory, memory=True, clock=START, lifecycle_delay=DELAY)
    yield server.start()
    assert "Traceback" not in server.log
    server.close()


@pytest.fixture(scope="module")
def api(slow):
    with slow.connect() as wire:
        yield Api(wire)


def new_table(api, server, **members):
    """An active table with an index."""
    name = next(_names)
    indexes = [global_index("index", "g", **capacity(5))]
    api("CreateTable", create(name, "pk", "g", GlobalSecondaryIndexes=indexes, **capacity(5), **members))
    server.clock.advance(DELAY)
    assert described(api, name)["TableStatus"] == "ACTIVE"
    return name


def update(api, name, change):
    return api("UpdateTable", {"TableName": name, **change})["TableDescription"]


def described(api, name):
    return api("DescribeTable", {"TableName": name})["Table"]


def statuses(shown):
    return [
        shown["TableStatus"],
        *(index["IndexStatus"] for index in shown.get("GlobalSecondaryIndexes", ())),
    ]


def test_creating(api, slow):
    name = next(_names)
    request = create(name, "pk", "g", GlobalSecondaryIndexes=[global_index("index", "g")])
    shown = api("CreateTable", request)["TableDescription"]
    assert described(api, name) == shown
    assert statuses(shown) == ["CREATING", "CREATING"]
    assert "Backfilling" not in shown["GlobalSecondaryIndexes"][0]
    table = {"TableName": name}
    for operation, parameters in (("GetItem", {"Key": KEY}), ("PutItem", {"Item": KEY}), ("Scan", {})):
        assert api.refusal(operation, table | parameters) == (NOT_FOUND, "Requested resource not found")
    assert api.refusal("CreateTable", request) == (IN_USE, f"Table already exists: {name}")
    assert api.refusal("DeleteTable", table) == (IN_USE, f"{BUSY}Table is being created: {name}")
    ttl = {"TimeToLiveSpecification": {"AttributeName": "t", "Enabled": True}}
    assert api.refusal("UpdateTimeToLive", table | ttl) == (IN_USE, f"{BUSY}Table {name} is being created")
    assert api.refusal("DescribeTimeToLive", table) == (
        VALIDATION,
        "Cannot describe time to live while table is in CREATING state: Current table state is CREATING",
    )
    slow.clock.advance(DELAY)
    assert statuses(described(api, name)) == ["ACTIVE", "ACTIVE"]
    api("PutItem", table | {"Item": KEY})


def test_deleting(api, slow):
    name = new_table(api, slow)
    table = {"TableName": name}
    api("PutItem", table | {"Item": KEY})
    shown = api("DeleteTable", table)["TableDescription"]
    assert shown["TableStatus"] == "DELETING"
    assert "GlobalSecondaryIndexes" not in shown
    assert described(api, name)["TableStatus"] == "DELETING"
    assert api.refusal("GetItem", table | {"Key": KEY}) == (NOT_FOUND, "Requested resource not found")
    assert api.refusal("DeleteTable", table) == (IN_USE, f"{BUSY}Table is being deleted: {name}")
    assert api.refusal("UpdateTable", table | STREAM) == (IN_USE, f"{BUSY}Table is being deleted: {name}")
    assert api.refusal("CreateTable", create(name, "pk")) == (IN_USE, f"Table already exists: {name}")
    ttl = {"TimeToLiveSpecification": {"AttributeName": "t", "Enabled": True}}
    assert api.refusal("UpdateTimeToLive", table | ttl) == (IN_USE, f"{BUSY}Table {name} is being deleted")
    assert name in api("ListTables", {})["TableNames"]
    slow.clock.advance(DELAY)
    assert name not in api("ListTables", {})["TableNames"]
    missing = (NOT_FOUND, f"Requested resource not found: Table: {name} not found")
    assert api.refusal("DescribeTable", table) == missing
    again = api("CreateTable", create(name, "pk"))["TableDescription"]
    assert again["TableId"] != shown["TableId"]
    slow.clock.advance(DELAY)
    assert api("Scan", table)["Count"] == 0


def test_a_change_of_capacity_shows_when_it_is_complete(api, slow):
    name = new_table(api, slow)
    both = {"Update": {"IndexName": "index", **capacity(7)}}
    shown = update(api, name, capacity(6) | index_update(**both))
    assert shown == described(api, name)
    assert statuses(shown) == ["UPDATING", "UPDATING"]
    index = shown["GlobalSecondaryIndexes"][0]
    before = [each["ProvisionedThroughput"]["ReadCapacityUnits"] for each in (shown, index)]
    api("PutItem", {"TableName": name, "Item": KEY})
    api("TagResource", {"ResourceArn": shown["TableArn"], "Tags": [{"Key": "k", "Value": "v"}]})
    slow.clock.advance(DELAY)
    shown = described(api, name)
    index = shown["GlobalSecondaryIndexes"][0]
    assert statuses(shown) == ["ACTIVE", "ACTIVE"]
    assert before == [5, 5]
    assert [each["ProvisionedThroughput"]["ReadCapacityUnits"] for each in (shown, index)] == [6, 7]
    assert api("ListTagsOfResource", {"ResourceArn": shown["TableArn"]})["Tags"] == [
        {"Key": "k", "Value": "v"}
    ]


def test_a_change_of_billing_mode(api, slow):
    name = new_table(api, slow)
    shown = update(api, name, {"BillingMode": "PAY_PER_REQUEST"})
    assert statuses(shown) == ["UPDATING", "UPDATING"]
    assert shown["ProvisionedThroughput"]["ReadCapacityUnits"] == 5
    slow.clock.advance(DELAY)
    shown = described(api, name)
    index = shown["GlobalSecondaryIndexes"][0]
    assert statuses(shown) == ["ACTIVE", "ACTIVE"]
    assert shown["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    for each in (shown, index):
        assert each["ProvisionedThroughput"]["ReadCapacityUnits"] == 0
        assert each["WarmThroughput"]["ReadUnitsPerSecond"] == 12_000


def test_encryption_and_warm_throughput_have_statuses(api, slow):
    name = new_table(api, slow)

    def encryption(change):
        shown = update(api, name, {"SSESpecification": change})
        slow.clock.advance(DELAY)
        return [each.get("SSEDescription", {}).get("Status") for each in (shown, described(api, name))]

    assert encryption({"Enabled": True}) == ["ENABLING", "ENABLED"]
    other = {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "arn:aws:kms:us-east-1:1:key/k"}
    assert encryption(other) == ["UPDATING", "ENABLED"]
    assert encryption({"Enabled": False}) == ["DISABLING", None]
    warm = {"ReadUnitsPerSecond": 10, "WriteUnitsPerSecond": 5}
    shown = update(api, name, {"WarmThroughput": warm})
    assert shown["WarmThroughput"] == units_per_second(5, 5, "UPDATING")
    slow.clock.advance(DELAY)
    assert described(api, name)["WarmThroughput"] == units_per_second(10, 5, "ACTIVE")


def units_per_second(read, write, status):
    return {"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write, "Status": status}


def test_a_new_and_a_deleted_index(api, slow):
    name = new_table(api, slow)
    shown = update(api, name, {"AttributeDefinitions": definitions("h"), **index_new("h")})
    assert statuses(shown) == ["UPDATING", "ACTIVE", "CREATING"]
    slow.clock.advance(DELAY)
    assert statuses(described(api, name)) == ["ACTIVE", "ACTIVE", "ACTIVE"]
    shown = update(api, name, DELETE_NEW)
    assert statuses(shown) == ["UPDATING", "ACTIVE", "DELETING"]
    assert len(shown["AttributeDefinitions"]) == 3
    query = {"KeyConditionExpression": "h = :h", "ExpressionAttributeValues": {":h": {"S": "a"}}}
    assert api.refusal("Query", {"TableName": name, "IndexName": "new", **query})[0] == VALIDATION
    slow.clock.advance(DELAY)
    shown = described(api, name)
    assert statuses(shown) == ["ACTIVE", "ACTIVE"]
    assert shown["AttributeDefinitions"] == definitions("g", "pk")


def index_new(keys):
    return index_update(Create=global_index("new", keys, **capacity(5)))


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
def test_in_the_way(api, slow, first, second, text):
    name = new_table(api, slow)
    label = update(api, name, first).get("LatestStreamLabel")
    refusal = api.refusal("UpdateTable", {"TableName": name, **second})
    assert refusal == (IN_USE, BUSY + text.format(name, label=label))
    slow.clock.advance(DELAY)
    assert "UPDATING" not in statuses(described(api, name))


def test_a_second_index_has_to_wait(api, slow):
    name = new_table(api, slow)
    update(api, name, NEW_INDEX)
    other = index_update(Create=global_index("other", "g", **capacity(5)))
    assert api.refusal("UpdateTable", {"TableName": name, **other}) == (
        LIMIT,
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
    )


PROTECTION = "Table needs to be in ACTIVE status to modify deletion protection setting."


def test_deletion_protection_needs_an_active_table(api, slow):
    name = new_table(api, slow)
    update(api, name, capacity(6))
    change = {"TableName": name, "DeletionProtectionEnabled": True}
    assert api.refusal("UpdateTable", change) == (IN_USE, PROTECTION)


KEPT = (
    (STREAM, "Cannot delete table while stream is being enabled/disabled."),
    (capacity(6), "Table: {} is in the process of being updated."),
    (NEW_INDEX, "Cannot delete table while indexes are being created, updated, or deleted."),
)


@pytest.mark.parametrize(("change", "text"), KEPT, ids=lambda value: str(value)[:40])
def test_a_table_that_is_changed_is_not_deleted(api, slow, change, text):
    name = new_table(api, slow)
    update(api, name, change)
    assert api.refusal("DeleteTable", {"TableName": name}) == (IN_USE, BUSY + text.format(name))
    slow.clock.advance(DELAY)
    api("DeleteTable", {"TableName": name})


# How often something may be changed.


def test_decreases_of_capacity(api, slow):
    name = new_table(api, slow, DeletionProtectionEnabled=False)
    update(api, name, capacity(100))
    slow.clock.advance(DELAY + 86_400 - slow.clock.now() % 86_400)  # the next day has just begun
    for read in (90, 80, 70, 60):
        update(api, name, capacity(read))
        slow.clock.advance(60)
    assert described(api, name)["ProvisionedThroughput"]["NumberOfDecreasesToday"] == 4
    error, text = api.refusal("UpdateTable", {"TableName": name, **capacity(50)})
    assert error == LIMIT
    assert text.startswith(DECREASES)
    assert "Number of decreases today: 4. Last decrease at " in text
    assert ":03:0" in text  # the last one, three minutes after midnight
    slow.clock.advance(3_600)
    update(api, name, capacity(50))
    slow.clock.advance(86_400)
    throughput = described(api, name)["ProvisionedThroughput"]
    assert throughput["NumberOfDecreasesToday"] == 0
    assert throughput["LastDecreaseDateTime"] > throughput["LastIncreaseDateTime"]
    update(api, name, capacity(40))


DECREASES = (
    "Subscriber limit exceeded: Provisioned throughput decreases are limited within a given UTC day. "
    "After the first 4 decreases, each subsequent decrease in the same UTC day can be performed "
    "at most once every 3600 seconds. "
)
CLASSES = "Subscriber limit exceeded: Updates to TableClass are limited to 2 times in 30 day(s)."
ENCRYPTIONS = "Subscriber limit exceeded: Encryption mode changes are limited in the 24h window ending at "


def test_changes_of_the_table_class(api, slow):
    name = new_table(api, slow)
    for table_class in (CLASS, {"TableClass": "STANDARD"}):
        update(api, name, table_class)
        slow.clock.advance(DELAY)
    assert api.refusal("UpdateTable", {"TableName": name, **CLASS}) == (LIMIT, CLASSES)
    slow.clock.advance(31 * 86_400)
    update(api, name, CLASS)


def test_changes_of_encryption(api, slow):
    name = new_table(api, slow)
    for change in (ENCRYPTED, NOT_ENCRYPTED, ENCRYPTED, NOT_ENCRYPTED):
        update(api, name, change)
        slow.clock.advance(DELAY)
    error, text = api.refusal("UpdateTable", {"TableName": name, **ENCRYPTED})
    assert error == LIMIT
    assert text.startswith(ENCRYPTIONS)
    slow.clock.advance(21_600)
    update(api, name, ENCRYPTED)


def test_deletion_protection_may_not_flicker(api, slow):
    name = new_table(api, slow)
    table = {"TableName": name}
    update(api, name, {"DeletionProtectionEnabled": True})
    slow.clock.advance(DELAY)
    assert api.refusal("DeleteTable", table) == (
        VALIDATION,
        "Resource cannot be deleted as it is currently protected against deletion. "
        "Disable deletion protection first.",
    )
    error, text = api.refusal("UpdateTable", table | {"DeletionProtectionEnabled": False})
    assert error == "ThrottlingException"
    assert text.startswith(FLICKERS.format(name))
    slow.clock.advance(15)
    update(api, name, {"DeletionProtectionEnabled": False})
    slow.clock.advance(DELAY)
    api("DeleteTable", table)


FLICKERS = (
    "Deletion protection setting for table {} modified within the previous 15000 milliseconds. "
    "Please try again after "
)


def test_time_to_live(api, slow):
    table = {"TableName": new_table(api, slow)}

    def change(enabled):
        return table | {"TimeToLiveSpecification": {"AttributeName": "t", "Enabled": enabled}}

    def status():
        return api("DescribeTimeToLive", table)["TimeToLiveDescription"]

    api("UpdateTimeToLive", change(True))
    assert status() == {"TimeToLiveStatus": "ENABLING", "AttributeName": "t"}
    assert api.refusal("UpdateTimeToLive", change(False)) == (
        VALIDATION,
        "Time to live has been modified multiple times within a fixed interval",
    )
    slow.clock.advance(DELAY)
    assert status() == {"TimeToLiveStatus": "ENABLED", "AttributeName": "t"}
    api("UpdateTimeToLive", change(False))
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
    assert server.command("check", "data").returncode == 0


# For the test that each rule of UpdateTable has a row; what is filled in here does not matter there.
TEXTS = [
    PROTECTION,
    *(BUSY + text.format("T", label="L") for _, _, text in IN_THE_WAY),
    f"{BUSY}Table is being created: T",
    f"{BUSY}Table is being deleted: T",
    DECREASES + "Number of decreases today: 4. Last decrease at D. Next decrease can be made at D",
    CLASSES,
    ENCRYPTIONS + "D. After the first 4 change, each subsequent change in the same window can be performed "
    "at most once every 21600 seconds. Number of updates today: 4. Last change at D. "
    "Next changes can be made at D.",
    FLICKERS.format("T") + "D",
]
