"""What the pages point at exists: links, files, modules; and what the code says of the pages is there."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from .pages import PAGES, ROOT, Page

LAYERS = (
    "base",
    "values",
    "model",
    "expressions",
    "storage",
    "tables",
    "operations",
    "protocol",
    "server",
    "cli",
)
PACKAGE = ROOT / "src" / "stator"

# Made by tools: links to them are checked, and so is that the index leads to them, as soon as they are there.
GENERATED = (ROOT / "docs" / "reference", ROOT / "docs" / "performance")

# Of a data directory, or of a user's project.
FOREIGN_FILES = frozenset(
    {
        *("stator.toml", "./stator.toml", "stator.db", "conftest.py", "test_orders.py"),
        *("manifest-files.json", "manifest-summary.json", "cdk.json"),
        *("snapshot.json", "litestream.yml", "table.json", "FILE.part.json", "FILE.TABLE.import.json"),
    }
)

PATH = re.compile(
    r"[\w.-]+(/[\w.-]+)*(\.(py|md|toml|json|yml|txt|example)|/)|(src|tests|docs|tools)/[\w./-]+"
)
BRACES = re.compile(r"(.*)\{([^}]+)\}(.*)")
MODULE = re.compile(rf"(stator|{'|'.join(LAYERS)})(\.[A-Za-z_]\w*)+")
PAGE_IN_CODE = re.compile(r"docs/[\w/-]+\.md")
SECTIONS_IN_CODE = re.compile(r"(docs/[\w/-]+\.md),? (?:under )?((?:\"[^\"]+\"(?:, )?)+)")


def page_of(path: Path) -> Page:
    return Page(path.relative_to(ROOT).as_posix())


def expanded(text: str) -> list[str]:
    """`a/{b,c}.py` as the two paths that it is."""
    match = BRACES.fullmatch(text)
    if match is None:
        return [text]
    return [f"{match[1]}{part.strip()}{match[3]}" for part in match[2].split(",")]


def exists(path: str, page: Page) -> bool:
    bases = (ROOT, PACKAGE, ROOT / "src", ROOT / "tests", page.path.parent)
    return any((base / path).exists() for base in bases)


def resolves(dotted: str) -> bool:
    """Whether a dotted name is a module of Stator, or leads from one to something it has."""
    parts = dotted.split(".")
    parts = parts if parts[0] == "stator" else ["stator", *parts]
    for length in range(len(parts), 0, -1):
        try:
            found: object = importlib.import_module(".".join(parts[:length]))
        except ModuleNotFoundError:
            continue
        for name in parts[length:]:
            if not hasattr(found, name):
                return name in getattr(found, "__annotations__", {})
            found = getattr(found, name)
        return True
    return False


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Page) -> None:
    broken = []
    for link in page.links:
        if re.match(r"[a-z]+:", link):
            continue
        target, _, anchor = link.partition("#")
        path = (page.path.parent / target).resolve() if target else page.path
        if any(path.is_relative_to(folder) and not folder.exists() for folder in GENERATED):
            continue
        if not path.exists() or (anchor and anchor not in page_of(path).anchors):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_files_in_code_font_exist(page: Page) -> None:
    named = [path for span in page.spans for path in expanded(span) if PATH.fullmatch(path)]
    missing = [path for path in named if path not in FOREIGN_FILES and not exists(path, page)]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_modules_in_code_font_exist(page: Page) -> None:
    names = [span for span in page.spans if MODULE.fullmatch(span) and not PATH.fullmatch(span)]
    missing = [name for name in names if name not in FOREIGN_FILES and not resolves(name)]
    assert missing == []


def test_every_page_is_reached_from_the_index() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "docs" / "index.md"]
    while waiting:
        path = waiting.pop()
        reached.add(path)
        for link in page_of(path).links:
            target = (path.parent / link.partition("#")[0]).resolve()
            if target.suffix == ".md" and target.is_file() and target not in reached:
                waiting.append(target)
    assert {page.path for page in PAGES if page.name.startswith("docs/")} - reached == set()


def texts_of_code() -> Iterator[tuple[str, str]]:
    """The modules' texts, each comment or docstring on one line, so that a reference may be broken."""
    for folder in ("src", "tests", "tools", "benchmarks"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            yield path.relative_to(ROOT).as_posix(), re.sub(r"\s+(?:# )?", " ", path.read_text())


def test_pages_that_the_code_names_exist() -> None:
    named = {(module, page) for module, text in texts_of_code() for page in PAGE_IN_CODE.findall(text)}
    assert ("src/stator/__init__.py", "docs/architecture.md") in named
    assert [pair for pair in sorted(named) if not (ROOT / pair[1]).is_file()] == []


def test_sections_that_the_code_names_exist() -> None:
    named = {
        (page, section)
        for _, text in texts_of_code()
        for page, sections in SECTIONS_IN_CODE.findall(text)
        for section in re.findall(r"\"([^\"]+)\"", sections)
    }
    assert ("docs/validation.md", "Keys") in named
    assert [pair for pair in sorted(named) if pair[1] not in Page(pair[0]).headings] == []
