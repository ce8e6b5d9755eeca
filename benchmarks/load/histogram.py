"""Latencies as HDR histograms: microseconds, three significant digits, up to a minute."""

from collections.abc import Iterable
from typing import Final

from hdrh.histogram import HdrHistogram

from benchmarks.wrk.run import Latency

_GREATEST: Final = 60_000_000
_DIGITS: Final = 3


def histogram(nanoseconds: Iterable[int]) -> HdrHistogram:
    """The histogram of latencies. More than a minute counts as a minute."""
    made = HdrHistogram(1, _GREATEST, _DIGITS)
    for value in nanoseconds:
        made.record_value(min(max(value // 1_000, 1), _GREATEST))
    return made


def encoded(of: HdrHistogram) -> str:
    """The histogram in HDR's own compressed form (base64)."""
    return bytes(of.encode()).decode()


def decoded(text: str) -> HdrHistogram:
    """What `encoded` made."""
    return HdrHistogram.decode(text)


def latency(of: HdrHistogram) -> Latency:
    """Its percentiles."""
    at = of.get_value_at_percentile
    return Latency(
        mean=round(of.get_mean_value(), 1),
        max=int(of.get_max_value()),
        p50=int(at(50)),
        p90=int(at(90)),
        p99=int(at(99)),
        p999=int(at(99.9)),
    )
