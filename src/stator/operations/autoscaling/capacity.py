"""The capacity of what is scaled, and changing it: the way of UpdateTable, told of by an activity."""

from typing import Final

from stator.base.errors import ApiError
from stator.model.requests import (
    GlobalSecondaryIndexUpdate,
    ProvisionedThroughput,
    UpdateGlobalSecondaryIndexAction,
    UpdateTableInput,
)
from stator.monitoring.scaling import store
from stator.monitoring.scaling.records import Activity, Place, Target
from stator.operations.autoscaling.places import subject
from stator.operations.dynamodb.tables import change_table
from stator.operations.registry import Call
from stator.storage.engine import Reader, Transaction
from stator.tables.database import Database
from stator.tables.definition import Throughput

# The table is being created, changed or deleted: it is tried again later, as AWS does.
_BUSY: Final = frozenset({"ResourceInUseException", "ResourceNotFoundException"})


def provisioned(database: Database, reader: Reader, place: Place) -> Throughput | None:
    """What is provisioned; None if the table or index is not there, or on demand."""
    table = database.catalog.table(reader, place.table_name)
    if table is None or table.definition.deleting or table.definition.billing_mode != "PROVISIONED":
        return None
    found = subject(table.definition, place)
    return None if found is None else found.throughput


def units_of(place: Place, throughput: Throughput) -> int:
    """The capacity of the direction that is scaled."""
    return throughput.read if place.reads else throughput.write


def current(database: Database, reader: Reader, place: Place) -> int | None:
    """The capacity that is scaled; None if there is none."""
    throughput = provisioned(database, reader, place)
    return None if throughput is None else units_of(place, throughput)


def set_capacity(
    database: Database, transaction: Transaction, target: Target, units: int, cause: str, ordinal: int = 0
) -> Activity | None:
    """Change the capacity as UpdateTable does, and keep the activity. None if the table is busy.

    What UpdateTable refuses for another reason is an activity that failed; it is kept once, however often it
    is tried. `ordinal` tells the activities of one transaction apart.
    """
    place, now = target.place, database.clock.now()
    throughput = provisioned(database, transaction, place)
    assert throughput is not None, "there is capacity to scale"
    call = Call(database, target.region, "")
    until: float | None = now + database.lifecycle_delay
    failure: str | None = None
    try:
        change_table(call, transaction, place.table_name, _request(place, throughput, units))
    except ApiError as error:
        if error.name in _BUSY:
            return None
        until, failure = None, error.message
    activity = Activity(
        place=place,
        id=database.ids.table_id(),
        started=now,
        change=f"{place.words} to {units}.",
        cause=cause,
        until=until,
        failure=failure,
    )
    if failure is None or not _failed_before(transaction, activity):
        store.add_activity(transaction, activity, ordinal)
    return activity


def _request(place: Place, throughput: Throughput, units: int) -> UpdateTableInput:
    read, write = (units, throughput.write) if place.reads else (throughput.read, units)
    given = ProvisionedThroughput(ReadCapacityUnits=read, WriteCapacityUnits=write)
    if place.index_name is None:
        return UpdateTableInput(TableName=place.table_name, ProvisionedThroughput=given)
    index = UpdateGlobalSecondaryIndexAction(IndexName=place.index_name, ProvisionedThroughput=given)
    return UpdateTableInput(
        TableName=place.table_name, GlobalSecondaryIndexUpdates=[GlobalSecondaryIndexUpdate(Update=index)]
    )


def _failed_before(transaction: Transaction, activity: Activity) -> bool:
    """Whether the last activity of the place was the same failure."""
    for _, each in store.activities(transaction):
        if each.place == activity.place:
            return (each.change, each.failure) == (activity.change, activity.failure)
    return False


def bring_within(database: Database, transaction: Transaction, target: Target, ordinal: int = 0) -> bool:
    """Bring the capacity within a target's bounds. False if the table is busy."""
    units = current(database, transaction, target.place)
    if units is None or target.bounded(units) == units:
        return True
    least = f"minimum capacity was set to {target.min}"
    cause = least if units < target.min else f"maximum capacity was set to {target.max}"
    return set_capacity(database, transaction, target, target.bounded(units), cause, ordinal) is not None
