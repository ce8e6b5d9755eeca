"""The Terraform of the seed documents: their own text, applied as they say, with nothing left to change."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.process import ServerProcess
from harness.terraform import SHIPPED, Summary, Terraform, copy_of_shipped

from .blocks import DOCUMENTS, Block, blocks, entries, require_documents

STOREFRONT = "003_3fdd156dcf43dc3d"
USERS = "004_802273bd70e3453e"
# What the root of the document takes for granted.
GIVEN = """
variable "environment_name" {
  default = "seed"
}

locals {
  common_tags = { Project = "products" }
}

output "dynamodb" {
  value = module.dynamodb
}
"""
PROVISIONED = 'module "dynamodb" {\n  billing_mode = "PROVISIONED"\n}\n'


@pytest.fixture
def text() -> Callable[[str, int], str]:
    """A block's text, which is the one that the list knows."""
    require_documents()
    listed: dict[tuple[str, int], Block | None] = {
        (entry.document, entry.number): blocks().get(entry.key) for entry in entries()
    }

    def find(document: str, number: int) -> str:
        block = listed[document, number]
        assert block is not None, "the block is no longer there, or has changed"
        return block.text

    return find


def shell(tool: Terraform, text: str, *, answers: str = "") -> str:
    """Run a block of shell commands in the root; what they print."""
    done = tool.shell(text, answers=answers)
    assert done.status == 0, done.output + done.errors
    return done.output


def alarms(server: ServerProcess, region: str = "us-east-1") -> dict[str, tuple[str | None, float]]:
    """The metric and the threshold of each alarm."""
    found = server.client("cloudwatch", region=region).describe_alarms()["MetricAlarms"]
    return {alarm["AlarmName"]: (alarm.get("MetricName"), alarm["Threshold"]) for alarm in found}


def test_the_storefront(
    text: Callable[[str, int], str], start_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    server = start_server(memory=True)
    tool = Terraform(tmp_path / "work", tmp_path / "home", url=server.url, ambient=True)
    tool.root.mkdir()
    shell(tool, text(STOREFRONT, 5))
    document = (DOCUMENTS / f"{STOREFRONT}.txt").read_text()
    places = re.findall(r"\*\*Location\*\*: `(\S+)`", document)
    assert [Path(place).name for place in places] == ["variables.tf", "main.tf", "outputs.tf"]
    for number, place in enumerate(places, start=2):
        (tool.root / place).write_text(text(STOREFRONT, number))
    root = tool.root / "Infrastructure"
    (root / "main.tf").write_text(text(STOREFRONT, 6))
    (root / "given.tf").write_text(GIVEN)
    inside = Terraform(root, tmp_path / "home", url=server.url, ambient=True).init()
    assert "Plan: 4 to add" in shell(tool, text(STOREFRONT, 7))
    assert inside.apply() == Summary(added=4)
    outputs = inside.outputs["dynamodb"]
    assert outputs["products_gsi_names"] == ["CategoryIndex"]
    assert outputs["table_names"] == {"products": "seed-products", "sessions": "seed-sessions"}
    throttled = {
        f"seed-dynamodb-products-{way.lower()}-throttle": (f"{way}ThrottledEvents", 0.0)
        for way in ("Read", "Write")
    }
    assert alarms(server) == throttled
    # One more alarm, as the document says further on; and the other way of paying.
    (tool.root / "Infrastructure/Modules/dynamodb/alarms.tf").write_text(text(STOREFRONT, 13))
    (root / "main_override.tf").write_text(PROVISIONED)
    assert inside.apply() == Summary(added=1, changed=1)
    consumed = {"dynamodb-high-consumed-reads": ("ConsumedReadCapacityUnits", 80.0)}
    assert alarms(server) == throttled | consumed
    assert inside.destroy() == Summary(destroyed=5)
    assert server.client().list_tables()["TableNames"] == []
    assert alarms(server) == {}


def test_the_users(
    text: Callable[[str, int], str], start_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    """The document has no Terraform of its own: ours has its files, and its commands work on it."""
    server = start_server(memory=True)
    tool = Terraform(copy_of_shipped(tmp_path) / "users", tmp_path / "home", url=server.url)
    (tool.root / "envs/staging/local_state_override.tf").symlink_to("../../../local_state_override.tf")
    commands = "".join(text(USERS, number) for number in range(10, 14))
    printed = shell(tool, commands, answers="yes\n")
    assert "Apply complete! Resources: 4 added, 0 changed, 0 destroyed." in printed
    assert 'table_arn = "arn:aws:dynamodb:ap-southeast-1:' in printed
    assert server.client().list_tables()["TableNames"] == ["koneksi-staging-users"]
    assert len(alarms(server, "ap-southeast-1")) == 3


def test_the_users_files(text: Callable[[str, int], str]) -> None:
    folder = SHIPPED / "users"
    named = re.findall(r"^(.*?)(?:├──|└──) (\S+)", text(USERS, 9), re.MULTILINE)
    parents: dict[int, Path] = {}
    for indent, name in named:
        depth = len(indent) // 4
        parents[depth] = parents.get(depth - 1, folder) / name
        assert parents[depth].exists()
    shown = {path.name for path in (folder / "envs" / "staging").iterdir()} - {"provider.tf"}
    for environment in ("uat", "prod"):
        assert shown <= {path.name for path in (folder / "envs" / environment).iterdir()}
