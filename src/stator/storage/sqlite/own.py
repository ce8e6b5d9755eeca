"""The engine's own space, -1: what it remembers beside its callers' entries.

"ids"               -> 8 bytes: transaction ids below this number may have been used
"cut/" + space      some value of the space was once cut into pieces
"dropped/" + space  the space was dropped, and its rows are being reclaimed
"progress"          -> 8 + 8 bytes: the number of the newest commit, and the generation (`shared`)
"""

from typing import Final

from stator.storage.engine import ENGINE, Reader

IDS: Final = b"ids"
CUT: Final = b"cut/"
DROPPED: Final = b"dropped/"
PROGRESS: Final = b"progress"
_ALL: Final = 1 << 31


def number(value: int) -> bytes:
    """Eight bytes that sort as the numbers do."""
    return value.to_bytes(8, "big")


def first_free_id(reader: Reader) -> int:
    """The first transaction id that was certainly never used."""
    reserved = reader.get(ENGINE, IDS)
    return int.from_bytes(reserved, "big") if reserved else 1


def marked(reader: Reader, mark: bytes) -> frozenset[int]:
    """The spaces that carry `mark`."""
    entries = reader.scan(ENGINE, mark, mark + b"\xff" * 8, limit=_ALL)
    return frozenset(int.from_bytes(key[len(mark) :], "big") for key, _ in entries)
