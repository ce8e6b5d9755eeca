"""Jobs that go round: what the storage refuses is tried again, and said once."""

import asyncio
import logging

import pytest

from stator.base.clock import FileClock, SystemClock
from stator.base.errors import StorageClosed, StorageError
from stator.server.jobs import rounds


@pytest.fixture(autouse=True)
def no_pause(monkeypatch):
    monkeypatch.setattr(rounds, "_PAUSE_SECONDS", 0.0)


def run(*outcomes):
    """Steps with these outcomes (an error, or None), then the storage is closed. How many there were."""
    taken = []

    async def step():
        taken.append(None)
        outcome = outcomes[len(taken) - 1] if len(taken) <= len(outcomes) else StorageClosed()
        if outcome is not None:
            raise outcome

    asyncio.run(rounds.go_round("a job", step, SystemClock()))
    return len(taken)


def test_steps_follow_each_other_until_the_storage_is_closed(caplog):
    assert run(None, None) == 3
    assert caplog.records == []


def test_a_refusal_is_logged_once_until_a_step_succeeds(caplog):
    refusal = StorageError("full")
    with caplog.at_level(logging.ERROR):
        assert run(refusal, refusal, None, refusal) == 5
    assert [record.getMessage() for record in caplog.records] == ["a job is put off: the storage refused"] * 2


def test_a_bug_ends_the_job():
    with pytest.raises(ZeroDivisionError):
        run(None, ZeroDivisionError())


def test_rounds_are_short_where_a_test_moves_the_clock(monkeypatch, tmp_path):
    monkeypatch.setattr(rounds, "_PAUSE_SECONDS", 3600.0)
    clock = FileClock.create(tmp_path / "clock", 1_700_000_000.0)
    seen = []

    async def step():
        seen.append(clock.now())
        clock.advance(60)
        if len(seen) == 3:
            raise StorageClosed

    asyncio.run(rounds.go_round("a job", step, clock))
    assert [each - seen[0] for each in seen] == [0, 60, 120]
