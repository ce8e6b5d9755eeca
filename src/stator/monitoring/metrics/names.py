"""The metrics that Stator publishes of itself: names, units, dimensions, periods, and what they are made of.

This table is the only place that knows them; samples, the reference page and the tests are made from it.
Source: "DynamoDB metrics and dimensions" and "Usage metrics" of the developer guide.
"""

from typing import Final, NamedTuple

from stator.tables import meter

NAMESPACE: Final = "AWS/DynamoDB"
USAGE_NAMESPACE: Final = "AWS/Usage"

TABLE: Final = "TableName"
INDEX: Final = "GlobalSecondaryIndexName"
OPERATION: Final = "Operation"
STREAM: Final = "StreamLabel"

Names = tuple[str, ...]

_OF_TABLE: Final[tuple[Names, ...]] = ((TABLE,),)
_OF_BOTH: Final[tuple[Names, ...]] = ((TABLE,), (TABLE, INDEX))
_OF_INDEX: Final[tuple[Names, ...]] = ((TABLE, INDEX),)
_OF_OPERATION: Final[tuple[Names, ...]] = ((TABLE, OPERATION),)
_OF_STREAM: Final[tuple[Names, ...]] = ((TABLE, OPERATION, STREAM),)
_OF_ACCOUNT: Final[tuple[Names, ...]] = ((),)

MINUTE: Final = 60
FIVE_MINUTES: Final = 300


class Row(NamedTuple):
    """A metric of the namespace AWS/DynamoDB.

    `dimensions` are the sets of dimensions with which it is published. `kind` is what the meter counts it as;
    None for what is read from definitions every five minutes. `has_zeros` tells that it is published as 0 for
    each minute in which the table (or whatever its dimensions name) was in use without it.
    """

    name: str
    unit: str
    dimensions: tuple[Names, ...]
    period: int
    kind: int | None
    text: str
    has_zeros: bool = False
    aliases: Names = ()


def _counted(
    name: str, dimensions: tuple[Names, ...], kind: int, text: str, aliases: Names = (), zeros: bool = True
) -> Row:
    return Row(name, "Count", dimensions, MINUTE, kind, text, zeros, aliases)


def _gauge(name: str, dimensions: tuple[Names, ...], text: str, unit: str = "Count") -> Row:
    return Row(name, unit, dimensions, FIVE_MINUTES, None, text)


CAUSES: Final = ("ProvisionedThroughput", "MaxOnDemandThroughput", "KeyRangeThroughput", "AccountLimit")
DIRECTIONS: Final = {"read": "Read", "write": "Write"}
_CAUSE_TEXTS: Final = (
    "by the provisioned throughput",
    "by the maximum of an on-demand table or index",
    "by what a partition can do: only where a fault says so",
    "by a quota of the account: always 0",
)

