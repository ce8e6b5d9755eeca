"""The rows of auto scaling, in the space SCALING.

    b"t" resource 00 dimension              a target
    b"p" resource 00 dimension 00 name      a policy
    b"s" resource 00 dimension 00 name      a scheduled action
    b"a" microseconds transaction ordinal   an activity, in the order of time

No name in a key holds a zero byte: the model's patterns forbid it.
"""

from collections.abc import Iterator
from typing import Final, Generic, Protocol, TypeVar

import msgspec

from stator.monitoring.scaling.records import Activity, Place, Policy, ScheduledAction, Target
from stator.storage.engine import Reader, Transaction
from stator.tables import slices
from stator.tables.keyspace import SCALING

ACTIVITIES_KEPT_SECONDS: Final = 42 * 86_400  # API reference, DescribeScalingActivities: six weeks
_FORGOTTEN_AT_ONCE: Final = 20
_ROWS: Final = 100


class _Placed(Protocol):
    @property
    def place(self) -> Place: ...


PlacedT = TypeVar("PlacedT", bound=_Placed)


class Rows(Generic[PlacedT]):
    """The rows of one kind: one of each place, or one of each name at a place."""

    def __init__(self, prefix: bytes, record: type[PlacedT]) -> None:
        self.prefix = prefix
        self._end = bytes([prefix[0] + 1])
        self._decode = msgspec.json.Decoder(record).decode
        self._encode = msgspec.json.Encoder().encode

    def key(self, place: Place, name: str | None = None) -> bytes:
        """The key of a row."""
        named = b"" if name is None else b"\0" + name.encode()
        return b"%b%b\0%b%b" % (self.prefix, place.resource.encode(), place.dimension.encode(), named)

    def get(self, reader: Reader, place: Place, name: str | None = None) -> PlacedT | None:
        """The row of a place and a name; None if there is none."""
        row = reader.get(SCALING, self.key(place, name))
        return None if row is None else self._decode(row)

    def put(self, transaction: Transaction, row: PlacedT, name: str | None = None) -> None:
        """Keep a row, new or changed."""
        transaction.put(SCALING, self.key(row.place, name), self._encode(row))

    def delete(self, transaction: Transaction, place: Place, name: str | None = None) -> None:
        """Forget a row."""
        transaction.delete(SCALING, self.key(place, name))

    def all(self, reader: Reader, after: bytes = b"") -> Iterator[tuple[bytes, PlacedT]]:
        """All rows with their keys, in the order of keys, from the one that follows `after`."""
        start = after + b"\0" if after else self.prefix
        for key, row in slices.rows(reader, SCALING, start, self._end):
            yield key, self._decode(row)

    def of(self, reader: Reader, place: Place) -> list[PlacedT]:
        """The rows of a place, by name."""
        start = self.key(place, "")
        return [self._decode(row) for _, row in slices.rows(reader, SCALING, start, start[:-1] + b"\1")]


TARGETS: Final = Rows(b"t", Target)
POLICIES: Final = Rows(b"p", Policy)
SCHEDULED: Final = Rows(b"s", ScheduledAction)

ACTIVITIES: Final = b"a"
_ACTIVITIES_END: Final = b"b"
_decode_activity: Final = msgspec.json.Decoder(Activity).decode
_encode_activity: Final = msgspec.json.Encoder().encode


def add_activity(transaction: Transaction, activity: Activity, ordinal: int = 0) -> None:
    """Keep an activity, and forget some that are not shown any more.

    `ordinal` (0 to 255) tells those of one transaction apart, and which of them came later.
    """
    oldest = _time(activity.started - ACTIVITIES_KEPT_SECONDS)
    for key, _ in transaction.scan(SCALING, ACTIVITIES, ACTIVITIES + oldest, limit=_FORGOTTEN_AT_ONCE):
        transaction.delete(SCALING, key)
    order = transaction.id.to_bytes(8, "big") + bytes([ordinal])
    transaction.put(SCALING, ACTIVITIES + _time(activity.started) + order, _encode_activity(activity))


def activities(reader: Reader, before: bytes | None = None) -> Iterator[tuple[bytes, Activity]]:
    """The activities with their keys, newest first; only those whose keys are before `before`."""
    end = before or _ACTIVITIES_END
    while rows := reader.scan(SCALING, ACTIVITIES, end, limit=_ROWS, reverse=True):
        for key, row in rows:
            yield key, _decode_activity(row)
        end = rows[-1][0]


def _time(seconds: float) -> bytes:
    return max(0, round(seconds * 1e6)).to_bytes(8, "big")
