"""The storefront's Terraform, written file by file out of the text of its seed document."""

import json
import re
import subprocess
from pathlib import Path
from typing import Final

from .blocks import DOCUMENTS, Block, blocks, entries, require_documents

DOCUMENT: Final = "003_3fdd156dcf43dc3d"
# What the root of the document takes for granted.
_GIVEN: Final = """
variable "environment_name" {
  default = "seed"
}

locals {
  common_tags = { Project = "products" }
}

output "dynamodb" {
  value = module.dynamodb
}
"""


def text_of(document: str, number: int) -> str:
    """A block's text, if it is still the one that the list knows."""
    require_documents()
    listed: dict[tuple[str, int], Block | None] = {
        (entry.document, entry.number): blocks().get(entry.key) for entry in entries()
    }
    block = listed[document, number]
    assert block is not None, "the block is no longer there, or has changed"
    return block.text


def lay_out(place: Path) -> Path:
    """Make the document's folders and files in `place`; the root of it all."""
    place.mkdir()
    subprocess.run(["sh", "-e", "-c", text_of(DOCUMENT, 5)], cwd=place, check=True)
    said = (DOCUMENTS / f"{DOCUMENT}.txt").read_text()
    files = re.findall(r"\*\*Location\*\*: `(\S+)`", said)
    assert [Path(file).name for file in files] == ["variables.tf", "main.tf", "outputs.tf"]
    for number, file in enumerate(files, start=2):
        (place / file).write_text(text_of(DOCUMENT, number))
    root = place / "Infrastructure"
    (root / "main.tf").write_text(text_of(DOCUMENT, 6))
    (root / "given.tf").write_text(_GIVEN)
    return root


def add_alarm(root: Path) -> None:
    """Put the alarm into the module of which the document speaks further on."""
    (root / "Modules" / "dynamodb" / "alarms.tf").write_text(text_of(DOCUMENT, 13))


def choose(root: Path, **variables: str | int) -> None:
    """Give the module's variables values, where the document leaves them as they are."""
    lines = [f"  {name} = {json.dumps(value)}" for name, value in variables.items()]
    (root / "main_override.tf").write_text("\n".join(['module "dynamodb" {', *lines, "}", ""]))
