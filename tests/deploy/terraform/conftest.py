"""Terraform's modules, applied to a server of their own, in a copy of the folder that is shipped."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.process import ServerProcess
from harness.terraform import Terraform, require_terraform

SHIPPED = Path(__file__).parents[3] / "deploy" / "terraform"
ROOTS = Path(__file__).with_name("roots")
# What Terraform leaves in a folder in which someone has used it.
LEFT = shutil.ignore_patterns(".terraform*", "*.tfstate*", "crash.log")

MakeTerraform = Callable[..., Terraform]


@pytest.fixture(scope="session")
def stator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One server in memory for all tests here; a test has tables and alarms of its own."""
    require_terraform()
    process = ServerProcess(tmp_path_factory.mktemp("stator"), memory=True)
    try:
        yield process.start()
        assert "Traceback" not in process.log
    finally:
        process.close()


@pytest.fixture
def shipped(tmp_path: Path) -> Path:
    """A copy of what is shipped."""
    return shutil.copytree(SHIPPED, tmp_path / "terraform", symlinks=True, ignore=LEFT)


@pytest.fixture
def terraform(stator: ServerProcess, tmp_path: Path) -> MakeTerraform:
    """Makes Terraform for a root, ready for that server."""

    def make(root: Path, **variables: Any) -> Terraform:
        return Terraform(root, tmp_path / "home", url=stator.url, **variables).init()

    return make
