"""Group commit: while one commit is on its way to the disk, bodies queue; then all of them run as one batch.

Everything here happens on the event loop's thread. A batch goes through

    begin -> bodies, each on its own overlay -> apply -> commit (may take place elsewhere) -> publish ->
    answers

Invariants:
- A body's future is resolved after the commit of its batch, also if the body raised.
- An engine error in a batch of several bodies sends each of them through a batch of its own, so that only
  those pay for it that cause it. Whoever fails alone gets the StorageError.
- After a commit of unknown outcome nothing is written any more, and `fatal` is told.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import Any, Final, Protocol, TypeVar

from stator.base.errors import StorageClosed, StorageError, StorageFull
from stator.storage.engine import Reader, Transaction
from stator.storage.overlay import BodyTransaction, Overlay

BATCH_SECONDS: Final = 0.002  # of bodies in one batch: more would keep readers waiting

T = TypeVar("T")
_Job = tuple[Callable[[Transaction], Any], "asyncio.Future[Any]"]
_Outcome = tuple[bool, Any]  # whether the body returned, and what it returned or raised
Fatal = Callable[[StorageError], None]


class CommitRefused(StorageError):
    """The commit certainly did not take place; `cause` says why."""

    def __init__(self, cause: StorageError) -> None:
        super().__init__(*cause.args)
        self.cause = cause


class StoreOccupied(StorageError):
    """Another program has the writer's turn; `give_way(resume)` calls `resume` for another attempt."""

    def __init__(self, give_way: Callable[[Callable[[], None]], None]) -> None:
        super().__init__("another program has the writer's turn")
        self.give_way = give_way


class Store(Protocol):
    """What a group commit needs of an engine. Every call comes from the loop's thread."""

    def turn(self, resume: Callable[[], None]) -> bool:
        """Use the moment between two batches. True: the next batch waits until `resume` is called."""
        ...

    def begin(self) -> Reader:
        """Open a transaction; what the bodies are to read. Raises StorageError, of which StoreOccupied."""
        ...

    def next_id(self) -> int:
        """The next transaction id."""
        ...

    def apply(self, batch: Overlay) -> None:
        """Write what a batch wrote, inside the transaction. Raises StorageError."""
        ...

    def commit(self, batch: Overlay, done: Callable[[StorageError | None], None]) -> bool:
        """Make it durable. True: it is. False: `done` will be called, later, on the loop's thread.

        With None; with CommitRefused; or with any other error if the outcome is unknown.
        """
        ...

    def publish(self, batch: Overlay) -> None:
        """Let readers see what was committed."""
        ...

    def rollback(self) -> None:
        """End the transaction, if one is open, and keep nothing of it."""
        ...

    def make_room(self, batch: Overlay) -> bool:
        """The disk is full, even for `batch` alone. True: something was done about it, try once more."""
        ...


