"""What is particular to DynamoDB: items, the diagnosis, reads, and what is said when it cannot be used."""

import json
from typing import Any

import httpx
import pytest

from ..process import ACCESS_KEY, SECRET_KEY, TOKEN, ServiceProcess, ServiceStarter

PATH = "/api/enterprises"
DEBUG = f"{PATH}/debug/dynamodb"


@pytest.fixture
def http(on_dynamodb: ServiceProcess) -> httpx.Client:
    return on_dynamodb.http


def items(database: Any, table: str) -> list[Any]:
    found: list[Any] = database.scan(TableName=table, ConsistentRead=True)["Items"]
    return found


def test_an_item_is_as_the_document_has_it(http: httpx.Client, database: Any, table: str) -> None:
    made = http.post(PATH, json={"name": "Premium Plan"}).json()
    (item,) = items(database, table)
    key = {"PK": f"ENT#{made['id']}", "SK": "METADATA"}
    assert {name: value["S"] for name, value in item.items()} == {
        **key,
        **made,
        "entity_type": "enterprise",
    }
    assert len(item) == 10


def test_both_spellings_change(http: httpx.Client, database: Any, table: str) -> None:
    made = http.post(PATH, json={"name": "Premium Plan"}).json()
    changed = http.put(f"{PATH}/{made['id']}", json={"name": "Basic"}).json()
    (item,) = items(database, table)
    assert {name: item[name]["S"] for name in changed} == changed


def test_other_items_are_not_listed(on_dynamodb: ServiceProcess, database: Any, table: str) -> None:
    made = on_dynamodb.http.post(PATH, json={"name": "Premium Plan"}).json()
    for number, kind in enumerate(["note", "note", "note", "enterprise"]):
        key = {"PK": {"S": f"ENT#{number}"}, "SK": {"S": "METADATA"}}
        database.put_item(TableName=table, Item={**key, "entity_type": {"S": kind}})
    assert on_dynamodb.http.get(PATH, params={"limit": 1}).json() == [made]
    assert on_dynamodb.http.get(PATH).json() == [made]


def test_one_spelling_is_enough_to_be_read(http: httpx.Client, database: Any, table: str) -> None:
    item = {"PK": "ENT#a", "SK": "METADATA", "id": "a", "name": "Old", "createdAt": "2020-01-01T00:00:00Z"}
    item |= {"updated_date": "2020-01-02T00:00:00+01:00"}
    database.put_item(TableName=table, Item={name: {"S": value} for name, value in item.items()})
    assert http.get(f"{PATH}/a").json() == {
        "id": "a",
        "name": "Old",
        "enterprise_name": "Old",
        "createdAt": "2020-01-01T00:00:00.000Z",
        "created_date": "2020-01-01T00:00:00.000Z",
        "updatedAt": "2020-01-01T23:00:00.000Z",
        "updated_date": "2020-01-01T23:00:00.000Z",
    }


def test_diagnosis(http: httpx.Client, endpoint: str, table: str) -> None:
    for name in ("a", "b", "c"):
        http.post(PATH, json={"name": name})
    report = http.get(DEBUG).json()
    assert report["endpoint"].rstrip("/") == endpoint.rstrip("/")
    assert report == report | {
        "mode": "dynamodb",
        "active": True,
        "table": table,
        "consistent_reads": True,
        "item_count": 3,
    }


def test_diagnosis_shows_no_credentials(start_service: ServiceStarter, endpoint: str, table: str) -> None:
    service = start_service(
        "enterprises",
        DYNAMODB_ENTERPRISE_TABLE=table,
        DYNAMODB_ENDPOINT=endpoint.replace("://", f"://user:{SECRET_KEY}@"),
        DATABASE_URL=f"postgresql://user:{SECRET_KEY}@localhost/x",
    )
    text = service.http.get(DEBUG).text
    assert json.loads(text)["endpoint"].rstrip("/") == endpoint.rstrip("/")
    assert [secret for secret in (ACCESS_KEY, SECRET_KEY, TOKEN) if secret in text] == []


@pytest.mark.parametrize(("variable", "consistent"), [("", False), ("false", False), ("TRUE", True)])
def test_reads(start_service: ServiceStarter, table: str, variable: str, consistent: bool) -> None:
    service = start_service(
        "enterprises", DYNAMODB_ENTERPRISE_TABLE=table, DYNAMODB_CONSISTENT_READS=variable
    )
    service.http.get(f"{PATH}/a")
    service.http.get(PATH)
    reads = [record["parameters"]["ConsistentRead"] for record in service.records("database")]
    assert reads == [consistent, consistent]
    assert service.http.get(DEBUG).json()["consistent_reads"] is consistent


UNUSABLE = {
    "no table": (
        {"DYNAMODB_ENTERPRISE_TABLE": "no-such-table"},
        "DYNAMODB_ENTERPRISE_TABLE",
        "The table is not there, or not active yet. Check DYNAMODB_ENTERPRISE_TABLE.",
    ),
    "no server": (
        {"DYNAMODB_ENDPOINT": "http://127.0.0.1:1", "DYNAMODB_MAX_ATTEMPTS": "1"},
        "DYNAMODB_ENDPOINT",
        "The database cannot be reached. Check DYNAMODB_ENDPOINT.",
    ),
    "no credentials": (
        {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_SESSION_TOKEN": ""},
        "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY",
        "There are no credentials. Check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.",
    ),
}


@pytest.mark.parametrize("case", UNUSABLE)
def test_what_to_check(start_service: ServiceStarter, table: str, case: str) -> None:
    variables, variable, message = UNUSABLE[case]
    service = start_service("enterprises", **{"DYNAMODB_ENTERPRISE_TABLE": table, "HOME": "/", **variables})
    requests: tuple[tuple[str, str, Any], ...] = (
        ("POST", PATH, {"name": "x"}),
        ("GET", PATH, None),
        ("GET", f"{PATH}/a", None),
        ("PUT", f"{PATH}/a", {"name": "x"}),
        ("DELETE", f"{PATH}/a", None),
        ("GET", DEBUG, None),
        ("GET", "/health", None),
    )
    for method, path, body in requests:
        reply = service.http.request(method, path, json=body)
        assert reply.status_code == 503
        assert reply.headers["Retry-After"] == "1"
        told = reply.json()
        assert (told["error"], told["variable"], told["message"]) == ("unavailable", variable, message)
    assert len(service.records("errors")) == len(requests)


def test_wrong_settings_end_it(start_service: ServiceStarter) -> None:
    with pytest.raises(AssertionError) as caught:
        start_service("enterprises", STORAGE_MODE="mysql", DYNAMODB_CONSISTENT_READS="perhaps", PORT="x")
    for problem in (
        "STORAGE_MODE: must be one of dynamodb, postgres, not 'mysql'",
        "DYNAMODB_CONSISTENT_READS: must be one of true, false, not 'perhaps'",
        "PORT: must be a whole number from 0 to 65535, not 'x'",
    ):
        assert problem in str(caught.value)
