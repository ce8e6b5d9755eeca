"""AWS::DynamoDB::Table, and AWS::DynamoDB::GlobalTable with one replica, which is a table."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from stator.apply.endpoint import Endpoint
from stator.apply.resources import global_table, table_changes, table_properties, table_state
from stator.apply.resources.kind import Found, Kind, Wanted
from stator.apply.template.conditions import Place


class Tables(Kind):
    """AWS::DynamoDB::Table."""

    type = "AWS::DynamoDB::Table"
    identity = ("TableName",)
    replacing = table_properties.REPLACING

    def name(self, identity: Mapping[str, Any], default: str) -> str:
        """Its name, or the default."""
        return str(identity.get("TableName") or default)

    def attributes(self, name: str, place: Place) -> dict[str, str]:
        """What `Fn::GetAtt` gives."""
        arn = place.arn("dynamodb", f"table/{name}")
        return {"Arn": arn, "StreamArn": f"{arn}/stream/(known after the apply)"}

    def wanted(self, name: str, properties: Any, tags: Mapping[str, str], path: str) -> Wanted:
        """What evaluated properties ask for."""
        return table_properties.wanted(name, properties, tags, path)

    def find(self, endpoint: Endpoint, name: str, wanted: Wanted | None = None) -> Found | None:
        """The table of a name."""
        return table_state.find(endpoint, name, wanted)

    def tagged(self, endpoint: Endpoint) -> Iterable[tuple[str, Mapping[str, str]]]:
        """All tables."""
        return table_state.tagged(endpoint)

    def create(self, endpoint: Endpoint, wanted: Wanted) -> None:
        """Make it; see `table_changes`."""
        table_changes.create(endpoint, wanted)

    def change(self, endpoint: Endpoint, found: Found, wanted: Wanted) -> None:
        """Change it in steps; see `table_changes`."""
        table_changes.change(endpoint, found, wanted)

    def delete(self, endpoint: Endpoint, name: str) -> None:
        """Delete it and wait until it is gone."""
        table_changes.delete(endpoint, name)

    def retag(self, endpoint: Endpoint, name: str, added: Mapping[str, str], removed: Iterable[str]) -> None:
        """Set and remove tags."""
        table = table_state.description(endpoint, name)
        if table is not None:
            table_changes.retag(endpoint, table["TableArn"], dict(added), [*removed])


class GlobalTables(Tables):
    """AWS::DynamoDB::GlobalTable."""

    type = "AWS::DynamoDB::GlobalTable"

    def attributes(self, name: str, place: Place) -> dict[str, str]:
        """What `Fn::GetAtt` gives."""
        return super().attributes(name, place) | {"TableId": "(known after the apply)"}

    def check_place(self, properties: Any, place: Place, path: str) -> None:
        """Refuse a replica of another region."""
        global_table.check_region(properties, place.region, path)

    def wanted(self, name: str, properties: Any, tags: Mapping[str, str], path: str) -> Wanted:
        """What evaluated properties ask for."""
        wanted = super().wanted(name, global_table.as_table(properties, path), tags, path)
        return replace(wanted, notes=global_table.notes(properties))
