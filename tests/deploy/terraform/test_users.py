"""The environments of the users stack: names, region, encryption, recovery, protection, alarms, state."""

from collections.abc import Callable
from pathlib import Path

import pytest
from services.users.tables import table

from harness.process import ServerProcess
from harness.terraform import Summary, Terraform

from .tables import alarm_names, declared, shape, table_names

MakeTerraform = Callable[..., Terraform]
ALARMS = ("consumed-capacity", "system-errors", "throttled-requests")


@pytest.fixture
def environment(shipped: Path, terraform: MakeTerraform) -> Callable[[str], Terraform]:
    """Makes Terraform for an environment, whose state is in a file, as the environment's own words say."""

    def make(name: str) -> Terraform:
        root = shipped / "users" / "envs" / name
        (root / "local_state_override.tf").symlink_to("../../../local_state_override.tf")
        return terraform(root)

    return make


def test_staging(stator: ServerProcess, environment: Callable[[str], Terraform]) -> None:
    client = stator.client()
    cloudwatch = stator.client("cloudwatch", region="ap-southeast-1")
    tool = environment("staging")
    assert tool.apply() == Summary(added=4)
    assert (tool.root / "terraform.tfstate").is_file()
    name = "koneksi-staging-users"
    assert tool.outputs["table_arn"] == f"arn:aws:dynamodb:ap-southeast-1:000000000000:table/{name}"
    assert shape(client, name) == declared(client, table("staging"))
    assert shape(client, name)["encryption"]["SSEType"] == "KMS"
    assert set(tool.outputs["alarm_names"].values()) == {f"{name}-{kind}" for kind in ALARMS}
    assert alarm_names(cloudwatch, name) == {f"{name}-{kind}" for kind in ALARMS}
    assert tool.destroy() == Summary(destroyed=4)
    assert table_names(client, "koneksi-staging") | alarm_names(cloudwatch, name) == set()


def test_uat(environment: Callable[[str], Terraform]) -> None:
    planned = environment("uat").plan()
    assert '"koneksi-uat-users"' in planned
    assert "deletion_protection_enabled = false" in planned
    assert "Plan: 4 to add, 0 to change, 0 to destroy." in planned


def test_production_is_protected(stator: ServerProcess, environment: Callable[[str], Terraform]) -> None:
    client = stator.client()
    tool = environment("prod")
    assert tool.apply() == Summary(added=4)
    name = "koneksi-prod-users"
    assert shape(client, name) == declared(client, table("prod"))
    refused = tool.attempt("destroy", "-auto-approve")
    assert "protected against deletion" in refused.errors
    assert shape(client, name)["protected"]
