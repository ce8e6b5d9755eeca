"""Terraform, run in a folder as it is, with its provider set up for the endpoint by variables alone.

    environment    AWS_ENDPOINT_URL for all services, keys, region; nobody's profiles and configuration files
    proxy          whatever else a provider asks goes to the endpoint, which refuses it: nothing reaches AWS
    override file  a local backend; the state of the folder's own backend is not for this endpoint
    .stator/       what Terraform keeps, apart from `.terraform` and `terraform.tfstate` of the folder

The override file is there only while Terraform runs.
"""

import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from stator.apply.endpoint import Address
from stator.apply.errors import ApplyError

OVERRIDE: Final = "stator_override.tf"
KEPT: Final = ".stator"
_PLAN: Final = "plan"
_PROGRAMS: Final = ("terraform", "tofu")
_REGION_DEFAULT: Final = "us-east-1"
_AT_AWS: Final = re.compile(r"endpoints\s*\{[^}]*?https?://[^\"}]*amazonaws\.com")
_HEAD: Final = "# Written by `stator apply`, which removes it again."
_BACKEND: Final = f"""{_HEAD}
terraform {{
  backend "local" {{
    path = "{KEPT}/terraform.tfstate"
  }}
}}
"""
_CHANGES: Final = 2  # the status of `terraform plan -detailed-exitcode` if something is to be done


class Run:
    """One run in a folder. `values` are variables, `arguments` go to `terraform plan`. Raises ApplyError."""

    def __init__(
        self, folder: Path, address: Address, values: Mapping[str, str], arguments: Sequence[str]
    ) -> None:
        url = address.named_url()
        if url is None:
            raise ApplyError("Terraform is run here for endpoints with a URL; for AWS, run terraform itself")
        program = next((found for name in _PROGRAMS if (found := shutil.which(name))), None)
        if program is None:
            raise ApplyError(
                "the folder has Terraform in it, and terraform is not on the PATH; "
                "https://developer.hashicorp.com/terraform/install tells how to install it"
            )
        self._program = program
        _refuse_endpoints_of_aws(folder)
        self._folder = folder
        self._arguments = [*(f"-var={name}={value}" for name, value in values.items()), *arguments]
        self._environment = environment(url, address.region, os.environ)
        self._guard = guard(url)

    @contextmanager
    def prepared(self) -> Iterator[None]:
        """With the override file in its place, and Terraform initialised."""
        path = self._folder / OVERRIDE
        if path.exists() and not path.read_text(errors="replace").startswith(_HEAD):
            raise ApplyError(f"{path} is not one that `stator apply` wrote; it has to have another name")
        (self._folder / KEPT).mkdir(exist_ok=True)
        (self._folder / KEPT / ".gitignore").write_text("*\n")
        path.write_text(_BACKEND)
        try:
            self._run("init", "-input=false", "-reconfigure")
            yield
        finally:
            path.unlink(missing_ok=True)

    def plan(self) -> bool:
        """Plan, and show the plan. Whether it does something."""
        options = ("-input=false", "-detailed-exitcode", f"-out={KEPT}/{_PLAN}")
        return self._run("plan", *options, *self._arguments, guarded=True, good=(0, _CHANGES)) == _CHANGES

    def apply(self) -> None:
        """Apply what was planned."""
        self._run("apply", "-input=false", f"{KEPT}/{_PLAN}", guarded=True)

    def _run(self, command: str, *options: str, guarded: bool = False, good: tuple[int, ...] = (0,)) -> int:
        plain = () if sys.stdout.isatty() else ("-no-color",)
        more = self._guard if guarded else {}
        sys.stdout.flush()
        process = subprocess.Popen(
            [self._program, command, *plain, *options], cwd=self._folder, env=self._environment | more
        )
        with _left_to(process):
            status = process.wait()
        if status not in good:
            raise ApplyError(f"terraform {command} ended with status {status}")
        return status


@contextmanager
def _left_to(process: "subprocess.Popen[bytes]") -> Iterator[None]:
    """Leave it to Terraform to end when it is told to: killed, it would lose its state.

    A terminal tells all programs in front of it about Ctrl-C; what only this one is told, is passed on.
    """
    previous = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None),
        signal.SIGTERM: signal.signal(signal.SIGTERM, lambda *_: process.send_signal(signal.SIGINT)),
    }
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


def _refuse_endpoints_of_aws(folder: Path) -> None:
    """Refuse what the guard would let fail only after minutes. Raises ApplyError."""
    for path in sorted(folder.glob("*.tf")):
        if _AT_AWS.search(path.read_text(errors="replace")):
            raise ApplyError(
                f"{path} has an endpoint of AWS in its `endpoints`, which variables cannot change"
            )


def environment(url: str, region: str | None, outer: Mapping[str, str]) -> dict[str, str]:
    """The variables that Terraform gets: those of `outer`, with those of AWS for the endpoint."""
    kept = {
        name: value
        for name, value in outer.items()
        if not name.startswith(("AWS_ENDPOINT_URL", "AWS_PROFILE", "AWS_IGNORE_CONFIGURED", "TF_WORKSPACE"))
    }
    region = region or outer.get("AWS_REGION") or outer.get("AWS_DEFAULT_REGION") or _REGION_DEFAULT
    return kept | {
        "AWS_ENDPOINT_URL": url,
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": outer.get("AWS_ACCESS_KEY_ID") or "local",
        "AWS_SECRET_ACCESS_KEY": outer.get("AWS_SECRET_ACCESS_KEY") or "local",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "TF_VAR_endpoint": url,  # for roots with a variable of that name; others do not see it
        "CHECKPOINT_DISABLE": "1",
        "GOGC": outer.get("GOGC")
        or "400",  # collecting the provider's large schemas takes a third of the time
        "TF_DATA_DIR": f"{KEPT}/terraform",
        "TF_IN_AUTOMATION": "1",
    }


def guard(url: str) -> dict[str, str]:
    """The variables that send everything but the endpoint's own requests to where they are refused."""
    host = urlsplit(url).hostname or ""
    found: dict[str, str] = {}
    for name in ("HTTP_PROXY", "HTTPS_PROXY"):
        found |= {name: url, name.lower(): url}
    return found | {"NO_PROXY": host, "no_proxy": host}
