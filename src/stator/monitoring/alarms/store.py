r"""How alarms lie in the space ALARMS: the alarms themselves, their histories, and what is still to be done.

    b"a" name                         an alarm (`AlarmRow`)
    b"c" name                         nothing: that alarm is a composite one
    b"d" transaction number           an action that is due (`Due`), in the order in which they came about
    b"h" name 00 ordinal              an entry of an alarm's history (`Entry`), oldest first
    b"m"                              the end of the newest minute that was evaluated
    b"t" time ordinal 00 name         nothing: where the history's entry of that time is (milliseconds)

An ordinal and a transaction's id have 8 bytes, the number of one of its actions 2. Names have no control
characters, so a zero byte ends one. Histories outlive their alarms. An entry is kept for 30 days, as AWS
does, and of each alarm the newest HISTORY_MAX are.
"""

from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from stator.monitoring.alarms.definition import COMPOSITE_ALARM, AlarmRow
from stator.storage.engine import Reader, Transaction
from stator.tables import slices
from stator.tables.keyspace import ALARMS

HISTORY_MAX: Final = 5000
HISTORY_SECONDS: Final = 30 * 86_400

_MARK: Final = b"m"
_END: Final = b"\xff" * 8


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of an alarm's history, by the API's meaning. `data` is JSON."""

    name: str
    alarm_type: str
    time: float
    kind: str
    summary: str
    data: str


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """An action that is to be carried out, at least once.

    `entry` tells which of the configured actions it is (`stator.monitoring.alarms.actions`), `resource` what
    the history calls it, and `message` is what it is told, as JSON.
    """

    alarm: str
    alarm_type: str
    entry: str
    resource: str
    state: str
    changed: float
    message: str


class Placed(NamedTuple):
    """An entry and where it lies: among its alarm's, and among all."""

    ordinal: int
    entry: Entry


_row = msgspec.json.Decoder(AlarmRow).decode
_entry = msgspec.json.Decoder(Entry).decode
_due = msgspec.json.Decoder(Due).decode
_encode = msgspec.json.Encoder().encode


# Alarms.


def load(reader: Reader, name: str) -> AlarmRow | None:
    """An alarm; None if there is none of that name."""
    row = reader.get(ALARMS, _alarm_key(name))
    return None if row is None else _row(row)


def save(transaction: Transaction, row: AlarmRow) -> None:
    """Write an alarm."""
    transaction.put(ALARMS, _alarm_key(row.name), _encode(row))
    if row.kind == COMPOSITE_ALARM:
        transaction.put(ALARMS, _composite_key(row.name), b"")


def delete(transaction: Transaction, name: str) -> None:
    """Remove an alarm. Its history stays."""
    transaction.delete(ALARMS, _alarm_key(name))
    transaction.delete(ALARMS, _composite_key(name))


def alarms(reader: Reader, prefix: str = "", *, after: str = "") -> Iterator[AlarmRow]:
    """The alarms whose names begin with `prefix` and follow `after`, by name."""
    start = max(_alarm_key(prefix), _alarm_key(after) + b"\0" if after else b"")
    for _, row in slices.rows(reader, ALARMS, start, _alarm_key(prefix) + b"\xff", limit=100):
        yield _row(row)


def composites(reader: Reader, *, after: str = "") -> Iterator[AlarmRow]:
    """The composite alarms that follow a name, by name."""
    start = _composite_key(after) + (b"\0" if after else b"")
    for key, _ in slices.rows(reader, ALARMS, start, b"d", limit=100):
        row = load(reader, key[1:].decode())
        if row is not None:
            yield row


def any_alarm(reader: Reader) -> bool:
    """Whether there is an alarm at all."""
    return bool(reader.scan(ALARMS, b"a", b"b", limit=1))


def _alarm_key(name: str) -> bytes:
    return b"a" + name.encode()


def _composite_key(name: str) -> bytes:
    return b"c" + name.encode()


# The newest minute that was evaluated.


def evaluated_until(reader: Reader) -> int:
    """The end of that minute, seconds since the epoch; 0 if there was none."""
    return int.from_bytes(reader.get(ALARMS, _MARK) or b"", "big")


def mark_evaluated(transaction: Transaction, until: int) -> None:
    """Note the end of that minute."""
    transaction.put(ALARMS, _MARK, until.to_bytes(8, "big"))


# Histories.


