"""What needs no server: the form of the files, and the tests that are shipped with the modules.

Those also plan what only AWS has, with a provider that asks nobody: policies, a cost alarm, a VPC endpoint.
"""

from pathlib import Path

import pytest

from harness.terraform import SHIPPED, Terraform

TESTED = sorted(path.parent.parent.relative_to(SHIPPED) for path in SHIPPED.rglob("*.tftest.hcl"))


def test_files_are_formatted(shipped: Path, tmp_path: Path) -> None:
    tool = Terraform(shipped, tmp_path / "home")
    assert tool.run("fmt", "-check", "-recursive") == ""


@pytest.mark.parametrize("module", TESTED, ids=str)
def test_the_tests_of_a_module(shipped: Path, tmp_path: Path, module: Path) -> None:
    tool = Terraform(shipped / module, tmp_path / "home").init()
    assert "Success! 3 passed, 0 failed." in tool.run("test")


def test_every_root_has_the_one_provider_file() -> None:
    roots = {path.parent for path in SHIPPED.rglob("provider.tf")} - {SHIPPED}
    assert [root.relative_to(SHIPPED).as_posix() for root in sorted(roots)] == [
        "services",
        "storefront/Infrastructure",
        *(f"users/envs/{name}" for name in ("prod", "staging", "uat")),
    ]
    assert all((root / "provider.tf").resolve() == SHIPPED / "provider.tf" for root in roots)
    others = [path for path in SHIPPED.rglob("*.tf") if path.name != "provider.tf"]
    assert [path for path in others if 'provider "' in path.read_text()] == []
