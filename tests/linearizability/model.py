"""What a client may ask for, each with its meaning and its request: the database as a function of a state.

A state is a number, or nothing, for each of a few keys; and for each client the last of its tokens that has
been used. Three kinds of keys tell three kinds of mistakes apart: registers are overwritten, accounts only
pass money to each other, so that their sum stays, and the counter only grows, by requests with tokens.
"""

from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from harness.actions import check, get, put, update
from harness.wire import Reply

TABLE: Final = "linear"
REGISTERS: Final = ("x", "y")
ACCOUNTS: Final = ("a", "b", "c")
COUNTER: Final = "n"
KEYS: Final = (*REGISTERS, *ACCOUNTS, COUNTER)
MONEY: Final = 100  # in each account, at first

REFUSED: Final = "refused"
CONFLICT: Final = "conflict"
_CONDITION_ERRORS: Final = {"ConditionalCheckFailedException"}
_CONFLICT_ERRORS: Final = {"TransactionConflictException", "TransactionInProgressException"}

Value = int | None
Result = object


class State(NamedTuple):
    """What the database holds: a value for each of KEYS, and the last token used by each client."""

    values: tuple[Value, ...]
    tokens: tuple[int, ...]

    def of(self, key: str) -> Value:
        return self.values[KEYS.index(key)]

    def having(self, **changes: Value) -> "State":
        return self._replace(values=tuple(changes.get(key, self.of(key)) for key in KEYS))


def first_state(clients: int) -> State:
    """Accounts are full, everything else is empty."""
    return State(tuple(MONEY if key in ACCOUNTS else None for key in KEYS), (0,) * clients)


class Operation:
    """Something to ask for. `run` is its meaning; `request` and `result` put it on the wire."""

    def run(self, state: State) -> tuple[State, Result]:
        """The state afterwards, and the answer."""
        raise NotImplementedError

    def request(self) -> tuple[str, dict[str, Any]]:
        """The API operation and its parameters."""
        raise NotImplementedError

    def result(self, reply: Reply) -> Result:
        """The answer that a reply gives."""
        return REFUSED if refused(reply) else None


def refused(reply: Reply) -> bool:
    """Whether a condition did not hold. Raises Conflict if the request met a transaction."""
    if reply.status == 200:
        return False
    name, text = reply.error
    if name in _CONFLICT_ERRORS or (name == "TransactionCanceledException" and "Conflict" in str(text)):
        raise Conflict
    assert name in _CONDITION_ERRORS or (
        name == "TransactionCanceledException" and "ConditionalCheckFailed" in str(text)
    ), reply.body
    return True


class Conflict(Exception):
    """The request was refused, without effect, since it met a transaction under way."""


@dataclass(frozen=True)
class Read(Operation):
    """Keys read together: one by GetItem, several by TransactGetItems."""

    keys: tuple[str, ...]

    def run(self, state: State) -> tuple[State, Result]:
        return state, tuple(state.of(key) for key in self.keys)

    def request(self) -> tuple[str, dict[str, Any]]:
        if len(self.keys) == 1:
            return "GetItem", {"TableName": TABLE, "Key": key_of(self.keys[0]), "ConsistentRead": True}
        return "TransactGetItems", {"TransactItems": [get(TABLE, key_of(key)) for key in self.keys]}

    def result(self, reply: Reply) -> Result:
        assert not refused(reply)
        body: Any = reply.json
        return tuple(value_of(each) for each in body.get("Responses", [body]))


@dataclass(frozen=True)
class Write(Operation):
    """A key set, or deleted for None; with `expected` (which may be None) only if that is there."""

    key: str
    value: Value
    expected: Value | str = "anything"

    def run(self, state: State) -> tuple[State, Result]:
        if self.expected not in ("anything", state.of(self.key)):
            return state, REFUSED
        return state.having(**{self.key: self.value}), None

    def request(self) -> tuple[str, dict[str, Any]]:
        condition = {} if isinstance(self.expected, str) else condition_on(self.expected)
        if self.value is None:
            return "DeleteItem", {"TableName": TABLE, "Key": key_of(self.key), **condition}
        return "PutItem", {"TableName": TABLE, "Item": item_of(self.key, self.value), **condition}


@dataclass(frozen=True)
class WriteBoth(Operation):
    """Two keys set to one value in one transaction, if a third holds what is expected."""

    first: str
    second: str
    value: int
    checked: str
    expected: Value

    def run(self, state: State) -> tuple[State, Result]:
        if state.of(self.checked) != self.expected:
            return state, REFUSED
        return state.having(**{self.first: self.value, self.second: self.value}), None

    def request(self) -> tuple[str, dict[str, Any]]:
        condition = condition_on(self.expected)
        actions = [
            put(TABLE, item_of(self.first, self.value)),
            check(TABLE, key_of(self.checked), condition.pop("ConditionExpression"), **condition),
            put(TABLE, item_of(self.second, self.value)),
        ]
        return "TransactWriteItems", {"TransactItems": actions}


@dataclass(frozen=True)
class Transfer(Operation):
    """Money from one account to another, if there is enough."""

    source: str
    target: str
    amount: int

    def run(self, state: State) -> tuple[State, Result]:
        there, other = state.of(self.source), state.of(self.target)
        assert there is not None
        assert other is not None
        if there < self.amount:
            return state, REFUSED
        return state.having(**{self.source: there - self.amount, self.target: other + self.amount}), None

    def request(self) -> tuple[str, dict[str, Any]]:
        values = {"ExpressionAttributeValues": {":amount": {"N": str(self.amount)}}}
        actions = [
            update(
                TABLE,
                key_of(self.source),
                "SET v = v - :amount",
                ConditionExpression="v >= :amount",
                **values,
            ),
            update(TABLE, key_of(self.target), "SET v = v + :amount", **values),
        ]
        return "TransactWriteItems", {"TransactItems": actions}


@dataclass(frozen=True)
class Once(Operation):
    """One more on the counter, with a client's token: asked for again, it changes nothing."""

    client: int
    token: int

    def run(self, state: State) -> tuple[State, Result]:
        if state.tokens[self.client] == self.token:
            return state, None
        tokens = tuple(
            self.token if client == self.client else token for client, token in enumerate(state.tokens)
        )
        counted = state.having(**{COUNTER: (state.of(COUNTER) or 0) + 1})
        return counted._replace(tokens=tokens), None

    def request(self) -> tuple[str, dict[str, Any]]:
        one = {"ExpressionAttributeValues": {":one": {"N": "1"}}}
        return "TransactWriteItems", {
            "TransactItems": [update(TABLE, key_of(COUNTER), "ADD v :one", **one)],
            "ClientRequestToken": f"client-{self.client}-{self.token}",
        }


def key_of(key: str) -> dict[str, Any]:
    return {"pk": {"S": key}}


def item_of(key: str, value: int) -> dict[str, Any]:
    return {"pk": {"S": key}, "v": {"N": str(value)}}


def value_of(response: dict[str, Any]) -> Value:
    return int(response["Item"]["v"]["N"]) if "Item" in response else None


def condition_on(expected: Value) -> dict[str, Any]:
    if expected is None:
        return {"ConditionExpression": "attribute_not_exists(pk)"}
    return {
        "ConditionExpression": "v = :expected",
        "ExpressionAttributeValues": {":expected": {"N": str(expected)}},
    }
