"""What a run of the generator is told, and doing it: `python -m benchmarks.load` reads a Job."""

import random
import time
from urllib.parse import urlsplit

import msgspec

from benchmarks.dataset import DataSet
from benchmarks.load.driver import Clock, Closed, Driver, Open, Schedule
from benchmarks.load.histogram import encoded, histogram, latency
from benchmarks.load.sources import Fill, Gets, Messages, Puts, Source, texts
from benchmarks.load.ycsb import MIXES, Ycsb
from benchmarks.records import Records
from benchmarks.wrk.run import Errors, LoadFailed, Outcome

_FOR_EVER_SECONDS = 86_400.0


class Job(msgspec.Struct, frozen=True, kw_only=True):
    """A run: `asks` names the source, `of` its table or YCSB's workload.

    `seed`, `items` and `partitions` are the data set's, `draw` the seed of this run; `records` is how many
    records YCSB's table has. With a `rate` the loop is open. A source that ends needs no `seconds`.
    """

    url: str
    asks: str
    of: str = ""
    seed: int
    draw: int
    items: int
    partitions: int
    records: int = 0
    connections: int
    seconds: float = _FOR_EVER_SECONDS
    rate: float | None = None


def perform(job: Job) -> Outcome:
    """Do a job. Raises LoadFailed, WrongData."""
    source = _source(job)
    driver = Driver(job.url, job.connections, source)
    start = Clock()
    schedule: Schedule = Closed(start, job.seconds)
    if job.rate is not None:
        schedule = Open(start, job.seconds, job.rate)
    used = time.process_time()
    try:
        measured = driver.run(schedule)
    finally:
        driver.close()
    used = time.process_time() - used
    if not measured.latencies:
        raise LoadFailed(f"no requests to {job.url}")
    kinds = {kind: histogram(found) for kind, found in sorted(measured.latencies.items())}
    whole = histogram(value for found in measured.latencies.values() for value in found)
    return Outcome(
        requests=sum(map(len, measured.latencies.values())),
        microseconds=max(measured.nanoseconds // 1_000, 1),
        bytes=measured.body_bytes,
        errors=Errors(connect=0, read=0, write=0, status=0, timeout=0),
        latency=latency(whole),
        kinds={kind: latency(found) for kind, found in kinds.items()} if len(kinds) > 1 else {},
        histogram=encoded(whole),
        client_cpu=round(used, 3),
        client_late=latency(histogram(measured.late)).p99 if job.rate is not None and measured.late else 0,
        records=source.count if isinstance(source, Ycsb) else 0,
    )


def _source(job: Job) -> Source:
    address = urlsplit(job.url)
    messages = Messages(address.netloc)
    draw = random.Random(job.draw)
    data = DataSet(job.seed, job.items, job.partitions, job.draw)
    records = Records(data, draw)
    if job.asks == "fill":
        return Fill(messages, job.of, texts(job.of, data, records))
    if job.asks == "ycsb":
        return Ycsb(messages, MIXES[job.of], records, draw, job.records)
    if job.asks == "GetItem":
        return Gets(messages, data, draw)
    if job.asks == "PutItem":
        return Puts(messages, data, draw)
    raise LoadFailed(f"nobody knows how to ask {job.asks}")
