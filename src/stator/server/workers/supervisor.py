"""The supervisor: it holds the directory and the port, and sees to it that the workers live.

It is one thread without an event loop and without a database, so it can fork at any time: a worker that is
gone is replaced in milliseconds, and what was imported once is shared by all.

    lock, listen, import -> fork the writer -> fork the readers -> ready ── a signal ──> stop all
                                 └── a worker ends, or shows no sign of life: another one ──┘

The first start of every worker has to succeed, else the server does not start. Later, one that keeps ending
is started again after a pause that grows.
"""

import logging
import os
import selectors
import signal
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from stator.base.errors import StorageError
from stator.server.application import data_directory
from stator.server.assembly import CannotStart, announce, cannot_listen, make_clock
from stator.server.config import Settings
from stator.server.memory import settle_down
from stator.server.workers.board import Board
from stator.server.workers.control import FAILED, LINK, READY, STOP, heard
from stator.server.workers.listening import listen
from stator.server.workers.process import WRITER, Place, work
from stator.tables.book import Books

_TICK_SECONDS: Final = 1.0
_PAUSE_SECONDS_MAX: Final = 5.0  # before another worker takes the place of one that keeps ending
_LASTING_SECONDS: Final = 10.0  # a worker that lived so long does not keep ending
_STOP_MARGIN_SECONDS: Final = 5.0  # for workers to end after the requests under way

_log = logging.getLogger("stator.server")


def supervise(settings: Settings, workers: int) -> int:
    """Serve with several workers until told to stop. The process's exit status. Raises CannotStart."""
    from stator.storage.open import lock_directory

    make_clock(settings)  # Only to say early what is wrong with it.
    data = data_directory(settings)
    assert data is not None
    try:
        lock = lock_directory(data)
    except StorageError as error:
        raise CannotStart(f"{error}.") from None
    try:
        sockets = listen(settings.host, settings.port)
    except OSError as error:
        raise cannot_listen(settings, error) from None
    status = Supervisor(settings, workers, sockets).run()
    lock.release()
    return status


class _Worker:
    """A place among the workers, and the process that is in it, if there is one."""

    def __init__(self, number: int) -> None:
        self.number = number
        self.pid = 0
        self.control: socket.socket | None = None
        self.ready = False
        self.was_ready = False  # ever: its first start succeeded
        self.started = 0.0
        self.pause = 0.0
        self.due: float | None = None  # when the next process is to be forked
        self.beats = 0
        self.silent = 0.0  # seconds without a sign of life

    @property
    def name(self) -> str:
        """How the log calls it."""
        return f"worker {self.number}" + (" (the writer)" if self.number == WRITER else "")


