"""What a table is, to compare one that Terraform made with one that its service's own command makes."""

from dataclasses import replace
from typing import Any

from services.common.tables import Table, create_table


def shape(client: Any, name: str) -> dict[str, Any]:
    """Everything that a table's declaration decides."""
    table = client.describe_table(TableName=name)["Table"]
    backups = client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    return {
        "keys": table["KeySchema"],
        "attributes": sorted(
            (each["AttributeName"], each["AttributeType"]) for each in table["AttributeDefinitions"]
        ),
        "billing": table["BillingModeSummary"]["BillingMode"],
        "indexes": [
            {field: index[field] for field in ("IndexName", "KeySchema", "Projection")}
            for index in table.get("GlobalSecondaryIndexes", [])
        ],
        "stream": table.get("StreamSpecification"),
        "encryption": table.get("SSEDescription"),
        "protected": table["DeletionProtectionEnabled"],
        "expiry": client.describe_time_to_live(TableName=name)["TimeToLiveDescription"],
        "recovery": backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
    }


def declared(client: Any, table: Table) -> dict[str, Any]:
    """The shape of a table that a service's command makes, which is made for this and deleted again."""
    other = replace(table, name=f"{table.name}-declared", deletion_protected=False)
    for _ in create_table(client, other):
        pass
    found = shape(client, other.name)
    client.delete_table(TableName=other.name)
    return found | {"protected": table.deletion_protected}


def alarm_names(cloudwatch: Any, prefix: str) -> set[str]:
    """The alarms whose names begin so."""
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmNamePrefix=prefix)
    return {alarm["AlarmName"] for page in pages for alarm in page["MetricAlarms"]}


def table_names(client: Any, prefix: str = "") -> set[str]:
    """The tables whose names begin so."""
    pages = client.get_paginator("list_tables").paginate()
    return {name for page in pages for name in page["TableNames"] if name.startswith(prefix)}
