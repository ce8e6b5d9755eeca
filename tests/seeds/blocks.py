"""The fenced blocks of the seed documents, and the list that says what becomes of each.

The list, blocks.toml, names a block by its document, its number and a hash of its text. An entry has one of
    run           the function in a `runs_*` module that executes the block's own text and checks the result
    substitution  what takes the block's place, since it starts a program that Stator replaces
    test          the test elsewhere that covers it, as `module under tests::function`
A run may have `replaces` besides: the one text in the block for which something else is put.
"""

import functools
import hashlib
import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import pytest

CHECKOUT: Final = Path(__file__).parents[2]
DOCUMENTS: Final = CHECKOUT.parent / "shared" / "seeds"
LIST: Final = Path(__file__).with_name("blocks.toml")
ABSENT: Final = "the seed documents are not beside this checkout"
OUTCOMES: Final = frozenset({"run", "substitution", "test"})
_FENCE = re.compile(r"(?P<indent> *)```(?P<language>\w*)\s*")


@dataclass(frozen=True)
class Block:
    """A fenced block, without the indentation of its fence. Blocks of a document are numbered from 1."""

    document: str
    number: int
    language: str
    text: str

    @property
    def name(self) -> str:
        return f"{self.document}-{self.number}"

    @property
    def hash(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()[:12]


@dataclass(frozen=True)
class Entry:
    """What the list says of a block."""

    document: str
    number: int
    hash: str
    outcome: str
    means: str
    replaces: str = ""

    @property
    def key(self) -> tuple[str, int, str]:
        return self.document, self.number, self.hash

    @property
    def name(self) -> str:
        return f"{self.document}-{self.number}"


def parse(document: str, text: str) -> Iterator[Block]:
    """The blocks of a document."""
    number, fence, lines = 0, None, []
    for line in text.splitlines():
        found = _FENCE.fullmatch(line)
        if fence is None:
            fence, lines = found, []
        elif found:
            number += 1
            yield Block(document, number, fence["language"], "".join(lines))
            fence = None
        else:
            lines.append(line.removeprefix(fence["indent"]) + "\n")
    assert fence is None, f"{document}: the last fence is open"


@functools.cache
def blocks() -> dict[tuple[str, int, str], Block]:
    """All blocks of all documents; none where the documents are absent."""
    return {
        (block.document, block.number, block.hash): block
        for path in sorted(DOCUMENTS.glob("*.txt"))
        for block in parse(path.stem, path.read_text())
    }


@functools.cache
def entries() -> tuple[Entry, ...]:
    """The list."""
    found = []
    for document, numbers in tomllib.loads(LIST.read_text()).items():
        for number, fields in numbers.items():
            (outcome,) = OUTCOMES & fields.keys()
            assert fields.keys() - {"replaces"} == {"hash", outcome}
            replaces = fields.get("replaces", "")
            found.append(Entry(document, int(number), fields["hash"], outcome, fields[outcome], replaces))
    return tuple(found)


def require_documents() -> None:
    """Skip the test where the documents are absent."""
    if not DOCUMENTS.is_dir():
        pytest.skip(ABSENT)
