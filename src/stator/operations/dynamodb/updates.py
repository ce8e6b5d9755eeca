"""What an UpdateItem asks for: a change, built from the request alone and applied in its transaction."""

from typing import Final

from stator.base.errors import invalid_parameter, validation
from stator.base.limits import ITEM_SIZE_BYTES_MAX
from stator.expressions.condition import Condition
from stator.expressions.legacy import attribute_updates, expected
from stator.expressions.update import Update, update
from stator.model.requests import UpdateItemInput
from stator.operations.dynamodb.conditions import update_condition
from stator.operations.dynamodb.parameters import (
    UPDATE,
    bindings,
    check_mixing,
    check_scalar_keys,
    enveloped,
    normalise_values,
)
from stator.tables.records import Image
from stator.tables.schema import check_updated_index_keys, index_key_mismatch
from stator.tables.table import Table
from stator.values.attribute import Item
from stator.values.size import item_size

_TOO_LARGE: Final = "Item size to update has exceeded the maximum allowed size"

# What AWS adds to the size of the attributes besides the key when it holds an update to the limit, per action
# that sets and per action that removes; measured byte by byte on AWS (docs/validation.md, "Item size").
_BASE_BYTES: Final = 3
_SETTING_BYTES: Final = 19
_REMOVING_BYTES: Final = 2


class Change:
    """An update and its condition, before the table is known."""

    __slots__ = ("_key", "_update", "condition")

    def __init__(self, key: Item, update: Update | None, condition: Condition | None) -> None:
        self._key = key
        self._update = update
        self.condition = condition

    def check(self, table: Table) -> None:
        """Refuse what the table's keys do not allow (ApiError)."""
        if self._update is not None:
            for name in table.key.names:
                if name in self._update.targets:
                    raise invalid_parameter(
                        f"Cannot update attribute {name}. This attribute is part of the key"
                    )
            for index, attribute in table.index_rules:
                value = self._update.literals.get(attribute.name)
                if value is not None and attribute.kind not in value:
                    raise index_key_mismatch(index, attribute, value)
            check_scalar_keys(self._update.nested, table)
        if self.condition is not None:
            check_scalar_keys(self.condition.nested, table)

    def apply(self, table: Table, before: Image | None) -> Image | None:
        """The item after the update; None if there was none and the update makes none (ApiError)."""
        if before is None and self._update is not None and not self._update.creates:
            return None
        old = before.item if before is not None else dict(self._key)
        if self._update is None:
            return before or Image.of(old, item_size(old))
        new = self._update.apply(old)
        size = item_size(new)
        self._check_size(table, new, size)
        if table.index_rules:
            check_updated_index_keys(table.index_rules, old if before else {}, new)
        return Image.of(new, size)

    def _check_size(self, table: Table, new: Item, size: int) -> None:
        assert self._update is not None
        if size <= ITEM_SIZE_BYTES_MAX // 2:
            return
        counted = size - item_size(table.key.extract(new)) + _BASE_BYTES
        counted += _SETTING_BYTES * len(self._update.paths)
        if max(size, counted) > ITEM_SIZE_BYTES_MAX:
            raise validation(_TOO_LARGE)

    def touched(self, item: Item) -> Item:
        """The attributes of an image that the update names."""
        return self._update.touched(item) if self._update is not None else {}


def item_change(request: UpdateItemInput) -> Change:
    """The change that a request asks for, checked as far as it can be without its table (ApiError)."""
    check_mixing(UPDATE, request)
    normalise_values(request.Key, is_enveloped=True)
    return Change(request.Key, *_parse(request))


def _parse(request: UpdateItemInput) -> tuple[Update | None, Condition | None]:
    if request.UpdateExpression is None and request.ConditionExpression is None:
        return _legacy(request)
    bound = bindings(UPDATE, request)
    text = request.UpdateExpression
    parsed = None if text is None else enveloped(UPDATE, lambda: update(text, bound))
    condition = update_condition(UPDATE, request, bound)
    enveloped(UPDATE, bound.check_unused)
    return parsed, condition


def _legacy(request: UpdateItemInput) -> tuple[Update | None, Condition | None]:
    updates = None if request.AttributeUpdates is None else attribute_updates(request.AttributeUpdates)
    if request.Expected is None and request.ConditionalOperator is None:
        return updates, None
    return updates, expected(request.Expected, request.ConditionalOperator)
