r"""The rows of space METRICS: their keys, and what is in them.

    b"n"                               the next id of a metric
    b"m" namespace 00 name 00 digest   a metric and the digest of its dimensions: an `Entry`
    b"c" …                             how far the collector has come
    resolution id time unit            a point of a second b"0", a minute b"1", 5 minutes b"2", an hour b"3"

An id has 6 bytes and is never given out twice; a time is seconds since the epoch, in 4 bytes; a unit is one
byte, its place in `UNITS`.

A point is a list of MessagePack: samples, sum, min and max, then, if they are known, the values, each
followed by how often it was there. If all samples have one value, the list is just that value and their
number.
"""

from functools import lru_cache
from hashlib import blake2b
from struct import Struct
from typing import Final

import msgspec

from stator.monitoring.metrics.points import Dimensions, Metric, Point

NEXT_ID: Final = b"n"
_METRIC: Final = b"m"
METRICS_START: Final = _METRIC
METRICS_END: Final = b"n"

SECOND: Final = 1
MINUTE: Final = 60
FIVE_MINUTES: Final = 300
HOUR: Final = 3_600
RESOLUTIONS: Final = (SECOND, MINUTE, FIVE_MINUTES, HOUR)
_PREFIXES: Final = {resolution: b"%d" % number for number, resolution in enumerate(RESOLUTIONS)}

_ID_BYTES: Final = 6
_TIME_BYTES: Final = 4
TIME_END: Final = (1 << (8 * _TIME_BYTES)) - 1  # no point is as late
_DIGEST_BYTES: Final = 16
_KEYS_KEPT: Final = 8_192  # the metrics of a few hundred tables, which are put each minute
_TIME_AND_UNIT: Final = Struct(">IB")
_TIME_AND_UNIT_AT: Final = 1 + _ID_BYTES

# The model's StandardUnit. A unit's place is stored, so new ones go to the end.
UNITS: Final = (
    "None",
    "Seconds",
    "Microseconds",
    "Milliseconds",
    "Bytes",
    "Kilobytes",
    "Megabytes",
    "Gigabytes",
    "Terabytes",
    "Bits",
    "Kilobits",
    "Megabits",
    "Gigabits",
    "Terabits",
    "Percent",
    "Count",
    "Bytes/Second",
    "Kilobytes/Second",
    "Megabytes/Second",
    "Gigabytes/Second",
    "Terabytes/Second",
    "Bits/Second",
    "Kilobits/Second",
    "Megabits/Second",
    "Gigabits/Second",
    "Terabits/Second",
    "Count/Second",
)
UNIT_CODES: Final = {unit: code for code, unit in enumerate(UNITS)}


class Entry(msgspec.Struct, array_like=True, frozen=True):
    """What is kept of a metric: its id, its first and last time (seconds since the epoch), its dimensions."""

    id: int
    first: int
    last: int
    dimensions: Dimensions = ()


_encode = msgspec.msgpack.Encoder().encode
decode_entry = msgspec.msgpack.Decoder(Entry).decode
_decode_floats = msgspec.msgpack.Decoder(list[float]).decode

encode_entry = _encode


@lru_cache(maxsize=_KEYS_KEPT)
def metric_key(metric: Metric) -> bytes:
    """The key of a metric."""
    digest = blake2b(_encode(metric.dimensions), digest_size=_DIGEST_BYTES).digest()
    return metrics_prefix(metric.namespace, metric.name) + digest


def metrics_prefix(namespace: str, name: str | None = None) -> bytes:
    """What the keys of all metrics of a namespace, or of a name in it, begin with."""
    prefix = _METRIC + namespace.encode() + b"\0"
    return prefix if name is None else prefix + name.encode() + b"\0"


def metric_of(key: bytes, entry: Entry) -> Metric:
    """The metric of a row."""
    namespace, name = key[len(_METRIC) : -_DIGEST_BYTES - 1].split(b"\0")
    return Metric(namespace.decode(), name.decode(), entry.dimensions)


def point_key(resolution: int, metric_id: int, time: int, unit: int) -> bytes:
    """The key of a point; `unit` is its code."""
    return points_start(resolution, metric_id, time) + bytes((unit,))


def points_start(resolution: int, metric_id: int, time: int) -> bytes:
    """What comes before the keys of all points of a metric at `time`, and after those of earlier times."""
    prefix = _PREFIXES[resolution] + metric_id.to_bytes(_ID_BYTES, "big")
    return prefix + min(max(time, 0), TIME_END).to_bytes(_TIME_BYTES, "big")


def time_and_unit(key: bytes) -> tuple[int, int]:
    """When a point is, and the code of its unit."""
    time, unit = _TIME_AND_UNIT.unpack_from(key, _TIME_AND_UNIT_AT)
    return time, unit


def encode_point(point: Point) -> bytes:
    """A point's row."""
    values = point.values
    if values is not None and len(values) == 1 and point.min == point.max:
        numbers = [point.max, point.samples]
    else:
        numbers = [point.samples, point.sum, point.min, point.max]
        for pair in (values or {}).items():
            numbers += pair
    return _encode([_shorter(number) for number in numbers])


def decode_point(row: bytes) -> Point:
    """The point of a row."""
    numbers = _decode_floats(row)
    if len(numbers) == 2:
        value, samples = numbers
        return Point(samples, value * samples, value, value, {value: samples})
    values = dict(zip(numbers[4::2], numbers[5::2], strict=True)) or None
    return Point(numbers[0], numbers[1], numbers[2], numbers[3], values)


def _shorter(number: float) -> float:
    """Whole numbers take fewer bytes as such."""
    return int(number) if -1e15 < number < 1e15 and number == int(number) else number
