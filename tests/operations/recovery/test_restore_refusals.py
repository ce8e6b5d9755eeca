"""What RestoreTableToPointInTime refuses, in order.

Sources: the API reference, and replies of AWS as the rules say (`operations/dynamodb/rules/restores.py`).
"""

from harness.handlers import NOON
from harness.recovery import restore
from operations.recovery.tables import ARN, CREATE, GLOBAL, LOCAL, OTHER, SOURCE, TARGET, UNITS, run
from stator.copies import jobs

INVALID = "ValidationException"
NO_SUCH_INDEX = (
    INVALID,
    "Invalid Request: Index third does not match a secondary index that existed in the source table and "
    "cannot be created during the restore operation",
)
LATEST = {"UseLatestRestorableTime": True}
# In the order of the checks: each request breaks its rule and all that follow, so far as it can.
REFUSALS = [
    ({}, (INVALID, "Must provide exactly one of: sourceTableArn, sourceTableName")),
    (
        {"SourceTableName": SOURCE, "SourceTableArn": ARN + SOURCE},
        (INVALID, "Must provide exactly one of: sourceTableArn, sourceTableName"),
    ),
    *(
        (
            {"SourceTableName": "absent", **when},
            (
                INVALID,
                "Invalid Request: Either one of RestoreDateTime or UseLatestRestorableTime must be "
                "specified, but not both",
            ),
        )
        for when in (
            {},
            {"UseLatestRestorableTime": False},
            {"UseLatestRestorableTime": True, "RestoreDateTime": NOON},
        )
    ),
    (
        {"SourceTableName": "absent", "TargetTableName": "bare", **LATEST},
        ("TableAlreadyExistsException", "Table already exists: bare"),
    ),
    (
        {"SourceTableName": "bare", "TargetTableName": "filling", **LATEST},
        ("TableInUseException", "Table is being created: filling"),
    ),
    (
        {"SourceTableName": "absent", **LATEST},
        ("TableNotFoundException", "Source table not found: absent"),
    ),
    (
        {"SourceTableName": "filling", **LATEST},
        ("TableNotFoundException", "Source table not found: filling"),
    ),
    ({"SourceTableArn": ARN + "absent", **LATEST}, ("TableNotFoundException", "Table not found")),
    (
        {"SourceTableName": "bare", "RestoreDateTime": 1.0},
        (
            "PointInTimeRecoveryUnavailableException",
            "Point in time recovery is not enabled for table 'bare'",
        ),
    ),
    *(
        (
            {"SourceTableName": SOURCE, "RestoreDateTime": time, "BillingModeOverride": "PROVISIONED"},
            (
                "InvalidRestoreTimeException",
                "An invalid restore time was specified. RestoreDateTime must be between "
                "EarliestRestorableDateTime and LatestRestorableDateTime.",
            ),
        )
        for time in (NOON + 999, NOON + 1_101)
    ),
    (
        {
            "SourceTableArn": ARN + SOURCE,
            **LATEST,
            "BillingModeOverride": "PAY_PER_REQUEST",
            "ProvisionedThroughputOverride": UNITS,
        },
        (
            INVALID,
            "Invalid Request: Cannot override ProvisionedThroughput if BillingMode is overridden to "
            "PAY_PER_REQUEST",
        ),
    ),
    (
        {"SourceTableName": SOURCE, **LATEST, "BillingModeOverride": "PROVISIONED"},
        (
            INVALID,
            "Invalid Request: Must override ProvisionedThroughput if BillingMode is overridden to "
            "PROVISIONED",
        ),
    ),
    (
        {"SourceTableName": SOURCE, **LATEST, "ProvisionedThroughputOverride": UNITS},
        (
            INVALID,
            "Invalid Request: Cannot override ProvisionedThroughput unless BillingMode is PROVISIONED",
        ),
    ),
    *(
        (
            {"SourceTableName": SOURCE, **LATEST, **indexes},
            (INVALID, NO_SUCH_INDEX[1].replace("third", name)),
        )
        for name, indexes in (
            ("third", {"GlobalSecondaryIndexOverride": [{**GLOBAL, "IndexName": "third"}]}),
            ("global", {"LocalSecondaryIndexOverride": [{**LOCAL, "IndexName": "global"}]}),
            (
                "local",
                {"LocalSecondaryIndexOverride": [{**LOCAL, "Projection": {"ProjectionType": "ALL"}}]},
            ),
            (
                "global",
                {"GlobalSecondaryIndexOverride": [{**GLOBAL, "KeySchema": OTHER["KeySchema"]}]},
            ),
        )
    ),
    (
        {"SourceTableName": SOURCE, **LATEST, "GlobalSecondaryIndexOverride": [GLOBAL, GLOBAL]},
        (INVALID, "One or more parameter values were invalid: Duplicate index name: global"),
    ),
    (
        {
            "SourceTableName": SOURCE,
            **LATEST,
            "SSESpecificationOverride": {"Enabled": False, "KMSMasterKeyId": "alias/mine"},
        },
        (
            INVALID,
            "One or more parameter values were invalid: KMSMasterKeyId can not be specified if Enabled is "
            "false",
        ),
    ),
]


def test_what_is_refused():
    async def body(handlers, clock):
        bare = {**CREATE, "TableName": "bare"}
        await handlers("CreateTable", bare)
        await restore(handlers, SOURCE, "filling")
        for request, answer in REFUSALS:
            request = {"TargetTableName": TARGET} | request
            assert await handlers.outcome("RestoreTableToPointInTime", request) == answer, request
        assert len(handlers.database.engine.read(jobs.unfinished)) == 1

    run(body)


def test_at_most_fifty_at_once():
    async def body(handlers, clock):
        for number in range(50):
            await restore(handlers, SOURCE, f"{TARGET}-{number}")
        request = {"SourceTableName": SOURCE, "TargetTableName": TARGET, **LATEST}
        assert (await handlers.outcome("RestoreTableToPointInTime", request))[0] == "LimitExceededException"

    run(body)
