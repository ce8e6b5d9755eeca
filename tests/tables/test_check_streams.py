"""What the check finds in streams and change logs: each damage by its own sentence; nothing in good ones."""

import asyncio
from random import Random

import msgspec
import pytest
from msgspec.structs import replace

from harness.handlers import Handlers, Noon, opened
from harness.histories import CREATE, NAME, drawn
from stator.tables import change_log, stored, streams
from stator.tables.change_log import Change, log_key
from stator.tables.check import check
from stator.tables.keyspace import STREAMS, stream_key
from stator.values.size import item_size

VIEWS = ("KEYS_ONLY", "NEW_IMAGE", "OLD_IMAGE", "NEW_AND_OLD_IMAGES")


def specification(view):
    return {"StreamSpecification": {"StreamEnabled": True, "StreamViewType": view}}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("seed", range(2))
def test_a_history_is_whole(view, seed):
    async def body():
        async with opened(None, seed) as handlers:
            await handlers("CreateTable", CREATE | specification(view))
            source = Random(seed)
            for _ in range(12):
                writes = drawn(source, source.randint(1, 20))
                await asyncio.gather(*(handlers.outcome(w.operation, w.request) for w in writes))
                assert check(handlers.database.engine.reader).problems == []
            (record,) = streams.all_streams(handlers.database.engine.reader)
            assert len(list(changes(handlers, record))) > 50

    asyncio.run(body())


def changes(handlers: Handlers, record):
    return change_log.changes(handlers.database.engine.reader, record.log, 0, None)


def item(version):
    return {"pk": {"S": "a"}, "sk": {"N": "1"}, "n": {"N": str(version)}}


KEY = {"pk": {"S": "a"}, "sk": {"N": "1"}}


def damaged(number: int, **members):
    """Damage the change of that number."""

    def damage(transaction, record, rows):
        position, change = rows[number]
        transaction.put(record.log, log_key(position), msgspec.msgpack.encode(replace(change, **members)))

    return damage


def removed(number: int):
    def damage(transaction, record, rows):
        transaction.delete(record.log, log_key(rows[number][0]))

    return damage


def with_record(**members):
    def damage(transaction, record, rows):
        key = stream_key(record.table, record.label)
        transaction.put(STREAMS, key, msgspec.json.encode(replace(record, **members)))

    return damage


def without_record(transaction, record, rows):
    transaction.delete(STREAMS, stream_key(record.table, record.label))


def moved_shard(transaction, record, rows):
    first = record.shards[0]
    second = replace(first, id="second", start=first.start + 2, parent="other")
    shards = (replace(first, end=first.start + 1), second)
    with_record(shards=shards)(transaction, record, rows)


def backward_shard(transaction, record, rows):
    first = record.shards[0]
    second = replace(first, id="second", start=first.start - 1, parent=first.id)
    shards = (replace(first, end=first.start - 1), second)
    with_record(shards=shards)(transaction, record, rows)


OLD = stored.pack(item(7), item_size(item(7)))

# The history: INSERT of 1, MODIFY to 2, REMOVE, INSERT of 3.
DAMAGES = {
    "its time is before that of the record before it": damaged(1, time=1.0),
    "it has not the images of its view type": damaged(0, new=None),
    "it claims 5 bytes and has": damaged(0, size=5),
    "INSERT of an item after MODIFY": removed(2),
    "MODIFY of an item after REMOVE": damaged(3, name="MODIFY", old=OLD),
    "its old image is not the new one of the record before": damaged(1, old=OLD),
    "REMOVE was the item's last change, and the item does not agree": removed(3),
    "the item is not as its last change left it": damaged(3, new=OLD),
    "it and its table disagree whether it is enabled": with_record(closed_at=1.0),
    "it and its last shard disagree whether it is enabled": with_record(closed_at=1.0),
    "does not follow": moved_shard,
    "ends before it starts": backward_shard,
    "its stream is missing": without_record,
}


@pytest.mark.parametrize("problem", DAMAGES)
def test_a_damage_is_found(problem):
    async def body():
        async with opened(None, 1, clock=Noon()) as handlers:
            await handlers("CreateTable", CREATE | specification("NEW_AND_OLD_IMAGES"))
            for version in (1, 2, None, 3):
                if version is None:
                    await handlers("DeleteItem", {"TableName": NAME, "Key": KEY})
                else:
                    await handlers("PutItem", {"TableName": NAME, "Item": item(version)})
            engine = handlers.database.engine
            (record,) = streams.all_streams(engine.reader)
            rows: list[tuple[int, Change]] = list(changes(handlers, record))
            assert [change.name for _, change in rows] == ["INSERT", "MODIFY", "REMOVE", "INSERT"]
            assert check(engine.reader).problems == []
            await engine.write(lambda transaction: DAMAGES[problem](transaction, record, rows))
            assert any(problem in found for found in check(engine.reader).problems)

    asyncio.run(body())
