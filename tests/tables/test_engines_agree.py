"""One list of requests leaves every engine with the same database, byte for byte, and gets the same answers.

The requests come from a seed, several at a time, so that commits are shared; the database on disk is closed
and opened again on the way. Afterwards the database itself agrees that it is whole.
"""

import asyncio
from random import Random

import pytest

from harness.handlers import opened
from harness.histories import CREATE, INDEXES, NAME, drawn
from stator.tables import counters
from stator.tables.check import check

SPACES = range(32)
ROUNDS = 40


async def write_some(handlers, source):
    """Writes, up to twenty of them on their way at once; what each was answered."""
    answers = []
    for _ in range(ROUNDS // 4):
        writes = drawn(source, source.randint(1, 20))
        for write in writes:
            write.request["ReturnConsumedCapacity"] = "INDEXES"
        answers += await asyncio.gather(*(handlers.outcome(w.operation, w.request) for w in writes))
    for index in (None, *INDEXES):
        scan = {"TableName": NAME} | ({"IndexName": index} if index else {})
        answers.append(await handlers("Scan", scan))
    return answers


async def contents(handlers):
    """Every space. Counters are folded first: the rows before that are named after commits."""
    engine = handlers.database.engine
    while await engine.write(counters.fold):
        pass
    return {space: engine.reader.scan(space, b"", None, limit=10_000) for space in SPACES}


async def play(seed, data, *, reopened):
    source = Random(seed)
    answers = []
    async with opened(data, seed) as handlers:
        await handlers("CreateTable", CREATE)
        answers += await write_some(handlers, source)
        if not reopened:
            answers += await write_some(handlers, source)
            return answers, await contents(handlers), check(handlers.database.engine.reader)
    async with opened(data, seed + 1) as handlers:
        answers += await write_some(handlers, source)
        return answers, await contents(handlers), check(handlers.database.engine.reader)


@pytest.mark.parametrize("seed", range(6))
def test_engines_agree(seed, tmp_path):
    in_memory = asyncio.run(play(seed, None, reopened=False))
    on_disk = asyncio.run(play(seed, tmp_path, reopened=True))
    for (answers, spaces, report), name in ((in_memory, "memory"), (on_disk, "disk")):
        assert report.problems == [], name
        assert report.items == len(answers[-len(INDEXES) - 1]["Items"])
        assert report.items > 0
        assert report.entries > 0
        assert any(rows for space, rows in spaces.items() if space >= 16)
    assert on_disk[0] == in_memory[0]
    assert on_disk[1] == in_memory[1]
