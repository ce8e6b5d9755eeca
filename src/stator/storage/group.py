"""Group commit: while one batch of bodies is being synced to the disk, the next one runs.

Everything here happens on the event loop's thread; a store may sync elsewhere. A body waits until the loop
has taken in what has arrived with it, runs in the open batch, and is answered when that batch is durable:

    waiting --run--> open batch --commit--> being synced --publish--> answered

Invariants:
- At most one batch is open, and at most one is being synced. A batch is opened after the one before it was
  committed, so bodies run in one order, that of their effects; it is committed after that one was published,
  so readers never see what is not durable.
- A body's future is resolved when its batch is durable, also if the body raised: then so is all that the body
  has read.
- An engine error in a batch of several bodies sends each of them through a batch of its own, so that only
  those pay for it that cause it. Whoever fails alone gets the StorageError.
- After a sync of unknown outcome nothing is written any more, and `fatal` is told.
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


class UnknownOutcome(StorageError):
    """Nobody knows what of a commit will be found on the disk."""


class StoreOccupied(StorageError):
    """Another program has the writer's turn; `give_way(resume)` calls `resume` for another attempt."""

    def __init__(self, give_way: Callable[[Callable[[], None]], None]) -> None:
        super().__init__("another program has the writer's turn")
        self.give_way = give_way


class Store(Protocol):
    """What a group commit needs of an engine. Every call comes from the loop's thread."""

    @property
    def overlaps(self) -> bool:
        """Whether a transaction may begin while the one before it is being synced."""
        ...

    @property
    def is_turn_due(self) -> bool:
        """Whether `turn` is wanted, as soon as no batch is open or being synced."""
        ...

    def turn(self, resume: Callable[[], None]) -> None:
        """Use the moment in which no batch is open; `resume` is called, later, when it is over."""
        ...

    def begin(self) -> Reader:
        """Open a transaction; what the bodies are to read. Raises StorageError, of which StoreOccupied."""
        ...

    def next_id(self) -> int:
        """The next transaction id."""
        ...

    def commit(self, batch: Overlay, done: Callable[[StorageError | None], None]) -> bool:
        """Write what a batch wrote, and end its transaction. True: it is durable.

        False: it is under way, and `done` will be called, later, on this thread, with None or an error. An
        error, raised or given to `done`, is UnknownOutcome, or any other if nothing was committed; then the
        transaction may still be open.
        """
        ...

    def publish(self, batch: Overlay) -> None:
        """Let readers see what is durable now."""
        ...

    def rollback(self) -> None:
        """End the transaction, if one is open, and keep nothing of it."""
        ...

    def make_room(self, batch: Overlay) -> bool:
        """The disk is full, even for `batch` alone. True: something was done about it, try once more."""
        ...


class _Batch:
    """Bodies that have run, in their order, and what they wrote; `seconds` is what running them took.

    A batch that `is_alone` is that of one body.
    """

    __slots__ = ("is_alone", "jobs", "notes", "number", "outcomes", "overlay", "seconds")

    def __init__(self, base: Reader, *, is_alone: bool) -> None:
        self.overlay = Overlay(base)
        self.is_alone = is_alone
        self.jobs: list[_Job] = []
        self.outcomes: list[_Outcome] = []
        self.notes: list[Callable[[], None]] = []
        self.number = 0  # the first body's transaction id
        self.seconds = 0.0

    def run(self, queue: "deque[_Job]", next_id: Callable[[], int]) -> None:
        """Run bodies from a queue until it is empty or the batch's time is over."""
        overlay, jobs, outcomes = self.overlay, self.jobs, self.outcomes
        start = perf_counter()
        deadline = start + BATCH_SECONDS - self.seconds
        while queue:
            job = queue.popleft()
            jobs.append(job)
            id_ = next_id()
            if not self.number:
                self.number = id_
            transaction = BodyTransaction(overlay, id_, self.number)
            try:
                outcomes.append((True, job[0](transaction)))
            except StopIteration as error:  # a future cannot carry one
                outcomes.append((False, RuntimeError(f"a body raised {error!r}")))
            except Exception as error:
                outcomes.append((False, error))
            else:
                overlay.absorb(transaction)
            if transaction.notes is not None:
                self.notes += transaction.notes
            if perf_counter() > deadline:
                break
        self.seconds += perf_counter() - start

    def answer(self) -> None:
        """Call the notes, and resolve the futures."""
        for told in self.notes:
            told()
        for (_, future), (returned, value) in zip(self.jobs, self.outcomes, strict=True):
            if future.done():  # its caller went away
                continue
            if returned:
                future.set_result(value)
            else:
                future.set_exception(value)

    def reject(self, error: BaseException) -> None:
        """Resolve the futures with an error, whatever the bodies returned."""
        self.outcomes = [(False, error)] * len(self.jobs)
        self.notes = []
        self.answer()


