"""The project's pages as tests see them: headings, links, code spans and fenced blocks.

A fenced block's first word is its language. Words after it are for tests, and no reader sees them:

    sh test               runs, in a shell that all blocks of its page share, against a server
    python test           runs, in the same place
    python test NAME      is the file NAME, which later blocks use
    text output           is what the block before it prints
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHELL = frozenset({"sh", "bash", "console"})

_FENCE = re.compile(r"^(?P<indent> *)```(?P<info>.*)\n(?P<text>(?s:.*?))^(?P=indent)```$", re.MULTILINE)
_SPAN = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Block:
    """A fenced block; `line` is where its fence stands."""

    language: str
    words: tuple[str, ...]
    text: str
    line: int

    @property
    def runs(self) -> bool:
        return self.words[:1] == ("test",)

    @property
    def file(self) -> str | None:
        """The name under which the block is kept; None if it is run."""
        return self.words[1] if len(self.words) > 1 else None

    @property
    def is_output(self) -> bool:
        return self.words == ("output",)


@dataclass(frozen=True)
class Page:
    """One page; `name` is its path in the project."""

    name: str

    @property
    def path(self) -> Path:
        return ROOT / self.name

    @cached_property
    def text(self) -> str:
        return self.path.read_text()

    @cached_property
    def prose(self) -> str:
        """The page without its fenced blocks."""
        return _FENCE.sub("", self.text)

    @cached_property
    def blocks(self) -> list[Block]:
        return [self._block(match) for match in _FENCE.finditer(self.text)]

    def _block(self, match: re.Match[str]) -> Block:
        language, *words = match["info"].split() or [""]
        indent = len(match["indent"])
        text = "".join(line[indent:] or "\n" for line in match["text"].splitlines(keepends=True))
        return Block(language, tuple(words), text, self.text.count("\n", 0, match.start()) + 1)

    @property
    def spans(self) -> list[str]:
        """What the prose has in code font."""
        return _SPAN.findall(self.prose)

    @property
    def links(self) -> list[str]:
        return _LINK.findall(_SPAN.sub("", self.prose))

    @property
    def headings(self) -> list[str]:
        return [heading.replace("`", "") for heading in _HEADING.findall(self.prose)]

    @property
    def anchors(self) -> set[str]:
        """Where links into the page may lead."""
        return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in self.headings}

    def code(self) -> Iterator[str]:
        """Everything in code font: spans, and the lines of blocks of shell commands."""
        yield from self.spans
        for block in self.blocks:
            if block.language in SHELL:
                yield from block.text.replace("\\\n", " ").splitlines()


PAGES = [
    Page(path.relative_to(ROOT).as_posix())
    for path in (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))
]
