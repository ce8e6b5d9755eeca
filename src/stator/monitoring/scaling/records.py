"""What is kept of auto scaling: targets, their policies and scheduled actions, and the activities.

Times are seconds since the epoch. A record holds facts only; an activity's status follows from the time at
which its change is fulfilled, as a table's does (`stator.tables.definition`).
"""

from typing import Any, Final, NamedTuple

from msgspec import Struct

NAMESPACE: Final = "dynamodb"

_TABLE: Final = "table"
_INDEX: Final = "index"
_READ: Final = "ReadCapacityUnits"
_WRITE: Final = "WriteCapacityUnits"


class Place(NamedTuple):
    """What is scaled: `table/T` or `table/T/index/I`, and `dynamodb:table:ReadCapacityUnits` or the like."""

    resource: str
    dimension: str

    @classmethod
    def parse(cls, resource: str, dimension: str) -> "Place | None":
        """A place that there may be in DynamoDB; None for any other."""
        parts = resource.split("/")
        kind = {2: _TABLE, 4: _INDEX}.get(len(parts))
        if kind is None or parts[0] != _TABLE or not all(parts) or (kind == _INDEX and parts[2] != _INDEX):
            return None
        if dimension not in (f"{NAMESPACE}:{kind}:{_READ}", f"{NAMESPACE}:{kind}:{_WRITE}"):
            return None
        return cls(resource, dimension)

    @property
    def table_name(self) -> str:
        """The table's name."""
        return self.resource.split("/")[1]

    @property
    def index_name(self) -> str | None:
        """The index's name; None if it is the table itself that is scaled."""
        parts = self.resource.split("/")
        return parts[3] if len(parts) > 2 else None

    @property
    def reads(self) -> bool:
        """Whether it is the capacity for reads."""
        return self.dimension.endswith(_READ)

    @property
    def words(self) -> str:
        """The capacity as AWS's texts call it."""
        return "read capacity units" if self.reads else "write capacity units"


class Target(Struct, frozen=True, omit_defaults=True):
    """A scalable target.

    `owed` says that its capacity is still to be brought within the bounds, since the table was busy. When a
    policy last scaled out (and by how many units) and in is remembered for the cooldowns.
    """

    place: Place
    id: str
    region: str
    created: float
    min: int
    max: int
    suspended: dict[str, bool] = {}
    tags: dict[str, str] = {}
    owed: bool = False
    scaled_out_at: float | None = None
    scaled_out_by: int = 0
    scaled_in_at: float | None = None

    def bounded(self, units: int) -> int:
        """The capacity within the bounds that is nearest to `units`."""
        return max(self.min, min(self.max, units))


class Policy(Struct, frozen=True, omit_defaults=True):
    """A target tracking policy: its configuration as it was given, and the ids of its alarms by their kinds.

    What is consumed counts from `changed` on. The alarms' thresholds are those of the capacity `published`.
    """

    place: Place
    name: str
    id: str
    region: str
    created: float
    changed: float
    configuration: dict[str, Any]
    alarms: dict[str, str]
    published: int = 0


class ScheduledAction(Struct, frozen=True, omit_defaults=True):
    """A scheduled action. `due` is when it is carried out next; None if never again."""

    place: Place
    name: str
    id: str
    region: str
    created: float
    schedule: str
    timezone: str | None = None
    start: float | None = None
    end: float | None = None
    min: int | None = None
    max: int | None = None
    due: float | None = None


class Activity(Struct, frozen=True, omit_defaults=True):
    """A scaling activity: `change` is what was set, such as `read capacity units to 20.`

    It is fulfilled at `until`; None if there was nothing to wait for. `failure` is why it was not done.
    """

    place: Place
    id: str
    started: float
    change: str
    cause: str
    until: float | None = None
    failure: str | None = None
