"""An item as it was or as it is to be: what a change is made of."""

from stator.tables import stored
from stator.values.attribute import AttributeValue, Item


class Image:
    """An item in its stored form, parsed when first asked for."""

    __slots__ = ("_item", "stored")

    def __init__(self, value: bytes, item: Item | None = None) -> None:
        self.stored = value
        self._item = item

    @property
    def item(self) -> Item:
        """The item, parsed; not to be changed."""
        if self._item is None:
            self._item = stored.unpack(self.stored)
        return self._item

    def value(self, name: str) -> AttributeValue | None:
        """One attribute; the others need not be parsed for it."""
        if self._item is None:
            return stored.partial_unpack(frozenset((name,)))(self.stored).get(name)
        return self._item.get(name)

    @property
    def size(self) -> int:
        """Bytes by DynamoDB's rules."""
        return stored.size_of(self.stored)

    @classmethod
    def of(cls, item: Item, size: int) -> "Image":
        """The image of a normalised item of `size` bytes."""
        return cls(stored.pack(item, size), item)
