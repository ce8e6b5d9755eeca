"""Enterprises over HTTP: the same on DynamoDB and on PostgreSQL, but for the form of the ids."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from typing import Any

import httpx
import pytest

from ..process import ServiceProcess

PATH = "/api/enterprises"
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
ABSENT = ("00000000-0000-4000-8000-000000000000", "4711", "0", "99999999999", "no id", "%00")
Make = Callable[[str], dict[str, Any]]


def listed(http: httpx.Client, address: str = PATH) -> list[list[Any]]:
    """The pages of a listing."""
    pages = []
    while address:
        reply = http.get(address)
        assert reply.status_code == 200
        pages.append(reply.json())
        address = reply.links.get("next", {}).get("url", "")
    return pages


def test_an_enterprise_has_both_spellings(http: httpx.Client) -> None:
    reply = http.post(PATH, json={"name": "  Premium Plan "})
    assert reply.status_code == 201
    made = reply.json()
    assert made["name"] == made["enterprise_name"] == "Premium Plan"
    assert MOMENT.fullmatch(made["createdAt"])
    assert {made[name] for name in ("createdAt", "created_date", "updatedAt", "updated_date")} == {
        made["createdAt"]
    }
    assert len(made) == 7
    assert reply.headers["Location"] == f"{PATH}/{made['id']}"
    assert http.get(reply.headers["Location"]).json() == made


def test_another_name(http: httpx.Client, make: Make) -> None:
    made = make("Premium")
    reply = http.put(f"{PATH}/{made['id']}", json={"name": "Basic"})
    assert reply.status_code == 200
    changed = reply.json()
    moment = changed["updatedAt"]
    assert moment >= made["updatedAt"]
    names = {"name": "Basic", "enterprise_name": "Basic"}
    assert changed == made | names | {"updatedAt": moment, "updated_date": moment}
    assert http.get(f"{PATH}/{made['id']}").json() == changed


def test_a_deleted_enterprise_is_gone(http: httpx.Client, make: Make) -> None:
    made, other = make("Premium"), make("Basic")
    reply = http.delete(f"{PATH}/{made['id']}")
    assert (reply.status_code, reply.content) == (204, b"")
    assert http.get(f"{PATH}/{made['id']}").status_code == 404
    assert http.get(PATH).json() == [other]


@pytest.mark.parametrize("identifier", ABSENT)
@pytest.mark.parametrize(("method", "body"), [("GET", None), ("PUT", {"name": "x"}), ("DELETE", None)])
def test_what_is_not_there_is_not_found(http: httpx.Client, identifier: str, method: str, body: Any) -> None:
    reply = http.request(method, f"{PATH}/{identifier}", json=body)
    assert reply.status_code == 404
    assert reply.json()["error"] == "not_found"
    assert http.get(PATH).json() == []


def test_enterprises_are_listed_by_pages(http: httpx.Client, make: Make) -> None:
    made = [make(f"Plan {number}") for number in range(7)]
    pages = listed(http, f"{PATH}?limit=3")
    assert [len(page) for page in pages] in ([3, 3, 1], [3, 3, 1, 0])
    assert sorted(chain(*pages), key=lambda each: each["name"]) == made
    (whole,) = listed(http)
    assert sorted(whole, key=lambda each: each["name"]) == made


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({}, "name", "must be given"),
        ({"name": " "}, "name", "must not be shorter than 1"),
        ({"name": "x" * 201}, "name", "must not be longer than 200"),
        ({"name": 7}, "name", "must be a text"),
        ({"name": "a\0b"}, "name", "does not have the right form"),
        ({"name": "a", "id": "b"}, "id", "is not a field"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PUT"])
def test_a_wrong_body(http: httpx.Client, method: str, body: Any, field: str, message: str) -> None:
    reply = http.request(method, PATH if method == "POST" else f"{PATH}/1", json=body)
    assert reply.status_code == 400
    assert reply.json()["fields"] == [{"field": field, "message": message}]


@pytest.mark.parametrize("cursor", ["x", "e30", "eyJpZCI6eyJTIjoiYSJ9fQ", "eyJpZCI6eyJOIjoiYSJ9fQ"])
def test_a_wrong_cursor(http: httpx.Client, cursor: str) -> None:
    reply = http.get(PATH, params={"cursor": cursor})
    assert reply.status_code == 400
    assert reply.json()["fields"] == [{"field": "cursor", "message": "is not a cursor of this listing"}]


def test_names_of_all_languages(http: httpx.Client, make: Make) -> None:
    names = ["Müller & Söhne", "株式会社", "🏭 'quoted\" \\ {0} %s"]
    assert [make(name)["name"] for name in names] == names
    assert {each["name"] for each in http.get(PATH).json()} == set(names)


def test_concurrent_creations_are_all_there(service: ServiceProcess) -> None:
    def create(number: int) -> Any:
        return httpx.post(service.url + PATH, json={"name": f"Plan {number}"}).json()["id"]

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(create, range(40)))
    assert len(set(made)) == 40
    assert {each["id"] for each in service.http.get(PATH).json()} == set(made)


def test_changes_are_audited(service: ServiceProcess, make: Make) -> None:
    made = make("Premium")
    service.http.put(f"{PATH}/{made['id']}", json={"name": "Basic"})
    service.http.delete(f"{PATH}/{made['id']}")
    audited = [record for record in service.records("audit") if record["id"] == str(made["id"])]
    assert [record["action"] for record in audited][-3:] == ["created", "renamed", "deleted"]


def test_health(http: httpx.Client) -> None:
    reply = http.get("/health")
    assert reply.status_code == 200
    assert reply.json()["status"] == "ok"


def test_the_routes_are_documented(http: httpx.Client) -> None:
    paths = http.get("/openapi.json").json()["paths"]
    assert {path: sorted(methods) for path, methods in paths.items()} == {
        "/api/enterprises": ["get", "post"],
        "/api/enterprises/{id}": ["delete", "get", "put"],
        "/api/enterprises/debug/dynamodb": ["get"],
        "/health": ["get"],
    }
