"""The alarms of a server: changing them, and what has to know of a change.

    put, delete, set_state, enable, tag     from the API, each a transaction
    evaluator, dispatcher                   what the job runs (`stator.server.jobs.alarms`)

Whoever changes an alarm says so in `fresh`, and sets `changed`: then it is evaluated at once.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, Final

import msgspec

from stator.base.clock import Clock
from stator.monitoring.alarms import composite, store, transitions
from stator.monitoring.alarms.actions import Action
from stator.monitoring.alarms.definition import COMPOSITE_ALARM, METRIC_ALARM, AlarmRow
from stator.monitoring.alarms.dispatch import Dispatcher
from stator.monitoring.alarms.evaluator import Evaluator
from stator.monitoring.alarms.reasons import json
from stator.monitoring.alarms.transitions import Change
from stator.monitoring.alarms.wording import stamp
from stator.monitoring.metrics.store import MetricsStore
from stator.storage.engine import Engine, Reader, Transaction
from stator.tables.database import Database

TAGS_MAX: Final = 50


class Refused(Exception):
    """A change that cannot be made; the text is for the client."""


class NoAlarm(Exception):
    """There is no alarm of that name."""


class Alarms:
    """The alarms in an engine, evaluated by the metrics of a store, and with the configured actions."""

    def __init__(
        self,
        engine: Engine,
        metrics: MetricsStore,
        *,
        clock: Clock,
        account: str,
        actions: Sequence[Action] = (),
    ) -> None:
        self.changed = asyncio.Event()
        self.fresh: set[str] = set()
        self.dispatcher = Dispatcher(engine, actions, clock)
        self.evaluator = Evaluator(
            engine, metrics, clock, account=account, actions=actions, due=self.dispatcher.due
        )
        self._engine = engine
        self._clock = clock
        self._account = account
        self._actions = actions

    @property
    def reader(self) -> Reader:
        """The present state, for `stator.monitoring.alarms.store`."""
        return self._engine.reader

    async def put(
        self, name: str, kind: str, region: str, definition: dict[str, Any], tags: Mapping[str, str]
    ) -> None:
        """Make an alarm, with tags, or give one another definition. Raises Refused."""
        now = self._clock.now()

        def body(transaction: Transaction) -> None:
            old = store.load(transaction, name)
            if old is not None and old.kind != kind:
                raise Refused(f"An alarm of another type with the name {name} exists already")
            if kind == COMPOSITE_ALARM:
                _check_references(transaction, name, definition)
            define(transaction, name, kind, region, definition, now, tags)

        await self._engine.write(body)
        self._tell(name)

    async def delete(self, names: Sequence[str]) -> list[str]:
        """Delete alarms, and give the names of which there is none. Raises Refused, and deletes nothing."""
        now = self._clock.now()

        def body(transaction: Transaction) -> list[str]:
            rows = {name: store.load(transaction, name) for name in names}
            found = [row for row in rows.values() if row is not None]
            _check_deletion(transaction, found)
            for row in found:
                remove(transaction, row, now)
            return [name for name, row in rows.items() if row is None]

        return await self._engine.write(body)

    async def set_state(self, name: str, state: str, reason: str, reason_data: str) -> None:
        """Set the state of an alarm until it is evaluated again. Raises NoAlarm."""
        now = self._clock.now()
        change = Change(state=state, reason=reason, reason_data=reason_data, time=now)

        def body(transaction: Transaction) -> tuple[AlarmRow, AlarmRow]:
            row = store.load(transaction, name)
            if row is None:
                raise NoAlarm(name)
            suppressed = row.kind == COMPOSITE_ALARM and composite.suppressor(row) is not None
            new = transitions.apply(
                transaction,
                row,
                change,
                account=self._account,
                actions=self._actions,
                suppressed=suppressed,
                settled=now,
            )
            return row, new

        transitions.log(*await self._engine.write(body))
        self.dispatcher.due.set()
        self._tell(name, evaluate=False)

    async def enable(self, names: Sequence[str], enabled: bool) -> None:
        """Have the actions of alarms carried out, or not. Names of which there is none are passed over."""
        now = self._clock.now()

        def body(transaction: Transaction) -> None:
            for name in names:
                row = store.load(transaction, name)
                if row is None or row.actions_enabled == enabled:
                    continue
                definition = row.definition | {"ActionsEnabled": enabled}
                new = msgspec.structs.replace(row, definition=definition, configured=now)
                store.save(transaction, new)
                _note(transaction, new, now, "Update")

        await self._engine.write(body)

    async def tag(self, name: str, change: Callable[[Mapping[str, str]], dict[str, str]]) -> None:
        """Change the tags of an alarm. Raises NoAlarm, and Refused if they are too many."""

        def body(transaction: Transaction) -> None:
            row = store.load(transaction, name)
            if row is None:
                raise NoAlarm(name)
            tags = change(row.tags)
            if len(tags) > TAGS_MAX:
                raise Refused(f"The number of tags exceeds the limit of {TAGS_MAX} tags per resource")
            store.save(transaction, msgspec.structs.replace(row, tags=tags))

        await self._engine.write(body)

    def hold(self, row: AlarmRow) -> composite.Hold | None:
        """What keeps the actions of a composite alarm's state back now; None if nothing, or no actions."""
        if row.kind != COMPOSITE_ALARM or row.state == row.acted:
            return None
        return composite.held(row, partial(store.load, self._engine.reader), self._clock.now())

    def _tell(self, name: str, *, evaluate: bool = True) -> None:
        if evaluate:
            self.fresh.add(name)
        self.changed.set()


