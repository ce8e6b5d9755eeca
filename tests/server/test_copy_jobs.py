"""The rows of jobs are run: a few at once, until they are gone; refusals again, bugs not before a restart."""

import asyncio
from functools import partial

import pytest

from harness.handlers import opened
from harness.wire import PATIENCE_SECONDS
from stator.base.errors import StorageError
from stator.copies import jobs
from stator.copies.jobs import KINDS
from stator.server.jobs import copies
from stator.server.jobs.copies import CopyRunner


def run(body):
    async def inner():
        async with opened(None, 1) as handlers:
            runner = CopyRunner(handlers.database)
            task = asyncio.create_task(runner.run())
            try:
                await body(handlers.database, runner)
            finally:
                task.cancel()
                await asyncio.gather(task, return_exceptions=True)

    asyncio.run(inner())


async def ask(database, job_id, kind="test"):
    await database.engine.write(partial(jobs.begin, job_id=job_id, kind=kind, payload={"of": job_id}))
    database.copies.set()


async def until(holds):
    async with asyncio.timeout(PATIENCE_SECONDS):
        while not holds():
            await asyncio.sleep(0)


def left(database):
    return {row.id for row in database.engine.read(jobs.unfinished)}


@pytest.fixture
def kind(monkeypatch):
    """Sets what runs jobs of the kind `test`."""
    return partial(monkeypatch.setitem, KINDS, "test")


def test_a_few_at_once(kind):
    gates, at_once = {}, []

    async def work(database, row):
        assert row.payload == {"of": row.id}
        gates[row.id] = asyncio.Event()
        at_once.append(len([gate for gate in gates.values() if not gate.is_set()]))
        await gates[row.id].wait()
        await database.engine.write(partial(jobs.end, job_id=row.id))

    async def body(database, runner):
        for number in range(7):
            await ask(database, str(number))
        await until(lambda: len(gates) == 4)
        for number in range(7):
            await until(lambda: any(not gate.is_set() for gate in gates.values()))
            next(gate for gate in gates.values() if not gate.is_set()).set()
            await until(lambda done=number: len(left(database)) == 6 - done)
        assert sorted(gates) == [str(number) for number in range(7)]
        assert max(at_once) == 4

    kind(work)
    run(body)


def test_what_the_storage_refuses_is_run_again(kind, monkeypatch, caplog):
    monkeypatch.setattr(copies, "_RETRY_SECONDS", 0.0)
    runs = []

    async def work(database, row):
        runs.append(row.id)
        if len(runs) < 3:
            raise StorageError("full")
        await database.engine.write(partial(jobs.end, job_id=row.id))

    async def body(database, runner):
        await ask(database, "a")
        await until(lambda: not left(database))
        assert runs == ["a"] * 3
        assert "is put off" in caplog.text

    kind(work)
    run(body)


def test_a_bug_waits_for_a_restart_and_stops_nobody(kind, caplog):
    runs = []

    async def work(database, row):
        runs.append(row.id)
        if row.id == "bad":
            raise ZeroDivisionError
        await database.engine.write(partial(jobs.end, job_id=row.id))

    async def body(database, runner):
        await ask(database, "bad")
        await ask(database, "strange", kind="unknown")
        await ask(database, "good")
        await until(lambda: left(database) == {"bad", "strange"} == runner.failed)
        assert runs.count("bad") == 1
        assert "ZeroDivisionError" in caplog.text

    kind(work)
    run(body)


def test_a_stop_cancels_and_a_start_runs_again(kind):
    runs = []

    async def work(database, row):
        runs.append(row.id)
        if len(runs) == 1:
            await asyncio.Event().wait()
        await database.engine.write(partial(jobs.end, job_id=row.id))

    async def inner():
        async with opened(None, 1) as handlers:
            await ask(handlers.database, "a")
            task = asyncio.create_task(CopyRunner(handlers.database).run())
            await until(lambda: runs == ["a"])
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert left(handlers.database) == {"a"}
            task = asyncio.create_task(CopyRunner(handlers.database).run())
            await until(lambda: not left(handlers.database))
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            assert runs == ["a", "a"]

    kind(work)
    asyncio.run(inner())
