"""Terraform, run for real against our server: the program, a provider that is here, and a root to work in.

Nothing is fetched: the provider `aws` has some 700 MB. It is taken, without a copy, from where Terraform
looks for unpacked providers (developer.hashicorp.com/terraform/cli/config/config-file, "Implied Mirror
Directories" and "Provider Plugin Cache").
"""

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest

from harness.programs import PATH, Finished, missing

SHIPPED: Final = Path(__file__).parents[2] / "deploy" / "terraform"
TERRAFORM_SECONDS_MAX: Final = 240
_PROVIDER: Final = "registry.terraform.io/hashicorp/aws"
_PROGRAM: Final = "*/*/terraform-provider-aws_v5.*"  # the version that our roots ask for
_CONFIGURED: Final = re.compile(r"\b(?:path|plugin_cache_dir)\s*=\s*\"([^\"]+)\"")
_COUNT: Final = re.compile(r"(\d+) (imported|added|changed|destroyed)\b")
# Whoever packages a mirror puts it here, in a folder of whatever name.
PACKAGED: Final = ("/opt", "/usr/share", "/usr/lib", "/usr/local/share", "/usr/local/lib")
_AMBIENT: Final = {
    "AWS_ACCESS_KEY_ID": "dummy",
    "AWS_SECRET_ACCESS_KEY": "dummy",
    "AWS_REGION": "us-east-1",
}
# Where no proxy listens, so that a request to AWS itself fails at once, and is seen.
_NOWHERE: Final = "http://127.0.0.1:9"
# What Terraform leaves in a folder in which someone has used it.
_LEFT: Final = shutil.ignore_patterns(".terraform*", ".stator", "*.tfstate*", "crash.log")


def copy_of_shipped(place: Path) -> Path:
    """A copy of the modules that are shipped, in which Terraform can work."""
    return shutil.copytree(SHIPPED, place / "terraform", symlinks=True, ignore=_LEFT)


def _configured() -> Iterator[Path]:
    """Directories of the user's own CLI configuration."""
    for file in (os.environ.get("TF_CLI_CONFIG_FILE"), "~/.terraformrc"):
        path = Path(file).expanduser() if file else None
        if path is not None and path.is_file():
            yield from (Path(found).expanduser() for found in _CONFIGURED.findall(path.read_text()))
    if "TF_PLUGIN_CACHE_DIR" in os.environ:
        yield Path(os.environ["TF_PLUGIN_CACHE_DIR"])


def _implied() -> Iterator[Path]:
    """Directories in which Terraform looks without being told."""
    yield Path("~/.terraform.d/plugins").expanduser()
    yield Path("~/Library/Application Support/io.terraform/plugins").expanduser()
    data = os.environ.get("XDG_DATA_HOME", "~/.local/share")
    for folder in (data, *os.environ.get("XDG_DATA_DIRS", "/usr/local/share:/usr/share").split(":")):
        yield Path(folder).expanduser() / "terraform" / "plugins"


def _packaged() -> Iterator[Path]:
    for folder in map(Path, PACKAGED):
        for depth in ("*", "*/*"):
            yield from (path.parents[2] for path in sorted(folder.glob(f"{depth}/{_PROVIDER}")))


def find_mirror() -> Path | None:
    """The directory of the first unpacked provider `aws`; None if there is none."""
    for directories in (_configured, _implied, _packaged):
        for directory in directories():
            if any((directory / _PROVIDER).glob(_PROGRAM)):
                return directory
    return None


def require_terraform() -> tuple[str, Path]:
    """The path of Terraform, and its mirror.

    Without Terraform, which no index of packages that the checks install from has, the test is skipped.
    """
    program = shutil.which("terraform", path=PATH)
    if program is None:
        pytest.skip("terraform is not installed")
    mirror = find_mirror()
    if mirror is None:
        missing("Terraform's provider aws is not in a mirror or cache of this machine")
    return program, mirror


@dataclass(frozen=True)
class Summary:
    """How many resources an apply or a destroy has touched."""

    imported: int = 0
    added: int = 0
    changed: int = 0
    destroyed: int = 0

    @classmethod
    def of(cls, text: str) -> "Summary":
        """As Terraform prints it at the end."""
        (line,) = [line for line in text.splitlines() if "complete! Resources: " in line]
        return cls(**{word: int(count) for count, word in _COUNT.findall(line)})


