"""Which data: items and rows whose texts come from one seeded pool, so that each can be told right or wrong.

An item carries the place in the pool that its texts come from. A writer draws a new place for every write,
so the bytes always differ (a storage engine may write nothing where they do not), and a reader needs no
memory of what was written to find a wrong or torn item. The scripts in wrk/ make the same forms.

An indexed item is an item too, in a table with a stream and two global indexes: one entry moves with every
write (by note_at, keys only), the other stays where it is and is written whole (by hits and pk). A recovered
item is one in a table with point-in-time recovery.

    item  pk at field0..field6 (100 letters each, from `at` on) hits note_at note (40 letters)    0.8 KB
    row   pk sk at title (60 letters) body (180 letters)                                          0.3 KB
"""

import random
import string
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

ITEMS_TABLE: Final = "stator-bench-items"
ROWS_TABLE: Final = "stator-bench-rows"
INDEXED_TABLE: Final = "stator-bench-indexed"
RECOVERED_TABLE: Final = "stator-bench-recovered"
ROWS_PER_PARTITION: Final = 50

FIELDS: Final = 7
FIELD_LENGTH: Final = 100
NOTE_LENGTH: Final = 40
_TITLE_LENGTH: Final = 60
_BODY_LENGTH: Final = 180
_AT_FIRST: Final = 10_000
_AT_LAST: Final = 99_999
_POOL_LENGTH: Final = _AT_LAST - _AT_FIRST + 1 + FIELDS * FIELD_LENGTH

Item = dict[str, dict[str, Any]]


class WrongData(Exception):
    """An item, row or reply that is not what it must be."""


class DataSet:
    """The data of one invocation: `items` items, and `partitions` of 50 rows each.

    The pool comes from `seed`; the places that are drawn from it too, unless `draw` is another seed for them.
    """

    def __init__(self, seed: int, items: int, partitions: int, draw: int | None = None) -> None:
        self.items = items
        self.partitions = partitions
        self._random = random.Random(seed)
        letters = string.ascii_letters + string.digits
        self._pool = "".join(self._random.choices(letters, k=_POOL_LENGTH))
        if draw is not None:
            self._random = random.Random(draw)

    def write_pool(self, path: Path) -> None:
        """Write the pool where the scripts of wrk read it."""
        path.write_text(self._pool)

    def new_item(self, number: int) -> Item:
        """Item `number`, with new texts and no hits."""
        at = self._random.randint(_AT_FIRST, _AT_LAST)
        return self._item(number, at, at, hits=0)

    def new_row(self, partition: int, number: int) -> Item:
        """Row `number` of a partition, with new texts."""
        return self._row(partition, number, self._random.randint(_AT_FIRST, _AT_LAST))

    def item_text(self, number: int) -> str:
        """As `new_item`, as JSON: what goes over the wire by the hundred thousand."""
        at = self.place(self._random)
        start = at - _AT_FIRST
        pool, length = self._pool, FIELD_LENGTH
        fields = ",".join(
            f'"field{field}":{{"S":"{pool[start + field * length : start + (field + 1) * length]}"}}'
            for field in range(FIELDS)
        )
        return (
            f'{{"pk":{{"S":"item-{number:010d}"}},"at":{{"N":"{at}"}},"note_at":{{"N":"{at}"}},'
            f'"hits":{{"N":"0"}},"note":{{"S":"{pool[start : start + NOTE_LENGTH]}"}},{fields}}}'
        )

    def row_texts(self) -> Iterator[str]:
        """All rows with new texts, partition by partition, as JSON."""
        for partition in range(self.partitions):
            for number in range(ROWS_PER_PARTITION):
                at = self.place(self._random)
                yield (
                    f'{{"pk":{{"S":"partition-{partition:06d}"}},"sk":{{"N":"{number}"}},'
                    f'"at":{{"N":"{at}"}},"title":{{"S":"{self.text(at, 0, _TITLE_LENGTH)}"}},'
                    f'"body":{{"S":"{self.text(at, _TITLE_LENGTH, _BODY_LENGTH)}"}}}}'
                )

    def place(self, draw: random.Random) -> int:
        """A place in the pool, of five digits."""
        return _AT_FIRST + int(draw.random() * (_AT_LAST - _AT_FIRST + 1))

    def note(self, at: int) -> str:
        """The note of a place in the pool."""
        return self.text(at, 0, NOTE_LENGTH)

    def check_item(self, number: int, item: Item) -> None:
        """Raise WrongData unless `item` is one of the forms that item `number` may have."""
        at, note_at, hits = (int(item.get(name, {}).get("N", -1)) for name in ("at", "note_at", "hits"))
        if item != self._item(number, at, note_at, hits):
            raise WrongData(f"item {number} is {item}")

    def check_rows(self, partition: int, rows: list[Item]) -> None:
        """Raise WrongData unless `rows` are all rows of the partition, in their order."""
        right = [
            self._row(partition, number, int(row.get("at", {}).get("N", -1)))
            for number, row in enumerate(rows)
        ]
        if len(rows) != ROWS_PER_PARTITION or rows != right:
            raise WrongData(f"partition {partition} has {len(rows)} rows: {rows}")

    def _item(self, number: int, at: int, note_at: int, hits: int) -> Item:
        fields = {
            f"field{field}": {"S": self.text(at, field * FIELD_LENGTH, FIELD_LENGTH)}
            for field in range(FIELDS)
        }
        return {
            **item_key(number),
            "at": {"N": str(at)},
            "note_at": {"N": str(note_at)},
            "hits": {"N": str(hits)},
            "note": {"S": self.note(note_at)},
            **fields,
        }

    def _row(self, partition: int, number: int, at: int) -> Item:
        return {
            **partition_key(partition),
            "sk": {"N": str(number)},
            "at": {"N": str(at)},
            "title": {"S": self.text(at, 0, _TITLE_LENGTH)},
            "body": {"S": self.text(at, _TITLE_LENGTH, _BODY_LENGTH)},
        }

    def text(self, at: int, after: int, length: int) -> str:
        """The text of `length` letters that lies so many letters after a place; nothing if it is none."""
        start = at - _AT_FIRST + after
        return self._pool[start : start + length] if start >= 0 else ""


def item_key(number: int) -> Item:
    """The key of an item."""
    return {"pk": {"S": f"item-{number:010d}"}}


def partition_key(partition: int) -> Item:
    """The partition key of the rows of a partition."""
    return {"pk": {"S": f"partition-{partition:06d}"}}
