"""Services of enterprises over DynamoDB and over PostgreSQL, each with a table that a test finds empty."""

import uuid
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from ..process import ServiceProcess, ServiceStarter, command, environment
from .postgres import PostgresServer

DYNAMODB, POSTGRES = "dynamodb", "postgres"
SQL_TABLE = "enterprises"


@pytest.fixture(scope="session")
def enterprises_table(
    endpoint: str, database: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The name of a table that the service's own command has made."""
    name = f"enterprises-{uuid.uuid4()}"
    made = command(
        "enterprises",
        "create-table",
        directory=tmp_path_factory.mktemp("enterprises"),
        variables=environment(endpoint, DYNAMODB_ENTERPRISE_TABLE=name),
    )
    assert made.returncode == 0, made.stderr
    yield name
    database.delete_table(TableName=name)


@pytest.fixture
def table(enterprises_table: str, database: Any) -> str:
    """The table, empty."""
    for item in database.scan(TableName=enterprises_table, ConsistentRead=True)["Items"]:
        database.delete_item(TableName=enterprises_table, Key={name: item[name] for name in ("PK", "SK")})
    return enterprises_table


@pytest.fixture(scope="session")
def shared_postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresServer]:
    """A server of PostgreSQL, with the table that the service's own command has made."""
    server = PostgresServer().start()
    try:
        made = command(
            "enterprises",
            "create-table",
            directory=tmp_path_factory.mktemp("enterprises"),
            variables=environment(None, STORAGE_MODE=POSTGRES, DATABASE_URL=server.address),
        )
        assert made.returncode == 0, made.stderr
        yield server
    finally:
        server.close()


@pytest.fixture
def postgres(shared_postgres: PostgresServer) -> PostgresServer:
    """The server, its table empty and its ids from 1."""
    shared_postgres.execute(f"TRUNCATE {SQL_TABLE} RESTART IDENTITY")
    return shared_postgres


@pytest.fixture(scope="session")
def shared_on_dynamodb(start_shared_service: ServiceStarter, enterprises_table: str) -> ServiceProcess:
    # Tests read what they wrote; over DynamoDB's usual reads, AWS may not show it yet.
    return start_shared_service(
        "enterprises",
        STORAGE_MODE=DYNAMODB,
        DYNAMODB_ENTERPRISE_TABLE=enterprises_table,
        DYNAMODB_CONSISTENT_READS="true",
    )


@pytest.fixture(scope="session")
def shared_on_postgres(
    start_shared_service: ServiceStarter, shared_postgres: PostgresServer
) -> ServiceProcess:
    return start_shared_service("enterprises", STORAGE_MODE=POSTGRES, DATABASE_URL=shared_postgres.address)


@pytest.fixture
def on_dynamodb(shared_on_dynamodb: ServiceProcess, table: str) -> ServiceProcess:
    """The service over DynamoDB, with an empty table."""
    return shared_on_dynamodb


@pytest.fixture
def on_postgres(shared_on_postgres: ServiceProcess, postgres: PostgresServer) -> ServiceProcess:
    """The service over PostgreSQL, with an empty table."""
    return shared_on_postgres


@pytest.fixture(params=[DYNAMODB, POSTGRES])
def service(request: pytest.FixtureRequest) -> ServiceProcess:
    """The service over either."""
    found: ServiceProcess = request.getfixturevalue(f"on_{request.param}")
    return found


@pytest.fixture
def http(service: ServiceProcess) -> httpx.Client:
    """A client of the service over either."""
    return service.http


@pytest.fixture
def make(http: httpx.Client) -> Callable[[str], dict[str, Any]]:
    """Makes an enterprise of a name."""

    def make(name: str) -> dict[str, Any]:
        reply = http.post("/api/enterprises", json={"name": name})
        assert reply.status_code == 201, reply.text
        made: dict[str, Any] = reply.json()
        return made

    return make
