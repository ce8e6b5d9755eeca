"""The short way to `serve` must read a command line as typer does, or leave it to typer."""

from typing import Any

import pytest
from typer.testing import CliRunner

from stator.cli import app as commands
from stator.cli.serving import read_options
from stator.server.config import FIELDS, is_switch, option


@pytest.mark.parametrize(
    "arguments",
    [
        [],
        ["--port", "0"],
        ["--port=0", "--memory"],
        ["--memory", "--port", "0"],
        ["--port", "1", "--port", "2"],
        ["--data", "a=b", "--region=x=y"],
        ["--data="],
        ["--data", ""],
        ["--config", "x.toml", "--log-level", "debug"],
        ["--test-clock", "file"],
        ["--port", "not a number"],
        [text for name in FIELDS for text in ((option(name),) if is_switch(name) else (option(name), name))],
    ],
)
def test_a_plain_serve(monkeypatch: pytest.MonkeyPatch, arguments: list[str]) -> None:
    given: list[dict[str, Any]] = []
    monkeypatch.setattr(commands, "start", lambda options: given.append(options) or 0)
    result = CliRunner().invoke(commands.app, ["serve", *arguments])
    assert (result.exit_code, result.output) == (0, "")
    assert [{name: text for name, text in given[0].items() if text is not None}] == [read_options(arguments)]


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["--port"],
        ["--port", "--data"],
        ["--port", "-1"],
        ["--memory=true"],
        ["--por", "1"],
        ["--port", "1", "extra"],
        ["extra"],
        ["--", "--port", "1"],
        ["-p", "1"],
    ],
)
def test_what_is_left_to_typer(arguments: list[str]) -> None:
    assert read_options(arguments) is None
