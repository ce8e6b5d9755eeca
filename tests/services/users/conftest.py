"""The tables of users on a server of their own: their names are given, so they cannot be the test's."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from harness.process import ServerProcess

from ..process import ACCESS_KEY, GIVEN, SECRET_KEY, ServiceProcess, ServiceStarter, command, environment

REGION = "ap-southeast-1"


@pytest.fixture(scope="module")
def users_endpoint(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server without tables, or the given endpoint."""
    if GIVEN:
        yield GIVEN
        return
    server = ServerProcess(tmp_path_factory.mktemp("users"), memory=True)
    try:
        yield server.start().url
        assert "Traceback" not in server.log
    finally:
        server.close()


@pytest.fixture(scope="module")
def users_database(users_endpoint: str) -> Iterator[Any]:
    """A boto3 client in the region of the document."""
    keys = {} if GIVEN else {"aws_access_key_id": ACCESS_KEY, "aws_secret_access_key": SECRET_KEY}
    client = boto3.client("dynamodb", endpoint_url=users_endpoint, region_name=REGION, **keys)
    yield client
    client.close()


def create_table(directory: Path, endpoint: str, name: str) -> str:
    """Make the table of an environment by the service's command; what it says."""
    made = command(
        "users",
        "create-table",
        directory=directory,
        variables=environment(endpoint, AWS_REGION=None, KONEKSI_ENVIRONMENT=name),
    )
    assert made.returncode == 0, made.stderr
    return made.stdout


@pytest.fixture(scope="module")
def table(
    users_endpoint: str, users_database: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The name of staging's table; if it was there before, it stays."""
    said = create_table(tmp_path_factory.mktemp("staging"), users_endpoint, "staging")
    yield "koneksi-staging-users"
    if "is being created" in said:
        users_database.delete_table(TableName="koneksi-staging-users")


@pytest.fixture(scope="module")
def users_starter(tmp_path_factory: pytest.TempPathFactory, users_endpoint: str) -> Iterator[ServiceStarter]:
    """Starts services on that server."""
    starter = ServiceStarter(tmp_path_factory.mktemp("services"), users_endpoint)
    yield starter
    starter.close()


@pytest.fixture(scope="module")
def users(users_starter: ServiceStarter, table: str) -> ServiceProcess:
    """The service of staging, told no region."""
    return users_starter("users", AWS_REGION=None)
