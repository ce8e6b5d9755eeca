"""What the catalog keeps of a table, and how a definition changes by itself as time passes.

A definition is stored as JSON. It holds facts and the points in time at which changes under way are
complete, never a status. `settle` gives the definition as of a moment, and what DescribeTable calls CREATING,
UPDATING or DELETING follows from what is still under way in that (`table_status`, `index_status`). So a
status needs no job, survives a restart, and is the same in every process.

    active_at    being created until then
    update       being changed until then, with the values that only hold from then on
    gone_at      being deleted until then; nothing of it is used any more
"""

from typing import Any, Final, Literal

from msgspec import Struct
from msgspec.structs import replace

from stator.base.limits import WARM_READ_UNITS, WARM_WRITE_UNITS

FOREVER: Final = float("inf")
NEVER: Final = -1.0

_DAY_SECONDS: Final = 86_400

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


class Encryption(Struct, frozen=True, omit_defaults=True):
    """Encryption with a KMS key: as the request named it, or None for the account's key for the service."""

    key: str | None = None


class Update(Struct, frozen=True, omit_defaults=True):
    """A change of a table or an index that is under way.

    `members` are those of UpdateTable that asked for it. The other members only hold from `until` on.
    """

    until: float
    members: tuple[str, ...] = ()
    throughput: Throughput | None = None
    warm: dict[str, int] | None = None
    encryption: Encryption | None = None


class IndexDefinition(Struct, frozen=True, omit_defaults=True):
    """A secondary index. Times are seconds since the epoch; -1 is never."""

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
    active_at: float = NEVER
    update: Update | None = None
    gone_at: float = NEVER

    @property
    def deleting(self) -> bool:
        """Whether the index has been deleted and is only still shown."""
        return self.gone_at != NEVER

    @property
    def allocating(self) -> bool:
        """Whether the index is not even being filled yet, by what is shown of it."""
        return self.active_at != NEVER


class TimeToLive(Struct, frozen=True, omit_defaults=True):
    """The TTL setting: the attribute (None while disabled), and the one that was just disabled.

    A change is complete from `changed_at` on; -1 is never. `space` has the expiry entries while enabled.
    """

    attribute: str | None = None
    disabled: str | None = None
    changed_at: float = NEVER
    space: int | None = None


class Stream(Struct, frozen=True, omit_defaults=True):
    """The stream setting: the latest stream. Its label stays when it is disabled, and its view type goes."""

    label: str
    view_type: str | None = None


class Recovery(Struct, frozen=True, omit_defaults=True):
    """Point-in-time recovery, while it is enabled.

    The table can be had as it was at any time from `since` (seconds since the epoch), but not longer ago than
    `period_days`. The change log holds every change from position `start` on, with its old image.
    """

    since: float
    period_days: int
    start: int


class Restored(Struct, frozen=True, omit_defaults=True):
    """What a table was restored from: the state at `time` of a table, by way of a backup or without one."""

    table_arn: str
    time: float
    backup_arn: str | None = None


class TableDefinition(Struct, frozen=True, omit_defaults=True):
    """A table, whole. Times are seconds since the epoch; -1 is never.

    `space` holds the items, and `collections` the sizes of item collections if there are local indexes; `log`
    is the change log, made when a stream, recovery or a copy first needs one, and there until the table goes.
    `holds` are the copies of the table under way: by owner the position of the log whose state is copied.
    `filling` tells that a restore or an import is putting the first items into the table.
    """

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
    collections: int | None = None
    on_demand: dict[str, int] | None = None
    warm: dict[str, int] | None = None
    table_class: str | None = None
    table_class_changes: tuple[float, ...] = ()
    deletion_protection: bool = False
    deletion_protection_changed_at: float = NEVER
    encryption: Encryption | None = None
    encryption_changes: tuple[float, ...] = ()
    log: int | None = None
    stream: Stream | None = None
    recovery: Recovery | None = None
    holds: dict[str, int] = {}
    ttl: TimeToLive = TimeToLive()
    tags: dict[str, str] = {}
    filling: bool = False
    restored: Restored | None = None
    active_at: float = NEVER
    update: Update | None = None
    gone_at: float = NEVER

    @property
    def deleting(self) -> bool:
        """Whether the table has been deleted and is only still shown."""
        return self.gone_at != NEVER

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
    """The definition as of `now`: what has become complete is so, and gone is gone; None if the table is."""
    if definition.deleting and now >= definition.gone_at:
        return None
    indexes = tuple(
        _settled_index(index, now)
        for index in definition.indexes
        if not (index.deleting and now >= index.gone_at)
    )
    changes = _completed(definition, now)
    if definition.ttl.changed_at != NEVER and now >= definition.ttl.changed_at:
        changes["ttl"] = replace(definition.ttl, disabled=None, changed_at=NEVER)
    if indexes != definition.indexes:
        changes["indexes"] = indexes
    if len(indexes) != len(definition.indexes):
        changes["attributes"] = _used_attributes(definition, indexes)
    return replace(definition, **changes) if changes else definition


