"""What is put can be read, by key and by range, whatever its length."""

import pytest

from stator.storage.sqlite.chunks import OVERFLOW_BYTES, PIECE_BYTES_MIN, ROW_BYTES

PAIRS = [(bytes([n]), b"value %d" % n) for n in range(1, 10)]
KEY = b"key"
# Around every length at which the SQLite engine stores a value differently.
EDGES = [
    0,
    1,
    *(edge + step for edge in (ROW_BYTES - 3, 2 * (ROW_BYTES - 3), OVERFLOW_BYTES) for step in (-1, 0, 1)),
]
LENGTHS = [*EDGES, 5_000, 409_600, 500_000]


def filled(length: int, seed: int = 1) -> bytes:
    return bytes((seed + i * 7 + (i >> 8)) & 0xFF for i in range(length))


@pytest.fixture
def pairs(write):
    write(lambda t: [t.put(5, key, value) for key, value in reversed(PAIRS)])
    write(lambda t: [t.put(space, b"\x05", b"neighbour") for space in (4, 6)])


def test_absent_keys(engine):
    assert engine.reader.get(5, b"a") is None
    assert engine.reader.get_many(5, [b"a", b"b"]) == [None, None]
    assert engine.reader.scan(5, b"", None, limit=10) == []


def test_put_get_delete(engine, write):
    write(lambda t: t.put(5, b"a", b"1"), lambda t: t.put(5, b"b", b""))
    assert engine.reader.get_many(5, [b"b", b"x", b"a", b"a"]) == [b"", None, b"1", b"1"]
    write(lambda t: t.put(5, b"a", b"2"), lambda t: t.delete(5, b"b"), lambda t: t.delete(5, b"never there"))
    assert engine.reader.get_many(5, [b"b", b"a"]) == [None, b"2"]


def test_spaces_are_apart(engine, pairs):
    assert engine.reader.get(4, b"\x05") == b"neighbour"
    assert engine.reader.get(5, b"\x05") == b"value 5"
    assert engine.reader.scan(6, b"", None, limit=10) == [(b"\x05", b"neighbour")]


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("limit", [0, 1, 3, 9, 10, 100])
@pytest.mark.parametrize(
    ("start", "end"),
    [(b"", None), (b"", b"\xff"), (b"\x03", b"\x07"), (b"\x03\x00", b"\x06\x00"), (b"\x09", None),
     (b"\x0a", None), (b"\x05", b"\x05"), (b"\x07", b"\x03"), (b"", b"\x01")],
)  # fmt: skip
def test_ranges(engine, pairs, start, end, limit, reverse):
    inside = [(key, value) for key, value in PAIRS if start <= key and (end is None or key < end)]
    expected = (inside[::-1] if reverse else inside)[:limit]
    assert engine.reader.scan(5, start, end, limit=limit, reverse=reverse) == expected


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize(
    ("size", "count"), [(1, 1), (7, 1), (8, 2), (14, 2), (15, 3), (62, 9), (63, 9), (64, 9)]
)
def test_a_scan_ends_with_the_pair_that_reaches_the_size(engine, pairs, size, count, reverse):
    order = PAIRS[::-1] if reverse else PAIRS
    assert engine.reader.scan(5, b"", None, limit=10, reverse=reverse, size=size) == order[:count]


@pytest.mark.parametrize("length", LENGTHS)
def test_values_of_every_length(engine, write, length):
    value = filled(length)
    write(lambda t: t.put(5, KEY, value), lambda t: t.put(5, KEY + b"\0", b"next"))
    assert engine.reader.get(5, KEY) == value
    assert engine.reader.scan(5, b"", None, limit=10) == [(KEY, value), (KEY + b"\0", b"next")]
    assert engine.reader.scan(5, b"", None, limit=1, reverse=True) == [(KEY + b"\0", b"next")]


@pytest.mark.parametrize(
    "key_length", [1, 100, ROW_BYTES - PIECE_BYTES_MIN, ROW_BYTES - PIECE_BYTES_MIN + 1, 3_200]
)
@pytest.mark.parametrize("length", [600, 2_000, 40_000])
def test_keys_of_every_length(engine, write, key_length, length):
    key, value = b"k" * key_length, filled(length)
    write(lambda t: t.put(5, key, value))
    assert engine.reader.get(5, key) == value
    assert engine.reader.scan(5, key, None, limit=1) == [(key, value)]


@pytest.mark.parametrize("before", [*EDGES, 20_000])
@pytest.mark.parametrize("after", [*EDGES, 20_000])
def test_a_value_that_changes_its_length(engine, write, before, after):
    write(lambda t: t.put(5, KEY, filled(before)))
    write(lambda t: t.put(5, KEY, filled(after, 2)))
    assert engine.reader.scan(5, b"", None, limit=10) == [(KEY, filled(after, 2))]
    write(lambda t: t.delete(5, KEY))
    assert engine.reader.scan(5, b"", None, limit=10) == []


def test_the_size_counts_long_values_whole(engine, write):
    write(lambda t: [t.put(5, bytes([n]), filled(10_000, n)) for n in range(1, 6)])
    assert [key for key, _ in engine.reader.scan(5, b"", None, limit=9, size=20_001)] == [b"\1", b"\2", b"\3"]
