"""What a definition becomes as time passes: several changes under way, in the order in which they end."""

import msgspec
import pytest
from msgspec.structs import replace

from stator.tables.definition import (
    FOREVER,
    NEVER,
    Encryption,
    IndexDefinition,
    Keys,
    TableDefinition,
    Throughput,
    TimeToLive,
    Update,
    day_of,
    index_status,
    next_change,
    settle,
    table_status,
    warm_throughput,
)

INDEX = IndexDefinition("index", "global", 17, Keys(("g",)), "ALL", throughput=Throughput(5, 5))
TABLE = TableDefinition(
    "table",
    "id",
    16,
    created_at=100.0,
    attributes={"pk": "S", "g": "S"},
    keys=Keys(("pk",)),
    throughput=Throughput(5, 5),
    indexes=(INDEX,),
)


def index_of(definition):
    return definition.indexes[0]


def test_what_is_complete_changes_no_more():
    assert settle(TABLE, 1e9) is TABLE
    assert next_change(TABLE) == FOREVER
    assert (table_status(TABLE), index_status(INDEX)) == ("ACTIVE", "ACTIVE")


def test_a_table_is_created():
    created = replace(TABLE, active_at=105.0, indexes=(replace(INDEX, active_at=105.0),))
    early = settle(created, 104.9)
    assert early is created
    assert (table_status(early), index_status(index_of(early))) == ("CREATING", "CREATING")
    assert next_change(early) == 105.0
    assert settle(created, 105.0) == TABLE


@pytest.mark.parametrize("members", [("ProvisionedThroughput",), ("BillingMode",)])
def test_a_change_of_the_table_holds_when_it_is_complete(members):
    update = Update(110.0, members, throughput=Throughput(7, 7))
    changed = replace(TABLE, update=update)
    assert table_status(changed) == "UPDATING"
    assert settle(changed, 109.9) is changed
    assert settle(changed, 110.0) == replace(TABLE, throughput=Throughput(7, 7))


def test_encryption_comes_and_goes_with_its_own_change_only():
    key = Encryption("k")
    encrypted = settle(replace(TABLE, update=Update(110.0, ("SSESpecification",), encryption=key)), 110.0)
    assert encrypted == replace(TABLE, encryption=key)
    other = settle(replace(encrypted, update=Update(120.0, ("TableClass",))), 120.0)
    assert other == encrypted
    assert settle(replace(encrypted, update=Update(130.0, ("SSESpecification",))), 130.0) == TABLE


def test_an_index_is_allocated_then_filled():
    new = replace(INDEX, filled=False, active_at=110.0)
    table = replace(TABLE, indexes=(new,))
    assert (table_status(table), index_status(new), new.allocating) == ("UPDATING", "CREATING", True)
    table = settle(table, 110.0)
    new = index_of(table)
    assert (table_status(table), index_status(new), new.allocating) == ("ACTIVE", "CREATING", False)
    filled = replace(new, filled=True)
    assert index_status(filled) == "ACTIVE"


def test_an_index_that_was_filled_at_once_is_still_being_created():
    new = replace(INDEX, active_at=110.0)
    assert index_status(new) == "CREATING"
    assert settle(replace(TABLE, indexes=(new,)), 110.0) == TABLE


def test_a_deleted_index_goes_with_its_attributes():
    deleted = replace(TABLE, indexes=(replace(INDEX, gone_at=110.0),))
    assert (table_status(deleted), index_status(index_of(deleted))) == ("UPDATING", "DELETING")
    assert settle(deleted, 109.0).attributes == {"pk": "S", "g": "S"}
    gone = settle(deleted, 110.0)
    assert (gone.indexes, gone.attributes) == ((), {"pk": "S"})


def test_an_attribute_stays_while_another_index_needs_it():
    other = replace(INDEX, name="other", space=18)
    deleted = replace(TABLE, indexes=(replace(INDEX, gone_at=110.0), other))
    assert settle(deleted, 110.0) == replace(TABLE, indexes=(other,))


def test_several_changes_end_each_in_its_time():
    one = replace(INDEX, update=Update(110.0, throughput=Throughput(6, 6), warm={"ReadUnitsPerSecond": 9}))
    two = replace(INDEX, name="two", space=18, gone_at=120.0)
    table = replace(
        TABLE,
        indexes=(one, two),
        update=Update(130.0, ("ProvisionedThroughput",), throughput=Throughput(8, 8)),
        ttl=TimeToLive("t", changed_at=140.0),
    )
    seen = []
    now = 100.0
    while now < FOREVER:
        table = settle(table, now)
        seen.append((now, table_status(table), [index.throughput.read for index in table.indexes]))
        now = next_change(table)
    assert seen == [
        (100.0, "UPDATING", [5, 5]),
        (110.0, "UPDATING", [6, 5]),
        (120.0, "UPDATING", [6]),
        (130.0, "ACTIVE", [6]),
        (140.0, "ACTIVE", [6]),
    ]
    assert (table.throughput, table.ttl, index_of(table).warm) == (
        Throughput(8, 8),
        TimeToLive("t"),
        {"ReadUnitsPerSecond": 9},
    )


def test_settling_once_or_step_by_step_is_the_same():
    table = replace(
        TABLE,
        indexes=(replace(INDEX, update=Update(110.0, throughput=Throughput(6, 6))),),
        update=Update(120.0, ("ProvisionedThroughput",), throughput=Throughput(8, 8)),
    )
    assert settle(settle(settle(table, 110.0), 115.0), 125.0) == settle(table, 125.0)


def test_a_deleted_table_is_deleting_whatever_else_is_under_way():
    deleted = replace(
        TABLE,
        gone_at=120.0,
        update=Update(110.0, ("TableClass",)),
        ttl=TimeToLive(disabled="t", changed_at=110.0),
    )
    assert table_status(settle(deleted, 115.0)) == "DELETING"
    assert settle(deleted, 120.0) is None


def test_a_definition_survives_being_stored():
    update = Update(130.0, ("SSESpecification",), encryption=Encryption())
    table = replace(TABLE, update=update, indexes=(replace(INDEX, gone_at=1.5, update=update),))
    stored = msgspec.json.encode(table)
    assert msgspec.json.decode(stored, type=TableDefinition) == table
    assert b"null" not in msgspec.json.encode(TABLE)  # what is not set takes no room


def test_warm_throughput():
    assert warm_throughput(TABLE) == {"ReadUnitsPerSecond": 5, "WriteUnitsPerSecond": 5}
    on_demand = replace(TABLE, throughput=Throughput(), warm={"ReadUnitsPerSecond": 13_000})
    assert warm_throughput(on_demand) == {"ReadUnitsPerSecond": 13_000, "WriteUnitsPerSecond": 4_000}


def test_days_begin_at_midnight_utc():
    midnight = 1_700_006_400.0
    assert day_of(midnight) == day_of(midnight + 86_399.9) == day_of(midnight - 0.1) + 1
    assert NEVER < 0