def append(transaction: Transaction, entry: Entry) -> None:
    """Add to an alarm's history; the oldest entry makes room if it is full."""
    name = entry.name
    newest = transaction.scan(ALARMS, _history_key(name, 0), _history_end(name), limit=1, reverse=True)
    ordinal = _ordinal(newest[0][0]) + 1 if newest else 1
    transaction.put(ALARMS, _history_key(name, ordinal), _encode(entry))
    transaction.put(ALARMS, _time_key(name, ordinal, entry.time), b"")
    if ordinal > HISTORY_MAX:
        oldest = ordinal - HISTORY_MAX
        row = transaction.get(ALARMS, _history_key(name, oldest))
        if row is not None:
            _remove(transaction, name, oldest, _entry(row).time)


def history_of(
    reader: Reader, name: str, *, reverse: bool = False, after: int | None = None
) -> Iterator[Placed]:
    """The history of an alarm, oldest first or newest first; only what follows the entry `after`."""
    low, high = _history_key(name, 0), _history_end(name)
    if after is not None:
        low, high = (low, _history_key(name, after)) if reverse else (_history_key(name, after + 1), high)
    while rows := reader.scan(ALARMS, low, high, limit=100, reverse=reverse):
        for key, row in rows:
            yield Placed(_ordinal(key), _entry(row))
        low, high = (low, rows[-1][0]) if reverse else (rows[-1][0] + b"\0", high)


def history(
    reader: Reader, start: float, end: float, *, reverse: bool = False, after: bytes | None = None
) -> Iterator[tuple[bytes, Entry]]:
    """All histories' entries from the time `start` to `end`, in order, with their places.

    Only those that follow the place `after`.
    """
    low, high = _time_start(start), _time_start(end + 0.001)
    if after is not None:
        low, high = (low, min(high, after)) if reverse else (max(low, after + b"\0"), high)
    while keys := [key for key, _ in reader.scan(ALARMS, low, high, limit=100, reverse=reverse)]:
        for key in keys:
            row = reader.get(ALARMS, _place(key))
            if row is not None:
                yield key, _entry(row)
        low, high = (low, keys[-1]) if reverse else (keys[-1] + b"\0", high)


def trim_history(transaction: Transaction, before: float, limit: int) -> int:
    """Forget at most `limit` entries of before a time. How many there were."""
    rows = transaction.scan(ALARMS, _time_start(0), _time_start(before), limit=limit)
    for key, _ in rows:
        transaction.delete(ALARMS, _place(key))
        transaction.delete(ALARMS, key)
    return len(rows)


def _remove(transaction: Transaction, name: str, ordinal: int, time: float) -> None:
    transaction.delete(ALARMS, _history_key(name, ordinal))
    transaction.delete(ALARMS, _time_key(name, ordinal, time))


def _history_key(name: str, ordinal: int) -> bytes:
    return b"h%b\0%b" % (name.encode(), ordinal.to_bytes(8, "big"))


def _history_end(name: str) -> bytes:
    return b"h%b\0%b" % (name.encode(), _END)


def _ordinal(key: bytes) -> int:
    return int.from_bytes(key[-8:], "big")


def _time_start(time: float) -> bytes:
    return b"t" + max(0, round(time * 1000)).to_bytes(8, "big")


def _time_key(name: str, ordinal: int, time: float) -> bytes:
    return b"%b%b\0%b" % (_time_start(time), ordinal.to_bytes(8, "big"), name.encode())


def _place(key: bytes) -> bytes:
    """The history's key that the key of a time refers to."""
    return b"h%b\0%b" % (key[18:], key[9:17])


# Actions that are due.


def put_due(transaction: Transaction, due: Due) -> None:
    """Have an action carried out."""
    start = _due_start(transaction.id)
    newest = transaction.scan(ALARMS, start, _due_start(transaction.id + 1), limit=1, reverse=True)
    number = int.from_bytes(newest[0][0][-2:], "big") + 1 if newest else 0
    transaction.put(ALARMS, start + number.to_bytes(2, "big"), _encode(due))


def all_due(reader: Reader, after: bytes = b"") -> Iterator[tuple[bytes, Due]]:
    """The actions that are due, each with its place, oldest first; only what follows a place."""
    for key, row in slices.rows(reader, ALARMS, after + b"\0" if after else b"d", b"e", limit=100):
        yield key, _due(row)


def delete_due(transaction: Transaction, place: bytes) -> None:
    """An action needs no further attempt."""
    transaction.delete(ALARMS, place)


def _due_start(transaction: int) -> bytes:
    return b"d" + transaction.to_bytes(8, "big")