class Terraform:
    """Terraform in one root, with the server at `url`, or without a server.

    Our roots learn of the server by a variable; with `ambient`, roots that say nothing of an endpoint learn
    of it from the environment. `variables` are given to every command; a call's own are added. Nothing of
    whoever runs the tests is in its environment, and AWS is out of its reach.
    """

    def __init__(
        self, root: Path, home: Path, *, url: str | None = None, ambient: bool = False, **variables: Any
    ) -> None:
        program, mirror = require_terraform()
        self.root = root
        self._program = program
        self._variables = variables
        reaching = {"TF_VAR_endpoint": url} if url else {}
        if ambient:
            reaching = _AMBIENT | {"AWS_ENDPOINT_URL": str(url)}
        home.mkdir(exist_ok=True)
        configuration = home / "terraform.tfrc"
        configuration.write_text(
            "disable_checkpoint = true\n"
            f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mirror}"\n  }}\n}}\n'
        )
        self.environment = {
            "PATH": PATH,
            "HOME": str(home),
            "LANG": "C.UTF-8",
            "TF_CLI_CONFIG_FILE": str(configuration),
            "TF_IN_AUTOMATION": "1",
            "TF_CLI_ARGS": "-no-color",
            "CHECKPOINT_DISABLE": "1",
            "HTTPS_PROXY": _NOWHERE,
            "AWS_EC2_METADATA_DISABLED": "true",
            "GOGC": "400",  # The provider's schemas are large; collecting them takes a third of each command.
            **reaching,
        }

    # Commands.

    def attempt(self, *arguments: str, text: str = "") -> Finished:
        """Run a command of Terraform."""
        return self._spawn(self._program, *arguments, text=text)

    def _spawn(self, *command: str, text: str) -> Finished:
        done = subprocess.run(
            command,
            input=text,
            capture_output=True,
            text=True,
            cwd=self.root,
            env=self.environment,
            timeout=TERRAFORM_SECONDS_MAX,
            check=False,
        )
        return Finished(done.returncode, done.stdout, done.stderr)

    def shell(self, text: str, *, answers: str = "") -> Finished:
        """Run shell commands in the root; `answers` are typed to what they ask."""
        return self._spawn("sh", "-e", "-c", text, text=answers)

    def run(self, *arguments: str, text: str = "") -> str:
        """Run a command that must succeed; its output."""
        done = self.attempt(*arguments, text=text)
        assert done.status == 0, f"status {done.status}\n{done.output}\n{done.errors}"
        return done.output

    def _options(self, variables: dict[str, Any]) -> list[str]:
        values = self._variables | variables
        return [*(f"-var={name}={_hcl(value)}" for name, value in values.items())]

    def init(self) -> "Terraform":
        """Prepare the root: its modules, the provider and the backend."""
        self.run("init")
        return self

    def plan(self, **variables: Any) -> str:
        """Plan, and show it."""
        return self.run("plan", *self._options(variables))

    def apply(self, **variables: Any) -> Summary:
        """Apply, and then plan again: that plan must be empty."""
        done = Summary.of(self.run("apply", "-auto-approve", *self._options(variables)))
        planned = self.attempt("plan", "-detailed-exitcode", *self._options(variables))
        assert planned.status == 0, (
            f"the plan after the apply is not empty\n{planned.output}\n{planned.errors}"
        )
        return done

    def forget_and_import(self, names: Mapping[str, str]) -> None:
        """Forget everything that the root manages; the next apply finds it again by its ids, by address."""
        (self.root / "terraform.tfstate").unlink()
        blocks = (f'import {{\n  to = {address}\n  id = "{name}"\n}}\n' for address, name in names.items())
        (self.root / "imports.tf").write_text("".join(blocks))

    def destroy(self, **variables: Any) -> Summary:
        """Destroy everything."""
        return Summary.of(self.run("destroy", "-auto-approve", *self._options(variables)))

    # What it knows.

    @property
    def outputs(self) -> dict[str, Any]:
        """The outputs' values."""
        found = json.loads(self.run("output", "-json"))
        return {name: output["value"] for name, output in found.items()}


def _hcl(value: Any) -> str:
    """A variable's value on the command line: a text as it is, all else as JSON, which HCL includes."""
    return value if isinstance(value, str) else json.dumps(value)
