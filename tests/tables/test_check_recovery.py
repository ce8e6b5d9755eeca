"""What the check finds in logs that recovery relies on, and in copies under way: each damage, by its text."""

import asyncio

import msgspec
import pytest
from msgspec.structs import replace

from harness.handlers import opened
from harness.histories import CREATE, NAME
from harness.recovery import HandClock, enable, restore
from stator.copies import jobs
from stator.tables import aside, change_log, records, stored
from stator.tables.change_log import log_key
from stator.tables.check import check
from stator.tables.image import Image
from stator.tables.keyspace import STREAMS, log_row_key
from stator.values.size import item_size

KEY = {"pk": {"S": "a"}, "sk": {"N": "1"}}


def item(version, key=KEY):
    return key | {"n": {"N": str(version)}}


def image(version, key=KEY):
    return stored.pack(item(version, key), item_size(item(version, key)))


def changed(number, **members):
    """Damage the change of that number."""

    def damage(database, transaction, table):
        position, change = log_of(transaction, table)[number]
        row = msgspec.msgpack.encode(replace(change, **members))
        transaction.put(table.definition.log, log_key(position), row)

    return damage


def log_of(reader, table):
    return list(change_log.changes(reader, table.definition.log, 0, None))


def lost(number):
    def damage(database, transaction, table):
        transaction.delete(table.definition.log, log_key(log_of(transaction, table)[number][0]))

    return damage


def lost_item(database, transaction, table):
    ((key, value),) = transaction.scan(table.space, b"\0", None, limit=1)
    database.catalog.save(transaction, replace(table.definition, recovery=None, holds={}))
    records.write(transaction, database.catalog.table(transaction, NAME), key, Image(value), None)
    database.catalog.save(transaction, table.definition)


def with_definition(**members):
    def damage(database, transaction, table):
        database.catalog.save(transaction, replace(table.definition, **members))

    return damage


def without_row(database, transaction, table):
    transaction.delete(STREAMS, log_row_key(table.definition.log))


def strange_row(database, transaction, table):
    transaction.put(STREAMS, log_row_key(9_999), b'{"table":"other"}')


def kept_aside(database, transaction, table):
    space = database.catalog.new_space(transaction)
    gone = replace(table.definition, id="gone", log=None, recovery=None, holds={}, space=space)
    aside.put(transaction, gone)


def without_job(database, transaction, table):
    (row,) = jobs.unfinished(transaction)
    jobs.end(transaction, row.id)


OTHER = {"pk": {"S": "b"}, "sk": {"N": "1"}}

# The history: INSERT of 1, MODIFY to 2, REMOVE, INSERT of 3. Then a restore that is under way.
DAMAGES = {
    "INSERT cannot be undone by its old image": changed(0, old=image(7)),
    "MODIFY cannot be undone by its old image": changed(1, old=None),
    "REMOVE cannot be undone by its old image": changed(2, old=None),
    "an image of it is of another item": changed(1, old=image(1, OTHER)),
    "an image of it has not the size that it claims": changed(1, old=b"\1\0\0\0\7" + image(1)[5:]),
    "INSERT of an item after MODIFY": lost(2),
    "its time is before that of the record before it": changed(1, time=1.0),
    "INSERT was the item's last change, and the item does not agree": lost_item,
    "needs one": with_definition(log=None),
    "its change log is not noted as its own": without_row,
    "change log 9999: belongs to nothing": strange_row,
    "is held by": without_job,
    "is not filled, and nothing fills it": without_job,
    "is kept, and nobody copies it": kept_aside,
}


@pytest.mark.parametrize("problem", DAMAGES)
def test_a_damage_is_found(problem):
    async def body():
        async with opened(None, 1, clock=HandClock()) as handlers:
            database = handlers.database
            await handlers("CreateTable", CREATE)
            await enable(handlers, NAME)
            for version in (1, 2, None, 3):
                if version is None:
                    await handlers("DeleteItem", {"TableName": NAME, "Key": KEY})
                else:
                    await handlers("PutItem", {"TableName": NAME, "Item": item(version)})
            await restore(handlers, NAME, "restored")
            assert check(database.engine.reader).problems == []

            def damage(transaction):
                DAMAGES[problem](database, transaction, database.catalog.table(transaction, NAME))

            await database.engine.write(damage)
            found = check(database.engine.reader).problems
            assert any(problem in text for text in found), found

    asyncio.run(body())
