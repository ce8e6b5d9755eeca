"""The four services as processes beside each other, as they are deployed."""

import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.process import eventually

from ..process import (
    ACCESS_KEY,
    SECRET_KEY,
    TOKEN,
    ServiceProcess,
    allowed,
    command,
    environment,
)

SUPPLIER = {"name": "Maderas del Sur", "taxId": "30-12345678-9", "email": "ventas@maderas.example"}
SERVICES = ("proveedor", "orden-compra", "ingreso-inventario", "movimiento-inventario")


def variables(endpoint: str, **more: str | None) -> dict[str, str]:
    """The environment of each service: both sets of variables point to the endpoint."""
    signed = environment(endpoint)
    both = {
        "AWS_ENDPOINT_URL": endpoint,
        "DYNAMODB_ENDPOINT_URL": endpoint,
        "DYNAMODB_REGION": signed["AWS_REGION"],
        "DYNAMODB_ACCESS_KEY": signed.get("AWS_ACCESS_KEY_ID"),
        "DYNAMODB_SECRET_KEY": signed.get("AWS_SECRET_ACCESS_KEY"),
        "DYNAMODB_SESSION_TOKEN": signed.get("AWS_SESSION_TOKEN"),
        "DYNAMODB_ENDPOINT": None,
        "PROJECTOR_POLL_MILLISECONDS": "50",
        "PORT": "0",
    }
    return environment(endpoint, **{**both, **more})


def package(service: str) -> str:
    """The package of a service, below `services`."""
    return f"inventory.{service.replace('-', '_')}"


def run(
    service: str, *arguments: str, endpoint: str, directory: Path, **more: str | None
) -> "subprocess.CompletedProcess[str]":
    """Run a command of a service that ends by itself."""
    return command(package(service), *arguments, directory=directory, variables=variables(endpoint, **more))


def create_tables(endpoint: str, directory: Path) -> None:
    """Create the tables, by the administrator's command."""
    made = command("inventory", "create-tables", directory=directory, variables=variables(endpoint))
    assert made.returncode == 0, made.stderr


class Fleet:
    """Services on one endpoint. When it is closed, their logs have no credential, and they have called only
    what the policy allows."""

    def __init__(self, directory: Path, endpoint: str) -> None:
        self.directory, self.endpoint = directory, endpoint
        self._started: list[ServiceProcess] = []

    def start(self, service: str, **more: str | None) -> ServiceProcess:
        """Start a service."""
        directory = self.directory / f"{service}-{len(self._started)}"
        directory.mkdir()
        started = ServiceProcess(package(service), directory, variables(self.endpoint, **more))
        self._started.append(started)
        return started

    def close(self) -> None:
        """Stop the services, and check their logs."""
        for service in self._started:
            service.close()
        for service in self._started:
            assert [secret for secret in (ACCESS_KEY, SECRET_KEY, TOKEN) if secret in service.log] == []
            assert service.actions - allowed("inventory") == set()


def projector(service: str, endpoint: str, directory: Path, **more: str) -> "subprocess.Popen[str]":
    """A process that follows a service's streams until there is nothing new."""
    with (directory / f"{service}.log").open("a") as log:
        return subprocess.Popen(
            [sys.executable, "-m", f"services.{package(service)}", "project", "--once"],
            stdout=subprocess.DEVNULL,
            stderr=log,
            text=True,
            cwd=directory,
            env=variables(endpoint, **more),
        )


def becomes(service: ServiceProcess, path: str, **fields: Any) -> Mapping[str, Any]:
    """What a path answers, once it has these fields."""
    for _ in eventually():
        reply = service.http.get(path)
        if reply.status_code == 200 and fields.items() <= reply.json().items():
            return reply.json()
    raise AssertionError
