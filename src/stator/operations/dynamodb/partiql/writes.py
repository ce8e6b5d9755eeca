"""INSERT, UPDATE, DELETE and EXISTS as the actions that a transaction also has, made for a table as it is.

The WHERE clause of a write names its item by an equality for each key attribute; what else it says is a
condition. Source: "PartiQL update statements", "… insert …" and "… delete …" of the developer guide.
"""

from typing import Final

from msgspec import Raw

from stator.base.errors import ApiError, validation
from stator.base.limits import ITEM_SIZE_BYTES_MAX
from stator.expressions.ast import And, Attribute, Function, Or, Predicate
from stator.expressions.condition import Condition, from_tree
from stator.expressions.partiql.ast import Delete, Insert, Select, Update
from stator.expressions.partiql.bind import Bound
from stator.expressions.partiql.branches import Target, target
from stator.operations.dynamodb.items import ITEM_TOO_LARGE
from stator.operations.dynamodb.transactions.actions import (
    Action,
    DeleteAction,
    Outcome,
    PutAction,
    UpdateAction,
)
from stator.operations.dynamodb.updates import Change
from stator.tables import stored
from stator.tables.image import Image
from stator.tables.table import Table
from stator.values.attribute import Item, normalise_item
from stator.values.size import item_size

_DUPLICATE: Final = "Duplicate primary key exists in table"
_NO_CONDITION: Final = "EXISTS() must contain a single item read with additional condition"


class InsertAction(PutAction):
    """A put of an item that may not be there yet."""

    __slots__ = ()

    def after(self, table: Table, before: Image | None) -> Image | None:
        """The new item; raises ApiError (DuplicateItemException) if there is one."""
        if before is not None:
            raise ApiError("DuplicateItemException", _DUPLICATE)
        return super().after(table, before)


def action_of(bound: Bound, table: Table, returned: str | None) -> Action:
    """The action of a write; `returned` is its ReturnValuesOnConditionCheckFailure (ApiError)."""
    statement = bound.statement
    assert not isinstance(statement, Select)
    named = statement.source.table
    if isinstance(statement, Insert):
        return _insert(bound, statement, named)
    found = target(bound, table.key.names)
    size = item_size(found.key)
    if isinstance(statement, Delete):
        return DeleteAction(named, found.key, size, _of_delete(found, table, bound), returned)
    condition = _of_existing(found, table, bound)
    if isinstance(statement, Update):
        assert bound.changes is not None
        change = Change(found.key, size, bound.changes, condition)
        return UpdateAction(named, size, change, found.key, returned)
    if not found.rest:
        raise validation(_NO_CONDITION)
    return Action(named, found.key, size, condition, returned)


def _insert(bound: Bound, statement: Insert, named: str) -> Action:
    item = {name: bound.values[value.placeholder] for name, value in statement.fields}
    size = normalise_item(item)
    if size > ITEM_SIZE_BYTES_MAX:
        raise validation(ITEM_TOO_LARGE)
    return InsertAction(named, item, size, None, None)


def _of_existing(found: Target, table: Table, bound: Bound) -> Condition:
    """The condition of an update or a check: the item is there, and is as the clause says."""
    return from_tree(And((_key_is("attribute_exists", table), *found.rest)), bound.values)


def _of_delete(found: Target, table: Table, bound: Bound) -> Condition | None:
    """The condition of a delete; an item that is not there is as good as deleted."""
    if not found.rest:
        return None
    return from_tree(Or((_key_is("attribute_not_exists", table), And(found.rest))), bound.values)


def _key_is(function: str, table: Table) -> Predicate:
    return Function(function, (Attribute((table.key.names[0],)),))


def returned_item(bound: Bound, outcome: Outcome) -> Item | Raw | None:
    """What the RETURNING clause answers; None for nothing."""
    statement = bound.statement
    if not isinstance(statement, Update | Delete) or statement.returning is None:
        return None
    image = outcome.before if statement.returning.image == "OLD" else outcome.after
    if image is None:
        return None
    if statement.returning.scope == "ALL":
        return Raw(stored.json_of(image.stored))
    assert bound.changes is not None
    return bound.changes.touched(image.item) or None
