"""A restore to any second gives what a plain model had at that second, with its indexes, beside writes.

A history of hours is drawn from a seed: every kind of write, several at once, several within a second, TTL
deletes, and now and then a clock that is set back. The model is kept for every moment of it.
"""

import asyncio
from copy import deepcopy
from random import Random

import pytest

from harness.handlers import NOON, opened
from harness.histories import CREATE, INDEXES, NAME, drawn, position
from harness.recovery import HandClock, contents, described, enable, restore, run_copies
from stator.copies.held_walk import HeldWalk
from stator.server.jobs.streams import StreamKeeper
from stator.tables import time_to_live
from stator.tables.check import check

ROUNDS = 40
STEPS = {
    "a few hours": (0.0, 0.3, 1.0, 60.0, 900.0),
    "some days, of which one is kept": (0.0, 0.3, 60.0, 7_200.0, 14_400.0),
}
RESTORES = 12


class History:
    """A table that is written to, and what it was at each moment since recovery was enabled."""

    def __init__(self, handlers, clock, source):
        self.handlers, self.clock, self.source = handlers, clock, source
        self.model = {}
        self.latest = 0.0  # times in a log never go backwards, whatever the clock does
        self.states = []  # (time, state from then on), in order

    async def write_some(self, rounds=1):
        """Writes, one after the other, since the model follows them."""
        source = self.source
        for _ in range(source.randint(rounds, 3 * rounds)):
            kind = source.random()
            if kind < 0.15:
                await self.transaction()
            elif kind < 0.3:
                await self.statement()
            elif kind < 0.45:
                await self.expiry()
            else:
                (write,) = drawn(source, 1)
                expected = write.effect(self.model)
                outcome = await self.handlers.outcome(write.operation, write.request)
                assert isinstance(outcome, dict) == expected, outcome
            self.note()

    def note(self):
        """Note the state after a write. One that has changed nothing has told the log no time."""
        if not self.states or self.states[-1][1] != self.model:
            self.latest = max(self.latest, self.clock.time)
            self.states.append((self.latest, deepcopy(self.model)))

    async def transaction(self):
        """Two items at once: one put, one deleted."""
        keys = self.source.sample([("a", "1"), ("b", "2"), ("a", "10"), ("b", "0")], 2)
        put, gone = ({"pk": {"S": pk}, "sk": {"N": sk}} for pk, sk in keys)
        item = put | {"g": {"S": "red"}, "l": {"S": self.source.choice("xyz")}}
        actions = [
            {"Put": {"TableName": NAME, "Item": item}},
            {"Delete": {"TableName": NAME, "Key": gone}},
        ]
        await self.handlers("TransactWriteItems", {"TransactItems": actions})
        self.model[position(item)] = item
        self.model.pop(position(gone), None)

    async def statement(self):
        """A PartiQL statement."""
        key = {"pk": {"S": "a"}, "sk": {"N": self.source.choice(("0", "1", "2"))}}
        text = f"UPDATE \"{NAME}\" SET n = ? WHERE pk = 'a' AND sk = {key['sk']['N']}"
        value = {"N": str(self.source.randint(0, 9))}
        outcome = await self.handlers.outcome("ExecuteStatement", {"Statement": text, "Parameters": [value]})
        if position(key) in self.model:
            assert isinstance(outcome, dict), outcome
            self.model[position(key)] = self.model[position(key)] | {"n": value}

    async def expiry(self):
        """An item that expires at once is put, and the sweep deletes all such."""
        key = {"pk": {"S": "c\0"}, "sk": {"N": self.source.choice(("0", "1"))}}
        item = key | {"ttl": {"N": str(int(self.clock.time) - 10)}, "g": {"S": "green"}}
        await self.handlers("PutItem", {"TableName": NAME, "Item": item})
        self.model[position(key)] = item
        self.note()
        self.clock.time += self.source.choice((0.0, 0.4, 5.0))
        database = self.handlers.database
        now = max(self.clock.time, NOON)

        def sweep(transaction):
            return time_to_live.delete_due(transaction, database.catalog, NAME, now, 25)

        if await database.engine.write(sweep):
            for at in [at for at, item in self.model.items() if "ttl" in item]:
                if int(self.model[at]["ttl"]["N"]) <= now:
                    del self.model[at]

    def at(self, time):
        """The state at a time."""
        return [state for since, state in self.states if since <= time][-1]


async def same_as(handlers, table, model, indexes=INDEXES):
    expected = [item for _, item in sorted(model.items())]
    assert await contents(handlers, table) == expected
    for name in indexes:
        index = INDEXES[name]
        entries = [
            {key: value for key, value in item.items() if index.kept is None or key in index.kept}
            for item in expected
            if all(key in item for key in index.hash + index.range)
        ]
        assert await contents(handlers, table, name) == entries


@pytest.mark.parametrize("length", STEPS)
@pytest.mark.parametrize("seed", range(6))
def test_a_restore_is_the_model_at_that_second(seed, length, tmp_path, monkeypatch):
    monkeypatch.setattr(HeldWalk, "slice_rows", 2 + seed)  # Many slices, even of a small table.
    source = Random(seed)
    clock = HandClock()

    async def body():
        async with opened(tmp_path if seed % 2 else None, seed, clock=clock) as handlers:
            stream = {"StreamEnabled": True, "StreamViewType": source.choice(("KEYS_ONLY", "NEW_IMAGE"))}
            await handlers("CreateTable", CREATE | ({"StreamSpecification": stream} if seed % 3 else {}))
            setting = {"AttributeName": "ttl", "Enabled": True}
            await handlers("UpdateTimeToLive", {"TableName": NAME, "TimeToLiveSpecification": setting})
            history = History(handlers, clock, source)
            for _ in range(5):
                await history.write_some()
                clock.time += 60
            history.states.clear()
            await enable(handlers, NAME, **({} if "hours" in length else {"RecoveryPeriodInDays": 1}))
            history.note()
            keeper = StreamKeeper(handlers.database)
            for round_number in range(ROUNDS):
                clock.time += source.choice(STEPS[length])
                if round_number % 15 == 14:
                    clock.time -= 1_800.0
                await history.write_some()
                await keeper.keep()
            assert check(handlers.database.engine.reader).problems == []
            await restored(history)

    asyncio.run(body())


async def restored(history):
    """Restores to drawn seconds, each while the source is written to."""
    handlers, source = history.handlers, history.source
    span = await described(handlers, NAME)
    first, last = span["EarliestRestorableDateTime"], span["LatestRestorableDateTime"]
    edges = [first, last, *(int(time) for time, _ in source.sample(history.states, 4))]
    for number in range(RESTORES):
        time = float(edges.pop()) if edges else float(source.randint(int(first), int(last)))
        time = max(time, (await described(handlers, NAME))["EarliestRestorableDateTime"])
        expected = deepcopy(history.at(time))
        target = f"{NAME}-{number}"
        some = {"LocalSecondaryIndexOverride": [], "GlobalSecondaryIndexOverride": []}
        bare = number % 3 == 0
        await restore(handlers, NAME, target, time, **(some if bare else {}))
        history.clock.time += 7
        await asyncio.gather(run_copies(handlers), history.write_some(rounds=3))
        await same_as(handlers, target, expected, () if bare else INDEXES)
        await same_as(handlers, NAME, history.model)
        assert check(handlers.database.engine.reader).problems == []
    await restore(handlers, NAME, "latest")
    expected = deepcopy(history.model)
    history.clock.time += 7
    await asyncio.gather(run_copies(handlers), history.write_some())
    await same_as(handlers, "latest", expected)
