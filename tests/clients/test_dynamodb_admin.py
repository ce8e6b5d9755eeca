"""dynamodb-admin, a real process in front of a server, asked over HTTP what its pages ask in a browser."""

import http.client
import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from harness.javascript import packages
from harness.process import ServerProcess
from harness.programs import Terminal, require_program
from harness.wire import PATIENCE_SECONDS

KEYS = {"HashAttributeName": "owner", "HashAttributeType": "S"}
INDEX = {
    "IndexName": "ByColour",
    "IndexType": "global",
    "HashAttributeName": "colour",
    "HashAttributeType": "S",
    "ReadCapacityUnits": 3,
    "WriteCapacityUnits": 3,
}


class Admin:
    """A browser at dynamodb-admin."""

    def __init__(self, port: int) -> None:
        self._port = port

    def ask(self, method: str, path: str, body: Any = None, **query: Any) -> tuple[int, str]:
        """A status and a text. `body` is sent as JSON."""
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=PATIENCE_SECONDS)
        try:
            connection.request(
                method,
                f"{path}?{urlencode(query)}" if query else path,
                None if body is None else json.dumps(body),
                {"content-type": "application/json"},
            )
            reply = connection.getresponse()
            return reply.status, reply.headers.get("location") or reply.read().decode()
        finally:
            connection.close()

    def page(self, path: str, **query: Any) -> str:
        """A page that must be there."""
        status, text = self.ask("GET", path, **query)
        assert status == 200, text
        return text

    def change(self, method: str, path: str, body: Any = None) -> Any:
        """What a change, which must succeed, answers."""
        status, text = self.ask(method, path, body)
        assert status in (200, 204), text
        return json.loads(text) if text else None

    def items(self, name: str, **query: Any) -> dict[str, Any]:
        """The answer from which the page of a table is filled."""
        return dict(json.loads(self.page(f"/tables/{name}/items", **query)))


@pytest.fixture
def stator(start_server: Callable[..., ServerProcess]) -> ServerProcess:
    """A server for dynamodb-admin alone, which deletes all tables that it sees if told to."""
    return start_server(memory=True)


