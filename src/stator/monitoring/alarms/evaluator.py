"""Alarms are evaluated: all of them with each minute that closes, and a changed one at once.

A pass over the alarms goes in slices, each with a small transaction for what it changes, and rests in
between, so that requests are answered. Composite alarms follow, each after those that it refers to. Nothing
of an alarm is kept in memory between passes.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import islice
from typing import Final, NamedTuple

import msgspec

from stator.base.clock import Clock
from stator.base.errors import StorageError
from stator.base.pace import Pace
from stator.monitoring.alarms import composite, evaluation, reasons, store, transitions
from stator.monitoring.alarms.actions import Action
from stator.monitoring.alarms.data import data_of
from stator.monitoring.alarms.definition import (
    COMPOSITE_ALARM,
    METRIC_ALARM,
    AlarmRow,
    MetricRule,
    metric_rule,
)
from stator.monitoring.alarms.transitions import Change
from stator.monitoring.metrics.store import MetricsStore
from stator.storage.engine import Engine, Reader, Transaction

CAUGHT_UP_MAX: Final = 180  # minutes that are evaluated one by one after time has jumped
_MINUTE: Final = 60
_HOUR: Final = 3600
_DAY: Final = 86_400
_SUB_MINUTE: Final = 10  # seconds from one evaluation of an alarm with a shorter period to the next
_SLICE: Final = 10  # alarms: half a millisecond
_COMMIT_WEIGHT: Final = 2.0
_TRIMMED_AT_ONCE: Final = 100

_log = logging.getLogger("stator.alarms")


class Pair(NamedTuple):
    """An alarm before and after a change."""

    old: AlarmRow
    new: AlarmRow


class Evaluator:
    """Evaluates the alarms in an engine by the metrics of a store."""

    def __init__(
        self,
        engine: Engine,
        metrics: MetricsStore,
        clock: Clock,
        *,
        account: str,
        actions: Sequence[Action],
        due: asyncio.Event,
    ) -> None:
        self._engine = engine
        self._metrics = metrics
        self._clock = clock
        self._account = account
        self._actions = actions
        self._due = due
        self._pace = Pace(weight=_COMMIT_WEIGHT)
        self.next_hold = float("inf")  # when a period that suppresses actions ends

    async def minutes(self, until: int) -> None:
        """Evaluate each minute that has closed since the last time, up to the one that ends at `until`."""
        reader = self._engine.reader
        if not store.any_alarm(reader):
            return
        done = store.evaluated_until(reader)
        # What lies further apart, or was evaluated by a clock that has been set back since, is left out.
        in_turn = done > 0 and 0 <= until - done <= CAUGHT_UP_MAX * _MINUTE
        first = done + _MINUTE if in_turn else until
        for minute in range(first, until + 1, _MINUTE):
            now = self._clock.now() if minute == until else float(minute)
            await self._minute(minute, now)

    async def _minute(self, minute: int, now: float) -> None:
        async for rows in self._slices(store.alarms):
            changes = {row.name: await self._changes(row, minute, now) for row in rows}
            await self._apply({row.name: row for row in rows}, changes)
        await self.composites(now)
        await self._engine.write(lambda transaction: store.mark_evaluated(transaction, minute))

    async def fresh(self, names: Iterable[str], until: int) -> None:
        """Evaluate alarms that were made or changed, on what there is up to the time `until`."""
        now = self._clock.now()
        for name in names:
            with self._pace.step():
                row = store.load(self._engine.reader, name)
            if row is not None and row.kind == METRIC_ALARM:
                found = await self._changes(msgspec.structs.replace(row, settled=0.0), until, now)
                await self._apply({name: row}, {name: found})
            await self._pace.rest()
        await self.composites(now)

    async def composites(self, now: float) -> None:
        """Evaluate all composite alarms, and what keeps their actions back."""
        self.next_hold = float("inf")
        rules: dict[str, list[str]] = {}
        async for rows in self._slices(store.composites):
            with self._pace.step():
                rules |= {row.name: composite.children(row) for row in rows}
        with self._pace.step():
            names = composite.in_order(rules)
        for name in names:
            with self._pace.step():
                wanted = self._is_due(self._engine.reader, name, now)
            if wanted:
                pair = await self._engine.write(partial(self._composite, name=name, now=now))
                self._applied([pair] if pair else [])
            await self._pace.rest()

    async def trim(self) -> None:
        """Forget histories that are too old."""
        before = self._clock.now() - store.HISTORY_SECONDS

        def body(transaction: Transaction) -> int:
            return store.trim_history(transaction, before, _TRIMMED_AT_ONCE)

        while await self._engine.write(body) == _TRIMMED_AT_ONCE:
            await self._pace.rest()

    # Metric alarms.

    async def _slices(self, walk: Callable[..., Iterator[AlarmRow]]) -> AsyncIterator[list[AlarmRow]]:
        """The alarms of a walk of the store's, some at a time, with a rest after each slice."""
        after = ""
        while True:
            with self._pace.step():
                rows = list(islice(walk(self._engine.reader, after=after), _SLICE))
            if not rows:
                return
            yield rows
            after = rows[-1].name
            await self._pace.rest()

    async def _changes(self, row: AlarmRow, minute: int, now: float) -> list[Change]:
        """The changes of a metric alarm in a minute, in order."""
        if row.kind != METRIC_ALARM:
            return []
        try:
            return await self._evaluated(row, minute, now)
        except StorageError:
            raise
        except Exception:  # One alarm must not keep all others from being evaluated.
            _log.exception("bug: an alarm cannot be evaluated", extra={"alarm": row.name})
            return []

    async def _evaluated(self, row: AlarmRow, minute: int, now: float) -> list[Change]:
        rule = metric_rule(row.definition)
        state, found = row.state, []
        # A time that is still to come was settled before the clock was set back.
        settled = row.settled if row.settled <= self._clock.now() else 0.0
        for end in _ends(rule, minute):
            if end > settled:
                change = await self._change(rule, state, end, now if end == minute else float(end))
                if change is not None:
                    state = change.state
                    found.append(change)
        return found

    async def _change(self, rule: MetricRule, state: str, end: int, now: float) -> Change | None:
        data = await data_of(rule, end, self._metrics, self._pace)
        with self._pace.step():
            verdict = evaluation.evaluate(rule, data)
            if verdict is None or verdict.state == state:
                return None
            return Change(
                state=verdict.state,
                reason=reasons.reason(rule, verdict),
                reason_data=reasons.reason_data(rule, verdict, now),
                time=now,
            )

    async def _apply(self, rows: dict[str, AlarmRow], changes: dict[str, list[Change]]) -> None:
        changes = {name: found for name, found in changes.items() if found}
        if not changes:
            return

        def body(transaction: Transaction) -> list[Pair]:
            pairs: list[Pair] = []
            for name, found in changes.items():
                row = store.load(transaction, name)
                if row is None or not _same(row, rows[name]):
                    continue  # It was changed meanwhile, and is evaluated again for that.
                for change in found:
                    new = transitions.apply(
                        transaction, row, change, account=self._account, actions=self._actions
                    )
                    pairs.append(Pair(row, new))
                    row = new
            return pairs

        self._applied(await self._engine.write(body))

    def _applied(self, pairs: Sequence[Pair]) -> None:
        for old, new in pairs:
            transitions.log(old, new)
        if pairs:
            self._due.set()

    # Composite alarms.

    def _is_due(self, reader: Reader, name: str, now: float) -> bool:
        """Whether a composite alarm's state changes, or its actions are to be carried out after all."""
        row = store.load(reader, name)
        if row is None or row.kind != COMPOSITE_ALARM:
            return False
        find = _finder(reader)
        if composite.evaluate(row, find, self._account, now) is not None:
            return True
        return row.state != row.acted and not self._held(row, find, now)

    def _held(self, row: AlarmRow, find: composite.Find, now: float) -> bool:
        hold = composite.held(row, find, now)
        if hold is None:
            return False
        if hold.until is not None:
            self.next_hold = min(self.next_hold, hold.until)
        return True

    def _composite(self, transaction: Transaction, name: str, now: float) -> Pair | None:
        row = store.load(transaction, name)
        if row is None or row.kind != COMPOSITE_ALARM:
            return None
        find = _finder(transaction)
        new = row
        change = composite.evaluate(row, find, self._account, now)
        if change is not None:
            new = transitions.apply(
                transaction, row, change, account=self._account, actions=self._actions, suppressed=True
            )
        if new.state != new.acted and not self._held(new, find, now):
            told = () if change is None else change.children
            transitions.act(
                transaction, new, new.acted, account=self._account, actions=self._actions, children=told
            )
            new = msgspec.structs.replace(new, acted=new.state)
            store.save(transaction, new)
        return Pair(row, new)


def _ends(rule: MetricRule, minute: int) -> range:
    """The ends of the ranges that are looked at when the minute that ends at `minute` has closed.

    An alarm whose periods are more than a day together is evaluated with the hour, as AWS does.
    """
    if rule.period < _MINUTE:
        return range(minute - _MINUTE + _SUB_MINUTE, minute + 1, _SUB_MINUTE)
    if rule.period * rule.periods > _DAY and minute % _HOUR:
        return range(0)
    return range(minute, minute + 1)


def _same(row: AlarmRow, evaluated: AlarmRow) -> bool:
    """Whether an alarm is still the one that was evaluated; whether it acts does not matter."""

    def looked_at(alarm: AlarmRow) -> tuple[object, ...]:
        return alarm.updated, alarm.settled, alarm.definition | {"ActionsEnabled": True}

    return looked_at(row) == looked_at(evaluated)


def _finder(reader: Reader) -> composite.Find:
    return lambda name: store.load(reader, name)
