"""A folder of Terraform, applied by the real program; and what is said without it."""

import os
import signal
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.process import COMMAND, ServerProcess, environment, eventually, run
from harness.terraform import TERRAFORM_SECONDS_MAX, Terraform
from stator.apply import terraform
from stator.apply.endpoint import Address
from stator.apply.errors import ApplyError

# The provider has nothing but a region, and the state would be in a bucket of AWS.
MAIN = """
terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
  backend "s3" {
    bucket = "nobody"
    key    = "state"
    region = "eu-west-1"
  }
}

provider "aws" {
  region = "eu-west-1"
}

variable "name" {
  type = string
}

resource "aws_dynamodb_table" "orders" {
  name         = var.name
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "id"

  attribute {
    name = "id"
    type = "S"
  }
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "infrastructure"
    path.mkdir()
    (path / "main.tf").write_text(MAIN)
    return path


def test_a_folder_is_applied(server: ServerProcess, client: Any, folder: Path, tmp_path: Path) -> None:
    """Its own backend is left alone, nothing but `.stator` and the lock file stays, and a plan is shown."""
    outer = Terraform(folder, tmp_path / "home").environment
    said = run(
        *("apply", str(folder), "name=terraformed", "--endpoint", server.url, "--yes"),
        *("--", "-compact-warnings"),
        directory=tmp_path,
        seconds=TERRAFORM_SECONDS_MAX,
        **outer,
        AWS_PROFILE="production",
    )
    assert said.returncode == 0, said.stdout + said.stderr
    assert "Plan: 1 to add, 0 to change, 0 to destroy." in said.stdout
    assert "Apply complete! Resources: 1 added" in said.stdout
    assert client.describe_table(TableName="terraformed")["Table"]["TableStatus"] == "ACTIVE"
    left = {path.name for path in folder.iterdir()}
    assert left == {"main.tf", ".terraform.lock.hcl", terraform.KEPT}
    assert "terraformed" in (folder / terraform.KEPT / "terraform.tfstate").read_text()


def test_without_terraform(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ApplyError, match="terraform is not on the PATH; https://"):
        terraform.Run(folder, Address("http://127.0.0.1:8000"), {}, [])


def program(path: Path, text: str) -> None:
    """A program of the name that is looked for, which does what the text says."""
    path.mkdir()
    (path / "terraform").write_text(f"#!/bin/sh\n{text}")
    (path / "terraform").chmod(0o755)


def test_what_the_program_is_given(folder: Path, tmp_path: Path) -> None:
    """The commands, arguments and variables; the override file, which goes when the program fails."""
    log = tmp_path / "log"
    program(
        tmp_path / "bin",
        f'echo "$@" >> {log}; env >> {log}; cat stator_override.tf >> {log}; [ $1 = init ]\n',
    )
    done = run(
        *(
            "apply",
            str(folder),
            "--parameters",
            "a=b c",
            "--region",
            "eu-north-1",
            "--yes",
            "--",
            "-target=x",
        ),
        *("-refresh=false",),
        directory=tmp_path,
        PATH=f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        AWS_ENDPOINT_URL="http://127.0.0.1:8123",
        AWS_ENDPOINT_URL_DYNAMODB="http://127.0.0.1:8123",
        AWS_ENDPOINT_URL_STS="https://sts.amazonaws.com",
        AWS_PROFILE="production",
        AWS_ACCESS_KEY_ID="key",
    )
    assert done.returncode == 1
    assert "terraform plan ended with status 1" in done.stderr
    written = log.read_text()
    assert "-input=false -detailed-exitcode -out=.stator/plan -var=a=b c -target=x -refresh=false" in written
    first, second = written.split("\nplan -no-color", 1)
    assert "HTTPS_PROXY=http://127.0.0.1:8123" not in first  # `init` may fetch providers.
    for line in (
        "AWS_ENDPOINT_URL=http://127.0.0.1:8123",
        "AWS_REGION=eu-north-1",
        "AWS_ACCESS_KEY_ID=key",
        "AWS_SECRET_ACCESS_KEY=local",
        "AWS_CONFIG_FILE=/dev/null",
        "HTTPS_PROXY=http://127.0.0.1:8123",
        "NO_PROXY=127.0.0.1",
        "TF_DATA_DIR=.stator/terraform",
        "TF_VAR_endpoint=http://127.0.0.1:8123",
        '  backend "local" {',
    ):
        assert f"\n{line}\n" in second, line
    assert "AWS_PROFILE" not in written
    assert "AWS_ENDPOINT_URL_" not in written
    assert not (folder / terraform.OVERRIDE).exists()


def test_what_would_reach_aws_is_refused(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "bin", "exit 0\n")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    with pytest.raises(ApplyError, match="for AWS, run terraform itself"):
        terraform.Run(folder, Address("aws"), {}, [])
    endpoints = (
        'provider "aws" {\n  endpoints {\n    dynamodb = "https://dynamodb.eu-west-1.amazonaws.com"\n  }\n}\n'
    )
    (folder / "provider.tf").write_text(endpoints)
    with pytest.raises(ApplyError, match=r"provider\.tf has an endpoint of AWS in its `endpoints`"):
        terraform.Run(folder, Address("http://127.0.0.1:8000"), {}, [])


def test_an_override_file_of_somebody_else_is_left_alone(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program(tmp_path / "bin", "exit 0\n")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    (folder / terraform.OVERRIDE).write_text("# mine\n")
    prepared = terraform.Run(folder, Address("http://127.0.0.1:8000"), {}, []).prepared()
    with pytest.raises(ApplyError, match="is not one that `stator apply` wrote"):
        prepared.__enter__()
    assert (folder / terraform.OVERRIDE).read_text() == "# mine\n"


def test_terraform_is_left_to_end_when_it_is_told_to(folder: Path, tmp_path: Path) -> None:
    """It would lose its state if it were killed; and the override file goes all the same."""
    log = tmp_path / "log"
    waits = "while :; do sleep 0.05; done"
    program(
        tmp_path / "bin",
        f"[ $1 = plan ] || exit 0\ntrap 'echo interrupted >> {log}; exit 1' INT\n"
        f"echo ready > {log}\n{waits}\n",
    )
    with subprocess.Popen(
        [*COMMAND, "apply", str(folder), "--yes", "--endpoint", "http://127.0.0.1:8123"],
        stderr=subprocess.PIPE,
        text=True,
        env=environment(PATH=f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}"),
    ) as process:
        for _ in eventually():
            if log.exists() and log.read_text():
                break
        assert (folder / terraform.OVERRIDE).exists()
        process.send_signal(signal.SIGTERM)
        _, said = process.communicate(timeout=60)
    assert log.read_text() == "ready\ninterrupted\n"
    assert "terraform plan ended with status 1" in said
    assert not (folder / terraform.OVERRIDE).exists()
