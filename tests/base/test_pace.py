"""Long work does more at a time while nobody else wants the loop, and less while requests keep it busy."""

import asyncio

import pytest

from stator.base import pace as module
from stator.base.pace import Pace

LEAST, MOST = 2, 32
STEP_SECONDS = 0.0005


class Processor:
    """A thread that does nothing but what it is told: its time is the clock's."""

    def __init__(self) -> None:
        self.now = 0.0

    def spin(self, seconds: float) -> None:
        self.now += seconds

    def read(self) -> float:
        return self.now


@pytest.fixture
def processor(monkeypatch):
    processor = Processor()
    monkeypatch.setattr(module, "perf_counter", processor.read)
    monkeypatch.setattr(module, "thread_time", processor.read)
    return processor


async def sizes_of(steps: int, pace: Pace, processor: Processor) -> list[int]:
    sizes = []
    for _ in range(steps):
        with pace.step():
            processor.spin(STEP_SECONDS)
        await pace.rest()
        sizes.append(pace.size)
    return sizes


async def requests(until: asyncio.Event, processor: Processor, seconds: float) -> None:
    """Something that always wants the loop."""
    while not until.is_set():
        processor.spin(seconds)
        await asyncio.sleep(0)


def test_alone_it_grows_to_the_most(processor):
    async def scenario():
        return await sizes_of(6, Pace(least=LEAST, most=MOST), processor)

    assert asyncio.run(scenario()) == [4, 8, 16, 32, 32, 32]


@pytest.mark.parametrize(("share", "size"), [(0.1, MOST), (0.5, LEAST), (2.0, LEAST)])
def test_beside_requests(processor, share, size):
    """Requests that take a share of what a step takes: little is overlooked."""

    async def scenario():
        pace = Pace(least=LEAST, most=MOST)
        ended = asyncio.Event()
        task = asyncio.create_task(requests(ended, processor, share * STEP_SECONDS))
        sizes = await sizes_of(8, pace, processor)
        ended.set()
        await task
        return sizes

    assert asyncio.run(scenario())[-1] == size


def test_long_works_do_not_take_each_other_for_requests(processor):
    async def scenario():
        paces = [Pace(least=LEAST, most=MOST) for _ in range(3)]
        return await asyncio.gather(*(sizes_of(6, pace, processor) for pace in paces))

    assert [sizes[-1] for sizes in asyncio.run(scenario())] == [MOST] * 3


def test_what_a_step_raises_is_raised(processor):
    pace = Pace()
    with pytest.raises(KeyError), pace.step():
        raise KeyError("x")
