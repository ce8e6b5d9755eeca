"""Users over HTTP, on a real database."""

import uuid
from pathlib import Path
from typing import Any

import pytest

from ..process import GIVEN, ServiceProcess, ServiceStarter, actions_of, policy
from .conftest import REGION, create_table

own_server = pytest.mark.skipif(bool(GIVEN), reason="makes and changes tables of production's name")


@pytest.fixture
def user(users: ServiceProcess) -> dict[str, str]:
    """A user with an id of the client's."""
    given = {"id": f"user-{uuid.uuid4()}", "name": "Test User", "email": "test@example.com"}
    reply = users.http.post("/users", json=given)
    assert (reply.status_code, reply.json()) == (201, given)
    assert reply.headers["Location"] == f"/users/{given['id']}"
    return given


def stored(database: Any, identifier: str) -> Any:
    return database.get_item(
        TableName="koneksi-staging-users", Key={"id": {"S": identifier}}, ConsistentRead=True
    ).get("Item")


def test_a_user_is_an_item_of_three_texts(user: dict[str, str], users_database: Any) -> None:
    assert stored(users_database, user["id"]) == {name: {"S": value} for name, value in user.items()}


def test_an_id_is_made_up(users: ServiceProcess) -> None:
    made = users.http.post("/users", json={"name": "A", "email": "a@b.co"}).json()
    assert str(uuid.UUID(made["id"])) == made["id"]
    assert users.http.get(f"/users/{made['id']}").json() == made


def test_an_id_of_any_letters(users: ServiceProcess) -> None:
    given = {"id": f"ñandú?#%&-日本-{uuid.uuid4()}", "name": "A", "email": "a@b.co"}
    reply = users.http.post("/users", json=given)
    assert (reply.status_code, reply.json()) == (201, given)
    assert users.http.get(reply.headers["Location"]).json() == given


def test_an_id_is_given_once(users: ServiceProcess, user: dict[str, str]) -> None:
    reply = users.http.post("/users", json=user | {"name": "Another"})
    assert reply.status_code == 409
    assert reply.json()["message"] == f"There is a user {user['id']} already."
    assert users.http.get(f"/users/{user['id']}").json() == user


@pytest.mark.parametrize(
    "change", [{"name": "Updated Name"}, {"email": "new@example.com"}, {"name": "B", "email": "b@c.de"}]
)
def test_a_change_touches_what_it_names(
    users: ServiceProcess, user: dict[str, str], users_database: Any, change: dict[str, str]
) -> None:
    users_database.update_item(
        TableName="koneksi-staging-users",
        Key={"id": {"S": user["id"]}},
        UpdateExpression="SET note = :n",
        ExpressionAttributeValues={":n": {"S": "of another program"}},
    )
    assert users.http.patch(f"/users/{user['id']}", json=change).json() == user | change
    assert stored(users_database, user["id"])["note"] == {"S": "of another program"}


def test_a_deleted_user_is_gone(users: ServiceProcess, user: dict[str, str], users_database: Any) -> None:
    path = f"/users/{user['id']}"
    assert users.http.delete(path).status_code == 204
    assert users.http.delete(path).status_code == 404
    assert users.http.get(path).status_code == 404
    assert users.http.patch(path, json={"name": "x"}).status_code == 404
    assert stored(users_database, user["id"]) is None


def test_users_of_other_programs(users: ServiceProcess, users_database: Any) -> None:
    identifier = f"bare-{uuid.uuid4()}"
    users_database.put_item(
        TableName="koneksi-staging-users", Item={"id": {"S": identifier}, "name": {"N": "7"}}
    )
    assert users.http.get(f"/users/{identifier}").json() == {"id": identifier}
    assert {"id": identifier} in users.http.get("/users?limit=1000").json()


def test_users_are_listed_by_pages(users: ServiceProcess) -> None:
    made = {users.http.post("/users", json={"name": "A", "email": "a@b.co"}).json()["id"] for _ in range(5)}
    found: list[str] = []
    address = "/users?limit=2"
    while address:
        reply = users.http.get(address)
        assert len(reply.json()) <= 2
        found += [user["id"] for user in reply.json()]
        address = reply.links.get("next", {}).get("url", "")
    assert made <= set(found)
    assert len(found) == len(set(found))


def test_every_wrong_field_is_listed(users: ServiceProcess) -> None:
    reply = users.http.post("/users", json={"id": "a/b", "name": "", "email": "x", "role": "admin"})
    assert reply.status_code == 400
    assert {row["field"]: row["message"] for row in reply.json()["fields"]} == {
        "id": "does not have the right form",
        "name": "must not be shorter than 1",
        "email": "does not have the right form",
        "role": "is not a field",
    }
    assert users.http.patch("/users/any", json={}).status_code == 400
    assert users.http.patch("/users/any", json={"id": "x"}).status_code == 400


def test_health(users: ServiceProcess) -> None:
    assert users.http.get("/health").json() == {
        "status": "ok",
        "service": "users",
        "tables": ["koneksi-staging-users"],
    }


def test_successes_are_audited(users: ServiceProcess, user: dict[str, str]) -> None:
    users.http.patch(f"/users/{user['id']}", json={"name": "B"})
    users.http.delete(f"/users/{user['id']}")
    lines = [line for line in users.records("audit") if line["id"] == user["id"]]
    assert [line["action"] for line in lines] == ["created", "changed", "deleted"]


def test_the_listing_has_a_statement_of_its_own() -> None:
    by_name = {statement["Sid"]: actions_of([statement]) for statement in policy("users")}
    assert by_name["UsersListing"] == {"dynamodb:Scan"}
    assert by_name["UsersService"] == {
        f"dynamodb:{action}Item" for action in ("Put", "Get", "Update", "Delete")
    }


@own_server
@pytest.mark.parametrize("name", ["uat", "prod"])
def test_each_environment_has_its_table(
    users: ServiceProcess,
    users_starter: ServiceStarter,
    users_endpoint: str,
    users_database: Any,
    tmp_path: Path,
    name: str,
) -> None:
    create_table(tmp_path, users_endpoint, name)
    described = users_database.describe_table(TableName=f"koneksi-{name}-users")["Table"]
    assert described["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert described["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert described["TableArn"].startswith(f"arn:aws:dynamodb:{REGION}:")
    assert described["SSEDescription"]["SSEType"] == "KMS"
    assert described["DeletionProtectionEnabled"] == (name == "prod")
    service = users_starter("users", AWS_REGION=None, KONEKSI_ENVIRONMENT=name)
    made = service.http.post("/users", json={"name": "A", "email": "a@b.co"}).json()
    assert service.http.get("/users").json() == [made]
    assert users.http.get(f"/users/{made['id']}").status_code == 404


def test_an_environment_that_is_not_known(tmp_path: Path, users_starter: ServiceStarter) -> None:
    with pytest.raises(AssertionError, match="KONEKSI_ENVIRONMENT: must be one of staging, uat, prod"):
        users_starter("users", KONEKSI_ENVIRONMENT="moon")
