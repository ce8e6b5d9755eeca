"""The columns of a SELECT: parts of an item, side by side.

Unlike a projection, a column does not rebuild what lies above it: `a.b[0]` is answered as an attribute
`b[0]`. Where two columns have one name, the later stands. Source: replies of AWS.
"""

from collections.abc import Iterable

from stator.expressions.ast import Path
from stator.expressions.path import getter
from stator.expressions.projection import Projection
from stator.values.attribute import Item


class Columns(Projection):
    """The parts of an item at some paths, each by its name; the paths may overlap."""

    __slots__ = ("_columns",)

    def __init__(self, paths: Iterable[Path]) -> None:
        super().__init__(())
        self.paths = tuple(paths)
        self.attributes = frozenset([str(path[0]) for path in self.paths])
        self.nested = frozenset([str(path[0]) for path in self.paths if len(path) > 1])
        self._columns = [(column_name(path), getter(path)) for path in self.paths]

    def apply(self, item: Item) -> Item:
        """What an item has at the paths; it shares values with the item."""
        found: Item = {}
        for name, get in self._columns:
            value = get(item, None)
            if value is not None:
                found[name] = value
        return found


def column_name(path: Path) -> str:
    """The last name of a path and the indexes after it."""
    last = max(place for place, element in enumerate(path) if isinstance(element, str))
    return str(path[last]) + "".join(f"[{index}]" for index in path[last + 1 :])
