"""Terraform's modules, applied to a server of their own, in a copy of the folder that is shipped."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from harness.process import ServerProcess
from harness.terraform import SHIPPED, Terraform, copy_of_shipped, require_terraform

if str(SHIPPED.parents[1]) not in sys.path:  # `services` is a package beside `tests`, not an installed one.
    sys.path.append(str(SHIPPED.parents[1]))

ROOTS = Path(__file__).with_name("roots")

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
    return copy_of_shipped(tmp_path)


@pytest.fixture
def terraform(stator: ServerProcess, tmp_path: Path) -> MakeTerraform:
    """Makes Terraform for a root, ready for that server."""

    def make(root: Path, **variables: Any) -> Terraform:
        return Terraform(root, tmp_path / "home", url=stator.url, **variables).init()

    return make
