"""What the listed modules have to keep to so that they can be compiled (docs/howto/edit-a-hot-module.md)."""

import ast
from collections.abc import Iterator
from pathlib import Path

from harness.compiled import ROOT, listed

SOURCES = ROOT / "src"


def classes(path: Path) -> Iterator[ast.ClassDef]:
    return (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef))


def caught(function: ast.AST) -> Iterator[tuple[str, str]]:
    """The names that a function gives to exceptions, each with what it catches."""
    for node in ast.walk(function):
        if isinstance(node, ast.ExceptHandler) and node.name and node.type:
            yield node.name, ast.unparse(node.type)


def test_what_is_listed_is_there() -> None:
    assert [path for path in listed() if not (SOURCES / path).is_file()] == []
    assert len(set(listed())) == len(listed())


def test_no_compiled_module_lies_among_the_sources() -> None:
    assert [*SOURCES.rglob("*.so")] == [], "delete them: they are used instead of the sources"


def test_what_inherits_from_a_compiled_class_is_compiled() -> None:
    compiled = {node.name for path in listed() for node in classes(SOURCES / path)}
    others = [path for path in SOURCES.rglob("*.py") if path.relative_to(SOURCES).as_posix() not in listed()]
    wrong = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in others
        for node in classes(path)
        if compiled & {ast.unparse(base).rpartition(".")[2] for base in node.bases}
    ]
    assert wrong == []


def test_a_caught_exception_has_a_name_of_its_own() -> None:
    """A name has one class within a function; the exceptions of Python itself are all one to mypyc."""
    ours = {node.name for path in listed() for node in classes(SOURCES / path)}
    wrong = []
    for path in listed():
        for node in ast.walk(ast.parse((SOURCES / path).read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                pairs = set(caught(node))
                wrong += [
                    f"{path}: {node.name}: {name}"
                    for name, kind in pairs
                    if kind in ours and sum(other == name for other, _ in pairs) > 1
                ]
    assert wrong == []
