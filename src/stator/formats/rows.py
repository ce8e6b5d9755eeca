"""What every reader yields: an item that is valid by DynamoDB's rules, or a `BadRow` that says why not.

A reader never raises because of what is in the file. A row that cannot be an item is reported, and the next
one follows; where the bytes themselves are broken, the row is the last of its file, as AWS's import does it
("Import format quotas and validation" of the developer guide).
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from stator.base.errors import ApiError
from stator.base.limits import ITEM_SIZE_BYTES_MAX
from stator.values.attribute import Item, normalise_item

# No row of DynamoDB JSON, however it escapes its texts, is longer than an item of 400 KB can be.
ROW_BYTES_MAX: Final = 16 * 1024 * 1024

UNREADABLE: Final = "The row could not be read: "
_TOO_LARGE: Final = "Item size has exceeded the maximum allowed size"


class BadRow(NamedTuple):
    """A row that is no item: why, and whether the rest of the file is lost with it."""

    message: str
    last: bool = False


class Unreadable(Exception):
    """The file's bytes are not of the format, from here on."""


Row = Item | BadRow
Rows = Iterator[Row]


def checked(item: Item) -> Row:
    """The item, normalised in place, or the reason why it is none (AWS's text)."""
    try:
        size = normalise_item(item)
    except ApiError as refusal:
        return BadRow(refusal.message or "The item is not valid")
    return BadRow(_TOO_LARGE) if size > ITEM_SIZE_BYTES_MAX else item


def broken(error: Exception) -> BadRow:
    """The last row of a file that cannot be read further."""
    return BadRow(UNREADABLE + (str(error) or type(error).__name__), last=True)


def is_item(row: Any) -> bool:
    """Whether a reader's row is an item."""
    return not isinstance(row, BadRow)
