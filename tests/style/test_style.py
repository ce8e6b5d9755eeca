"""What a reader meets everywhere: small functions, small modules, a docstring that says what one owns."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FUNCTION_LINES_MAX = 60
MODULE_LINES_MAX = 400

# Modules that may be longer, each with its reason.
LONGER_MODULES = {
    "src/stator/model/requests.py": "generated from the service model",
}

MODULES = sorted(
    path
    for folder in ("src", "tools", "benchmarks", "services", "tests")
    for path in (ROOT / folder).rglob("*.py")
)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def functions(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_module(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    long = [
        f"{node.name} has {node.end_lineno - node.lineno + 1} lines"
        for node in functions(tree)
        if node.end_lineno is not None and node.end_lineno - node.lineno >= FUNCTION_LINES_MAX
    ]
    assert long == []
    assert name_of(path) in LONGER_MODULES or text.count("\n") <= MODULE_LINES_MAX
    assert not text.strip() or ast.get_docstring(tree), "a module opens with what it owns"


def test_exceptions_are_still_needed() -> None:
    for name in LONGER_MODULES:
        assert (ROOT / name).read_text().count("\n") > MODULE_LINES_MAX


@pytest.mark.parametrize("path", [path for path in MODULES if "src" in path.parts], ids=name_of)
def test_no_module_is_a_drawer(path: Path) -> None:
    assert path.stem not in {"utils", "util", "helpers", "common", "misc"}