def alarms_of(database: Database) -> Alarms:
    """The alarms of a database, which are made when they are first asked for. The writer has them."""
    monitoring = database.monitoring
    if monitoring.alarms is None:
        monitoring.alarms = Alarms(
            database.engine,
            monitoring.metrics,
            clock=database.clock,
            account=database.account,
            actions=monitoring.actions,
        )
    alarms: Alarms = monitoring.alarms
    return alarms


def define(
    transaction: Transaction,
    name: str,
    kind: str,
    region: str,
    definition: dict[str, Any],
    now: float,
    tags: Mapping[str, str] | None = None,
) -> None:
    """Make an alarm, with tags, or give one another definition, which is right; its history tells of it."""
    old = store.load(transaction, name)
    settled = now if kind == METRIC_ALARM else 0.0
    new = (
        AlarmRow(
            name=name,
            kind=kind,
            region=region,
            definition=definition,
            configured=now,
            updated=now,
            transitioned=now,
            settled=settled,
            tags=dict(tags or {}),
        )
        if old is None
        else msgspec.structs.replace(old, definition=definition, configured=now, settled=settled)
    )
    store.save(transaction, new)
    _note(transaction, new, now, "Create" if old is None else "Update")


def remove(transaction: Transaction, row: AlarmRow, now: float) -> None:
    """Delete an alarm; its history tells of it, and stays."""
    store.delete(transaction, row.name)
    _note(transaction, row, now, "Delete")


def _check_references(transaction: Transaction, name: str, definition: dict[str, Any]) -> None:
    """A composite alarm may only refer to alarms that are there."""
    row = AlarmRow(
        name=name,
        kind=COMPOSITE_ALARM,
        region="",
        definition=definition,
        configured=0,
        updated=0,
        transitioned=0,
    )
    absent = [
        child for child in composite.children(row) if child != name and store.load(transaction, child) is None
    ]
    if absent:
        listed = ", ".join(absent)
        raise Refused(
            f"Could not save the composite alarm as alarms [{listed}] in the alarm rule do not exist"
        )
    other = composite.suppressor(row)
    if other is not None and store.load(transaction, other) is None:
        raise Refused(
            f"Could not save the composite alarm as the actions suppressor alarm [{other}] does not exist"
        )


def _check_deletion(transaction: Transaction, rows: Sequence[AlarmRow]) -> None:
    """At most one composite alarm goes at a time, and none that another one depends on."""
    if sum(row.kind == COMPOSITE_ALARM for row in rows) > 1:
        raise Refused("You can't delete more than one composite alarm in one operation")
    going = {row.name for row in rows}
    needed: set[str] = set()
    for row in store.composites(transaction):
        if row.name not in going:
            needed.update(composite.children(row), filter(None, [composite.suppressor(row)]))
    kept = [name for name in going if name in needed]
    if kept:
        it = "it" if len(kept) == 1 else "them"
        raise Refused(
            f"Cannot delete {','.join(sorted(kept))} as there are composite alarm(s) depending on {it}."
        )


_MEMBERS: Final = {"Create": "createdAlarm", "Update": "updatedAlarm", "Delete": "deletedAlarm"}


def _note(transaction: Transaction, row: AlarmRow, now: float, event: str) -> None:
    """Have a change of an alarm itself in its history."""
    shown = {name[0].lower() + name[1:]: value for name, value in row.definition.items()} | {
        "stateValue": row.state,
        "stateUpdatedTimestamp": stamp(row.updated),
        "alarmConfigurationUpdatedTimestamp": stamp(row.configured),
    }
    text = json({"version": "1.0", "type": event, _MEMBERS[event]: shown})
    if len(text) > transitions.HISTORY_DATA_MAX:
        text = json({"version": "1.0", "type": event, _MEMBERS[event]: {"alarmName": row.name}})
    summary = f'Alarm "{row.name}" {event.lower()}d'
    store.append(transaction, transitions.entry(row, transitions.CONFIGURATION_UPDATE, now, summary, text))
