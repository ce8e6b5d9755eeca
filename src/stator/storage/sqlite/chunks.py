"""How a value becomes rows of `kv(s, k, n, v)`.

    whole    (s, k, 0, BLOB)
    cut      (s, k, 0, INTEGER c), (s, k, 1, BLOB), ... (s, k, c, BLOB)

SQLite spills a row of a WITHOUT ROWID table to overflow pages when it is longer than a quarter of a page,
and then an item costs a page of its own: so a value that would spill is cut into pieces that do not. Very
long values, and values under very long keys, take overflow pages after all, since they fill them.
"""

from typing import Final

PAGE_BYTES: Final = 8192
# A quarter of a page, less the header of the record, the space, the piece's number, and what encryption
# reserves.
ROW_BYTES: Final = 1_950
PIECE_BYTES_MIN: Final = 600  # a longer key would leave too little room beside it
OVERFLOW_BYTES: Final = 65_536  # longer values are not cut

Row = tuple[int, bytes, int, bytes | int]


def is_cut(key: bytes, value: bytes) -> bool:
    """Whether `value` is kept in pieces."""
    room = ROW_BYTES - len(key)
    return room < len(value) <= OVERFLOW_BYTES and room >= PIECE_BYTES_MIN


def rows(space: int, key: bytes, value: bytes) -> list[Row]:
    """The rows of a value that is cut: its head, then pieces of nearly equal length."""
    count = -(-len(value) // (ROW_BYTES - len(key)))
    step = -(-len(value) // count)
    pieces: list[Row] = [(space, key, 0, count)]
    for number in range(count):
        pieces.append((space, key, number + 1, value[number * step : (number + 1) * step]))
    return pieces
