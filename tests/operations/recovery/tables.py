"""A table to restore, and a database in which recovery of it has been enabled for a while."""

import asyncio

from harness.handlers import opened
from harness.recovery import HandClock, enable, run_copies
from stator.tables.check import check

SOURCE, TARGET = "source", "target"
ARN = "arn:aws:dynamodb:us-east-1:000000000000:table/"
KEYS = [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}]
LOCAL = {
    "IndexName": "local",
    "KeySchema": [KEYS[0], {"AttributeName": "l", "KeyType": "RANGE"}],
    "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a", "b"]},
}
GLOBAL = {
    "IndexName": "global",
    "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
    "Projection": {"ProjectionType": "ALL"},
}
OTHER = {**GLOBAL, "IndexName": "other", "KeySchema": [{"AttributeName": "h", "KeyType": "HASH"}]}
UNITS = {"ReadCapacityUnits": 5, "WriteCapacityUnits": 6}
CREATE = {
    "TableName": SOURCE,
    "KeySchema": KEYS,
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": kind}
        for name, kind in (("pk", "S"), ("sk", "N"), ("l", "S"), ("g", "S"), ("h", "S"))
    ],
    "LocalSecondaryIndexes": [LOCAL],
    "GlobalSecondaryIndexes": [GLOBAL, OTHER],
    "BillingMode": "PAY_PER_REQUEST",
}


def run(body, create=None, backups=None, **settings):
    async def inner():
        clock = HandClock()
        async with opened(None, 1, clock=clock, backups=backups, **settings) as handlers:
            await handlers("CreateTable", CREATE | (create or {}))
            clock.time += 1_000
            await enable(handlers, SOURCE)
            clock.time += 100
            await body(handlers, clock)
            await run_copies(handlers)
            assert check(handlers.database.engine.reader).problems == []

    asyncio.run(inner())
