"""Actions that are due are carried out: off the event loop, again if they fail, and over restarts.

What is due lies in the store until it has been done or given up, so a restart begins with it, and an action
may be carried out twice, but not because its result cannot be stored. Those of one alarm and one configured
action go in their order, each after the last one has ended. The result is an entry of the alarm's history.
"""

import asyncio
import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from stator.base.clock import Clock
from stator.base.errors import StorageClosed, StorageError
from stator.monitoring.alarms import store
from stator.monitoring.alarms.actions import Action
from stator.monitoring.alarms.delivery import Failure, deliver
from stator.monitoring.alarms.store import Due, Entry
from stator.monitoring.alarms.transitions import action_entry
from stator.storage.engine import Engine, Transaction

PAUSES_SECONDS: Final = (1.0, 5.0, 30.0, 120.0, 300.0)
"""Between the attempts. After the last one an action is given up."""

_AT_ONCE: Final = 8
_RETRY_SECONDS: Final = 1.0
_GONE: Final = Failure("alarm_actions has no such entry any more", final=True)
_log = logging.getLogger("stator.alarms")

_Lane = tuple[str, str]  # an alarm, and a configured action


class Dispatcher:
    """Carries out what is due in an engine's space ALARMS. `due` is set when there is more."""

    def __init__(
        self,
        engine: Engine,
        actions: Sequence[Action],
        clock: Clock,
        *,
        pauses: Sequence[float] = PAUSES_SECONDS,
    ) -> None:
        self.due = asyncio.Event()
        self._engine = engine
        self._actions = {action.id: action for action in actions}
        self._clock = clock
        self._pauses = pauses
        self._lanes: dict[_Lane, deque[tuple[bytes, Due]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._last = b""  # the newest that is in a lane

    async def run(self) -> None:
        """Work until cancelled, or until the storage is closed."""
        self.due.set()
        try:
            while True:
                await self.due.wait()
                self.due.clear()
                try:
                    self._sort()
                except StorageClosed:
                    return
                except StorageError:
                    _log.exception("actions of alarms are put off: the storage refused")
                    self.due.set()
                    await asyncio.sleep(_RETRY_SECONDS)
        finally:
            tasks = list(self._tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    def _sort(self) -> None:
        """Put what is new into its lane."""
        for place, due in store.all_due(self._engine.reader, self._last):
            self._last = place
            lane = (due.alarm, due.entry)
            if lane in self._lanes:
                self._lanes[lane].append((place, due))
                continue
            self._lanes[lane] = deque([(place, due)])
            task = asyncio.create_task(self._work(lane), name=f"actions of {due.alarm}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _work(self, lane: _Lane) -> None:
        waiting = self._lanes[lane]
        while waiting:
            place, due = waiting[0]
            try:
                await self._note(place, await self._carry_out(place, due))
            except StorageClosed:
                return
            waiting.popleft()
        del self._lanes[lane]

    async def _carry_out(self, place: bytes, due: Due) -> Entry:
        """What the history says of it then."""
        action = self._actions.get(due.entry)
        failure: Failure | None = _GONE
        if action is not None:
            failure = await self._attempt(action, due, place.hex())
        fields = _fields(action, due, failure)
        if failure is None:
            _log.info("an action was carried out", extra=fields)
        else:
            _log.warning("an action was not carried out", extra=fields)
        error = None if failure is None else failure.text
        return action_entry(due, self._clock.now(), error)

    async def _note(self, place: bytes, entry: Entry) -> None:
        """Store that an action needs no further attempt, as often as it takes. Raises StorageClosed."""

        def body(transaction: Transaction) -> None:
            store.delete_due(transaction, place)
            store.append(transaction, entry)

        refused = False
        while True:
            try:
                await self._engine.write(body)
                return
            except StorageClosed:
                raise
            except StorageError:
                if not refused:
                    _log.exception("the result of an action is not stored for now: the storage refused")
                refused = True
                await asyncio.sleep(_RETRY_SECONDS)

    async def _attempt(self, action: Action, due: Due, delivery: str) -> Failure | None:
        for pause in (*self._pauses, None):
            async with self._places:
                failure = await _in_thread(partial(deliver, action, due, delivery))
            if failure is None or failure.final or pause is None:
                break
            _log.info("an action is tried again", extra=_fields(action, due, failure))
            await asyncio.sleep(pause)
        return failure


def _fields(action: Action | None, due: Due, failure: Failure | None) -> dict[str, str]:
    """What the log says of an action, without anything that may be secret."""
    place = {} if action is None else {"action": action.place}
    error = {} if failure is None else {"error": failure.text}
    return {"alarm": due.alarm, "state": due.state, **place, **error}


async def _in_thread(work: Callable[[], Failure | None]) -> Failure | None:
    """The result of work that blocks. The thread is a daemon: the end of the process does not wait for it."""
    loop = asyncio.get_running_loop()
    result: asyncio.Future[Failure | None] = loop.create_future()

    def settle(outcome: Failure | None) -> None:
        if not result.done():
            result.set_result(outcome)

    def main() -> None:
        try:
            outcome = work()
        except Exception as error:
            _log.exception("bug: an action of an alarm")
            outcome = Failure(f"it failed: {type(error).__name__}", final=True)
        try:
            loop.call_soon_threadsafe(settle, outcome)
        except RuntimeError:  # The loop is closed; the next start carries it out again.
            return

    threading.Thread(target=main, name="alarm action", daemon=True).start()
    return await result
