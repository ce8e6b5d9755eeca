"""A service in a process of its own, as it is run for real: HTTP in, logs out."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx

from harness.programs import PATH
from harness.wire import PATIENCE_SECONDS

ROOT = Path(__file__).parents[2]
_READY = re.compile(r"(?P<name>\S+) listens on (?P<url>http://\S+)")
# Statements of a policy that are for people, not for the running service.
_BY_HAND = "ByAdministrator"

# What a test's service signs with, and what must never be in a log.
ACCESS_KEY = "AKIASERVICETESTS0000"
SECRET_KEY = "a-secret-key-of-the-tests-of-services"
TOKEN = "a-session-token-of-the-tests-of-services"


# An endpoint to run the tests against, instead of a server of their own; AWS's have no simple address.
GIVEN = os.environ.get("SERVICES_TEST_ENDPOINT")
GIVEN_NAMES = (
    "AWS_REGION",
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "HOME",
)


def environment(endpoint: str | None, **variables: str | None) -> dict[str, str]:
    """The environment of a service: nothing of whoever runs the tests but credentials for a given endpoint.

    None leaves a variable out.
    """
    given = {name: os.environ[name] for name in GIVEN_NAMES if name in os.environ} if GIVEN else {}
    merged: dict[str, str | None] = {
        "PATH": PATH,
        "PYTHONPATH": str(ROOT),
        "PYTHONWARNINGS": "error",
        "LANG": "C.UTF-8",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_SESSION_TOKEN": TOKEN,
        "DYNAMODB_ENDPOINT": endpoint,
        "LOG_LEVEL": "debug",
        "LOG_FORMAT": "json",
        **(
            dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"))
            if given
            else {}
        ),
        **given,
        **variables,
    }
    return {name: value for name, value in merged.items() if value is not None}


def command(
    name: str, *arguments: str, directory: Path, variables: dict[str, str]
) -> "subprocess.CompletedProcess[str]":
    """Run a command of a service that ends by itself."""
    return subprocess.run(
        [sys.executable, "-m", f"services.{name}", *arguments],
        capture_output=True,
        text=True,
        cwd=directory,
        env=variables,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


class ServiceProcess:
    """A running service. Its log is in `directory`, which is also where it looks for a `.env` file."""

    def __init__(self, name: str, directory: Path, variables: dict[str, str], *arguments: str) -> None:
        self.name = name
        self.directory = directory
        self._log = directory / f"{name}.log"
        with self._log.open("w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", f"services.{name}", *arguments],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                cwd=directory,
                env=variables,
            )
        assert self._process.stdout is not None
        self.ready_line = self._process.stdout.readline()
        found = _READY.match(self.ready_line)
        if found is None:
            self._end(signal.SIGKILL)
            raise AssertionError(f"{name} did not start: {self.ready_line!r}, log:\n{self.log}")
        self.url = found["url"]
        self.http = httpx.Client(base_url=self.url, timeout=PATIENCE_SECONDS)

    def stop(self) -> None:
        """Ask it to stop, and wait: it finishes what it does, and ends well."""
        status = self._end(signal.SIGTERM)
        assert status == 0, f"status {status}, log:\n{self.log}"

    def kill(self) -> None:
        """Kill it."""
        self._end(signal.SIGKILL)

    def close(self) -> None:
        """Leave nothing behind."""
        self.http.close()
        if self._process.poll() is None:
            self.stop()

    def _end(self, number: signal.Signals) -> int:
        self._process.send_signal(number)
        with self._process:
            return self._process.wait(PATIENCE_SECONDS)

    @property
    def log(self) -> str:
        """What it wrote to standard error."""
        return self._log.read_text()

    def records(self, logger: str) -> list[dict[str, Any]]:
        """What one of its loggers wrote, in the form `json`."""
        lines = [line for line in self.log.splitlines() if line.startswith("{")]
        return [record for record in map(json.loads, lines) if record["logger"] == logger]

    @property
    def actions(self) -> set[str]:
        """The IAM actions that its calls of the database needed."""
        return {action for record in self.records("database") for action in record.get("actions", ())}


def policy(name: str) -> list[dict[str, Any]]:
    """The statements of a service's policy."""
    statements: list[dict[str, Any]] = json.loads((ROOT / "services" / name / "policy.json").read_text())[
        "Statement"
    ]
    return statements


def actions_of(statements: Iterable[dict[str, Any]]) -> set[str]:
    """The actions of some statements."""
    return {action for statement in statements for action in statement["Action"]}


def allowed(name: str) -> set[str]:
    """The actions that a running service may need."""
    return actions_of(statement for statement in policy(name) if not statement["Sid"].endswith(_BY_HAND))


class ServiceStarter:
    """Starts services, each at a free port and in a directory of its own; checks them when it closes them."""

    def __init__(self, directory: Path, endpoint: str) -> None:
        self._directory, self._endpoint = directory, endpoint
        self._started: list[ServiceProcess] = []

    def __call__(
        self, name: str, *arguments: str, endpoint: str | None = None, **variables: str | None
    ) -> ServiceProcess:
        """A service with these arguments and variables, on another endpoint if one is given."""
        directory = self._directory / f"{name}-{len(self._started)}"
        directory.mkdir()
        merged = environment(endpoint or self._endpoint, **{"PORT": "0", **variables})
        service = ServiceProcess(name, directory, merged, *arguments)
        self._started.append(service)
        return service

    def close(self) -> None:
        """Stop the services. Their logs have no credential, and they called what their policies allow."""
        for service in self._started:
            service.close()
        for service in self._started:
            assert [secret for secret in (ACCESS_KEY, SECRET_KEY, TOKEN) if secret in service.log] == []
            assert service.actions - allowed(service.name) == set()
