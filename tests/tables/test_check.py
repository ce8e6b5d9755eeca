"""`stator check` sees every kind of damage: each is planted through the engine, behind the tables' back."""

import asyncio

import msgspec
import pytest

from harness.handlers import opened
from harness.process import run
from stator.storage.open import open_engine
from stator.tables import backfill, counters, stored
from stator.tables.check import check, check_directory
from stator.tables.keyspace import CATALOG, COUNTERS, JOBS, NEXT_SPACE, backfill_key, table_key, total_key

ITEMS = 20
CREATE = {
    "TableName": "things",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ],
    "AttributeDefinitions": [
        {"AttributeName": name, "AttributeType": kind}
        for name, kind in (("pk", "S"), ("sk", "N"), ("g", "S"))
    ],
    "GlobalSecondaryIndexes": [
        {
            "IndexName": "index",
            "KeySchema": [{"AttributeName": "g", "KeyType": "HASH"}],
            "Projection": {"ProjectionType": "INCLUDE", "NonKeyAttributes": ["a"]},
        }
    ],
}


async def filled(handlers):
    """The table `things`: items, half of them in its index."""
    await handlers("CreateTable", CREATE)
    for number in range(ITEMS):
        item = {"pk": {"S": f"p{number % 3}"}, "sk": {"N": str(number)}, "a": {"S": "a"}}
        if number % 2:
            item["g"] = {"S": f"g{number}"}
        await handlers("PutItem", {"TableName": "things", "Item": item})
    return handlers.database.catalog.table(handlers.database.engine.reader, "things")


def first(reader, space):
    return reader.scan(space, b"", None, limit=1)[0]


# Each damage is done by a body, which is given the table; then the words of what is to be reported.


def missing_entry(transaction, table):
    transaction.delete(table.indexes[0].space, first(transaction, table.indexes[0].space)[0])


def extra_entry(transaction, table):
    key, value = first(transaction, table.indexes[0].space)
    transaction.put(table.indexes[0].space, key + b"\0", value)


def stale_entry(transaction, table):
    key, value = first(transaction, table.indexes[0].space)
    transaction.put(table.indexes[0].space, key, value.replace(b'"a":{"S":"a"}', b'"a":{"S":"b"}'))


def moved_entry(transaction, table):
    extra_entry(transaction, table)
    missing_entry(transaction, table)


def wrong_size(transaction, table):
    key, value = first(transaction, table.space)
    item = stored.unpack(value)
    transaction.put(table.space, key, stored.pack(item, stored.size_of(value) + 1))


def wrong_position(transaction, table):
    key, value = first(transaction, table.space)
    transaction.delete(table.space, key)
    transaction.put(table.space, key + b"\0", value)


def not_canonical(transaction, table):
    key, value = first(transaction, table.space)
    transaction.put(table.space, key, value.replace(b'"sk":{"N":"', b'"sk":{"N":"0'))


def not_an_item(transaction, table):
    transaction.put(table.space, first(transaction, table.space)[0], b"\x01\0\0\0\x09[]")


def no_key(transaction, table):
    item = {"pk": {"S": "p"}}
    transaction.put(table.space, first(transaction, table.space)[0], stored.pack(item, 3))


def wrong_count(transaction, table):
    counters.add(transaction, [(table.space, 1, 10)])


def wrong_count_of_index(transaction, table):
    counters.add(transaction, [(table.indexes[0].space, 0, 1)])


def no_count(transaction, table):
    counters.forget(transaction, table.space)


def orphan(transaction, table):
    space = table.space + 5
    transaction.put(space, b"key", b"value")
    transaction.put(CATALOG, NEXT_SPACE, (space + 1).to_bytes(8, "big"))


def orphan_count(transaction, table):
    transaction.put(COUNTERS, total_key(12_345), b"[0,0]")


def space_to_be_used_twice(transaction, table):
    transaction.put(CATALOG, NEXT_SPACE, table.space.to_bytes(8, "big"))


def forgotten_back_fill(transaction, table):
    (index,) = table.definition.indexes
    unfilled = msgspec.structs.replace(index, filled=False)
    definition = msgspec.structs.replace(table.definition, indexes=(unfilled,))
    transaction.put(CATALOG, table_key("things"), msgspec.json.encode(definition))


