"""What a path leads to: a template, a CDK app, what one was synthesised to, or Terraform."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any, Final

from stator.apply.endpoint import Address
from stator.apply.errors import ApplyError, TemplateError
from stator.apply.template import documents
from stator.apply.template.references import ordered

MANIFEST: Final = "manifest.json"
APP: Final = "cdk.json"
_STACK: Final = "aws:cloudformation:stack"
_SUFFIX: Final = ".template"


class Kind(Enum):
    """What a path leads to."""

    TEMPLATE = "a template"
    ASSEMBLY = "a folder that `cdk synth` made"
    CDK = "a CDK app"
    TERRAFORM = "a folder of Terraform"


def kind_of(path: Path) -> Kind:
    """What the path leads to. Raises ApplyError."""
    if not path.is_dir():
        if path.suffix == ".tf":
            raise ApplyError(f"{path} is Terraform, which is applied as a whole; name its folder")
        return Kind.TEMPLATE
    if any(path.glob("*.tf")) or any(path.glob("*.tf.json")):
        return Kind.TERRAFORM
    if (path / APP).is_file():
        return Kind.CDK
    if (path / MANIFEST).is_file():
        return Kind.ASSEMBLY
    raise ApplyError(
        f"{path} has no *.tf, no {APP} and no {MANIFEST}; name a template, or a folder with one of these"
    )


@contextmanager
def templates(
    path: Path, kind: Kind, stack: str | None, address: Address
) -> Iterator[list[tuple[str, dict[str, Any]]]]:
    """The names of the stacks and their templates, in the order in which they are applied. Raises ApplyError.

    `stack` names the one template, or chooses one of several.
    """
    if kind is Kind.TEMPLATE:
        yield [(stack or _stem(path), documents.read(path))]
    elif kind is Kind.ASSEMBLY:
        yield _assembly(path, stack)
    else:
        with tempfile.TemporaryDirectory(prefix="stator-cdk-") as output:
            _synthesise(path, Path(output))
            yield _assembly(Path(output), stack)


def _stem(path: Path) -> str:
    """The name of a stack, of the file's name: of letters, digits and hyphens, as CloudFormation has them."""
    name = path.name.partition(".")[0]
    kept = "".join(each if each.isascii() and each.isalnum() else "-" for each in name).strip("-")
    return kept or "stack"


def _assembly(folder: Path, wanted: str | None) -> list[tuple[str, dict[str, Any]]]:
    """The templates of what the CDK has synthesised, each after those that it depends on."""
    manifest = documents.read(folder / MANIFEST)
    artifacts = manifest.get("artifacts")
    if not isinstance(artifacts, dict):
        raise TemplateError(f"{folder / MANIFEST} has no artifacts")
    order = ordered({name: row.get("dependencies") or () for name, row in artifacts.items()})
    stacks = {name: artifacts[name] for name in order if artifacts.get(name, {}).get("type") == _STACK}
    found = []
    for name, row in stacks.items():
        properties = row.get("properties") or {}
        title = properties.get("stackName") or row.get("displayName") or name
        if wanted in (None, name, title):
            file = str(properties.get("templateFile"))
            found.append((title, documents.read(folder / file)))
    if not found:
        raise ApplyError(f"there is no stack {wanted} in {folder}; there are: {', '.join(stacks) or 'none'}")
    return found


def _synthesise(folder: Path, output: Path) -> None:
    """Run `cdk synth` in the folder of an app. Raises ApplyError."""
    local = folder / "node_modules" / ".bin" / "cdk"
    program = str(local.resolve()) if local.is_file() else shutil.which("cdk")
    if program is None:
        raise ApplyError(
            f"{folder} is a CDK app, and cdk is not on the PATH; install it (npm install -g aws-cdk), "
            "or run `cdk synth` yourself and apply the folder cdk.out"
        )
    done = subprocess.run([program, "synth", "--quiet", "--output", str(output)], cwd=folder, check=False)
    if done.returncode != 0:
        raise ApplyError(f"cdk synth ended with status {done.returncode}")
