"""Tables that take their time: parameters, and how to see what they are at."""

import itertools

from operations.tables.requests import create, global_index, units

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


def index_new(keys):
    return index_update(Create=global_index("new", keys, **capacity(5)))


def next_name():
    """A name that no other table of the server has."""
    return next(_names)


def units_per_second(read, write, status):
    return {"ReadUnitsPerSecond": read, "WriteUnitsPerSecond": write, "Status": status}