class GroupCommit:
    """The queue of bodies in front of a store."""

    def __init__(self, store: Store, fatal: Fatal) -> None:
        self._store = store
        self._fatal = fatal
        self._waiting: deque[_Job] = deque()
        self._alone: deque[_Job] = deque()  # jobs of a batch that met an engine error
        self._open: _Batch | None = None
        self._syncing: _Batch | None = None
        self._is_due = False  # `_run` is scheduled
        self._paused = False  # the store uses its turn
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
        if not self._is_due:
            # Bodies run after this iteration of the loop, so that all its requests come together.
            self._is_due = True
            self._loop = loop
            loop.call_soon(self._run)
        return future

    async def drain(self) -> None:
        """Accept no more bodies, and return when those accepted are answered."""
        self._refusal = self._refusal or StorageClosed("the store is closing")
        if self._busy:
            idle = asyncio.get_running_loop().create_future()
            self._idle.append(idle)
            await idle

    @property
    def _busy(self) -> bool:
        return bool(self._waiting or self._alone or self._open or self._syncing)

    def refuse(self, error: StorageError) -> None:
        """Accept no more bodies; `error` answers them, and all that are not committed."""
        self._refusal = error
        if self._open is not None:
            self._store.rollback()
            batch, self._open = self._open, None
            batch.reject(error)
        self._reject(error)

    def _reject(self, error: BaseException) -> None:
        while self._alone or self._waiting:
            _, future = (self._alone or self._waiting).popleft()
            if not future.done():
                future.set_exception(error)

    # A round: run what waits, commit it, answer it, and come again.

    def _run(self) -> None:
        """Run what waits in the open batch, and commit that unless the disk is busy."""
        self._is_due = False
        if self._paused:
            return
        batch = self._open
        if batch is None and (self._waiting or self._alone):
            batch = self._begin()
        elif batch is not None and not batch.is_alone and batch.seconds < BATCH_SECONDS:
            batch.run(self._waiting, self._store.next_id)
        if batch is not None and self._syncing is None:
            self._commit(batch)

    def _begin(self) -> _Batch | None:
        """Open a batch with the first bodies that wait; None if it is not the time."""
        if self._syncing is not None and not self._store.overlaps:
            return None
        if self._store.is_turn_due:
            if self._syncing is None:
                self._paused = True
                self._store.turn(self._resume)
            return None
        try:
            base = self._store.begin()
        except StoreOccupied as occupied:
            if self._syncing is None:
                self._paused = True
                occupied.give_way(self._resume)
            return None
        except StorageError as error:
            self._reject(error)
            self._go_on()
            return None
        batch = self._open = _Batch(base, is_alone=bool(self._alone))
        jobs = deque([self._alone.popleft()]) if batch.is_alone else self._waiting
        batch.run(jobs, self._store.next_id)
        return batch

    def _resume(self) -> None:
        self._paused = False
        self._run()

    def _commit(self, batch: _Batch) -> None:
        self._open = None
        if not batch.overlay:
            self._store.rollback()
            self._answer(batch)
            return
        try:
            is_durable = self._store.commit(batch.overlay, self._synced)
        except UnknownOutcome as error:
            self._broken(batch, error)
            return
        except Exception as failure:  # a StorageError, or what a body wrote is not bytes
            self._store.rollback()
            self._failed(batch, failure)
            return
        if is_durable:
            self._store.publish(batch.overlay)
            self._answer(batch)
        else:
            self._syncing = batch
            self._go_on()

    def _synced(self, error: StorageError | None) -> None:
        """What a store that syncs elsewhere calls."""
        batch, self._syncing = self._syncing, None
        assert batch is not None
        if isinstance(error, UnknownOutcome):
            self._broken(batch, error)
            return
        if error is not None:
            self._store.rollback()
            self._failed(batch, error)
            return
        self._store.publish(batch.overlay)
        # The disk is idle now, so the next commit comes before the answers.
        if self._open is not None:
            self._commit(self._open)
        elif self._waiting:
            self._run()
        self._answer(batch)

    def _broken(self, batch: _Batch, error: StorageError) -> None:
        self.refuse(error)
        batch.reject(error)
        self._go_on()
        self._fatal(error)

    def _answer(self, batch: _Batch) -> None:
        batch.answer()
        self._go_on()

    def _failed(self, batch: _Batch, error: Exception) -> None:
        """Nothing of the batch was kept: run its bodies one by one, or answer the only one."""
        if len(batch.jobs) > 1 or (isinstance(error, StorageFull) and self._store.make_room(batch.overlay)):
            self._alone.extendleft(reversed(batch.jobs))
        else:
            batch.reject(error)
        self._go_on()

    def _go_on(self) -> None:
        """See to what waits, after the answers went out."""
        if self._waiting or self._alone:
            if not self._is_due and not self._paused:
                self._is_due = True
                self._loop.call_soon(self._run)
        elif self._open is None and self._syncing is None:
            for future in self._idle:
                if not future.done():
                    future.set_result(None)
            self._idle.clear()
