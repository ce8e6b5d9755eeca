"""YCSB's records: 10 fields of 100 bytes.

A field opens with the place in the pool that the rest of it comes from, so that it can be told right or wrong
by itself, whoever updated which of them.

    record   pk field0..field9             numbered; one a partition
    ranged   pk sk field0..field9          a thousand a partition, in the order of their numbers
"""

import random
from typing import Any, Final

from benchmarks.dataset import DataSet, Item, WrongData

RECORDS_TABLE: Final = "stator-bench-records"
RANGES_TABLE: Final = "stator-bench-ranges"
FIELDS: Final = 10
FIELD_LENGTH: Final = 100
RANGE_LENGTH: Final = 1_000
_DIGITS: Final = 5
_FIELD_NAMES: Final = tuple(f"field{number}" for number in range(FIELDS))


class Records:
    """The records of a data set, whose pool they use."""

    def __init__(self, data: DataSet, draw: random.Random) -> None:
        self._data = data
        self._draw = draw

    def field(self) -> str:
        """A new text for a field."""
        at = self._data.place(self._draw)
        return f"{at}{self._data.text(at, 0, FIELD_LENGTH - _DIGITS)}"

    def record_text(self, number: int) -> str:
        """A record, as JSON."""
        return f'{{"pk":{{"S":"user{number:010d}"}},{self._fields()}}}'

    def ranged_text(self, number: int) -> str:
        """A record in its range, as JSON."""
        partition, place = divmod(number, RANGE_LENGTH)
        return f'{{"pk":{{"S":"range{partition:06d}"}},"sk":{{"N":"{place}"}},{self._fields()}}}'

    def check_record(self, number: int, item: Item) -> None:
        """Raise WrongData unless this is record `number`, whole."""
        self._check({"pk": {"S": f"user{number:010d}"}}, item)

    def check_range(self, number: int, items: list[Item], most: int) -> None:
        """Raise WrongData unless these are records `number` and those after it, no more than `most`."""
        for after, item in enumerate(items):
            partition, place = divmod(number + after, RANGE_LENGTH)
            self._check({"pk": {"S": f"range{partition:06d}"}, "sk": {"N": str(place)}}, item)
        if not 0 < len(items) <= most:
            raise WrongData(f"a range from record {number} has {len(items)} records")

    def _fields(self) -> str:
        return ",".join(f'"{name}":{{"S":"{self.field()}"}}' for name in _FIELD_NAMES)

    def _check(self, key: dict[str, Any], item: Item) -> None:
        fields = {name: value for name, value in item.items() if name not in key}
        if (
            item != {**fields, **key}
            or fields.keys() != set(_FIELD_NAMES)
            or not all(self._right(value) for value in fields.values())
        ):
            raise WrongData(f"the record of {key} is {item}")

    def _right(self, value: dict[str, Any]) -> bool:
        text = value.get("S", "")
        digits = text[:_DIGITS]
        if not digits.isdigit():
            return False
        right: bool = text[_DIGITS:] == self._data.text(int(digits), 0, FIELD_LENGTH - _DIGITS)
        return right
