"""What the pages tell a reader to type works: commands, options, settings, verbs, and whole sessions.

Blocks that are marked for it (see `pages.py`) run as a reader would run them, page by page, in a new
directory, against a server that is started for the page. Where a page says port 8000, a free port is used.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from harness.process import ServerProcess, environment
from harness.wire import PATIENCE_SECONDS
from stator import model
from stator.cli.app import app
from stator.monitoring.alarms.delivery import COMMAND_VARIABLES
from stator.operations import REGISTRY
from stator.server.config import FIELDS, load, option, variable

from .pages import PAGES, ROOT, Block, Page


def options_of(command: Any) -> set[str]:
    """The options of a command, and of the commands in it."""
    own = {text for parameter in command.params for text in (*parameter.opts, "--help")}
    return own.union(*map(options_of, getattr(command, "commands", {}).values()))


COMMANDS = {name: options_of(command) for name, command in get_command(app).commands.items()}  # type: ignore[attr-defined]
TOP_OPTIONS = {"--version", "--help"}
VARIABLES = {variable(name) for name in FIELDS} | {"STATOR_CONFIG"} | set(COMMAND_VARIABLES)
VERBS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

STATOR = re.compile(r"(?:^|[\s/(])stator ([a-z-][^|&;#)]*)")
MAKE = re.compile(r"(?:^|[\s(])make ([a-z-]+)")
VARIABLE = re.compile(r"STATOR_[A-Z0-9_]*[A-Z0-9]")
MARK = "-- end of a block --"
PORT = "8000"
RUNNABLE = [page for page in PAGES if any(block.runs for block in page.blocks)]


def of_pages(pages: list[Page]) -> Callable[[Callable[[Page], None]], Callable[[Page], None]]:
    return pytest.mark.parametrize("page", pages, ids=lambda page: page.name)


@of_pages(PAGES)
def test_commands_and_their_options_exist(page: Page) -> None:
    wrong = []
    for line in page.code():
        for typed in STATOR.findall(line):
            command, *rest = typed.partition(" -- ")[0].split()  # What follows is another program's.
            known = TOP_OPTIONS if command in TOP_OPTIONS else COMMANDS.get(command)
            options = [word.partition("=")[0] for word in rest if word.startswith("--")]
            if known is None or not known.issuperset(options):
                wrong.append(typed)
    assert wrong == []


@of_pages(PAGES)
def test_options_in_code_font_exist(page: Page) -> None:
    """A span that is one option is an option of ours, unless the page says whose it is."""
    known = set().union(TOP_OPTIONS, *COMMANDS.values())
    named = {span.split()[0].partition("=")[0] for span in page.spans if span.startswith("--")}
    assert named - known == set()


@of_pages(PAGES)
def test_variables_exist(page: Page) -> None:
    assert set(VARIABLE.findall(page.text)) - VARIABLES == set()


@of_pages(PAGES)
def test_files_of_settings_are_accepted(page: Page, tmp_path: Path) -> None:
    for block in page.blocks:
        if block.language == "toml" and block.file is None:
            (tmp_path / "stator.toml").write_text(block.text)
            load({}, {}, tmp_path)


def test_the_example_file_is_accepted_and_complete() -> None:
    text = (ROOT / "stator.toml.example").read_text()
    uncommented = re.sub(r"^# (?=[a-z0-9_]+ = )", "", text, flags=re.MULTILINE)
    visible = {name: field for name, field in FIELDS.items() if not field.metadata["hidden"]}
    assert tomllib.loads(text) == {}
    assert tomllib.loads(uncommented) == {name: field.default for name, field in visible.items()}


def test_every_setting_is_explained() -> None:
    text = Page("docs/howto/tune-the-server.md").text
    visible = [name for name, field in FIELDS.items() if not field.metadata["hidden"]]
    assert [name for name in visible if f"`{option(name)}`" not in text] == []


@of_pages(PAGES)
def test_verbs_exist(page: Page) -> None:
    assert {verb for line in page.code() for verb in MAKE.findall(line)} - VERBS == set()


def test_the_readme_lists_the_operations_that_work() -> None:
    works, _, later = Page("README.md").text.partition("## What does not work yet")
    works = works.partition("## What works")[2]
    names = model.operations().keys()
    served = {operation.name for operation in REGISTRY.values()}
    assert {name for name in re.findall(r"`(\w+)`", works) if name in names} == served
    assert {name for name in re.findall(r"`(\w+)`", later) if name in names} & served == set()


@pytest.mark.parametrize("page", RUNNABLE, ids=lambda page: page.name)
def test_a_session(page: Page, tmp_path: Path, start_server: Callable[..., ServerProcess]) -> None:
    if shutil.which("aws", path=search_path()) is None and "CI" not in os.environ:
        pytest.skip("the AWS CLI is not installed")
    own_server = any("stator serve" in block.text for block in page.blocks if block.runs)
    port = str(free_port() if own_server else start_server(memory=True).port)
    blocks = [block for block in page.blocks if block.runs or block.is_output]
    directory = tmp_path / "reader"
    directory.mkdir()
    printed = run_script(script(blocks, directory, port), directory, port)
    expected = [expected_output(blocks, number) for number, block in enumerate(blocks) if is_step(block)]
    for found, wanted in zip(printed, expected, strict=True):
        assert wanted is None or found.strip() == wanted.replace(PORT, port).strip()


def is_step(block: Block) -> bool:
    return block.runs and block.file is None


def expected_output(blocks: list[Block], number: int) -> str | None:
    """What the block should print; None if the page does not say."""
    following = blocks[number + 1 : number + 2]
    return following[0].text if following and following[0].is_output else None


def script(blocks: list[Block], directory: Path, port: str) -> str:
    """One shell script of all blocks; Python goes to the interpreter, files to the directory."""
    steps = ["set -euo pipefail", "trap 'kill $(jobs -p) 2> /dev/null || true' EXIT"]
    for block in blocks:
        text = block.text.replace(PORT, port)
        if block.file is not None:
            (directory / block.file).write_text(text)
        elif block.runs and block.language == "python":
            steps += [f"python - <<'END OF PYTHON'\n{text}END OF PYTHON", f"echo '{MARK}'"]
        elif block.runs:
            steps += [text, f"echo '{MARK}'"]
    return "\n".join(steps) + "\n"


def run_script(text: str, directory: Path, port: str) -> list[str]:
    """Run it in a group of its own, whose end is the end of whatever it left running. Each step's output."""
    variables = {
        "PATH": search_path(),
        "STATOR_PORT": port,
        "HOME": str(directory),
        "PYTHONWARNINGS": "ignore",
    }
    kept = {name: value for name, value in environment().items() if not name.startswith(("AWS_", "PYTEST_"))}
    process = subprocess.Popen(
        ["bash", "-c", text],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=directory,
        env=kept | variables,
        start_new_session=True,
    )
    try:
        output, errors = process.communicate(timeout=3 * PATIENCE_SECONDS)
    finally:
        end_group(process.pid)
    assert process.returncode == 0, output + errors
    *steps, rest = output.split(MARK)
    assert rest.strip() == ""
    return steps


def end_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGKILL)


def search_path() -> str:
    return os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)))


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
