"""What UpdateTable refuses by the table as it is, row by row: data of test_update_checks.py."""

from harness.steps import INVALID, NOT_FOUND, VALIDATION
from operations.tables.requests import (
    LIMIT,
    ON_DEMAND,
    PROJECTING,
    PROVISIONED,
    STREAMING,
    definitions,
    global_index,
    key,
    units,
)

TOO_MUCH = 10**12 + 1
STREAM = {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"}


def updates(*actions):
    return {"GlobalSecondaryIndexUpdates": list(actions)}


def creates(*names, keys="g", **members):
    return [{"Create": global_index(name, keys, **members)} for name in names]


def deletes(*names):
    return [{"Delete": {"IndexName": name}} for name in names]


def changes(name="one", **members):
    return {"Update": {"IndexName": name, **members}}


# What each request is refused with by one of three tables.

NOTHING = (
    "At least one of ProvisionedThroughput, BillingMode, UpdateStreamEnabled, {}SSESpecification, "
    "ReplicaUpdates, MultiAccountReplicaReady, ReplicaTransitRoleArn, MultiRegionConsistency, "
    "DeletionProtectionEnabled, OnDemandThroughput, WarmThroughput or TableClass is required"
)
INDEXES = "GlobalSecondaryIndexUpdates, "
CAPACITY = "Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
MORE = {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["one-more"]}
TEXTS = (
    (PROVISIONED, {}, NOTHING.format(INDEXES)),
    (PROVISIONED, {"AttributeDefinitions": definitions("pk")}, NOTHING.format(INDEXES)),
    (PROVISIONED, updates(), NOTHING.format("")),
    (PROVISIONED, {"OnDemandThroughput": {}}, NOTHING.format(INDEXES)),
    (PROVISIONED, {"WarmThroughput": {}}, NOTHING.format(INDEXES)),
    (
        PROVISIONED,
        {"DisassociationProtectionEnabled": True},
        f"{INVALID}DisassociationProtectionEnabled is not supported by this server",
    ),
    (
        PROVISIONED,
        {"WarmThroughput": {"ReadUnitsPerSecond": 6}, **updates(*creates("new"))},
        f"{INVALID}Create global secondary index cannot be specified when updating WarmThroughput",
    ),
    (
        PROVISIONED,
        {"WarmThroughput": {"ReadUnitsPerSecond": 6}, **updates(*deletes("one"))},
        f"{INVALID}WarmThroughput must be the only operation in the request",
    ),
    (
        PROVISIONED,
        {"TableClass": "x"},
        "Invalid table-class parameter provided. "
        "Please try again with a valid table-class value: [STANDARD, STANDARD_INFREQUENT_ACCESS].",
    ),
    (
        PROVISIONED,
        {"SSESpecification": {"Enabled": False, "SSEType": "KMS"}},
        f"{INVALID}SSEType can not be specified if Enabled is false",
    ),
    (
        PROVISIONED,
        {"SSESpecification": {"Enabled": False, "KMSMasterKeyId": "k"}},
        f"{INVALID}KMSMasterKeyId can not be specified if Enabled is false",
    ),
    (
        PROVISIONED,
        {"SSESpecification": {"Enabled": True, "KMSMasterKeyId": "k"}},
        f"{INVALID}SSEType KMS is required if KMSMasterKeyId is specified",
    ),
    (
        PROVISIONED,
        {"SSESpecification": {"Enabled": True, "SSEType": "AES256"}},
        f"{INVALID}SSEType AES256 is not supported",
    ),
    # Keys and projections of a new index.
    (
        PROVISIONED,
        updates(*creates("new", keys="g g")),
        "Both the Hash Key and the Range Key element in the KeySchema have the same name",
    ),
    (
        PROVISIONED,
        updates(*creates("new", KeySchema=key("g", kinds=("RANGE",)))),
        "Invalid KeySchema: The first KeySchemaElement is not a HASH key type",
    ),
    (
        PROVISIONED,
        updates(*creates("new", KeySchema=key("g", "h", "l", kinds=("HASH", "RANGE", "HASH")))),
        f"{INVALID}All HASH key attributes must precede RANGE key attributes in the KeySchema",
    ),
    (
        PROVISIONED,
        updates(*creates("new", KeySchema=key(*"ghlgh", kinds=("HASH",) * 5))),
        f"{INVALID}The KeySchema exceeds the maximum allowed number of HASH key attributes",
    ),
    (
        PROVISIONED,
        updates(*creates("new", KeySchema=key("g", "h", "h", kinds=("HASH", "RANGE", "RANGE")))),
        "The KeySchema contains multiple key attributes with the same name",
    ),
    (PROVISIONED, updates(*creates("new", Projection={})), f"{INVALID}Unknown ProjectionType: null"),
    (
        PROVISIONED,
        updates(*creates("new", Projection={"ProjectionType": "ALL", "NonKeyAttributes": ["a"]})),
        f"{INVALID}ProjectionType is ALL, but NonKeyAttributes is specified",
    ),
    (
        PROVISIONED,
        updates(*creates("new", Projection={"ProjectionType": "INCLUDE"})),
        f"{INVALID}ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
    ),
    (
        PROVISIONED,
        updates(*creates("new", Projection={"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "a"]})),
        f"{INVALID}Duplicate element in NonKeyAttributes: a",
    ),
    # Billing modes.
    (
        ON_DEMAND,
        {"ProvisionedThroughput": units(5)},
        f"{INVALID}{CAPACITY}when BillingMode is PAY_PER_REQUEST",
    ),
    (
        ON_DEMAND,
        {"BillingMode": "PROVISIONED", "ProvisionedThroughput": units(5)},
        f"{INVALID}ProvisionedThroughput must be specified for index: one",
    ),
    (
        ON_DEMAND,
        {
            "BillingMode": "PROVISIONED",
            "ProvisionedThroughput": units(5),
            **updates(changes("one", ProvisionedThroughput=units(5))),
        },
        f"{INVALID}ProvisionedThroughput must be specified for index: two",
    ),
    (
        ON_DEMAND,
        updates(changes(ProvisionedThroughput=units(5))),
        f"{INVALID}{CAPACITY}for index: one when BillingMode is PAY_PER_REQUEST",
    ),
    (
        ON_DEMAND,
        updates(*creates("new", ProvisionedThroughput=units(5))),
        f"{INVALID}{CAPACITY}for index: new when BillingMode is PAY_PER_REQUEST",
    ),
    (
        ON_DEMAND,
        updates(changes()),
        f"{INVALID}The only Updates for index: one when TableThroughputMode is PAY_PER_REQUEST "
        "can be to OnDemandThroughput, WarmThroughput",
    ),
    (
        PROVISIONED,
        updates(*creates("new")),
        f"{INVALID}Both ReadCapacityUnits and WriteCapacityUnits must be specified for index: new",
    ),
    # Which indexes there are.
    (PROVISIONED, updates(*creates("one")), "Attempting to create an index which already exists"),
    (PROVISIONED, updates(*creates("local")), "Attempting to create an index which already exists"),
    (
        PROVISIONED,
        updates(*deletes("local")),
        "Cannot delete an index that is not a GlobalSecondaryIndex: local",
    ),
    (
        PROVISIONED,
        updates(changes("local", ProvisionedThroughput=units(5))),
        "Cannot update an index that is not a GlobalSecondaryIndex: local",
    ),
    (
        PROVISIONED,
        updates(*creates("new", keys="x")),
        f"{INVALID}AttributeDefinitions is not specified for index: new",
    ),
    (
        PROVISIONED,
        {"AttributeDefinitions": definitions("y"), **updates(*creates("new", keys="x"))},
        f"{INVALID}Some index key attributes are not defined in AttributeDefinitions. "
        "Keys: [x], AttributeDefinitions: [y]",
    ),
    (
        PROJECTING,
        updates(*creates("new", Projection=MORE)),
        f"{INVALID}Number of projected attributes exceeds limit. Limit: 100",
    ),
    # Streams.
    (
        STREAMING,
        {"StreamSpecification": STREAM},
        f"Table already has an enabled stream: TableName: {STREAMING}",
    ),
    (
        STREAMING,
        {"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}},
        f"{INVALID}If stream is being disabled, then UpdateViewType must not be specified",
    ),
    (
        PROVISIONED,
        {"StreamSpecification": {"StreamEnabled": False}},
        f"Table has no stream to disable: TableName: {PROVISIONED}",
    ),
    (
        PROVISIONED,
        {"StreamSpecification": {"StreamEnabled": True}},
        f"{INVALID}If stream is being enabled then UpdateViewType is required",
    ),
    # Settings.
    (
        PROVISIONED,
        {"SSESpecification": {"Enabled": False}},
        f"{INVALID}Table is already encrypted by default",
    ),
    (
        STREAMING,
        {"SSESpecification": {"Enabled": True, "SSEType": "KMS", "KMSMasterKeyId": "alias/mine"}},
        f"{INVALID}Table is already encrypted with given KMSMasterKeyId. "
        "Use KMSMasterKeyId parameter if you want to change Master Key",
    ),
    (
        PROVISIONED,
        {"OnDemandThroughput": {"MaxReadRequestUnits": 5}},
        f"{INVALID}MaxReadRequestUnits for OnDemandThroughput cannot be specified "
        "when the table BillingMode is PROVISIONED",
    ),
    (
        ON_DEMAND,
        {"OnDemandThroughput": {"MaxReadRequestUnits": -2}},
        f"{INVALID}Requested MaxReadRequestUnits for OnDemandThroughput for table is outside of valid range",
    ),
    (
        ON_DEMAND,
        updates(changes(OnDemandThroughput={"MaxReadRequestUnits": 0})),
        f"{INVALID}Requested MaxReadRequestUnits for OnDemandThroughput for index : one "
        "is outside of valid range",
    ),
    (
        STREAMING,
        {"WarmThroughput": {"ReadUnitsPerSecond": 19_999}},
        f"{INVALID}Requested ReadUnitsPerSecond for WarmThroughput for table is lower than current "
        "WarmThroughput, decreasing WarmThroughput is not supported",
    ),
    (
        ON_DEMAND,
        updates(changes(WarmThroughput={"WriteUnitsPerSecond": 3_999})),
        f"{INVALID}Requested WriteUnitsPerSecond for WarmThroughput for index : one is lower than current "
        "WarmThroughput, decreasing WarmThroughput is not supported",
    ),
)
LIMITS = (
    (
        PROVISIONED,
        updates(*deletes("missing")),
        NOT_FOUND,
        f"Requested resource not found: Index missing for table {PROVISIONED}",
    ),
    (
        PROVISIONED,
        updates(changes("missing", ProvisionedThroughput=units(5))),
        NOT_FOUND,
        f"Requested resource not found: Index missing for table {PROVISIONED}",
    ),
    (
        ON_DEMAND,
        updates(*creates("new", "newer")),
        LIMIT,
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
    ),
    (
        ON_DEMAND,
        updates(*creates("new"), *deletes("one")),
        LIMIT,
        "Subscriber limit exceeded: Only 1 online index can be created or deleted simultaneously per table",
    ),
    (
        STREAMING,
        updates(*creates("new")),
        LIMIT,
        "Subscriber limit exceeded: Number of global secondary indexes exceeds per-table limit of 20",
    ),
)
ROWS = [(table, change, VALIDATION, text) for table, change, text in TEXTS] + list(LIMITS)
