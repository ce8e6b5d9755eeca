"""Every block of a table: created, changed, imported and destroyed, with an empty plan after each apply.

All tables are in one root, since a command of Terraform takes seconds, most of them for the provider itself.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from harness.process import ServerProcess
from harness.terraform import Summary, Terraform

from .conftest import ROOTS

NAMES = {
    'aws_dynamodb_table.switched["on"]': "blocks-switched-on",
    'aws_dynamodb_table.switched["off"]': "blocks-switched-off",
    'aws_dynamodb_table.protected["on"]': "blocks-protected-on",
    'aws_dynamodb_table.protected["off"]': "blocks-protected-off",
    'aws_dynamodb_table.paid["provisioned"]': "blocks-paid-provisioned",
    'aws_dynamodb_table.paid["on-demand"]': "blocks-paid-on-demand",
    "aws_dynamodb_table.throughput": "blocks-throughput",
    'aws_dynamodb_table.maxima["changed"]': "blocks-maxima-changed",
    'aws_dynamodb_table.maxima["set"]': "blocks-maxima-set",
    "aws_dynamodb_table.indexed": "blocks-indexed",
    "aws_dynamodb_table.viewed": "blocks-viewed",
}


class Shown:
    """What another client sees of a table."""

    def __init__(self, client: Any, name: str) -> None:
        self._client = client
        self.table = client.describe_table(TableName=f"blocks-{name}")["Table"]

    def switches(self) -> dict[str, Any]:
        """Whatever can be on or off."""
        name, arn = self.table["TableName"], self.table["TableArn"]
        backups = self._client.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
        expiry = self._client.describe_time_to_live(TableName=name)["TimeToLiveDescription"]
        tags = self._client.list_tags_of_resource(ResourceArn=arn)["Tags"]
        return {
            "class": self.table.get("TableClassSummary", {}).get("TableClass", "STANDARD"),
            "stream": self.table.get("StreamSpecification", {}).get("StreamViewType"),
            "encryption": self.table.get("SSEDescription", {}).get("Status"),
            "recovery": backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"],
            "expiry": expiry.get("AttributeName"),
            "tags": {tag["Key"]: tag["Value"] for tag in tags},
        }

    def throughput(self) -> dict[str, tuple[int, int]]:
        """Read and write units of the table and of each index."""
        return {
            found.get("IndexName", ""): (
                found["ProvisionedThroughput"]["ReadCapacityUnits"],
                found["ProvisionedThroughput"]["WriteCapacityUnits"],
            )
            for found in (self.table, *self.table.get("GlobalSecondaryIndexes", []))
        }


ON = {
    "class": "STANDARD_INFREQUENT_ACCESS",
    "stream": "NEW_AND_OLD_IMAGES",
    "encryption": "ENABLED",
    "recovery": "ENABLED",
    "expiry": "expires_at",
    "tags": {"kept": "same", "changed": "after", "added": "new"},
}
OFF = {
    "class": "STANDARD",
    "stream": None,
    "encryption": None,
    "recovery": "DISABLED",
    "expiry": None,
    "tags": {"kept": "same", "changed": "before"},
}


def shown(client: Any) -> dict[str, Any]:
    """What a change should be seen in."""
    of = {
        name.removeprefix("blocks-"): Shown(client, name.removeprefix("blocks-")) for name in NAMES.values()
    }
    return {
        "on": of["switched-on"].switches(),
        "off": of["switched-off"].switches(),
        "protected": [of[f"protected-{which}"].table["DeletionProtectionEnabled"] for which in ("on", "off")],
        "provisioned": of["paid-provisioned"].throughput(),
        "on demand": of["paid-on-demand"].throughput(),
        "throughput": of["throughput"].throughput(),
        "maxima": [of[f"maxima-{which}"].table.get("OnDemandThroughput") for which in ("changed", "set")],
        "indexes": {index["IndexName"] for index in of["indexed"].table["GlobalSecondaryIndexes"]},
        "view": of["viewed"].table["StreamSpecification"]["StreamViewType"],
    }


BEFORE = {
    "on": OFF,
    "off": ON,
    "protected": [False, True],
    "provisioned": {"": (0, 0), "by-colour": (0, 0)},
    "on demand": {"": (7, 3), "by-colour": (2, 4)},
    "throughput": {"": (5, 5), "by-colour": (2, 2)},
    "maxima": [
        {"MaxReadRequestUnits": 100, "MaxWriteRequestUnits": 50},
        None,
    ],
    "indexes": {"by-colour", "by-shape"},
    "view": "NEW_IMAGE",
}
AFTER = {
    "on": ON,
    "off": OFF,
    "protected": [True, False],
    "provisioned": {"": (7, 3), "by-colour": (2, 4)},
    "on demand": {"": (0, 0), "by-colour": (0, 0)},
    "throughput": {"": (9, 2), "by-colour": (8, 1)},
    "maxima": [
        {"MaxReadRequestUnits": 200, "MaxWriteRequestUnits": 20},
        {"MaxReadRequestUnits": 10, "MaxWriteRequestUnits": 10},
    ],
    "indexes": {"by-colour", "by-size", "by-weight"},
    "view": "KEYS_ONLY",
}


def test_every_block(stator: ServerProcess, tmp_path: Path, terraform: Callable[..., Terraform]) -> None:
    client = stator.client()
    root = shutil.copytree(ROOTS / "tables", tmp_path / "tables")
    tool = terraform(root)
    assert tool.apply(changed=False) == Summary(added=len(NAMES) + 1)
    assert shown(client) == BEFORE
    assert tool.apply(changed=True) == Summary(changed=len(NAMES) + 1)
    assert shown(client) == AFTER
    (item,) = client.scan(TableName="blocks-indexed", IndexName="by-colour")["Items"]
    assert item == {"id": {"S": "1"}, "colour": {"S": "red"}}
    tool.forget_and_import(NAMES)
    client.delete_item(TableName="blocks-indexed", Key={"id": {"S": "1"}})
    assert tool.apply(changed=True) == Summary(imported=len(NAMES), added=1)
    client.update_table(TableName="blocks-protected-on", DeletionProtectionEnabled=False)
    assert tool.destroy(changed=True) == Summary(destroyed=len(NAMES) + 1)
    assert [name for name in client.list_tables()["TableNames"] if name.startswith("blocks-")] == []
