"""The switch between a local server and an external one, on a copy of the folder and two real servers."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from harness.process import ServerProcess
from harness.programs import PATH, PROGRAM_SECONDS_MAX, require_program

ROOT = Path(__file__).parents[2]


@dataclass
class Switch:
    """The script, in its folder."""

    deploy: Path
    home: Path

    def run(self, *arguments: str, **variables: str) -> "subprocess.CompletedProcess[str]":
        """Run it; nothing of whoever runs the tests is in its environment."""
        return subprocess.run(
            [self.deploy / "switch-dynamodb", *arguments],
            capture_output=True,
            text=True,
            cwd=self.home,
            env={
                "PATH": PATH,
                "HOME": str(self.home),
                "PYTHON": sys.executable,
                "STATOR_ROOT": str(ROOT),
                "AWS_EC2_METADATA_DISABLED": "true",
                **variables,
            },
            timeout=PROGRAM_SECONDS_MAX,
            check=False,
        )

    @property
    def switched_to(self) -> tuple[str | None, str | None]:
        """The two links."""
        links = (self.deploy / "env" / "current.env", self.deploy / "kubernetes" / "current")
        return tuple(os.readlink(link) if link.is_symlink() else None for link in links)

    def point(self, mode: str, endpoint: str) -> None:
        """Have a file of variables name an endpoint, and keys."""
        path = self.deploy / "env" / f"{mode}.env"
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            name, equals, _ = line.partition("=")
            if equals and "ENDPOINT" in name:
                lines[number] = f"{name}={endpoint}"
            elif equals and "KEY" in name:
                lines[number] = f"{name}=test"
        path.write_text("\n".join(lines) + "\n")


@pytest.fixture
def switch(tmp_path: Path) -> Switch:
    """The script, in a copy of its folder."""
    deploy = tmp_path / "deploy"
    ignored = shutil.ignore_patterns("current", "current.env")
    shutil.copytree(ROOT / "deploy", deploy, symlinks=True, ignore=ignored)
    return Switch(deploy, tmp_path)


def make_tables(switch: Switch, mode: str) -> None:
    """Make the tables, at the endpoint of a file of variables."""
    done = subprocess.run(
        [sys.executable, "-m", "services.inventory", "create-tables"],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={"PATH": PATH, "ENV_FILE": str(switch.deploy / "env" / f"{mode}.env")},
        timeout=PROGRAM_SECONDS_MAX,
        check=False,
    )
    assert done.returncode == 0, done.stderr


def test_there_and_back(switch: Switch, start_server: Callable[..., ServerProcess]) -> None:
    local, external = start_server(memory=True), start_server(memory=True)
    for mode, server in (("local", local), ("external", external)):
        switch.point(mode, server.url)
        make_tables(switch, mode)
    for mode, overlay, server in (
        ("local", "local", local),
        ("external", "aws", external),
        ("local", "local", local),
    ):
        # What the shell has must not decide what is checked.
        done = switch.run(
            mode, DYNAMODB_ENDPOINT_URL="http://127.0.0.1:1", AWS_ENDPOINT_URL="http://127.0.0.1:1"
        )
        assert done.returncode == 0, done.stderr
        assert switch.switched_to == (f"{mode}.env", f"overlays/{overlay}")
        checked = [line.split(": ")[:2] for line in done.stdout.splitlines() if "is active" in line]
        assert checked == [
            [name, f"{server.url} (us-east-1)"]
            for name in ("movimiento-inventario", "orden-compra", "proveedor", "ingreso-inventario")
        ]
        assert f"variables: {mode}.env\noverlay:   overlays/{overlay}\n" in done.stdout
        assert switch.run("show").stdout in done.stdout


def test_what_cannot_work_is_not_switched_to(
    switch: Switch, start_server: Callable[..., ServerProcess]
) -> None:
    local, external = start_server(memory=True), start_server(memory=True)
    switch.point("local", local.url)
    make_tables(switch, "local")
    assert switch.run("local").returncode == 0

    switch.point("external", external.url)
    without_tables = switch.run("external")
    assert without_tables.returncode == 1
    assert "Check whether create-tables was run." in without_tables.stderr
    assert "nothing was switched: check deploy/env/external.env" in without_tables.stderr
    external.stop()
    absent = switch.run("external")
    assert absent.returncode == 1
    assert "The database cannot be reached. Check DYNAMODB_ENDPOINT_URL." in absent.stderr
    assert "The database cannot be reached. Check AWS_ENDPOINT_URL." in absent.stderr
    assert switch.switched_to == ("local.env", "overlays/local")


def test_the_overlay_that_is_switched_to_is_one(
    switch: Switch, start_server: Callable[..., ServerProcess]
) -> None:
    kubectl = require_program("kubectl")
    server = start_server(memory=True)
    for mode in ("local", "external"):
        switch.point(mode, server.url)
    make_tables(switch, "local")
    for arguments, account in ((["external", "--keys"], False), (["external"], True), (["local"], False)):
        assert switch.run(*arguments).returncode == 0
        done = subprocess.run(
            [kubectl, "kustomize", switch.deploy / "kubernetes" / "current"],
            capture_output=True,
            text=True,
            timeout=PROGRAM_SECONDS_MAX,
            check=True,
        )
        manifests = list(yaml.safe_load_all(done.stdout))
        assert ("role-arn" in done.stdout) == account
        assert ("StatefulSet" in {each["kind"] for each in manifests}) == (arguments == ["local"])


@pytest.mark.parametrize("arguments", [[], ["aws"], ["local", "--keys"], ["local", "--fast"]])
def test_wrong_arguments(switch: Switch, arguments: list[str]) -> None:
    done = switch.run(*arguments)
    assert done.returncode == 2
    assert done.stderr.startswith("Switches the inventory's services")
    assert switch.switched_to == (None, None)