class GroupCommit:
    """The queue of bodies in front of a store."""

    def __init__(self, store: Store, fatal: Fatal) -> None:
        self._store = store
        self._fatal = fatal
        self._waiting: deque[_Job] = deque()
        self._alone: deque[_Job] = deque()  # jobs of a batch that met an engine error
        self._jobs: list[_Job] = []  # of the batch under way
        self._outcomes: list[_Outcome] = []
        self._batch: Overlay | None = None
        self._busy = False
        self._refusal: StorageError | None = None  # why nothing is accepted any more
        self._idle: list[asyncio.Future[None]] = []
        self._loop: asyncio.AbstractEventLoop

    def write(self, body: Callable[[Transaction], T]) -> asyncio.Future[T]:
        """Queue `body`; see `Engine.write`."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[T] = loop.create_future()
        if self._refusal is not None:
            future.set_exception(self._refusal)
            return future
        self._waiting.append((body, future))
        if not self._busy:
            # The batch starts after this iteration of the loop, so that all its requests join it.
            self._busy = True
            self._loop = loop
            loop.call_soon(self._start)
        return future

    async def drain(self) -> None:
        """Accept no more bodies, and return when those accepted are answered."""
        self._refusal = self._refusal or StorageClosed("the store is closing")
        if self._busy:
            idle = asyncio.get_running_loop().create_future()
            self._idle.append(idle)
            await idle

    def refuse(self, error: StorageError) -> None:
        """Accept no more bodies; `error` answers them and all that wait."""
        self._refusal = error
        self._reject(error)

    def _reject(self, error: BaseException) -> None:
        while self._alone or self._waiting:
            _, future = (self._alone or self._waiting).popleft()
            if not future.done():
                future.set_exception(error)

    def _start(self) -> None:
        if not self._store.turn(self._run):
            self._run()

    def _run(self) -> None:
        """Run one batch, up to its commit."""
        if not (self._waiting or self._alone):  # they were rejected meanwhile
            self._next()
            return
        self._batch = None
        try:
            self._batch = batch = Overlay(self._store.begin())
            self._run_bodies(batch)
            if batch:
                self._store.apply(batch)
                if self._store.commit(batch, self._committed):
                    self._store.publish(batch)
                    self._answer()
                return
        except StoreOccupied as occupied:
            occupied.give_way(self._run)
            return
        except Exception as error:  # a StorageError, or what a body wrote is not bytes
            self._store.rollback()
            self._failed(error)
            return
        self._store.rollback()
        self._answer()

    def _run_bodies(self, batch: Overlay) -> None:
        alone = bool(self._alone)
        queue = self._alone or self._waiting
        jobs, outcomes, next_id = self._jobs, self._outcomes, self._store.next_id
        number = 0
        deadline = perf_counter() + BATCH_SECONDS
        while queue:
            job = queue.popleft()
            jobs.append(job)
            id_ = next_id()
            transaction = BodyTransaction(batch, id_, number := number or id_)
            try:
                outcomes.append((True, job[0](transaction)))
            except StopIteration as error:  # a future cannot carry one
                outcomes.append((False, RuntimeError(f"a body raised {error!r}")))
            except Exception as error:
                outcomes.append((False, error))
            else:
                batch.absorb(transaction)
            if alone or perf_counter() > deadline:
                break

    def _committed(self, error: StorageError | None) -> None:
        if error is None:
            assert self._batch is not None
            self._store.publish(self._batch)
            # The disk is idle now, so the next batch comes first: a fifth more writes of 16 clients.
            self._answer(next_at_once=True)
        elif isinstance(error, CommitRefused):
            self._store.rollback()
            self._failed(error.cause)
        else:
            self._broken(error)

    def _failed(self, error: Exception) -> None:
        """Nothing of the batch was kept: run its bodies one by one, or answer the only one."""
        jobs, batch = self._jobs, self._batch
        if not jobs:  # not even `begin` worked
            self._reject(error)
        elif len(jobs) > 1 or self._made_room(error, batch):
            self._alone.extendleft(reversed(jobs))
            self._jobs, self._outcomes = [], []
        else:
            self._outcomes = [(False, error)]
        self._answer()

    def _made_room(self, error: Exception, batch: Overlay | None) -> bool:
        return isinstance(error, StorageFull) and batch is not None and self._store.make_room(batch)

    def _broken(self, error: StorageError) -> None:
        """Nobody knows whether the batch is durable."""
        self._outcomes = [(False, error)] * len(self._jobs)
        self.refuse(error)
        self._answer()
        self._fatal(error)

    def _answer(self, *, next_at_once: bool = False) -> None:
        """Answer the batch, and go on with what waits: after the answers went out, unless at once."""
        for (_, future), (returned, value) in zip(self._jobs, self._outcomes, strict=True):
            if future.done():  # its caller went away
                continue
            if returned:
                future.set_result(value)
            else:
                future.set_exception(value)
        self._jobs, self._outcomes = [], []
        self._next(at_once=next_at_once)

    def _next(self, *, at_once: bool = False) -> None:
        if self._waiting or self._alone:
            if at_once:
                self._start()
            else:
                self._loop.call_soon(self._start)
            return
        self._busy = False
        for future in self._idle:
            if not future.done():
                future.set_result(None)
        self._idle.clear()