@pytest.fixture
def admin(stator: ServerProcess, tmp_path: Path) -> Iterator[Admin]:
    """dynamodb-admin, with its own default keys and session token."""
    kept = Terminal(stator.url, tmp_path).environment
    process = subprocess.Popen(
        [
            require_program("node"),
            str(packages() / ".bin" / "dynamodb-admin"),
            "--host=127.0.0.1",
            "--port=0",
        ],
        env={"PATH": kept["PATH"], "HOME": kept["HOME"], "DYNAMO_ENDPOINT": stator.url},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        with process.stdout as output:
            # It ends the loop by what it says, or by its end.
            found = next(filter(None, (re.search(r"listening on \S+:(\d+)", line) for line in output)), None)
            assert found is not None, "dynamodb-admin did not start"
            yield Admin(int(found[1]))
    finally:
        process.kill()
        process.wait(PATIENCE_SECONDS)


def create_table(admin: Admin, name: str, **more: Any) -> None:
    """Fill in the form of a new table."""
    definition = {"TableName": name, **KEYS, "ReadCapacityUnits": 3, "WriteCapacityUnits": 3, **more}
    admin.change("POST", "/create-table", {"TableDefinition": definition, "SecondaryIndexes": [INDEX]})


def create_toys(admin: Admin, count: int) -> list[dict[str, Any]]:
    """A table with a sort key, and that many items of one owner."""
    create_table(admin, "toys", RangeAttributeName="number", RangeAttributeType="N")
    toys = [
        {
            "owner": "ada",
            "number": number,
            "colour": "red" if number % 2 else "blue",
            "parts": ["a", {"b": 1}],
        }
        for number in range(count)
    ]
    for toy in toys:
        key = admin.change("PUT", "/tables/toys/add-item", toy)
        assert key == {"owner": "ada", "number": toy["number"]}
    return toys


def shown(answer: dict[str, Any]) -> list[dict[str, Any]]:
    """The items of an answer, without what dynamodb-admin adds."""
    return [{name: value for name, value in item.items() if name != "__key"} for item in answer["Items"]]


def filters(**conditions: tuple[str, str, str]) -> str:
    """The filters of the page: attribute, and the type, operator and value chosen for it."""
    return json.dumps(
        {
            name: {"type": kind, "operator": operator, "value": value}
            for name, (kind, operator, value) in conditions.items()
        }
    )


def test_tables_are_made_listed_and_deleted(admin: Admin, stator: ServerProcess) -> None:
    assert json.loads(admin.page("/api/tables")) == []
    create_table(admin, "toys", RangeAttributeName="number", RangeAttributeType="N")
    create_table(admin, "games")
    assert [table["TableName"] for table in json.loads(admin.page("/api/tables"))] == ["games", "toys"]
    page = admin.page("/")
    assert "href='/tables/toys'" in page
    assert "href='/tables/games'" in page
    described = stator.client().describe_table(TableName="toys")["Table"]
    assert [key["AttributeName"] for key in described["KeySchema"]] == ["owner", "number"]
    assert described["ProvisionedThroughput"]["ReadCapacityUnits"] == 3
    assert [index["IndexName"] for index in described["GlobalSecondaryIndexes"]] == ["ByColour"]
    admin.change("DELETE", "/tables/games")
    assert stator.client().list_tables()["TableNames"] == ["toys"]
    status, text = admin.ask("DELETE", "/tables")
    assert (status, text) == (200, "Tables deleted")
    assert stator.client().list_tables()["TableNames"] == []


def test_pages_about_a_table(admin: Admin, stator: ServerProcess) -> None:
    create_toys(admin, 1)
    stator.client().update_time_to_live(
        TableName="toys", TimeToLiveSpecification={"AttributeName": "ends", "Enabled": True}
    )
    for path, expected in {
        "/tables/toys": "ByColour",
        "/tables/toys/get": "owner",
        "/tables/toys/add-item": "number",
        "/tables/toys/meta": "TableSizeBytes",
        "/tables/toys/ttl": "ends",
        "/create-table": "form",
    }.items():
        assert expected in admin.page(path), path
    status, text = admin.ask("GET", "/tables/nothing")
    assert status == 500
    assert "Requested resource not found: Table: nothing not found" in text


def test_items_are_browsed_in_pages(admin: Admin) -> None:
    toys = create_toys(admin, 30)
    first = admin.items("toys")
    assert shown(first) == toys[:25]
    assert first["uniqueKeys"][:2] == ["owner", "number"]
    following = json.loads(admin.page(f"/tables/toys/items?startKey={first['nextKey']}"))
    assert shown(following) == toys[25:]
    assert following["nextKey"] is None


def test_items_are_searched(admin: Admin) -> None:
    toys = create_toys(admin, 12)
    by_key = {"operationType": "query", "queryableSelection": "table"}
    some = filters(owner=("S", "=", "ada"), number=("N", ">=", "9"), colour=("S", "=", "red"))
    assert shown(admin.items("toys", filters=some, **by_key)) == [toys[9], toys[11]]
    by_index = {"operationType": "query", "queryableSelection": "ByColour"}
    blue = admin.items("toys", filters=filters(colour=("S", "=", "blue")), **by_index)
    assert sorted(item["number"] for item in shown(blue)) == [0, 2, 4, 6, 8, 10]
    scanned = admin.items("toys", filters=filters(colour=("S", "begins_with", "r"), number=("N", "<", "4")))
    assert shown(scanned) == [toys[1], toys[3]]


def test_an_item_is_shown_edited_and_deleted(admin: Admin, stator: ServerProcess) -> None:
    (toy,) = create_toys(admin, 1)
    status, place = admin.ask("GET", "/tables/toys/get", hash="ada", range="0")
    assert status == 302
    assert place == "/tables/toys/items/" + quote("ada") + "," + quote("0")
    assert "colour" in admin.page(place)
    changed = toy | {"colour": "green", "price": 12.5}
    assert admin.change("PUT", place, changed) == changed
    key = {"owner": {"S": "ada"}, "number": {"N": "0"}}
    item = stator.client().get_item(TableName="toys", Key=key)["Item"]
    assert (item["colour"], item["price"]) == ({"S": "green"}, {"N": "12.5"})
    admin.change("DELETE", place)
    assert admin.ask("GET", place) == (404, "Not found")
    assert "Item" not in stator.client().get_item(TableName="toys", Key=key)


def test_a_table_is_purged(admin: Admin, stator: ServerProcess) -> None:
    create_toys(admin, 30)
    assert admin.ask("DELETE", "/tables/toys/all") == (200, "")
    assert stator.client().scan(TableName="toys")["Items"] == []
    assert stator.client().list_tables()["TableNames"] == ["toys"]
