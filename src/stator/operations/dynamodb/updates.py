"""What an UpdateItem asks for: a change, built from the request alone and applied in its transaction."""

from typing import Final

from stator.base.errors import invalid_parameter, validation
from stator.base.limits import ITEM_SIZE_BYTES_MAX
from stator.expressions.condition import Condition
from stator.expressions.legacy import attribute_updates
from stator.expressions.update import Update, from_actions, update
from stator.model.requests import UpdateItemInput
from stator.operations.dynamodb.conditions import check_condition_keys, old_condition, update_condition
from stator.operations.dynamodb.parameters import (
    UPDATE,
    bindings,
    check_mixing,
    check_scalar_keys,
    enveloped,
    normalise_values,
)
from stator.tables.image import Image
from stator.tables.schema import check_updated_index_keys, index_key_mismatch
from stator.tables.table import Table
from stator.values.attribute import Item, check_nesting
from stator.values.size import attribute_size

_NOTHING: Final = from_actions((), {}, "")  # an UpdateItem need not ask for an update
_NO_ITEM: Final[Item] = {}
_TOO_LARGE: Final = "Item size to update has exceeded the maximum allowed size"

# What AWS adds to the size of the attributes besides the key when it holds an update to the limit: once, and
# per action that sets or removes; measured byte by byte on AWS (docs/validation.md, "Item size").
_BASE_BYTES: Final = 3
_SETTING_BYTES: Final = 19
_REMOVING_BYTES: Final = 2


class Change:
    """An update and its condition, before the table is known.

    `key_size` is the bytes of the key, names and values.
    """

    __slots__ = ("_key", "_key_size", "_update", "condition")

    def __init__(self, key: Item, key_size: int, update: Update, condition: Condition | None) -> None:
        self._key = key
        self._key_size = key_size
        self._update = update
        self.condition = condition

    def check(self, table: Table) -> None:
        """Refuse what the table's keys do not allow (ApiError)."""
        _check_targets(self._update, table)
        check_scalar_keys(self._update.nested, table)
        check_condition_keys(self.condition, table)

    def apply(self, table: Table, before: Image | None) -> Image | None:
        """The item after the update; None if there was none and the update makes none (ApiError)."""
        asked = self._update
        if before is not None:
            old, size = before.item, before.size
        elif asked.creates:
            old, size = self._key, self._key_size
        else:
            return None
        new = asked.apply(old)
        check_updated_index_keys(table.index_rules, old if before else _NO_ITEM, new)
        if asked.nested:
            _check_levels(asked, new)
        size += _growth(asked, old, new)
        if max(size, size + self._counted_besides()) > ITEM_SIZE_BYTES_MAX:
            raise validation(_TOO_LARGE)
        return Image.of(new, size)

    def _counted_besides(self) -> int:
        """What AWS counts for an update more than the item has, which may be less than nothing."""
        setting = self._update.setting
        removing = len(self._update.paths) - setting
        return _BASE_BYTES + _SETTING_BYTES * setting + _REMOVING_BYTES * removing - self._key_size

    def touched(self, item: Item) -> Item:
        """The attributes of an image that the update names."""
        return self._update.touched(item)


def _check_targets(asked: Update, table: Table) -> None:
    """Refuse to update the key, or to set an index key straight to a value of another type (ApiError)."""
    for name in table.key.names:
        if name in asked.targets:
            raise invalid_parameter(f"Cannot update attribute {name}. This attribute is part of the key")
    if not table.index_rules:
        return
    literals = asked.literals
    for index, attribute in table.index_rules:
        value = literals.get(attribute.name)
        if value is not None and attribute.kind not in value:
            raise index_key_mismatch(index, attribute, value)


def _check_levels(asked: Update, new: Item) -> None:
    """Refuse what has come to lie too deep (ApiError); an update of whole attributes puts nothing deeper."""
    for name in asked.nested & asked.targets:
        if name in new:
            check_nesting(new[name])


def _growth(asked: Update, old: Item, new: Item) -> int:
    """The bytes that an update adds; only its targets can have changed."""
    growth = 0
    for name in asked.targets:
        was, now = old.get(name), new.get(name)
        if was is not now:
            growth -= attribute_size(name, was) if was is not None else 0
            growth += attribute_size(name, now) if now is not None else 0
    return growth


def item_change(request: UpdateItemInput) -> Change:
    """The change that a request asks for, checked as far as it can be without its table (ApiError)."""
    check_mixing(UPDATE, request)
    key_size = normalise_values(request.Key, is_enveloped=True)
    asked = _NOTHING
    if request.AttributeUpdates is not None:
        asked = attribute_updates(request.AttributeUpdates)
    condition = old_condition(request)
    if request.UpdateExpression is not None or request.ConditionExpression is not None:
        asked, condition = _expressions(request)
    return Change(request.Key, key_size, asked, condition)


def _expressions(request: UpdateItemInput) -> tuple[Update, Condition | None]:
    bound = bindings(UPDATE, request)
    text = request.UpdateExpression
    asked = _NOTHING if text is None else enveloped(UPDATE, lambda: update(text, bound))
    condition = update_condition(UPDATE, request, bound)
    enveloped(UPDATE, bound.check_unused)
    return asked, condition
