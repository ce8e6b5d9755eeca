"""What is particular to PostgreSQL: sequential ids, its restarts, and what is said when it cannot be used."""

from typing import Any

import httpx
import pytest

from ..process import ServiceProcess, ServiceStarter, command, environment
from .conftest import POSTGRES
from .postgres import PASSWORD, PostgresServer

PATH = "/api/enterprises"
DEBUG = f"{PATH}/debug/dynamodb"


@pytest.fixture
def http(on_postgres: ServiceProcess) -> httpx.Client:
    return on_postgres.http


def test_ids_are_sequential(http: httpx.Client, postgres: PostgresServer) -> None:
    made = [http.post(PATH, json={"name": name}).json() for name in ("a", "b", "c")]
    assert [each["id"] for each in made] == [1, 2, 3]
    assert postgres.execute("SELECT id, enterprise_name FROM enterprises ORDER BY id") == [
        (1, "a"),
        (2, "b"),
        (3, "c"),
    ]


def test_dates_keep_their_moment(http: httpx.Client, postgres: PostgresServer) -> None:
    postgres.execute(
        "INSERT INTO enterprises (enterprise_name, created_date, updated_date)"
        " VALUES ('a', '2020-01-01 00:00:00+02', '2020-06-01 12:00:00.123999Z')"
    )
    found = http.get(f"{PATH}/1").json()
    assert found["createdAt"] == "2019-12-31T22:00:00.000Z"
    assert found["updatedAt"] == "2020-06-01T12:00:00.123Z"


def test_the_table_is_made_once(http: httpx.Client, postgres: PostgresServer, tmp_path: Any) -> None:
    http.post(PATH, json={"name": "a"})
    variables = environment(None, STORAGE_MODE=POSTGRES, DATABASE_URL=postgres.address)
    again = command("enterprises", "create-table", directory=tmp_path, variables=variables)
    assert (again.returncode, again.stdout) == (0, "Table enterprises is there.\n")
    assert len(http.get(PATH).json()) == 1


def test_dynamodb_is_not_asked(on_postgres: ServiceProcess) -> None:
    report = on_postgres.http.get(DEBUG).json()
    assert report == report | {"mode": "postgres", "active": False, "item_count": None}
    assert on_postgres.records("database") == []


def test_it_goes_on_after_a_restart_of_the_server(start_service: ServiceStarter, tmp_path: Any) -> None:
    server = PostgresServer()
    try:
        variables = {"STORAGE_MODE": POSTGRES, "DATABASE_URL": server.address}
        service = start_service("enterprises", **variables)
        unreachable(service)
        server.start()
        made = command(
            "enterprises", "create-table", directory=tmp_path, variables=environment(None, **variables)
        )
        assert made.returncode == 0, made.stderr
        assert service.http.post(PATH, json={"name": "a"}).status_code == 201
        server.stop()
        unreachable(service)
        server.start()
        assert [each["name"] for each in service.http.get(PATH).json()] == ["a"]
        assert PASSWORD not in service.log
    finally:
        server.close()


def unreachable(service: ServiceProcess) -> None:
    reply = service.http.get("/health")
    assert reply.status_code == 503
    assert reply.json()["message"] == "PostgreSQL cannot be reached. Check DATABASE_URL."
    assert reply.json()["variable"] == "DATABASE_URL"


def test_what_to_check(start_service: ServiceStarter, postgres: PostgresServer) -> None:
    for variables, variable, message in (
        ({"POSTGRES_ENTERPRISE_TABLE": "nowhere"}, "POSTGRES_ENTERPRISE_TABLE", "The table is not there."),
        (
            {"POSTGRES_ENTERPRISE_TABLE": "pg_catalog.pg_class"},
            "POSTGRES_ENTERPRISE_TABLE",
            "The table is not one of enterprises.",
        ),
        (
            {"DATABASE_URL": postgres.address.replace(PASSWORD, "wrong-password")},
            "DATABASE_URL",
            "PostgreSQL cannot be reached.",
        ),
    ):
        given = {"STORAGE_MODE": POSTGRES, "DATABASE_URL": postgres.address, **variables}
        service = start_service("enterprises", **given)
        reply = service.http.get(PATH)
        assert reply.status_code == 503
        assert (reply.json()["variable"], reply.json()["message"]) == (
            variable,
            f"{message} Check {variable}.",
        )
        assert PASSWORD not in service.log
        assert "wrong-password" not in service.log


def test_libpq_s_variables_say_where(start_service: ServiceStarter, postgres: PostgresServer) -> None:
    service = start_service(
        "enterprises",
        STORAGE_MODE=POSTGRES,
        PGHOST=str(postgres.directory),
        PGUSER="enterprises",
        PGPASSWORD=PASSWORD,
        PGDATABASE="postgres",
    )
    assert service.http.post(PATH, json={"name": "a"}).status_code == 201


def test_wrong_settings_end_it(start_service: ServiceStarter) -> None:
    given = {"DATABASE_URL": f"no address {PASSWORD}", "POSTGRES_ENTERPRISE_TABLE": "a; DROP TABLE b"}
    with pytest.raises(AssertionError) as caught:
        start_service("enterprises", STORAGE_MODE=POSTGRES, **given)
    assert "DATABASE_URL: must be an address like postgresql://" in str(caught.value)
    assert "POSTGRES_ENTERPRISE_TABLE: must be a name like" in str(caught.value)
    assert PASSWORD not in str(caught.value)
