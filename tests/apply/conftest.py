"""`stator apply`, run in this process against the shared server, and templates as a test writes them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zlib import crc32

import pytest
from botocore import loaders
from click.testing import Result
from typer.testing import CliRunner

from harness.process import ServerProcess
from stator.cli.app import app

AWS_VARIABLES = (
    *("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"),
    *("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_DYNAMODB"),
)
Apply = Callable[..., str]
# The models of AWS's services, which botocore otherwise reads anew for each command of this process.
LOADER = loaders.create_loader()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A server for these tests alone: each apply asks for the tags of all tables."""
    process = ServerProcess(tmp_path_factory.mktemp("server"), memory=True)
    try:
        yield process.start()
        assert "Traceback" not in process.log
    finally:
        process.close()


@pytest.fixture(scope="session")
def client(server: ServerProcess) -> Any:
    """A boto3 client of that server."""
    return server.client()


@pytest.fixture
def nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of whoever runs the tests: no keys, no profile, no region."""
    for name in AWS_VARIABLES:
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "no-config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "no-credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def apply(
    server: ServerProcess,
    tmp_path: Path,
    nobody: None,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> Apply:
    """Applies a template (an object, a text or a path) with `--yes`; what is printed.

    Each test has a stack of its own, unless `stack` names one (if empty, the template does). `status` is
    the status that it ends with; if that is not 0, what comes back is what it says on standard error.
    """
    monkeypatch.setattr(loaders, "create_loader", lambda _=None: LOADER)
    monkeypatch.chdir(tmp_path)
    own = f"stack-{crc32(request.node.nodeid.encode())}"

    def apply(
        template: dict[str, Any] | str | Path,
        *arguments: object,
        stack: str | None = None,
        status: int = 0,
        yes: bool = True,
        server: ServerProcess = server,
    ) -> str:
        if isinstance(template, Path):
            path = template
        else:
            path = tmp_path / f"template.{'yaml' if isinstance(template, str) else 'json'}"
            path.write_text(template if isinstance(template, str) else json.dumps(template))
        name = own if stack is None else stack
        named = ["--stack-name", name] if name else []
        texts = [*map(str, arguments), *named, "--endpoint", server.url, *(["--yes"] if yes else [])]
        done: Result = CliRunner().invoke(app, ["apply", str(path), *texts])
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exception
        assert done.exit_code == status, done.output
        return done.stderr if status else done.stdout

    return apply


def key(name: str, type_: str = "HASH") -> dict[str, str]:
    return {"AttributeName": name, "KeyType": type_}


def attribute(name: str, type_: str = "S") -> dict[str, str]:
    return {"AttributeName": name, "AttributeType": type_}


def table(name: str | None = None, **properties: Any) -> dict[str, Any]:
    """A resource: a table with the key `id`; properties that are None are left out."""
    given = {
        "TableName": name,
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [attribute("id")],
        "KeySchema": [key("id")],
        **properties,
    }
    kept = {name: value for name, value in given.items() if value is not None}
    return {"Type": "AWS::DynamoDB::Table", "Properties": kept}


def template(**resources: Any) -> dict[str, Any]:
    return {"AWSTemplateFormatVersion": "2010-09-09", "Resources": resources}
