"""What is published every five minutes of what tables are, not of what was done with them.

Throughput that is provisioned, maximums of what is on demand, and how much of the account's quotas that is.
The quotas are AWS's defaults: Stator itself has none.
"""

from collections.abc import Iterator
from typing import Final

from stator.base.limits import ACCOUNT_CAPACITY_UNITS_MAX, TABLE_CAPACITY_UNITS_MAX
from stator.monitoring.metrics import names
from stator.monitoring.metrics.names import INDEX, TABLE
from stator.monitoring.metrics.points import Metric, Sample, metric, of_values
from stator.storage.engine import Reader
from stator.tables.catalog import Catalog
from stator.tables.definition import IndexDefinition, TableDefinition

_PROVISIONED: Final = ("ProvisionedReadCapacityUnits", "ProvisionedWriteCapacityUnits")
_MAXIMUMS: Final = {
    "OnDemandMaxReadRequestUnits": "MaxReadRequestUnits",
    "OnDemandMaxWriteRequestUnits": "MaxWriteRequestUnits",
}
_ACCOUNT: Final = {
    "AccountMaxReads": ACCOUNT_CAPACITY_UNITS_MAX,
    "AccountMaxWrites": ACCOUNT_CAPACITY_UNITS_MAX,
    "AccountMaxTableLevelReads": TABLE_CAPACITY_UNITS_MAX,
    "AccountMaxTableLevelWrites": TABLE_CAPACITY_UNITS_MAX,
}


def samples(reader: Reader, catalog: Catalog, time: int) -> Iterator[Sample]:
    """All gauges as they are now, for the period that begins at `time`."""
    provisioned: list[tuple[int, int]] = []
    tables = 0
    for table in catalog.tables(reader):
        definition = table.definition
        if definition.deleting:
            continue
        tables += 1
        for dimensions, subject in _subjects(definition):
            if definition.billing_mode == "PROVISIONED":
                units = subject.throughput.read, subject.throughput.write
                provisioned.append(units)
                for name, value in zip(_PROVISIONED, units, strict=True):
                    yield _sample(_named(name, dimensions), "Count", time, value)
            for name, member in _MAXIMUMS.items():
                maximum = (subject.on_demand or {}).get(member)
                if maximum is not None and definition.billing_mode == "PAY_PER_REQUEST":
                    yield _sample(_named(name, dimensions), "Count", time, maximum)
    yield from _of_account(provisioned, tables, time)


def _subjects(
    definition: TableDefinition,
) -> Iterator[tuple[dict[str, str], TableDefinition | IndexDefinition]]:
    """A table and its global indexes, with their dimensions."""
    yield {TABLE: definition.name}, definition
    for index in definition.global_indexes:
        if not index.deleting:
            yield {TABLE: definition.name, INDEX: index.name}, index


def _of_account(provisioned: list[tuple[int, int]], tables: int, time: int) -> Iterator[Sample]:
    for name, quota in _ACCOUNT.items():
        yield _sample(_named(name), "Count", time, quota)
    for direction, units in (
        ("Read", [read for read, _ in provisioned]),
        ("Write", [write for _, write in provisioned]),
    ):
        of_all = 100 * sum(units) / ACCOUNT_CAPACITY_UNITS_MAX
        of_one = 100 * max(units, default=0) / TABLE_CAPACITY_UNITS_MAX
        yield _sample(_named(f"AccountProvisioned{direction}CapacityUtilization"), "Percent", time, of_all)
        yield _sample(_named(f"MaxProvisionedTable{direction}CapacityUtilization"), "Percent", time, of_one)
        yield _usage(f"AccountProvisioned{direction}CapacityUnits", time, sum(units))
    yield _usage("TableCount", time, tables)


def _named(name: str, dimensions: dict[str, str] | None = None) -> Metric:
    return metric(names.NAMESPACE, name, dimensions)


def _usage(resource: str, time: int, value: float) -> Sample:
    assert resource in names.USAGE
    dimensions = {"Service": "DynamoDB", "Type": "Resource", "Resource": resource, "Class": "None"}
    return _sample(metric(names.USAGE_NAMESPACE, "ResourceCount", dimensions), "None", time, value)


def _sample(of: Metric, unit: str, time: int, value: float) -> Sample:
    return Sample(of, unit, time, of_values({float(value): 1.0}))