DAMAGE = (
    (missing_entry, ["index index of table things: the entry of item", "is missing"]),
    (extra_entry, ["index index of table things: 1 entries belong to no item"]),
    (stale_entry, ["index index of table things: the entry of item", "differs"]),
    (moved_entry, ["the entry of item", "is missing", "1 entries belong to no item"]),
    (wrong_size, ["table things, item at", "bytes and has"]),
    (wrong_position, ["table things, item at", "its key belongs at"]),
    (not_canonical, ["table things, item at", "is not in canonical form"]),
    (not_an_item, ["table things, item at", "cannot be read"]),
    (no_key, ["table things, item at", "cannot be read"]),
    (wrong_count, ["table things: holds 20 of", "and the counters say 21 of"]),
    (wrong_count_of_index, ["index index of table things: holds 10 of"]),
    (no_count, ["is a table or an index, and is not counted"]),
    (orphan, ["holds something, and belongs to nothing"]),
    (orphan_count, ["space 12345: is counted, and belongs to nothing"]),
    (space_to_be_used_twice, ["is used, and will be given out again"]),
    (forgotten_back_fill, ["index index of table things: is not filled, and nothing fills it"]),
)


@pytest.mark.parametrize("folded", [False, True], ids=["deltas", "sums"])
@pytest.mark.parametrize(("damage", "words"), DAMAGE, ids=lambda value: getattr(value, "__name__", ""))
def test_damage_is_seen(damage, words, folded):
    async def scenario():
        async with opened(None, 1) as handlers:
            engine = handlers.database.engine
            table = await filled(handlers)
            if folded:
                await engine.write(counters.fold)
            assert engine.read(check).problems == []
            await engine.write(lambda transaction: damage(transaction, table))
            return engine.read(check)

    report = asyncio.run(scenario())
    text = "\n".join(report.problems)
    assert [word for word in words if word not in text] == []
    assert report.summary.startswith(f"{len(report.problems)} problems in ")


def test_an_index_that_is_being_filled_may_lack_entries():
    async def scenario():
        async with opened(None, 1) as handlers:
            engine = handlers.database.engine
            table = await filled(handlers)

            def unfilled(transaction):
                forgotten_back_fill(transaction, table)
                backfill.begin(transaction, "things", table.indexes[0].space)
                size = stored.size_of(first(transaction, table.indexes[0].space)[1])
                missing_entry(transaction, table)
                counters.add(transaction, [(table.indexes[0].space, -1, -size)])

            await engine.write(unfilled)
            assert engine.reader.get(JOBS, backfill_key(table.indexes[0].space)) is not None
            return engine.read(check)

    assert asyncio.run(scenario()).problems == []


def test_at_most_a_hundred_problems():
    async def scenario():
        async with opened(None, 1) as handlers:
            engine = handlers.database.engine
            table = await filled(handlers)

            def damage(transaction):
                for number in range(300):
                    transaction.put(table.space, number.to_bytes(20, "big"), b"\x01\0\0\0\x09[]")

            await engine.write(damage)
            return engine.read(check)

    assert len(asyncio.run(scenario()).problems) == 100


def test_nothing_there():
    assert open_engine(None).read(check).problems == ["There is no database here: it has no identity."]


def test_beside_a_live_server(start_server):
    server = start_server()
    client = server.client()
    client.create_table(**CREATE)
    for number in range(ITEMS):
        client.put_item(
            TableName="things", Item={"pk": {"S": "p"}, "sk": {"N": str(number)}, "g": {"S": "g"}}
        )
    report = check_directory(server.data)
    assert (report.tables, report.items, report.entries, report.problems) == (1, ITEMS, ITEMS, [])
    checked = server.command("check", "data")
    assert (checked.returncode, checked.stdout) == (
        0,
        f"All agrees: 1 tables, {ITEMS} items, {ITEMS} index entries\n",
    )
    client.delete_table(TableName="things")
    assert server.command("check", "data").returncode == 0


def test_what_the_command_says_of_damage(tmp_path):
    async def scenario():
        async with opened(tmp_path / "data", 1) as handlers:
            table = await filled(handlers)
            await handlers.database.engine.write(lambda transaction: wrong_count(transaction, table))

    asyncio.run(scenario())
    checked = run("check", "data", directory=tmp_path)
    assert checked.returncode == 1
    assert "and the counters say 21 of" in checked.stdout
    assert checked.stdout.endswith(f"1 problems in 1 tables, {ITEMS} items, {ITEMS // 2} index entries\n")
    missing = run("check", "nowhere", directory=tmp_path)
    assert (missing.returncode, missing.stdout) == (1, "")
