"""Real clients. A test uses tables of its own, since all tests of a worker share one server."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from harness.process import ServerProcess
from harness.programs import Terminal


@pytest.fixture
def terminal(server: ServerProcess, tmp_path: Path) -> Terminal:
    """A terminal whose programs find the server."""
    return Terminal(server.url, tmp_path)


@pytest.fixture(scope="session")
def resource(server: ServerProcess) -> Iterator[Any]:
    """A boto3 resource of the server, with boto3's own checks of parameters."""
    resource = boto3.resource(
        "dynamodb",
        endpoint_url=server.url,
        region_name="us-east-1",
        aws_access_key_id="dummy",
        aws_secret_access_key="dummy",
    )
    yield resource
    resource.meta.client.close()


@pytest.fixture
def name(request: pytest.FixtureRequest) -> str:
    """A table's name that no other test has."""
    return re.sub("[^a-z0-9_]", "-", f"{request.path.stem}-{request.node.name}".lower())[:200]
