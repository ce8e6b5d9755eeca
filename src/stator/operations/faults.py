"""The table of faults: which requests a server is told to answer badly, so that clients can be tested.

A fault is selected by operation and table. It looks at each request that it matches, at the first `count` of
them if it has a count, and strikes as often as its rate says, by draws from its seed. So the same requests in
the same order are struck again by the same fault. Nothing here knows what a fault does to a request; that is
in `stator.operations.dynamodb.fault_effects`.

Faults are plain data, and each process has its own table of them: to set one in several, hand it to each.
"""

from collections.abc import Collection
from random import Random
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, Struct, to_builtins
from msgspec.structs import replace

Kind = Literal["throttle", "error", "error-after", "conflict", "latency", "unprocessed"]

_SEED_BITS: Final = 32
_FAULTS_MAX: Final = 1_000

# What only some operations can meet; the other kinds can happen to all.
_ONLY: Final[dict[Kind, frozenset[str]]] = {
    "conflict": frozenset(
        {
            "PutItem",
            "UpdateItem",
            "DeleteItem",
            "ExecuteStatement",
            "TransactWriteItems",
            "TransactGetItems",
            "ExecuteTransaction",
        }
    ),
    "unprocessed": frozenset({"BatchGetItem", "BatchWriteItem"}),
}


class WrongFault(Exception):
    """A fault that cannot be set; the text says why."""


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """A fault as it is asked for.

    Without `operation` or `table` it is for all of them. `rate` is the share of the requests it looks at that
    it strikes. `seconds` is by how much a latency delays a reply; `share` is how much of a batch is handed
    back unprocessed.
    """

    kind: Kind
    operation: str | None = None
    table: str | None = None
    rate: Annotated[float, Meta(gt=0, le=1)] = 1.0
    count: Annotated[int, Meta(ge=1)] | None = None
    seed: int | None = None
    seconds: Annotated[float, Meta(ge=0, le=3600)] = 0.0
    share: Annotated[float, Meta(gt=0, le=1)] = 0.5


class _Armed:
    """A fault at work: how many requests it has looked at, and how many it has struck."""

    __slots__ = ("_draws", "fault", "looked_at", "struck")

    def __init__(self, fault: Fault) -> None:
        self.fault = fault
        self.looked_at = 0
        self.struck = 0
        self._draws = Random(fault.seed)

    def strikes(self, operation: str, tables: Collection[str]) -> bool:
        """Whether a request is struck; counts it if it matches."""
        fault = self.fault
        if (
            (fault.operation is not None and operation != fault.operation)
            or operation not in _ONLY.get(fault.kind, (operation,))
            or (fault.table is not None and fault.table not in tables)
            or self.looked_at == fault.count
        ):
            return False
        self.looked_at += 1
        struck = self._draws.random() < fault.rate
        self.struck += struck
        return struck

    def listed(self, number: int) -> dict[str, Any]:
        """The fault as a JSON object, with its number and what has become of it."""
        given = {name: value for name, value in to_builtins(self.fault).items() if value is not None}
        return {"id": number, **given, "looked_at": self.looked_at, "struck": self.struck}


class Faults:
    """The faults of a process, in the order in which they were set, by number."""

    def __init__(self, operations: Collection[str], source: Random) -> None:
        """`operations` are the names of those that are served; `source` gives seeds to faults without one."""
        self._operations = operations
        self._source = source
        self._armed: dict[int, _Armed] = {}
        self._number = 0

    def __bool__(self) -> bool:
        """Whether any is set."""
        return bool(self._armed)

    def set(self, fault: Fault) -> int:
        """Set a fault; its number. Raises WrongFault."""
        self._check(fault)
        if fault.seed is None:
            fault = replace(fault, seed=self._source.getrandbits(_SEED_BITS))
        self._number += 1
        self._armed[self._number] = _Armed(fault)
        return self._number

    def clear(self, number: int | None = None) -> int:
        """Clear a fault, or all of them; how many were cleared."""
        if number is not None:
            return int(self._armed.pop(number, None) is not None)
        cleared = len(self._armed)
        self._armed.clear()
        return cleared

    def listed(self) -> list[dict[str, Any]]:
        """The faults as JSON objects, each with its number and what has become of it."""
        return [armed.listed(number) for number, armed in self._armed.items()]

    def strike(self, operation: str, tables: Collection[str]) -> list[Fault]:
        """The faults that strike a request to an operation that names some tables."""
        return [armed.fault for armed in self._armed.values() if armed.strikes(operation, tables)]

    def _check(self, fault: Fault) -> None:
        if len(self._armed) >= _FAULTS_MAX:
            raise WrongFault(f"There are {_FAULTS_MAX} faults already.")
        if fault.operation is not None:
            if fault.operation not in self._operations:
                raise WrongFault(f"{fault.operation} is not an operation that is served.")
            if fault.operation not in _ONLY.get(fault.kind, (fault.operation,)):
                raise WrongFault(f"{fault.operation} cannot meet the fault {fault.kind}.")
        if (fault.kind == "latency") != (fault.seconds > 0):
            raise WrongFault("A latency needs seconds, and nothing else has any.")
