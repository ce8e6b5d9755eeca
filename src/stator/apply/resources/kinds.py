"""The kinds of resources that are made, by their types, in the order in which they may be deleted."""

from typing import Final

from stator.apply.resources.alarms import Alarms, CompositeAlarms
from stator.apply.resources.kind import Kind
from stator.apply.resources.scaling import ScalableTargets, ScalingPolicies
from stator.apply.resources.tables import GlobalTables, Tables

_KINDS: Final = (
    *(CompositeAlarms(), Alarms(), ScalingPolicies(), ScalableTargets(), Tables(), GlobalTables()),
)
KINDS: Final[dict[str, Kind]] = {kind.type: kind for kind in _KINDS}
# Global tables are tables, and are found as such.
SOUGHT: Final = tuple(kind for kind in _KINDS if not isinstance(kind, GlobalTables))
