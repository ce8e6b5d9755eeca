"""The rules of CreateTable, each with a change that breaks it, in order: data of test_create_checks.py."""

from harness.steps import ABSENT, ENVELOPE, INVALID, Step
from operations.tables.requests import (
    IN_USE,
    LIMIT,
    PROVISIONED,
    create,
    definitions,
    global_index,
    key,
    local_index,
    units,
)

NAME = "create-checks"
DEFINED = definitions("pk", "sk", "l", "g")
GOOD = create(
    NAME,
    "pk sk",
    AttributeDefinitions=DEFINED,
    ProvisionedThroughput=units(5),
    LocalSecondaryIndexes=[local_index("local", "pk l")],
    GlobalSecondaryIndexes=[global_index("global", "g", ProvisionedThroughput=units(5))],
)
TOO_MUCH = 10**12 + 1


def local(*indexes, **members):
    return {"LocalSecondaryIndexes": list(indexes) or [local_index("local", "pk l", **members)]}


def global_(*indexes, **members):
    given = {"ProvisionedThroughput": units(5), **members}
    return {"GlobalSecondaryIndexes": list(indexes) or [global_index("global", "g", **given)]}


def many(count, **members):
    return [
        global_index(f"i-{number}", "g", ProvisionedThroughput=units(1), **members) for number in range(count)
    ]


def projecting(count):
    names = [f"n{number}" for number in range(count)]
    return {"ProjectionType": "INCLUDE", "NonKeyAttributes": names}


PROJECTIONS = (
    ("no projection type", {}, "Unknown ProjectionType: null"),
    (
        "needless attributes",
        {"ProjectionType": "KEYS_ONLY", "NonKeyAttributes": ["a"]},
        "ProjectionType is KEYS_ONLY, but NonKeyAttributes is specified",
    ),
    (
        "no attributes",
        {"ProjectionType": "INCLUDE"},
        "ProjectionType is INCLUDE, but NonKeyAttributes is not specified",
    ),
    (
        "attribute twice",
        {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "a"]},
        "Duplicate element in NonKeyAttributes: a",
    ),
)
ALIKE = "Both the Hash Key and the Range Key element in the KeySchema have the same name"
FIRST = "Invalid KeySchema: The first KeySchemaElement is not a HASH key type"
SECOND = "Invalid KeySchema: The second KeySchemaElement is not a RANGE key type"
UNDEFINED = "Some index key attributes are not defined in AttributeDefinitions. "

