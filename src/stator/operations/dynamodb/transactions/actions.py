"""The actions of a transaction: what each asks for, built from the request alone.

An action is tried in the order of its single counterpart (PutItem, UpdateItem, DeleteItem): position, the
table's keys, condition, the item afterwards. What differs is what a refusal leads to (`reasons`),
and that AWS words refusals of expressions without an envelope.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from stator.base.errors import validation
from stator.base.limits import ITEM_SIZE_BYTES_MAX
from stator.expressions.bind import Bindings
from stator.expressions.condition import Condition
from stator.expressions.update import update
from stator.model.requests import ConditionCheck, Delete, Put, TransactWriteItem, Update
from stator.operations.dynamodb.conditions import check_condition_keys, require, update_condition
from stator.operations.dynamodb.items import ITEM_TOO_LARGE
from stator.operations.dynamodb.parameters import ExpressionRules, bindings, check_mixing, normalise_values
from stator.operations.dynamodb.updates import Change
from stator.storage.engine import Transaction
from stator.tables import records
from stator.tables.image import Image
from stator.tables.schema import check_index_keys
from stator.tables.table import Table
from stator.values.attribute import Item

CONDITION: Final = ExpressionRules(
    legacy=(), expressions=("ConditionExpression",), valued=("ConditionExpression",)
)
UPDATE: Final = ExpressionRules(
    legacy=(),
    expressions=("UpdateExpression", "ConditionExpression"),
    valued=("UpdateExpression", "ConditionExpression"),
)

_ONE_ACTION: Final = "TransactItems can only contain one of Check, Put, Update or Delete"


class Outcome(NamedTuple):
    """An item before an action and after it."""

    before: Image | None
    after: Image | None


class Action:
    """A check of an item's condition; what writes derives from it.

    `named` is the table as the request names it; `values` is the key, or the item to be put, of `size` bytes;
    `returned` is ReturnValuesOnConditionCheckFailure.
    """

    writes = False

    __slots__ = ("condition", "named", "returned", "size", "values")

    def __init__(
        self, named: str, values: Item, size: int, condition: Condition | None, returned: str | None
    ) -> None:
        self.named = named
        self.values = values
        self.size = size
        self.condition = condition
        self.returned = returned

    def position(self, table: Table) -> bytes:
        """Where the item lies (ApiError)."""
        return table.key.of_key(self.values)

    def check(self, table: Table) -> None:
        """Refuse what the table's keys do not allow (ApiError)."""
        check_condition_keys(self.condition, table)

    def after(self, table: Table, before: Image | None) -> Image | None:
        """The item after the action (ApiError)."""
        return before

    def attempt(self, transaction: Transaction, table: Table, position: bytes) -> Outcome:
        """What the action would do to the item at its position (ApiError); nothing is written."""
        self.check(table)
        before = records.read(transaction, table, position)
        require(self.condition, before, self.returned)
        return Outcome(before, self.after(table, before))


class DeleteAction(Action):
    """A DeleteItem in a transaction."""

    writes = True
    __slots__ = ()

    def after(self, table: Table, before: Image | None) -> Image | None:
        """No item."""
        return None


class PutAction(Action):
    """A PutItem in a transaction."""

    writes = True
    __slots__ = ()

    def position(self, table: Table) -> bytes:
        """Where the new item belongs (ApiError)."""
        return table.key.of_item(self.values)

    def check(self, table: Table) -> None:
        """Refuse an item, or a condition, that the table's keys do not allow (ApiError)."""
        check_index_keys(table.index_rules, self.values)
        check_condition_keys(self.condition, table)

    def after(self, table: Table, before: Image | None) -> Image | None:
        """The new item."""
        return Image.of(self.values, self.size)


class UpdateAction(Action):
    """An UpdateItem in a transaction."""

    writes = True
    __slots__ = ("_change",)

    def __init__(self, named: str, size: int, change: Change, key: Item, returned: str | None) -> None:
        super().__init__(named, key, size, change.condition, returned)
        self._change = change

    def check(self, table: Table) -> None:
        """Refuse an update that the table's keys do not allow (ApiError)."""
        self._change.check(table)

    def after(self, table: Table, before: Image | None) -> Image | None:
        """The updated item; None if there is none and the update makes none (ApiError)."""
        return self._change.apply(table, before)


def actions_of(items: list[TransactWriteItem]) -> list[Action]:
    """The actions of a request, checked as far as they can be without their tables (ApiError)."""
    given = [[name for name in _PARSERS if getattr(item, name) is not None] for item in items]
    if any(len(names) != 1 for names in given):
        raise validation(_ONE_ACTION)
    return [_PARSERS[name](getattr(item, name)) for item, [name] in zip(items, given, strict=True)]


def _check(request: ConditionCheck) -> Action:
    return _by_key(Action, request)


def _delete(request: Delete) -> Action:
    return _by_key(DeleteAction, request)


def _by_key(kind: type[Action], request: ConditionCheck | Delete) -> Action:
    size = normalise_values(request.Key, is_enveloped=False)
    condition = _condition(request)
    return kind(request.TableName, request.Key, size, condition, request.ReturnValuesOnConditionCheckFailure)


def _put(request: Put) -> Action:
    size = normalise_values(request.Item, is_enveloped=False)
    condition = _condition(request)
    if size > ITEM_SIZE_BYTES_MAX:
        raise validation(ITEM_TOO_LARGE)
    return PutAction(
        request.TableName, request.Item, size, condition, request.ReturnValuesOnConditionCheckFailure
    )


def _update(request: Update) -> Action:
    size = normalise_values(request.Key, is_enveloped=False)
    bound = _bound(UPDATE, request)
    parsed = update(request.UpdateExpression, bound)
    condition = update_condition(UPDATE, request, bound)
    bound.check_unused()
    change = Change(request.Key, size, parsed, condition)
    return UpdateAction(
        request.TableName, size, change, request.Key, request.ReturnValuesOnConditionCheckFailure
    )


def _condition(request: ConditionCheck | Delete | Put) -> Condition | None:
    bound = _bound(CONDITION, request)
    condition = update_condition(CONDITION, request, bound)
    bound.check_unused()
    return condition


def _bound(rules: ExpressionRules, request: Any) -> Bindings:
    check_mixing(rules, request)
    return bindings(rules, request)


_PARSERS: Final[Mapping[str, Callable[[Any], Action]]] = {
    "ConditionCheck": _check,
    "Put": _put,
    "Delete": _delete,
    "Update": _update,
}