ROWS: Final = (
    _counted(
        "ConsumedReadCapacityUnits",
        _OF_BOTH,
        meter.READ_UNITS,
        "Read units consumed, per request; those of local indexes are the table's.",
    ),
    _counted(
        "ConsumedWriteCapacityUnits",
        _OF_BOTH,
        meter.WRITE_UNITS,
        "Write units consumed, per request; those of local indexes are the table's.",
    ),
    _counted(
        "ReadThrottleEvents",
        _OF_BOTH,
        meter.THROTTLES,
        "Reads that were refused for the throughput, each item of a batch by itself.",
        ("ReadThrottledEvents",),
    ),
    _counted(
        "WriteThrottleEvents",
        _OF_BOTH,
        meter.THROTTLES,
        "Writes that were refused for the throughput, each item of a batch by itself.",
        ("WriteThrottledEvents",),
    ),
    *(
        _counted(
            f"{direction}{cause}ThrottleEvents",
            _OF_BOTH,
            meter.THROTTLES,
            f"{direction}s that were refused {text}.",
        )
        for direction in DIRECTIONS.values()
        for cause, text in zip(CAUSES, _CAUSE_TEXTS, strict=True)
    ),
    _counted(
        "ThrottledRequests",
        _OF_OPERATION,
        meter.THROTTLED_REQUESTS,
        "Requests that were refused for the throughput; a batch, if all of it was.",
    ),
    Row(
        "SuccessfulRequestLatency",
        "Milliseconds",
        (*_OF_OPERATION, *_OF_STREAM),
        MINUTE,
        meter.LATENCIES,
        "How long requests took in the server, to within 1/16; those of GetRecords with their stream.",
    ),
    _counted(
        "SystemErrors", _OF_OPERATION, meter.SYSTEM_ERRORS, "Requests that were answered with status 500."
    ),
    _counted(
        "UserErrors",
        _OF_ACCOUNT,
        meter.USER_ERRORS,
        "Requests with another status 400 than for throughput, failed conditions and conflicts.",
    ),
    _counted(
        "ConditionalCheckFailedRequests",
        _OF_TABLE,
        meter.CONDITION_FAILURES,
        "Writes whose condition failed, each action of a transaction by itself.",
    ),
    _counted(
        "TransactionConflict",
        _OF_TABLE,
        meter.CONFLICTS,
        "Reads and writes of items that a transaction under way has kept from being made.",
    ),
    _counted(
        "ReturnedItemCount",
        _OF_OPERATION,
        meter.RETURNED_ITEMS,
        "Items that a Query, a Scan or a SELECT has answered, per request.",
        zeros=False,
    ),
    _counted(
        "ReturnedRecordsCount",
        _OF_STREAM,
        meter.RETURNED_RECORDS,
        "Records that a GetRecords has answered, per request.",
        zeros=False,
    ),
    Row(
        "ReturnedBytes",
        "Bytes",
        _OF_STREAM,
        MINUTE,
        meter.RETURNED_BYTES,
        "Bytes of the records that a GetRecords has answered, per request.",
    ),
    _counted(
        "TimeToLiveDeletedItemCount",
        _OF_TABLE,
        meter.EXPIRED_ITEMS,
        "Items that were deleted since they had expired.",
        zeros=False,
    ),
    _counted(
        "OnlineIndexPercentageProgress",
        _OF_INDEX,
        meter.FILL_PROGRESS,
        "How much of its table a new index has seen, per cent.",
        zeros=False,
    ),
    _counted(
        "OnlineIndexConsumedWriteCapacity",
        _OF_INDEX,
        meter.FILL_UNITS,
        "Write units that filling a new index has taken.",
        zeros=False,
    ),
    Row(
        "OnlineIndexThrottleEvents",
        "Count",
        _OF_INDEX,
        MINUTE,
        None,
        "0 while a new index is filled: that is never throttled.",
    ),
    _gauge("ProvisionedReadCapacityUnits", _OF_BOTH, "Read units provisioned; not for on-demand tables."),
    _gauge("ProvisionedWriteCapacityUnits", _OF_BOTH, "Write units provisioned; not for on-demand tables."),
    _gauge("OnDemandMaxReadRequestUnits", _OF_BOTH, "The maximum that its owner has set, if there is one."),
    _gauge("OnDemandMaxWriteRequestUnits", _OF_BOTH, "The maximum that its owner has set, if there is one."),
    _gauge("AccountMaxReads", _OF_ACCOUNT, "Read units that an account may provision: AWS's default."),
    _gauge("AccountMaxWrites", _OF_ACCOUNT, "Write units that an account may provision: AWS's default."),
    _gauge("AccountMaxTableLevelReads", _OF_ACCOUNT, "Read units that a table may have: AWS's default."),
    _gauge("AccountMaxTableLevelWrites", _OF_ACCOUNT, "Write units that a table may have: AWS's default."),
    _gauge(
        "AccountProvisionedReadCapacityUtilization",
        _OF_ACCOUNT,
        "Read units of all tables, of those that the account may provision.",
        "Percent",
    ),
    _gauge(
        "AccountProvisionedWriteCapacityUtilization",
        _OF_ACCOUNT,
        "Write units of all tables, of those that the account may provision.",
        "Percent",
    ),
    _gauge(
        "MaxProvisionedTableReadCapacityUtilization",
        _OF_ACCOUNT,
        "Read units of the table or index that has most, of those that one may have.",
        "Percent",
    ),
    _gauge(
        "MaxProvisionedTableWriteCapacityUtilization",
        _OF_ACCOUNT,
        "Write units of the table or index that has most, of those that one may have.",
        "Percent",
    ),
)

BY_NAME: Final = {row.name: row for row in ROWS}
BY_KIND: Final = {row.kind: row for row in ROWS if row.kind not in (None, meter.THROTTLES)}

USAGE: Final = {
    "AccountProvisionedReadCapacityUnits": "Read units of all tables and indexes.",
    "AccountProvisionedWriteCapacityUnits": "Write units of all tables and indexes.",
    "TableCount": "Tables.",
}
"""Resources whose `ResourceCount` is published in the namespace AWS/Usage, every five minutes."""

NEVER: Final = {
    "ReplicationLatency": "global tables",
    "PendingReplicationCount": "global tables",
    "AgeOfOldestUnreplicatedRecord": "streams to Kinesis",
    "ConsumedChangeDataCaptureUnits": "streams to Kinesis",
    "FailedToReplicateRecordCount": "streams to Kinesis",
    "ThrottledPutRecordCount": "streams to Kinesis",
}
"""Metrics of AWS that are never published, and what they are of."""


def throttle_names(direction: str, cause: str) -> tuple[str, str]:
    """The metrics for which an event of throttling counts."""
    return f"{DIRECTIONS[direction]}ThrottleEvents", f"{DIRECTIONS[direction]}{cause}ThrottleEvents"
