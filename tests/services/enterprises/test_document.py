"""The blocks of the seed document that are about the service, run as they are written.

Only what must differ does: ports, which are free ones here, and `{enterprise-id}`, which stands for an id.
"""

import re
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from services.common.dynamodb import connect
from services.common.settings import read
from services.enterprises.settings import Settings

from harness.programs import Terminal

from ...seeds.blocks import DOCUMENTS, blocks, require_documents
from ..process import GIVEN, ServiceStarter, policy

DOCUMENT = "001_e47369dabfe4ead4"
SERVICE, DATABASE = "http://localhost:4000", "http://localhost:8000"
CREATE, LIST, GET, UPDATE, DELETE, DEBUG = range(8, 14)
NAME = "Premium Plan Enterprise"


def text(number: int) -> str:
    """A block of the document."""
    require_documents()
    (found,) = (each.text for each in blocks().values() if (each.document, each.number) == (DOCUMENT, number))
    return found


def variables_of(number: int) -> dict[str, str]:
    """The variables that a block sets."""
    lines = [line for line in text(number).splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def test_every_curl(start_service: ServiceStarter, endpoint: str, table: str, tmp_path: Path) -> None:
    service = start_service("enterprises", DYNAMODB_ENTERPRISE_TABLE=table, DYNAMODB_CONSISTENT_READS="true")
    terminal = Terminal(endpoint, tmp_path)

    def curl(number: int, identifier: str = "") -> Any:
        written = text(number).replace(SERVICE, service.url).replace("{enterprise-id}", identifier)
        return terminal.run("sh", "-e", "-c", written.replace("curl ", "curl --silent --fail ", 1)).json

    made = curl(CREATE)
    assert made["name"] == NAME
    assert curl(LIST) == [made]
    assert curl(GET, made["id"]) == made
    changed = curl(UPDATE, made["id"])
    assert changed == made | {
        "name": "Updated Enterprise Name",
        "enterprise_name": "Updated Enterprise Name",
        "updatedAt": changed["updatedAt"],
        "updated_date": changed["updatedAt"],
    }
    assert curl(GET, made["id"]) == changed
    debugged = curl(DEBUG)
    assert (debugged["mode"], debugged["table"], debugged["item_count"]) == ("dynamodb", table, 1)
    assert curl(DELETE, made["id"]) is None
    assert curl(LIST) == []


@pytest.mark.skipif(GIVEN is not None, reason="the document's keys are for a server of its own")
@pytest.mark.parametrize("number", [2, 6])
def test_the_local_environment(start_service: ServiceStarter, endpoint: str, number: int) -> None:
    given = variables_of(1) | variables_of(number) if number == 2 else variables_of(number)
    assert given["DYNAMODB_ENDPOINT"] == DATABASE
    given["DYNAMODB_ENDPOINT"] = endpoint
    report = start_service("enterprises", **given).http.get("/health").json()
    # Nobody has made the table; but the server was asked, with these keys.
    assert report["variable"] == "DYNAMODB_ENTERPRISE_TABLE"


def test_the_environment_on_aws(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    given = variables_of(1)
    settings = read(Settings, given | {"DYNAMODB_ENDPOINT": ""})
    assert (settings.mode, settings.table) == ("dynamodb", "EnterpriseConfig")
    assert settings.database.access_key == given["AWS_ACCESS_KEY_ID"]
    with closing(connect(settings.database)) as database:
        assert database.endpoint == "https://dynamodb.us-east-1.amazonaws.com"


def test_the_policy_is_the_document_s() -> None:
    require_documents()
    named = re.findall(r"^- `(dynamodb:\w+)`$", (DOCUMENTS / f"{DOCUMENT}.txt").read_text(), re.MULTILINE)
    assert len(named) == 6
    assert policy("enterprises")[0]["Action"] == named