SHAPE = (
    Step(
        "no name",
        {"TableName": ABSENT},
        "The parameter 'TableName' is required but was not present in the request",
    ),
    Step(
        "a short name",
        {"TableName": "ab"},
        f"{ENVELOPE}Value 'ab' at 'tableName' failed to satisfy constraint: "
        "Member must have length greater than or equal to 3",
    ),
)
TABLE = (
    Step(
        "needless throughput",
        {"BillingMode": "PAY_PER_REQUEST"},
        f"{INVALID}Neither ReadCapacityUnits nor WriteCapacityUnits can be specified "
        "when BillingMode is PAY_PER_REQUEST",
    ),
    Step(
        "no throughput",
        {"BillingMode": "PROVISIONED", "ProvisionedThroughput": ABSENT},
        f"{INVALID}ReadCapacityUnits and WriteCapacityUnits must both be specified "
        "when BillingMode is PROVISIONED",
    ),
    Step(
        "reads out of bounds",
        {"ProvisionedThroughput": {"ReadCapacityUnits": TOO_MUCH}},
        "Given value 1000000000001 for ReadCapacityUnits is out of bounds",
    ),
    Step(
        "writes out of bounds",
        {"ProvisionedThroughput": {"WriteCapacityUnits": TOO_MUCH}},
        "Given value 1000000000001 for WriteCapacityUnits is out of bounds",
    ),
    Step(
        "fewer definitions than keys",
        {"AttributeDefinitions": definitions("pk")},
        "Invalid KeySchema: Some index key attribute have no definition",
    ),
    Step(
        "undefined key",
        {"AttributeDefinitions": definitions("pk", "l", "g")},
        f"{INVALID}{UNDEFINED}Keys: [pk, sk], AttributeDefinitions: [pk, l, g]",
    ),
    Step("keys alike", {"KeySchema": key("pk", "pk")}, ALIKE),
    Step("range key first", {"KeySchema": key("pk", "sk", kinds=("RANGE", "HASH"))}, FIRST),
    Step("two hash keys", {"KeySchema": key("pk", "sk", kinds=("HASH", "HASH"))}, SECOND),
    Step(
        "more definitions than keys",
        {"LocalSecondaryIndexes": ABSENT, "GlobalSecondaryIndexes": ABSENT},
        f"{INVALID}Number of attributes in KeySchema does not exactly match number of attributes "
        "defined in AttributeDefinitions",
    ),
)
LOCAL = (
    Step("local: none", {"LocalSecondaryIndexes": []}, f"{INVALID}List of LocalSecondaryIndexes is empty"),
    Step(
        "local: table without range key",
        {"KeySchema": key("pk")},
        f"{INVALID}Table KeySchema does not have a range key, "
        "which is required when specifying a LocalSecondaryIndex",
    ),
    Step(
        "local: undefined key",
        local(KeySchema=key("pk", "x")),
        f"{INVALID}{UNDEFINED}Keys: [pk, x], AttributeDefinitions: [pk, sk, l, g]",
    ),
    Step("local: keys alike", local(KeySchema=key("pk", "pk")), ALIKE),
    Step("local: range key first", local(KeySchema=key("pk", kinds=("RANGE",))), FIRST),
    Step("local: two hash keys", local(KeySchema=key("pk", "l", kinds=("HASH", "HASH"))), SECOND),
    Step(
        "local: no range key",
        local(KeySchema=key("pk")),
        f"{INVALID}Index KeySchema does not have a range key for index: local",
    ),
    Step(
        "local: another hash key",
        local(KeySchema=key("g", "l")),
        f"{INVALID}Index KeySchema does not have the same leading hash key as table KeySchema "
        "for index: local. index hash key: g, table hash key: pk",
    ),
    *(Step(f"local: {name}", local(Projection=given), INVALID + text) for name, given, text in PROJECTIONS),
    Step(
        "local: name twice",
        local(local_index("local", "pk l"), local_index("local", "pk sk")),
        f"{INVALID}Duplicate index name: local",
    ),
    Step(
        "local: too many",
        local(*(local_index(f"l-{number}", "pk l") for number in range(6))),
        f"{INVALID}Number of LocalSecondaryIndexes exceeds per-table limit of 5",
    ),
)
GLOBAL = (
    Step("global: none", {"GlobalSecondaryIndexes": []}, f"{INVALID}List of GlobalSecondaryIndexes is empty"),
    Step(
        "global: undefined key",
        global_(KeySchema=key("x")),
        f"{INVALID}{UNDEFINED}Keys: [x], AttributeDefinitions: [pk, sk, l, g]",
    ),
    Step("global: keys alike", global_(KeySchema=key("g", "g")), ALIKE),
    Step("global: range key first", global_(KeySchema=key("g", "l", kinds=("RANGE", "HASH"))), FIRST),
    Step(
        "global: range key in between",
        global_(KeySchema=key("g", "l", "sk", kinds=("HASH", "RANGE", "HASH"))),
        f"{INVALID}All HASH key attributes must precede RANGE key attributes in the KeySchema",
    ),
    Step(
        "global: five hash keys",
        global_(KeySchema=key(*"ggggg", kinds=("HASH",) * 5)),
        f"{INVALID}The KeySchema exceeds the maximum allowed number of HASH key attributes",
    ),
    Step(
        "global: five range keys",
        global_(KeySchema=key("pk", *"ggggg", kinds=("HASH", *("RANGE",) * 5))),
        f"{INVALID}The KeySchema exceeds the maximum allowed number of RANGE key attributes",
    ),
    Step(
        "global: hash keys alike",
        global_(KeySchema=key("g", "g", kinds=("HASH", "HASH"))),
        "The KeySchema contains multiple key attributes with the same name",
    ),
    *(
        Step(f"global: {name}", global_(Projection=given), INVALID + text)
        for name, given, text in PROJECTIONS
    ),
    Step(
        "global: no throughput",
        global_(global_index("global", "g")),
        f"{INVALID}ProvisionedThroughput is not specified for index: global",
    ),
    Step(
        "global: out of bounds",
        global_(ProvisionedThroughput=units(TOO_MUCH)),
        "Given value 1000000000001 for ReadCapacityUnits is out of bounds",
    ),
    Step(
        "global: name twice",
        global_(*many(1), *many(1)),
        f"{INVALID}Duplicate index name: i-0",
    ),
    Step(
        "global: too many",
        global_(*many(21)),
        f"{INVALID}GlobalSecondaryIndex count exceeds the per-table limit of 20",
    ),
)
REST = (
    Step(
        "unused definition",
        {"AttributeDefinitions": definitions("pk", "sk", "l", "g", "g", "z")},
        f"{INVALID}Some AttributeDefinitions are not used. "
        "AttributeDefinitions: [pk, sk, l, g, z], keys used: [pk, sk, l, g]",
    ),
    Step(
        "definition twice",
        {"AttributeDefinitions": definitions("pk", "sk", "l", "g", "g")},
        "Attribute Name is duplicated: g",
    ),
)
SETTINGS = (
    Step(
        "projected attributes",
        global_(*many(6, Projection=projecting(17))),
        f"{INVALID}Number of projected attributes exceeds limit. Limit: 100",
    ),
    Step(
        "table class",
        {"TableClass": "x"},
        "Invalid table-class parameter provided. "
        "Please try again with a valid table-class value: [STANDARD, STANDARD_INFREQUENT_ACCESS].",
    ),
    Step(
        "stream without a view",
        {"StreamSpecification": {"StreamEnabled": True}},
        f"{INVALID}Table is being created with a stream enabled, UpdateViewType is required",
    ),
    Step(
        "a view without a stream",
        {"StreamSpecification": {"StreamEnabled": False, "StreamViewType": "KEYS_ONLY"}},
        f"{INVALID}Table is being created with a stream disabled, UpdateViewType should not be specified",
    ),
    Step(
        "needless kind of encryption",
        {"SSESpecification": {"Enabled": False, "SSEType": "KMS"}},
        f"{INVALID}SSEType can not be specified if Enabled is false",
    ),
    Step(
        "needless key",
        {"SSESpecification": {"KMSMasterKeyId": "k"}},
        f"{INVALID}KMSMasterKeyId can not be specified if Enabled is false",
    ),
    Step(
        "key without KMS",
        {"SSESpecification": {"Enabled": True, "KMSMasterKeyId": "k"}},
        f"{INVALID}SSEType KMS is required if KMSMasterKeyId is specified",
    ),
    Step(
        "AES256",
        {"SSESpecification": {"Enabled": True, "SSEType": "AES256"}},
        f"{INVALID}SSEType AES256 is not supported",
    ),
    Step(
        "needless maximum",
        {"OnDemandThroughput": {"MaxReadRequestUnits": 5}},
        f"{INVALID}MaxReadRequestUnits for OnDemandThroughput cannot be specified "
        "when the table BillingMode is PROVISIONED",
    ),
    Step(
        "warm below throughput",
        {"WarmThroughput": {"ReadUnitsPerSecond": 4}},
        f"{INVALID}Requested ReadUnitsPerSecond for WarmThroughput for table is lower than "
        "ReadCapacityUnits of ProvisionedThroughput",
    ),
    Step(
        "tag value",
        {"Tags": [{"Key": "a", "Value": "?"}]},
        "The Tag Value provided is invalid, Value: ?",
    ),
    Step("existing table", {"TableName": PROVISIONED}, f"Table already exists: {PROVISIONED}", IN_USE),
    Step(
        "above the table's maximum",
        {"ProvisionedThroughput": {"WriteCapacityUnits": 40_001}},
        "The requested WriteCapacityUnits, 40001, is above the per table maximum "
        "for the account in eu-west-3. Per table maximum: 40000. "
        "Refer to the Amazon DynamoDB Developer Guide for current limits and how to request higher limits.",
        LIMIT,
    ),
)
STEPS = (*SHAPE, *TABLE, *LOCAL, *GLOBAL, *REST, *SETTINGS)
