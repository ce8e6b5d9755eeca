"""An update of a table as the rules see it: the request, and the table as it is."""

from collections.abc import Iterator
from dataclasses import dataclass

from stator.model.requests import (
    CreateGlobalSecondaryIndexAction,
    DeleteGlobalSecondaryIndexAction,
    GlobalSecondaryIndexUpdate,
    UpdateGlobalSecondaryIndexAction,
    UpdateTableInput,
)
from stator.operations.dynamodb.rules.update_table import given_changes
from stator.tables.definition import IndexDefinition, TableDefinition, table_status


@dataclass(frozen=True, slots=True)
class Change:
    """An update of a table that is there.

    `definition` is settled; `now` is in seconds since the epoch. `pacing` tells whether AWS's limits on how
    often a setting may change are kept. Like the states of tables they only hinder who works locally, so they
    are kept with a lifecycle delay only.
    """

    definition: TableDefinition
    request: UpdateTableInput
    now: float
    region: str
    pacing: bool

    @property
    def status(self) -> str:
        """The table's status before the change."""
        return table_status(self.definition)

    @property
    def members(self) -> set[str]:
        """The members of the request that change something."""
        return set(given_changes(self.request))

    @property
    def pending(self) -> set[str]:
        """The members of an earlier request that the table is still being changed by."""
        return set(self.definition.update.members) if self.definition.update else set()

    @property
    def is_on_demand(self) -> bool:
        """Whether the table is on demand once it is changed."""
        return (self.request.BillingMode or self.definition.billing_mode) == "PAY_PER_REQUEST"

    @property
    def updates(self) -> list[GlobalSecondaryIndexUpdate]:
        """The updates of global indexes."""
        return self.request.GlobalSecondaryIndexUpdates or []

    @property
    def created(self) -> list[CreateGlobalSecondaryIndexAction]:
        """New global indexes."""
        return [update.Create for update in self.updates if update.Create is not None]

    @property
    def updated(self) -> list[UpdateGlobalSecondaryIndexAction]:
        """Changes of capacity of global indexes."""
        return [update.Update for update in self.updates if update.Update is not None]

    @property
    def deleted(self) -> list[DeleteGlobalSecondaryIndexAction]:
        """Global indexes to delete."""
        return [update.Delete for update in self.updates if update.Delete is not None]

    @property
    def living(self) -> Iterator[IndexDefinition]:
        """The table's global indexes that are not being deleted."""
        return (index for index in self.definition.global_indexes if not index.deleting)

    def index(self, name: str) -> IndexDefinition | None:
        """The table's index of that name, unless it is being deleted."""
        index = self.definition.index(name)
        return None if index is None or index.deleting else index
