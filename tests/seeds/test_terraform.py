"""The Terraform of the seed documents: their own text, applied as they say, with nothing left to change."""

import re
from collections.abc import Callable
from pathlib import Path

from harness.process import ServerProcess
from harness.terraform import SHIPPED, Summary, Terraform, copy_of_shipped

from .storefront import DOCUMENT as STOREFRONT
from .storefront import add_alarm, lay_out, text_of

USERS = "004_802273bd70e3453e"


def shell(tool: Terraform, text: str, *, answers: str = "") -> str:
    """Run a block of shell commands in the root; what they print."""
    done = tool.shell(text, answers=answers)
    assert done.status == 0, done.output + done.errors
    return done.output


def alarms(server: ServerProcess, region: str = "us-east-1") -> dict[str, tuple[str | None, float]]:
    """The metric and the threshold of each alarm."""
    found = server.client("cloudwatch", region=region).describe_alarms()["MetricAlarms"]
    return {alarm["AlarmName"]: (alarm.get("MetricName"), alarm["Threshold"]) for alarm in found}


def test_the_storefront(start_server: Callable[..., ServerProcess], tmp_path: Path) -> None:
    """On demand; tests/monitoring/test_end_to_end.py has it provisioned."""
    root = lay_out(tmp_path / "work")
    server = start_server(memory=True)
    tool = Terraform(root, tmp_path / "home", url=server.url, ambient=True).init()
    above = Terraform(root.parent, tmp_path / "home", url=server.url, ambient=True)
    assert "Plan: 4 to add" in shell(above, text_of(STOREFRONT, 7))
    add_alarm(root)
    assert tool.apply() == Summary(added=5)
    outputs = tool.outputs["dynamodb"]
    assert outputs["products_gsi_names"] == ["CategoryIndex"]
    assert outputs["table_names"] == {"products": "seed-products", "sessions": "seed-sessions"}
    assert sorted(server.client().list_tables()["TableNames"]) == ["seed-products", "seed-sessions"]
    assert alarms(server) == {
        "dynamodb-high-consumed-reads": ("ConsumedReadCapacityUnits", 80),
        "seed-dynamodb-products-read-throttle": ("ReadThrottledEvents", 0),
        "seed-dynamodb-products-write-throttle": ("WriteThrottledEvents", 0),
    }


def test_the_users(start_server: Callable[..., ServerProcess], tmp_path: Path) -> None:
    """The document has no Terraform of its own: ours has its files, and its commands work on it."""
    commands = "".join(text_of(USERS, number) for number in range(10, 14))
    server = start_server(memory=True)
    tool = Terraform(copy_of_shipped(tmp_path) / "users", tmp_path / "home", url=server.url)
    (tool.root / "envs/staging/local_state_override.tf").symlink_to("../../../local_state_override.tf")
    printed = shell(tool, commands, answers="yes\n")
    assert "Apply complete! Resources: 4 added, 0 changed, 0 destroyed." in printed
    assert 'table_arn = "arn:aws:dynamodb:ap-southeast-1:' in printed
    assert server.client().list_tables()["TableNames"] == ["koneksi-staging-users"]
    assert len(alarms(server, "ap-southeast-1")) == 3


def test_the_users_files() -> None:
    """Every file that the document shows is in our folder, for each environment."""
    folder = SHIPPED / "users"
    parents: dict[int, Path] = {}
    for indent, name in re.findall(r"^(.*?)(?:├──|└──) (\S+)", text_of(USERS, 9), re.MULTILINE):
        depth = len(indent) // 4
        parents[depth] = parents.get(depth - 1, folder) / name
        assert parents[depth].exists()
    files = {path.name for path in (folder / "envs" / "staging").iterdir() if path.name != "provider.tf"}
    assert files >= {"main.tf", "variables.tf", "backend.tf", "terraform.tfvars"}
    for environment in ("uat", "prod"):
        assert files <= {path.name for path in (folder / "envs" / environment).iterdir()}
