"""Programs that are not ours: whether they are there, and a place to run them that knows only our server."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

PROGRAM_SECONDS_MAX = 60
# The programs of the environment in which the tests run (`aws`) come before those of the machine.
PATH = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])


def missing(reason: str) -> NoReturn:
    """Skip the test, for a reason that a reader can act on; with CI=true, where all should be there, fail."""
    if os.environ.get("CI") == "true":
        pytest.fail(reason)
    pytest.skip(reason)


def require_program(name: str) -> str:
    """The path of a program that may be absent."""
    return shutil.which(name, path=PATH) or missing(f"{name} is not installed")


@dataclass(frozen=True)
class Finished:
    """What a program left: its exit status and its texts."""

    status: int
    output: str
    errors: str

    @property
    def json(self) -> Any:
        """The one JSON text of its output; None if there is none."""
        return json.loads(self.output) if self.output.strip() else None

    @property
    def jsons(self) -> list[Any]:
        """The JSON texts that follow each other in its output."""
        decoder, texts, rest = json.JSONDecoder(), [], self.output.strip()
        while rest:
            text, end = decoder.raw_decode(rest)
            texts.append(text)
            rest = rest[end:].lstrip()
        return texts


@dataclass(frozen=True)
class Terminal:
    """A home directory and an environment in which AWS's programs find the server at `url`.

    Nothing of whoever runs the tests is in it: no profile, no keys, no region.
    """

    url: str
    home: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": PATH,
            "HOME": str(self.home),
            "LANG": "C.UTF-8",
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "dummy",
            "AWS_SECRET_ACCESS_KEY": "dummy",
            "AWS_REGION": "us-east-1",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "AWS_MAX_ATTEMPTS": "1",  # A failure is seen, not tried again.
            "AWS_PAGER": "",
        }

    def attempt(
        self, *command: str | Path, text: str = "", variables: Mapping[str, str | None] | None = None
    ) -> Finished:
        """Run a program, `text` being its input. `variables` go into its environment; None leaves one out."""
        environment = self.environment | dict(variables or {})
        done = subprocess.run(
            [require_program(str(command[0])), *command[1:]],
            input=text,
            capture_output=True,
            text=True,
            cwd=self.home,
            env={name: value for name, value in environment.items() if value is not None},
            timeout=PROGRAM_SECONDS_MAX,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    def run(
        self, *command: str | Path, text: str = "", variables: Mapping[str, str | None] | None = None
    ) -> Finished:
        """Run a program that must succeed."""
        done = self.attempt(*command, text=text, variables=variables)
        assert done.status == 0, f"status {done.status}\n{done.output}\n{done.errors}"
        return done

    def aws(self, *arguments: str, **variables: str | None) -> Any:
        """What `aws dynamodb` answers."""
        return self.run("aws", "dynamodb", *arguments, variables=variables).json
