"""Where orders take their settings from, what they log, and how the table is made."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.programs import PATH, require_program

from ..faults import FaultyEndpoint
from ..process import GIVEN, ROOT, ServiceProcess, ServiceStarter, command, environment
from ..roles import RoleEndpoint
from .conftest import LAMP

own_server = pytest.mark.skipif(bool(GIVEN), reason="a given endpoint takes its own credentials only")
NOBODY = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"))


def signer(faulty: FaultyEndpoint) -> str:
    """Whose key the last request was signed with, and for which region."""
    return faulty.asked[-1].headers["Authorization"].split("Credential=")[1].split("/dynamodb/")[0]


def run(
    tmp_path: Path, *arguments: str, endpoint: str | None = None, **variables: str | None
) -> "subprocess.CompletedProcess[str]":
    return command("orders", *arguments, directory=tmp_path, variables=environment(endpoint, **variables))


# Settings.


@own_server
def test_a_file_and_variables_over_it(
    start_service: ServiceStarter, faulty: FaultyEndpoint, tmp_path: Path, table: str
) -> None:
    settings = tmp_path / "settings.env"
    settings.write_text(
        f"AWS_REGION=eu-west-1\nAWS_ACCESS_KEY_ID=AKIAFROMTHEFILE00000\n"
        f"AWS_SECRET_ACCESS_KEY=from-the-file-and-secret\nDYNAMODB_ENDPOINT={faulty.url}\n"
        f"DYNAMODB_TABLE_NAME=another\nPORT=99999\n"
    )
    service = start_service(
        "orders",
        ENV_FILE=str(settings),
        DYNAMODB_TABLE_NAME=table,
        DYNAMODB_ENDPOINT=None,
        AWS_REGION=None,
        **NOBODY,
    )
    assert service.http.get("/orders").json() == []
    key, _, region = signer(faulty).split("/")
    assert (key, region) == ("AKIAFROMTHEFILE00000", "eu-west-1")
    assert "from-the-file-and-secret" not in service.log


def test_the_file_of_the_current_directory(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("PORT=none")
    done = run(tmp_path, "serve")
    assert (done.returncode, done.stderr) == (2, "PORT: must be a whole number from 0 to 65535, not 'none'\n")


@pytest.mark.parametrize(
    ("variables", "problem"),
    [
        ({"PORT": "70000"}, "PORT: must be a whole number from 0 to 65535, not '70000'"),
        (
            {"DYNAMODB_ENDPOINT": "localhost:8000"},
            "DYNAMODB_ENDPOINT: must be an address like http://localhost:8000, not 'localhost:8000'",
        ),
        (
            {"AWS_SECRET_ACCESS_KEY": None},
            "AWS_SECRET_ACCESS_KEY: must be set, since AWS_ACCESS_KEY_ID is",
        ),
        ({**NOBODY, "AWS_PROFILE": "nobody"}, "AWS_PROFILE: The config profile (nobody) could not be found"),
        ({"ENV_FILE": "/nowhere/.env"}, "ENV_FILE: there is no file /nowhere/.env"),
    ],
)
def test_wrong_settings_are_named(tmp_path: Path, variables: dict[str, Any], problem: str) -> None:
    variables = {"AWS_PROFILE": None, "HOME": str(tmp_path), **variables}
    done = run(tmp_path, "serve", endpoint=variables.pop("DYNAMODB_ENDPOINT", None), **variables)
    assert (done.returncode, done.stderr) == (2, problem + "\n")


@own_server
def test_credentials_of_a_profile(
    start_service: ServiceStarter, faulty: FaultyEndpoint, tmp_path: Path, table: str
) -> None:
    folder = tmp_path / ".aws"
    folder.mkdir()
    (folder / "credentials").write_text(
        "[team]\naws_access_key_id=AKIAOFTHEPROFILE0000\naws_secret_access_key=of-the-profile\n"
    )
    (folder / "config").write_text("[profile team]\nregion=sa-east-1\n")
    variables = {**NOBODY, "HOME": str(tmp_path), "AWS_REGION": "", "AWS_PROFILE": "team"}
    service = start_service("orders", endpoint=faulty.url, DYNAMODB_TABLE_NAME=table, **variables)
    assert service.http.post("/orders", json=LAMP).status_code == 201
    key, _, region = signer(faulty).split("/")
    assert (key, region) == ("AKIAOFTHEPROFILE0000", "sa-east-1")


@own_server
def test_credentials_of_a_role(
    start_service: ServiceStarter, faulty: FaultyEndpoint, tmp_path: Path, table: str
) -> None:
    with RoleEndpoint("ASIAOFTHEROLE0000000", "the-secret-of-the-role") as role:
        service = start_service(
            "orders",
            endpoint=faulty.url,
            DYNAMODB_TABLE_NAME=table,
            HOME=str(tmp_path),
            AWS_CONTAINER_CREDENTIALS_FULL_URI=role.url,
            **NOBODY,
        )
        assert service.http.get("/orders").status_code == 200
    assert signer(faulty).startswith("ASIAOFTHEROLE0000000/")
    assert faulty.asked[-1].headers["X-Amz-Security-Token"] == role.token
    assert role.token not in service.log
    assert "the-secret-of-the-role" not in service.log


# Logs.


def test_development_logs_every_operation_in_detail(start_service: ServiceStarter, table: str) -> None:
    service = start_service(
        "orders", DYNAMODB_TABLE_NAME=table, NODE_ENV="development", LOG_LEVEL=None, LOG_FORMAT=None
    )
    made = service.http.post("/orders", json=LAMP).json()
    service.http.patch(f"/orders/{made['id']}", json={"quantity": 9})
    lines = service.log.splitlines()
    (put,) = (line for line in lines if "database: PutItem done" in line)
    assert "DEBUG" in put
    assert '"productName": {"S": "Lamp"}' in put
    (update,) = (line for line in lines if "database: UpdateItem done" in line)
    assert '"UpdateExpression": "SET #quantity = :quantity' in update
    assert "audit: order created" in service.log


def test_production_logs_no_operations(start_service: ServiceStarter, table: str) -> None:
    service = start_service("orders", DYNAMODB_TABLE_NAME=table, LOG_LEVEL=None, LOG_FORMAT=None)
    assert service.http.post("/orders", json=LAMP).status_code == 201
    service.stop()  # A request is logged after its reply.
    assert [record["action"] for record in service.records("audit")] == ["created"]
    assert [record["status"] for record in service.records("requests")] == [201]
    assert service.records("database") == []
    assert "Lamp" not in service.log


# The table.


def schema(database: Any, table: str) -> dict[str, Any]:
    described: dict[str, Any] = database.describe_table(TableName=table)["Table"]
    return described


def test_the_table_is_the_document_s(database: Any, orders_table: str) -> None:
    described = schema(database, orders_table)
    assert described["TableStatus"] == "ACTIVE"
    assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert described["KeySchema"] == [
        {"AttributeName": "pk", "KeyType": "HASH"},
        {"AttributeName": "sk", "KeyType": "RANGE"},
    ]
    (index,) = described["GlobalSecondaryIndexes"]
    assert index["IndexName"] == "OrderIdIndex"
    assert index["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert index["Projection"] == {"ProjectionType": "ALL"}


def test_the_table_is_made_once(tmp_path: Path, endpoint: str, orders_table: str) -> None:
    done = run(tmp_path, "create-table", endpoint=endpoint, DYNAMODB_TABLE_NAME=orders_table)
    assert done.returncode == 0
    assert done.stdout.startswith(f"Table {orders_table} is there already.\n")
    assert f"Table {orders_table} is active." in done.stdout
    assert f"Point-in-time recovery of {orders_table} " in done.stdout


def test_a_table_with_other_keys_is_refused(tmp_path: Path, endpoint: str, database: Any) -> None:
    name = f"not-orders-{tmp_path.name}"
    database.create_table(
        TableName=name,
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    done = run(tmp_path, "create-table", endpoint=endpoint, DYNAMODB_TABLE_NAME=name)
    assert done.returncode == 2
    assert done.stderr.startswith(f"the table {name} has other keys")
    database.delete_table(TableName=name)


def test_a_table_where_nobody_listens(tmp_path: Path) -> None:
    done = run(tmp_path, "create-table", endpoint="http://127.0.0.1:9", DYNAMODB_MAX_ATTEMPTS="1")
    assert done.returncode == 1
    assert done.stderr.startswith("The database cannot be reached. Check DYNAMODB_ENDPOINT.")


@own_server
@pytest.mark.parametrize("arguments", [["create-table"], ["create-table", "--local"]])
def test_the_table_with_and_without_local(
    tmp_path: Path, endpoint: str, database: Any, arguments: list[str]
) -> None:
    name = f"orders-{tmp_path.name}"
    # Without keys, only a local one is found.
    keys = NOBODY if "--local" in arguments else {}
    done = run(tmp_path, *arguments, endpoint=endpoint, DYNAMODB_TABLE_NAME=name, HOME=str(tmp_path), **keys)
    assert done.returncode == 0, done.stderr
    assert schema(database, name)["TableStatus"] == "ACTIVE"
    database.delete_table(TableName=name)


@own_server
@pytest.mark.parametrize("script", ["create-table", "create-table:local"])
def test_the_scripts_of_npm_forward(tmp_path: Path, endpoint: str, database: Any, script: str) -> None:
    npm = require_program("npm")
    copied = tmp_path / "services"
    shutil.copytree(ROOT / "services", copied, ignore=shutil.ignore_patterns("__pycache__"))
    name = f"orders-{tmp_path.name}"
    (copied / "orders" / "api" / ".env").write_text(f"DYNAMODB_TABLE_NAME={name}\n")
    variables = environment(endpoint, PYTHON=sys.executable, PYTHONPATH=None, HOME=str(tmp_path), PATH=PATH)
    for arguments in (["install", "--no-audit", "--no-fund"], ["run", script]):
        subprocess.run(
            [npm, *arguments],
            cwd=copied / "orders" / "api" / "scripts",
            env=variables,
            check=True,
            capture_output=True,
            timeout=60,
        )
    assert schema(database, name)["TableStatus"] == "ACTIVE"
    database.delete_table(TableName=name)


def test_what_npm_starts(tmp_path: Path) -> None:
    scripts = json.loads((ROOT / "services" / "orders" / "api" / "package.json").read_text())["scripts"]
    assert scripts["start"].endswith("-m services.orders serve")
    assert "NODE_ENV=development" in scripts["start:dev"]


# Permissions.


def test_the_policy_suffices_and_is_needed(orders: ServiceProcess, lamp: dict[str, Any]) -> None:
    path = f"/orders/{lamp['id']}"
    for method, place, body in (
        ("GET", "/orders", None),
        ("GET", path, None),
        ("GET", "/orders/of-another", None),
        ("PATCH", path, {"quantity": 2}),
        ("DELETE", path, None),
        ("GET", "/orders/health/check", None),
    ):
        orders.http.request(method, place, json=body)
    assert orders.actions == {
        f"dynamodb:{action}" for action in ("PutItem", "GetItem", "UpdateItem", "DeleteItem", "Scan", "Query")
    }