def _settled_index(index: IndexDefinition, now: float) -> IndexDefinition:
    changes = _completed(index, now)
    return replace(index, **changes) if changes else index


def _completed(subject: TableDefinition | IndexDefinition, now: float) -> dict[str, Any]:
    """What a creation or an update that is complete changes."""
    changes: dict[str, Any] = {}
    if subject.active_at != NEVER and now >= subject.active_at:
        changes["active_at"] = NEVER
    update = subject.update
    if update is not None and now >= update.until:
        changes["update"] = None
        if update.throughput is not None:
            changes["throughput"] = update.throughput
        if update.warm is not None:
            changes["warm"] = update.warm
        if "SSESpecification" in update.members:
            changes["encryption"] = update.encryption
    return changes


def _used_attributes(definition: TableDefinition, indexes: tuple[IndexDefinition, ...]) -> dict[str, str]:
    used = {name for keys in (definition.keys, *(index.keys for index in indexes)) for name in keys.names}
    return {name: kind for name, kind in definition.attributes.items() if name in used}


def day_of(time: float) -> int:
    """The UTC day of a moment; decreases of capacity are counted by day."""
    return int(time // _DAY_SECONDS)


def next_change(definition: TableDefinition) -> float:
    """When a settled definition changes by itself; infinity if it will not."""
    times = [definition.ttl.changed_at]
    subjects: tuple[TableDefinition | IndexDefinition, ...] = (definition, *definition.indexes)
    for subject in subjects:
        times += (subject.active_at, subject.gone_at, subject.update.until if subject.update else NEVER)
    return min((time for time in times if time != NEVER), default=FOREVER)


def table_status(definition: TableDefinition) -> str:
    """TableStatus of a settled definition, as DescribeTable shows it."""
    if definition.deleting:
        return "DELETING"
    if definition.active_at != NEVER or definition.filling:
        return "CREATING"
    if definition.update is not None or any(_occupies(index) for index in definition.indexes):
        return "UPDATING"
    return "ACTIVE"


def _occupies(index: IndexDefinition) -> bool:
    """Whether the index keeps its table in UPDATING: a back-fill in progress does not."""
    return index.deleting or index.allocating or index.update is not None


def index_status(index: IndexDefinition) -> str:
    """IndexStatus of an index of a settled definition, as DescribeTable shows it."""
    if index.deleting:
        return "DELETING"
    if index.allocating or not index.filled:
        return "CREATING"
    return "ACTIVE" if index.update is None else "UPDATING"


def warm_throughput(subject: TableDefinition | IndexDefinition) -> dict[str, int]:
    """What a table or an index sustains at once: as was asked for, else as its billing mode starts with."""
    asked, throughput = subject.warm or {}, subject.throughput
    return {
        "ReadUnitsPerSecond": asked.get("ReadUnitsPerSecond") or throughput.read or WARM_READ_UNITS,
        "WriteUnitsPerSecond": asked.get("WriteUnitsPerSecond") or throughput.write or WARM_WRITE_UNITS,
    }
