"""What the catalog keeps of a table, and how a definition changes by itself as time passes.

A definition is stored as JSON. It holds facts and points in time, never a status: what DescribeTable calls
CREATING, UPDATING or DELETING follows from the definition and the clock (`settle`, `table_status`), so a
status needs no job, survives a restart, and is the same in every process.
"""

from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

FOREVER: Final = float("inf")
_NEVER: Final = -1.0

BillingMode = Literal["PROVISIONED", "PAY_PER_REQUEST"]
IndexKind = Literal["local", "global"]


class Throughput(Struct, frozen=True, omit_defaults=True):
    """Capacity units of a table or an index; 0 and 0 when on demand."""

    read: int = 0
    write: int = 0
    decreases_today: int = 0
    increased_at: float | None = None
    decreased_at: float | None = None


class Keys(Struct, frozen=True):
    """Names of key attributes: tables have one hash and at most one range; global indexes up to four each."""

    hash: tuple[str, ...]
    range: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """All names, hash first."""
        return self.hash + self.range


class IndexDefinition(Struct, frozen=True, omit_defaults=True):
    """A secondary index. `active_at` and `gone_at` are seconds since the epoch; -1 is never."""

    name: str
    kind: IndexKind
    space: int
    keys: Keys
    projection: str
    non_key_attributes: tuple[str, ...] = ()
    throughput: Throughput = Throughput()
    on_demand: dict[str, int] | None = None
    warm: dict[str, int] | None = None
    filled: bool = True
    active_at: float = _NEVER
    updating_until: float = _NEVER
    gone_at: float = _NEVER

    @property
    def deleting(self) -> bool:
        """Whether the index has been deleted and is only still shown."""
        return self.gone_at != _NEVER


class TimeToLive(Struct, frozen=True, omit_defaults=True):
    """The TTL setting; `attribute` is None while disabled."""

    attribute: str | None = None
    changed_at: float = _NEVER


class Stream(Struct, frozen=True, omit_defaults=True):
    """The stream setting. The label stays when the stream is disabled."""

    label: str
    view_type: str | None = None


class TableDefinition(Struct, frozen=True, omit_defaults=True):
    """A table, whole. Times are seconds since the epoch; -1 is never."""

    name: str
    id: str
    space: int
    created_at: float
    attributes: dict[str, str]
    keys: Keys
    billing_mode: BillingMode = "PROVISIONED"
    throughput: Throughput = Throughput()
    on_demand_since: float | None = None
    indexes: tuple[IndexDefinition, ...] = ()
    on_demand: dict[str, int] | None = None
    warm: dict[str, int] | None = None
    table_class: str | None = None
    table_class_changed_at: float | None = None
    deletion_protection: bool = False
    encryption: dict[str, Any] | None = None
    stream: Stream | None = None
    ttl: TimeToLive = TimeToLive()
    tags: dict[str, str] = {}
    active_at: float = _NEVER
    gone_at: float = _NEVER
    next: "TableDefinition | None" = None
    next_at: float = _NEVER

    @property
    def deleting(self) -> bool:
        """Whether the table has been deleted and is only still shown."""
        return self.gone_at != _NEVER

    @property
    def local_indexes(self) -> tuple[IndexDefinition, ...]:
        """The local secondary indexes."""
        return tuple(index for index in self.indexes if index.kind == "local")

    @property
    def global_indexes(self) -> tuple[IndexDefinition, ...]:
        """The global secondary indexes, deleted ones that are still shown included."""
        return tuple(index for index in self.indexes if index.kind == "global")

    def index(self, name: str) -> IndexDefinition | None:
        """The index of that name, if there is one."""
        return next((index for index in self.indexes if index.name == name), None)


def settle(definition: TableDefinition, now: float) -> TableDefinition | None:
    """The definition as of `now`: changes that have come due are made; None if the table is gone."""
    if definition.deleting and now >= definition.gone_at:
        return None
    if definition.next is not None and now >= definition.next_at:
        definition = definition.next
    kept = tuple(index for index in definition.indexes if not (index.deleting and now >= index.gone_at))
    if len(kept) != len(definition.indexes):
        definition = replace(definition, indexes=kept, attributes=_used_attributes(definition, kept))
    return definition


def _used_attributes(definition: TableDefinition, indexes: tuple[IndexDefinition, ...]) -> dict[str, str]:
    used = {name for keys in (definition.keys, *(index.keys for index in indexes)) for name in keys.names}
    return {name: kind for name, kind in definition.attributes.items() if name in used}


def next_change(definition: TableDefinition, now: float) -> float:
    """When the definition or a status derived from it next changes by itself; infinity if it will not."""
    times = [definition.active_at, definition.gone_at, definition.next_at if definition.next else _NEVER]
    for index in definition.indexes:
        times += (index.active_at, index.updating_until, index.gone_at)
    return min((time for time in times if time > now), default=FOREVER)


def table_status(definition: TableDefinition, now: float) -> str:
    """TableStatus, as DescribeTable shows it."""
    if definition.deleting:
        return "DELETING"
    if now < definition.active_at:
        return "CREATING"
    if definition.next is not None or any(_occupied(index, now) for index in definition.indexes):
        return "UPDATING"
    return "ACTIVE"


def _occupied(index: IndexDefinition, now: float) -> bool:
    """Whether the index keeps its table in UPDATING: a back-fill in progress does not."""
    return index.deleting or now < index.updating_until or now < index.active_at


def index_status(index: IndexDefinition, now: float) -> str:
    """IndexStatus, as DescribeTable shows it."""
    if index.deleting:
        return "DELETING"
    if not index.filled or now < index.active_at:
        return "CREATING"
    return "UPDATING" if now < index.updating_until else "ACTIVE"
