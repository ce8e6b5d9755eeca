"""Services as processes, over a real Stator or the endpoint that SERVICES_TEST_ENDPOINT names.

Of every service that a test starts it is checked, at its end, that its log has no credential and that it
called only what its policy allows.
"""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from harness.process import ServerProcess

ROOT = Path(__file__).parents[2]

if str(ROOT) not in sys.path:  # `services` is a package beside `tests`, not an installed one.
    sys.path.append(str(ROOT))

from .faults import FaultyEndpoint  # noqa: E402
from .process import GIVEN, ServiceStarter, environment  # noqa: E402


@pytest.fixture(scope="session")
def endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the database under test; tests use tables with names of their own."""
    if GIVEN:
        yield GIVEN
        return
    server = ServerProcess(tmp_path_factory.mktemp("stator"), memory=True)
    try:
        yield server.start().url
        assert "Traceback" not in server.log
    finally:
        server.close()


@pytest.fixture(scope="session")
def database(endpoint: str) -> Iterator[Any]:
    """A boto3 client of that endpoint."""
    signed = environment(endpoint)
    client = boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name=signed["AWS_REGION"],
        aws_access_key_id=signed.get("AWS_ACCESS_KEY_ID"),
        aws_secret_access_key=signed.get("AWS_SECRET_ACCESS_KEY"),
        aws_session_token=signed.get("AWS_SESSION_TOKEN"),
    )
    yield client
    client.close()


@pytest.fixture
def start_service(tmp_path: Path, endpoint: str) -> Iterator[ServiceStarter]:
    """Starts services for a test: `start_service("orders", DYNAMODB_TABLE_NAME="orders-1")`."""
    starter = ServiceStarter(tmp_path, endpoint)
    yield starter
    starter.close()


@pytest.fixture(scope="session")
def start_shared_service(tmp_path_factory: pytest.TempPathFactory, endpoint: str) -> Iterator[ServiceStarter]:
    """Starts services for all tests of a worker."""
    starter = ServiceStarter(tmp_path_factory.mktemp("services"), endpoint)
    yield starter
    starter.close()


@pytest.fixture
def faulty(endpoint: str) -> Iterator[FaultyEndpoint]:
    """An endpoint that passes on to the database, and does to some requests what it is told."""
    if endpoint.startswith("https:"):
        pytest.skip("an endpoint that checks signatures cannot be reached through another one")
    between = FaultyEndpoint(endpoint)
    yield between
    between.close()