class Supervisor:
    """The processes of one server."""

    def __init__(self, settings: Settings, workers: int, sockets: Sequence[socket.socket]) -> None:
        self._settings = settings
        self._sockets = sockets
        self._board = Board(workers)
        self._books = Books(workers) if settings.metrics == "on" else None
        self._workers = [_Worker(number) for number in range(workers)]
        self._selector = selectors.DefaultSelector()
        self._woken, self._wake = socket.socketpair()
        self._announced = False
        self._failure: str | None = None
        self._stopping = False
        self._kill_at = 0.0
        self._next_tick = 0.0

    def run(self) -> int:
        """Live until told to stop. The exit status. Raises CannotStart."""
        self._catch_signals()
        _preload()
        settle_down()
        self._fork(self._workers[WRITER])
        while not (self._stopping and all(worker.pid == 0 for worker in self._workers)):
            self._listen_to_all()
            self._reap()
            now = time.monotonic()
            if now >= self._next_tick:
                self._next_tick = now + _TICK_SECONDS
                self._look_for_life()
            self._start_due(now)
            if self._stopping and now >= self._kill_at:
                self._kill_all()
        if self._failure is not None:
            raise CannotStart(self._failure)
        return 0

    # Signals and messages.

    def _catch_signals(self) -> None:
        for end in (self._woken, self._wake):
            end.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGCHLD):
            signal.signal(number, lambda _number, _frame: None)
        self._selector.register(self._woken, selectors.EVENT_READ)

    def _listen_to_all(self) -> None:
        due = [worker.due for worker in self._workers if worker.due is not None]
        if self._stopping:
            due.append(self._kill_at)
        timeout = min([self._next_tick, *due]) - time.monotonic()
        for key, _ in self._selector.select(max(timeout, 0)):
            if key.data is None:
                numbers = set(self._woken.recv(1024))
                if numbers & {signal.SIGTERM, signal.SIGINT} and not self._stopping:
                    self._stop()
            else:
                self._hear(key.data)

    def _hear(self, worker: _Worker) -> None:
        assert worker.control is not None
        said = heard(worker.control)
        if said[:1] == READY:
            worker.ready = worker.was_ready = True
            self._is_ready(worker)
        elif said[:1] == FAILED:
            reason = said[1:].decode("utf-8", "replace")
            if worker.was_ready or self._announced:
                _log.error("%s cannot start: %s", worker.name, reason)
            else:
                self._fail(reason)
        else:  # It is ending; the system will tell.
            self._selector.unregister(worker.control)

    def _is_ready(self, worker: _Worker) -> None:
        if self._announced or self._stopping:
            return
        if worker.number == WRITER:
            for reader in self._workers[1:]:
                self._fork(reader)
        if all(each.ready for each in self._workers):
            self._announced = True
            announce(self._settings, self._sockets[0].getsockname()[1])

    # Life.

    def _fork(self, worker: _Worker) -> None:
        ours, theirs = socket.socketpair()
        worker.due = None
        pid = os.fork()
        if pid == 0:
            self._become(worker.number, ours, theirs)
        theirs.close()
        worker.pid, worker.control, worker.started = pid, ours, time.monotonic()
        worker.ready, worker.silent = False, 0.0
        self._selector.register(ours, selectors.EVENT_READ, worker)
        self._link(worker)

    def _become(self, number: int, ours: socket.socket, theirs: socket.socket) -> None:
        """In the new process: be a worker, and end with it."""
        status = 1
        try:
            signal.set_wakeup_fd(-1)
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            self._selector.close()
            for end in (ours, self._woken, self._wake, *(each.control for each in self._workers)):
                if end is not None:
                    end.close()
            from stator.server.workers.reader import read
            from stator.server.workers.writer import write

            place = Place(number, self._settings, self._board, self._books, self._sockets, theirs)
            status = work(place, write if number == WRITER else read)
        except BaseException:
            _log.exception("bug: a worker ended")
        finally:
            logging.shutdown()
            os._exit(status)

    def _link(self, worker: _Worker) -> None:
        """Link a new worker with the writer, or the new writer with all others."""
        writer = self._workers[WRITER]
        readers = self._workers[1:] if worker is writer else [worker]
        for reader in readers:
            if reader.pid and writer.pid:
                ends = socket.socketpair()
                for each, end in zip((writer, reader), ends, strict=True):
                    assert each.control is not None
                    with suppress(OSError):  # If it is ending, so is the link.
                        socket.send_fds(each.control, [LINK], [end.fileno()])
                    end.close()

    def _reap(self) -> None:
        for worker in self._workers:
            if worker.pid:
                pid, status = os.waitpid(worker.pid, os.WNOHANG)
                if pid:
                    self._ended(worker, os.waitstatus_to_exitcode(status))

    def _ended(self, worker: _Worker, status: int) -> None:
        assert worker.control is not None
        if worker.control.fileno() in self._selector.get_map():
            self._hear_last(worker)
        worker.control.close()
        worker.pid, worker.control, worker.ready = 0, None, False
        self._board.count_connections(worker.number, 0)
        if self._books is not None:
            self._books[worker.number].vacate()
        self._board.occupy(worker.number, 0)
        if self._stopping:
            return
        if not self._announced:
            self._fail(f"{worker.name} ended. See the server's log.")
            return
        now = time.monotonic()
        if now - worker.started > _LASTING_SECONDS:
            worker.pause = 0.0
        worker.due = now + worker.pause
        how = f"was killed by signal {-status}" if status < 0 else f"ended with status {status}"
        _log.error("%s %s; another one takes its place", worker.name, how)
        worker.pause = min(_PAUSE_SECONDS_MAX, worker.pause * 2 or 0.1)

    def _hear_last(self, worker: _Worker) -> None:
        """What a worker said before it ended."""
        assert worker.control is not None
        worker.control.setblocking(False)
        self._hear(worker)
        if worker.control.fileno() in self._selector.get_map():
            self._selector.unregister(worker.control)

    def _start_due(self, now: float) -> None:
        for worker in self._workers:
            if worker.due is not None and now >= worker.due:
                self._fork(worker)

    def _look_for_life(self) -> None:
        """End a worker that shows no sign of life: its clients wait, and its snapshot keeps the log long.

        Our own ticks are counted, not the time: after the machine slept, all have to wake up.
        """
        for worker in self._workers:
            beats = self._board.beats(worker.number)
            alive = beats != worker.beats or not worker.ready or self._stopping
            worker.beats = beats
            worker.silent = 0.0 if alive else worker.silent + _TICK_SECONDS
            if worker.pid and worker.silent >= self._settings.stuck_timeout:
                _log.error("%s shows no sign of life, and is killed", worker.name)
                os.kill(worker.pid, signal.SIGKILL)

    # The end.

    def _fail(self, reason: str) -> None:
        """Do not start after all."""
        if self._failure is None:
            self._failure = reason
        self._stop()

    def _stop(self) -> None:
        if self._stopping:
            return
        self._stopping = True
        self._kill_at = time.monotonic() + self._settings.stop_timeout * 2 + _STOP_MARGIN_SECONDS
        for listening in self._sockets:
            listening.close()
        for worker in self._workers:
            worker.due = None
            if worker.control is not None:
                with suppress(OSError):  # It may be ending already.
                    worker.control.send(STOP)

    def _kill_all(self) -> None:
        for worker in self._workers:
            if worker.pid:
                _log.error("%s does not stop, and is killed", worker.name)
                os.kill(worker.pid, signal.SIGKILL)
        self._kill_at = time.monotonic() + _STOP_MARGIN_SECONDS


def _preload() -> None:
    """Import what workers need, once for all of them."""
    import stator.model
    import stator.monitoring.monitoring
    import stator.operations.dynamodb.transactions.conflicts
    import stator.server.jobs.construction
    import stator.server.jobs.expiry
    import stator.server.jobs.metrics
    import stator.server.jobs.streams
    import stator.server.jobs.upkeep
    import stator.server.workers.reader
    import stator.server.workers.writer
    import stator.storage.sqlite.ballast
    import stator.storage.sqlite.follower
    import stator.storage.sqlite.leader
    import stator.tables.database  # noqa: F401

    with suppress(ImportError):  # not on every platform
        import uvloop  # noqa: F401
