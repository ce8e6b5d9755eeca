"""A server with a table of every type, and the commands that move it."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from typer.testing import CliRunner

from harness.process import ServerProcess
from stator.cli.app import app

ROOT = Path(__file__).parents[2]
# Where `benchmarks` is, which knows how to install other servers.
if str(ROOT) not in sys.path:
    sys.path.append(str(ROOT))

AWS_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_REGION",
    "AWS_DEFAULT_REGION",
    "AWS_ENDPOINT_URL",
    "AWS_ENDPOINT_URL_DYNAMODB",
)
Stator = Callable[..., Result]


@pytest.fixture
def stator(server: ServerProcess, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stator:
    """Runs `stator export` and `stator import` against the shared server; with status 0 unless told.

    They run in this process, which has boto3 loaded. Tests that kill them start processes.
    """
    for name in AWS_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.chdir(tmp_path)

    def stator(*arguments: object, status: int = 0, endpoint: str = server.url) -> Result:
        texts = [str(argument) for argument in arguments]
        done = CliRunner().invoke(app, [*texts, "--endpoint", endpoint])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert done.exit_code == status, done.output
        return done

    return stator


def create(client: Any, name: str, **more: Any) -> None:
    client.create_table(
        **{
            "TableName": name,
            "KeySchema": [
                {"AttributeName": "pk", "KeyType": "HASH"},
                {"AttributeName": "sk", "KeyType": "RANGE"},
            ],
            "AttributeDefinitions": [
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "N"},
            ],
            "BillingMode": "PAY_PER_REQUEST",
            **more,
        }
    )


def fill(client: Any, name: str, items: list[dict[str, Any]]) -> None:
    for start in range(0, len(items), 25):
        writes = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
        while writes:
            done = client.batch_write_item(RequestItems={name: writes})
            writes = done["UnprocessedItems"].get(name, [])


def contents(client: Any, name: str) -> dict[tuple[str, str], dict[str, Any]]:
    """All items, by key, as botocore reads them."""
    pages = client.get_paginator("scan").paginate(TableName=name, ConsistentRead=True)
    found = [item for page in pages for item in page["Items"]]
    return {(item["pk"]["S"], item["sk"]["N"]): sorted_sets(item) for item in found}


def sorted_sets(value: Any) -> Any:
    """An attribute value or an item, with sets in an order of their own."""
    if isinstance(value, dict):
        return {
            name: sorted(each) if name in ("SS", "NS", "BS") and isinstance(each, list) else sorted_sets(each)
            for name, each in value.items()
        }
    return [sorted_sets(each) for each in value] if isinstance(value, list) else value


SAMPLES: list[dict[str, Any]] = [
    {"S": "plain"},
    {"S": ""},
    {"S": 'quote " comma , back \\ line \n tab \t nul \x00 é 漢 🜚 \u2028'},
    {"N": "0"},
    {"N": "-12345678901234567890123456789012345678"},
    {"N": "0.000000000000000000000000000000000000000000000000000000000000012345"},
    {"N": "99999999999999999999999999999999999999" + "0" * 80},
    {"B": bytes(range(256))},
    {"B": b""},
    {"SS": ["b", "a", "ü"]},
    {"NS": ["1", "-2.5", "1000000000000000000000000000000000000001"[:38]]},
    {"BS": [b"\x00", b"\xff\xfe"]},
    {"BOOL": True},
    {"BOOL": False},
    {"NULL": True},
    {"L": []},
    {"M": {}},
    {"L": [{"L": [{"M": {"Item": {"S": "x"}, "S": {"NULL": True}}}]}, {"N": "1"}]},
    {"M": {"a.b": {"BS": [b"1"]}, "#": {"M": {"deep": {"NS": ["7"]}}}}},
]


def samples() -> list[dict[str, Any]]:
    """Items with every type, alone and together."""
    items = [
        {"pk": {"S": f"p{number}"}, "sk": {"N": str(number)}, "value": value}
        for number, value in enumerate(SAMPLES)
    ]
    everything = {f"a{number}": value for number, value in enumerate(SAMPLES)}
    return [*items, {"pk": {"S": "all"}, "sk": {"N": "-1.5"}, **everything}]


def many(count: int, size: int = 300) -> list[dict[str, Any]]:
    return [
        {
            "pk": {"S": f"p{number % 97}"},
            "sk": {"N": str(number)},
            "text": {"S": chr(97 + number % 26) * (1 + number % size)},
        }
        for number in range(count)
    ]
